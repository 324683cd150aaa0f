"""When a doubt ends, as a pure function of what was seen. A failed query is never part of it."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from argos.core.order import CommandKind
from argos.node.log_rows import LoggedCommand
from argos.node.settings import NodeTimings

LOOK_SCHEDULE_MS: Final = (1_000, 2_000, 5_000, 10_000, 30_000, 60_000)
"""Looks after the doubt began, besides those of the periodic scan; then one a minute."""


class Verdict(StrEnum):
    WAIT = "wait"
    SEND_AGAIN = "send_again"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class Watch:
    """One doubt, in monotonic ms. A clean look is a complete scan, begun after the doubt, without a trace.

    `lease_until_ms` is None after a restart: that lease counts as over. `refused`: the venue refused a
    repeat, which says nothing about the first sending, and one repeat was enough.
    """

    since_ms: int
    lease_until_ms: int | None = None
    looks: int = 0
    first_look_ms: int = 0
    last_look_ms: int = 0
    refused: bool = False

    def looked(self, *, at_ms: int) -> "Watch":
        first_ms = self.first_look_ms if self.looks else at_ms
        return replace(self, looks=self.looks + 1, first_look_ms=first_ms, last_look_ms=at_ms)

    @property
    def next_look_ms(self) -> int:
        """When the schedule wants the next look."""
        for step_ms in LOOK_SCHEDULE_MS:
            if self.since_ms + step_ms > max(self.last_look_ms, self.since_ms):
                return self.since_ms + step_ms
        return self.last_look_ms + LOOK_SCHEDULE_MS[-1]


class DoubtBook:
    """The open doubts of this process. It starts afresh with it: looks before a restart do not count."""

    def __init__(self) -> None:
        self._watches: dict[UUID, Watch] = {}

    def begin(
        self, command_id: UUID, *, at_ms: int, lease_until_ms: int | None, refused: bool = False
    ) -> None:
        self._watches[command_id] = Watch(
            since_ms=at_ms, lease_until_ms=lease_until_ms, refused=refused
        )

    def looked(self, command_id: UUID, *, began_ms: int, at_ms: int) -> Watch:
        """The watch with one more clean look, unless the look had begun before the doubt."""
        watch = self._watches[command_id]
        if began_ms >= watch.since_ms:
            watch = self._watches[command_id] = watch.looked(at_ms=at_ms)
        return watch

    def keep(self, command_ids: set[UUID]) -> None:
        """Forget all doubts but these."""
        self._watches = {key: self._watches[key] for key in self._watches if key in command_ids}

    @property
    def next_look_ms(self) -> int | None:
        return min((watch.next_look_ms for watch in self._watches.values()), default=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class DoubtView:
    """What the verdict rests on besides the row and its watch.

    `target_open`: what a close, cancel or modify would act on is still there. `may_send`: epoch, contact
    and brakes allow a repeat.
    """

    now: datetime
    now_ms: int
    unique_client_ids: bool
    target_open: bool
    may_send: bool


def verdict(row: LoggedCommand, *, watch: Watch, view: DoubtView, timings: NodeTimings) -> Verdict:
    """What to do about a command that left no trace at the venue after `watch.looks` clean looks.

    Entries: again only where the venue itself refuses a second order of the same id. Closes: again
    after the full wait, or sooner if they take all of a position, since nothing is left for a late first one.
    Cancels and modifies say how it shall be, so a repeat does no harm.
    """
    if watch.looks == 0:
        return Verdict.WAIT
    long_enough = (
        watch.looks >= timings.doubt_looks_min
        and watch.last_look_ms - watch.first_look_ms >= timings.doubt_window_ms
    )
    if _may_repeat(row, watch=watch, view=view, timings=timings, long_enough=long_enough):
        return Verdict.SEND_AGAIN
    valid_until = row.command.valid_until
    if long_enough and (valid_until is None or view.now >= valid_until):
        return _when_over(row, view=view, timings=timings)
    return Verdict.WAIT


def _may_repeat(
    row: LoggedCommand, *, watch: Watch, view: DoubtView, timings: NodeTimings, long_enough: bool
) -> bool:
    command = row.command
    if not view.may_send or row.attempt >= timings.attempts_max:
        return False
    if command.kind is CommandKind.SUBMIT:
        leased = watch.lease_until_ms is not None and view.now_ms < watch.lease_until_ms
        valid = command.valid_until is None or view.now < command.valid_until
        return view.unique_client_ids and leased and valid and not watch.refused
    if not view.target_open:
        return False
    if command.kind is CommandKind.CLOSE and not view.unique_client_ids:
        enough_looks = watch.looks >= timings.doubt_looks_min
        return long_enough or (enough_looks and row.terms.closes_all)
    return True


def _when_over(row: LoggedCommand, *, view: DoubtView, timings: NodeTimings) -> Verdict:
    """An exit that could be sent again, were it not for a brake or a silent gateway, goes on waiting."""
    held_up = (
        row.command.kind is not CommandKind.SUBMIT
        and view.target_open
        and not view.may_send
        and row.attempt < timings.attempts_max
    )
    return Verdict.WAIT if held_up else Verdict.NOT_FOUND
