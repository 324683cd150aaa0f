"""A stretch of stored ticks with all that belongs to them: what a replay reads."""

import json
import sqlite3
from collections.abc import Iterator, Mapping
from typing import Any, Final

from argos.consensus.settings import ConsensusSettings, parse_settings
from argos.consensus.vote import Vote
from argos.signals.vote_rows import VoteReader, rows_gone

Document = Mapping[str, Any]
_TICKS: Final = (
    "SELECT number, at, rules_digest, votes_upto, symbols, fired FROM ticks"
    " WHERE number >= ? AND number <= ? ORDER BY number"
)


class StoredTicks:
    """Ticks `first` to `last`, by number, both included. Raises InputError SIGNAL_ROWS_GONE for what is not there."""

    def __init__(self, connection: sqlite3.Connection, *, first: int, last: int) -> None:
        self._connection = connection
        self.first, self.last = first, last
        self._rules: dict[str, ConsensusSettings] = {}
        self._votes = VoteReader(connection)

    def ticks(self) -> list[tuple[int, str, str, int, int, int]]:
        """number, at, digest of the rules, number of the last vote, symbols, signals."""
        return self._connection.execute(_TICKS, (self.first, self.last)).fetchall()

    def votes(self, *, after: int, upto: int) -> Iterator[tuple[int, Vote]]:
        return self._votes.between(after, upto)

    def vote(self, number: int) -> Vote | None:
        """None for one that is not there any more."""
        return self._votes.vote(number)

    def votes_before(self) -> int:
        """Number of the last vote of the tick before the first."""
        row = self._row(
            "SELECT votes_upto FROM ticks WHERE number < ? ORDER BY number DESC LIMIT 1", self.first
        )
        return 0 if row is None else int(row[0])

    def rules(self, digest: str) -> ConsensusSettings:
        held = self._rules.get(digest)
        if held is None:
            row = self._row("SELECT document FROM consensus_rules WHERE digest = ?", digest)
            text = _needed(row, f"rules {digest}")[0]
            held = self._rules[digest] = parse_settings(json.loads(text))
        return held

    def checkpoints(self) -> dict[int, Document]:
        """By the tick that they stand before, the one after the last included."""
        rows = self._connection.execute(
            "SELECT tick, document FROM checkpoints WHERE tick >= ? AND tick <= ?",
            (self.first, self.last + 1),
        )
        return {tick: json.loads(document) for tick, document in rows}

    def records(self) -> dict[str, Document]:
        """Records of these ticks, in their order, by the ids of their signals."""
        rows = self._connection.execute(
            "SELECT record FROM records WHERE at >= ? AND at <= ? ORDER BY sequence",
            (self._at(self.first), self._at(self.last)),
        )
        records = [json.loads(text) for (text,) in rows]
        return {record["signal"]["signal_id"]: record for record in records}

    def ends(self) -> dict[str, Document]:
        """Ends of signals that these ticks saw, by their ids: those after the tick before the first."""
        before = self._row(
            "SELECT at FROM ticks WHERE number < ? ORDER BY number DESC LIMIT 1", self.first
        )
        rows = self._connection.execute(
            "SELECT signal_id, at, reason FROM ends WHERE at > ? AND at <= ?",
            ("" if before is None else before[0], self._at(self.last)),
        )
        return {
            signal_id: {"signal_id": signal_id, "at": at, "reason": reason}
            for signal_id, at, reason in rows
        }

    def last_signals(self) -> dict[str, str]:
        """The last signal of each symbol before the first tick."""
        rows = self._connection.execute(
            "SELECT symbol, signal_id FROM records WHERE at < ? ORDER BY sequence",
            (self._at(self.first),),
        )
        return dict(rows)

    def _at(self, tick: int) -> str:
        row = self._row("SELECT at FROM ticks WHERE number = ?", tick)
        return str(_needed(row, f"tick {tick}")[0])

    def _row(self, query: str, value: object) -> tuple[Any, ...] | None:
        row: tuple[Any, ...] | None = self._connection.execute(query, (value,)).fetchone()
        return row


def _needed(row: tuple[Any, ...] | None, what: str) -> tuple[Any, ...]:
    if row is None:
        raise rows_gone(what)
    return row
