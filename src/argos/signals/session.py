"""One tick from votes to stored records. What it moves in memory counts once the file has it, and never before."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from argos.consensus.decision import Decision, Reason, Verdict
from argos.consensus.machine import FIRST, Phase, Standing
from argos.consensus.replay import Board
from argos.consensus.vote import Vote
from argos.core.errors import InputError
from argos.proofs.records import ChainEnd
from argos.signals.checks import checks_of
from argos.signals.documents import (
    NOT_WATCHED,
    Ending,
    checkpoint_document,
    ending_of,
    recorded_signal,
    same_but_for_coming,
)
from argos.signals.precheck import Precheck
from argos.signals.settings import SignalSettings
from argos.signals.store import Firing, OnRecorded, SignalStore, TickRows

Prices = Callable[[str], Decimal | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticked:
    """What a tick did. skipped: TICK_NOT_NEW when it did nothing, as the clock stands or went back; else empty.

    reasons: the one that decided, for each symbol that did not fire, with the number of symbols.
    """

    at: datetime
    skipped: str = ""
    number: int = 0
    symbols: int = 0
    votes: int = 0
    fired: int = 0
    valid: int = 0
    ended: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)


class Session:
    """The board, the chain's end and the signals that stand, from one start of the process on. For one thread.

    Raises StoreError at its making; a StoreError of `tick` leaves everything as it was before that tick.
    """

    def __init__(
        self,
        store: SignalStore,
        settings: SignalSettings,
        *,
        prices: Prices,
        precheck: Precheck,
        on_recorded: OnRecorded | None = None,
    ) -> None:
        self._store = store
        self._settings = settings
        self._prices = prices
        self._precheck = precheck
        self._on_recorded = on_recorded
        held = store.held()
        watched = frozenset(settings.symbols)
        votes = [(number, vote) for number, vote in held.votes if vote.symbol in watched]
        self._watched = watched
        self._board = Board.resumed(
            votes=[vote for _, vote in votes],
            standings={
                symbol: standing for symbol, standing in held.standings.items() if symbol in watched
            },
            ticked_at=held.ticked_at,
        )
        self._board.watch(settings.symbols)
        self._numbers = {(vote.source, vote.symbol): number for number, vote in votes}
        self._open = {
            symbol: signal_id
            for symbol, signal_id in held.open_signals.items()
            if symbol in watched
        }
        self._dropped = {
            symbol: held.open_signals.get(symbol) for symbol in held.standings.keys() - watched
        }
        self._tick, self._vote = held.tick, held.vote
        self._begins = True
        self._chain = held.chain
        self._looked_at: dict[tuple[str, str], Vote] = {}

    @property
    def chain(self) -> ChainEnd:
        return self._chain

    def tick(self, latest: Iterable[Vote], *, now: datetime) -> Ticked:
        """Takes what is new among the sources' latest votes, decides on every symbol, and stores all of it.

        Votes count from `now` on: that is their `fetched_at`. While `now` is not after the last tick, or before the
        chain's last record, nothing is taken, decided or stored; the votes still stand when the clock has caught up.
        """
        if not self._is_new(now):
            return Ticked(at=now, skipped=Reason.TICK_NOT_NEW.value)
        board = self._board.copy()
        looked_at: dict[tuple[str, str], Vote] = {}
        votes = self._taken(board, latest, now, looked_at)
        before = self._board.standings
        decisions = board.tick(now, self._settings.consensus)
        rows = TickRows(
            number=self._tick + 1,
            at=now,
            votes=votes,
            votes_upto=self._vote + len(votes),
            symbols=len(decisions),
            standings=self._changed(before, board.standings),
            firings=[self._firing(one) for one in decisions if one.verdict is Verdict.FIRED],
            endings=self._endings(decisions, now),
            checkpoint=self._checkpoint(now),
        )
        self._chain = self._store.write(rows, self._settings, on_recorded=self._on_recorded)
        self._moved(board, rows, decisions)
        self._looked_at |= looked_at
        return Ticked(
            at=now,
            number=rows.number,
            symbols=rows.symbols,
            votes=len(votes),
            fired=len(rows.firings),
            valid=sum(firing.signal["status"] == "valid" for firing in rows.firings),
            ended=len(rows.endings),
            reasons=Counter(one.reasons[0].value for one in decisions if one.reasons),
        )

    def _is_new(self, now: datetime) -> bool:
        ticked_at, recorded_at = self._board.ticked_at, self._chain.last_at
        return (ticked_at is None or now > ticked_at) and (
            recorded_at is None or now >= recorded_at
        )

    def _taken(
        self,
        board: Board,
        latest: Iterable[Vote],
        now: datetime,
        looked_at: dict[tuple[str, str], Vote],
    ) -> list[tuple[int, Vote]]:
        """New votes with their numbers. One that says what the held one says came again: nothing is new."""
        found: list[tuple[int, Vote]] = []
        for vote in latest:
            key = (vote.source, vote.symbol)
            if self._looked_at.get(key) is vote or vote.symbol not in self._watched:
                continue
            held = board.held(*key)
            if held is None or not same_but_for_coming(held, vote):
                try:
                    stamped = replace(vote, fetched_at=now)
                except InputError:
                    continue  # dated after our clock, which went back: it is taken when the clock is there
                if not board.take(stamped):
                    continue
                found.append((self._vote + len(found) + 1, stamped))
            looked_at[key] = vote
        return found

    def _firing(self, decision: Decision) -> Firing:
        verdict = self._precheck(decision.symbol, decision.direction)
        checks = checks_of(decision, self._settings, precheck=verdict)
        return Firing(
            at=decision.at,
            signal=recorded_signal(decision, self._settings, checks),
            price=self._prices(decision.symbol),
        )

    def _endings(self, decisions: Iterable[Decision], now: datetime) -> list[Ending]:
        found = [
            ending_of(decision, self._open[decision.symbol])
            for decision in decisions
            if decision.verdict is Verdict.ENDED
        ]
        return found + [
            Ending(signal_id=signal_id, at=now, reason=NOT_WATCHED)
            for signal_id in self._dropped.values()
            if signal_id is not None
        ]

    def _changed(
        self, before: Mapping[str, Standing], after: Mapping[str, Standing]
    ) -> dict[str, Standing]:
        changed = {
            symbol: standing
            for symbol, standing in after.items()
            if not _same(before.get(symbol, FIRST), standing)
        }
        return changed | dict.fromkeys(self._dropped, FIRST)

    def _checkpoint(self, now: datetime) -> dict[str, Any] | None:
        ticked_at = self._board.ticked_at
        if not self._begins and ticked_at is not None and ticked_at.date() == now.date():
            return None
        return checkpoint_document(
            symbols=self._watched,
            standings=self._board.standings,
            numbers=self._numbers,
            ticked_at=ticked_at,
        )

    def _moved(self, board: Board, rows: TickRows, decisions: Iterable[Decision]) -> None:
        self._board = board
        self._tick, self._vote = rows.number, rows.votes_upto
        self._numbers |= {(vote.source, vote.symbol): number for number, vote in rows.votes}
        for decision in decisions:
            if decision.verdict is Verdict.ENDED:
                del self._open[decision.symbol]
        for firing in rows.firings:
            self._open[firing.signal["symbol"]] = firing.signal["signal_id"]
        self._begins, self._dropped = False, {}


def _same(one: Standing, other: Standing) -> bool:
    """But for the moment, which is that of the tick for all of them."""
    if one.phase is Phase.QUIET and other.phase is Phase.QUIET:
        return True
    return (one.phase, one.direction, one.ticks, one.until) == (
        other.phase,
        other.direction,
        other.ticks,
        other.until,
    )
