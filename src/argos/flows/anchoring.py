"""Keep anchors: what each account had at its day's start and at most, and the brake where a loss limit is reached.

It runs beside the decisions, never in them: what it costs no order waits for. Between the moment at which a limit is
reached and the brake, the gates of the same limits deny what is decided.
"""

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any, Final, Protocol

import structlog

from argos.core.account import Halt
from argos.core.denial import DenialCode
from argos.core.standing import Standing
from argos.risk.anchors import NEAR, AnchorBook, roll
from argos.risk.losses import loss_brake
from argos.risk.rule_brakes import rule_brake
from argos.risk.watched import SET_BY, Watched

KEEP_EVERY: Final = NEAR / 3
"""A snapshot that changes neither anchor nor peak is stored this often: the last before midnight may be needed."""
OF_A_DAY: Final = frozenset({DenialCode.DAILY_LOSS, DenialCode.RULE_DAILY_LOSS})
"""Brakes that the next day's anchor lifts."""
_log = structlog.get_logger("argos.risk")


class AnchorStore(Protocol):
    """What keeping anchors needs of the database."""

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def take_turn(self, connection: Any) -> bool: ...

    async def watched(self, connection: Any) -> Sequence[Watched]: ...

    async def keep(self, connection: Any, account: str, book: AnchorBook) -> None: ...

    async def brake(self, connection: Any, account: str, *, reason: str) -> None: ...

    async def release(self, connection: Any, account: str, *, code: str) -> None: ...


async def keep_anchors(store: AnchorStore) -> bool:
    """Look at every watched account once. Always False: there is never more to do at once."""
    async with store.transaction() as connection:
        if not await store.take_turn(connection):
            return False
        for watched in await store.watched(connection):
            await _keep(store, connection, watched)
    return False


async def _keep(store: AnchorStore, connection: Any, watched: Watched) -> None:
    before = watched.book
    timezone, reset_at = watched.clock
    book = roll(before, watched.snapshot, timezone=timezone, reset_at=reset_at)
    if _is_news(before, book):
        await store.keep(connection, watched.account, book)
    brake = _brake(watched, book)
    held = watched.brake_reason.partition(":")[0]
    if brake is not None:
        if watched.braked_by is None or (
            watched.braked_by == SET_BY and held != brake.reason.partition(":")[0]
        ):
            await store.brake(connection, watched.account, reason=brake.reason)
            _log.warning("loss_limit_reached", account=watched.account, why=brake.reason)
    elif watched.braked_by == SET_BY and held in OF_A_DAY and _is_new_day(before, book):
        await store.release(connection, watched.account, code=held)
        _log.info("daily_loss_brake_released", account=watched.account)


def _brake(watched: Watched, book: AnchorBook) -> Halt | None:
    standing = Standing(day=book.day, peaks=book.peaks)
    brake = loss_brake(watched.account, watched.limits, standing, watched.snapshot)
    if brake is None and watched.firm is not None:
        return rule_brake(
            watched.account, watched.firm, watched.snapshot, day=book.day, peaks=book.peaks
        )
    return brake


def _is_new_day(before: AnchorBook | None, after: AnchorBook) -> bool:
    return before is None or after.day.opened_at > before.day.opened_at


def _is_news(before: AnchorBook | None, after: AnchorBook) -> bool:
    if before is None or (before.day, before.peaks) != (after.day, after.peaks):
        return True
    return after.last.taken_at - before.last.taken_at >= KEEP_EVERY
