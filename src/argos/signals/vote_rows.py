"""Votes as rows of numbers, and back. At 500 symbols they are nearly all of the file, so each is kept in some 55 bytes.

When a vote came is not in its row: it is the moment of the tick that took it.
"""

import json
import sqlite3
from collections.abc import Iterator, Sequence
from datetime import timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from argos.consensus.vote import P_UP_PLACES, Direction, Vote, VoteStatus, parse_vote
from argos.core.errors import InputError
from argos.core.texts import parse_moment
from argos.signals.cut import cut_of

Row = tuple[int, int, int, int | None, int | None, bytes | None]
Numbered = tuple[int, Vote]
_US: Final = timedelta(microseconds=1)
_MILLE: Final = 10**P_UP_PLACES
_OLD_PAIR: Final = (
    "SELECT symbol, source FROM old_votes WHERE (symbol, source) > (?, ?)"
    " ORDER BY symbol, source LIMIT 1"
)
_OLD_NEWEST: Final = "SELECT max(number) FROM old_votes WHERE symbol = ? AND source = ?"
_WHOLE: Final = (
    "SELECT document FROM kept_votes WHERE number = :number"
    " UNION ALL SELECT document FROM old_votes WHERE number = :number"
)
_STORED: Final = (
    "SELECT v.number, v.voter, v.wording, v.p_up_mille, v.age_us, v.inputs_hash, (SELECT t.at FROM ticks t"
    " WHERE t.votes_upto >= v.number ORDER BY t.votes_upto, t.number LIMIT 1) FROM votes v"
)


class VoteRows:
    """Makes rows of votes, and numbers for words that come for the first time. For one transaction after another."""

    def __init__(self) -> None:
        self._voters: dict[tuple[str, ...], int] = {}
        self._wordings: dict[tuple[str, ...], int] = {}

    def of(self, connection: sqlite3.Connection, votes: Sequence[Numbered]) -> list[Row]:
        """In the tick's transaction. If that fails, `forget` has to follow: its numbers never were."""
        return [self._row(connection, number, vote) for number, vote in votes]

    def forget(self) -> None:
        self._voters.clear()
        self._wordings.clear()

    def _row(self, connection: sqlite3.Connection, number: int, vote: Vote) -> Row:
        voter = (vote.source, vote.symbol)
        wording = (vote.direction.value, vote.status.value, vote.reason)
        if voter not in self._voters:
            self._voters[voter] = _word_number(connection, "voters", ("source", "symbol"), voter)
        if wording not in self._wordings:
            names = ("direction", "status", "reason")
            self._wordings[wording] = _word_number(connection, "wordings", names, wording)
        return (
            number,
            self._voters[voter],
            self._wordings[wording],
            None if vote.p_up is None else int(vote.p_up * _MILLE),
            None if vote.as_of is None else (vote.fetched_at - vote.as_of) // _US,
            None if vote.inputs_hash is None else bytes.fromhex(vote.inputs_hash),
        )


def _word_number(
    connection: sqlite3.Connection, table: str, names: tuple[str, ...], words: tuple[str, ...]
) -> int:
    marks = ", ".join("?" for _ in names)
    columns = ", ".join(names)
    connection.execute(f"INSERT OR IGNORE INTO {table} ({columns}) VALUES ({marks})", words)  # noqa: S608 - our names
    found = connection.execute(
        f"SELECT rowid FROM {table} WHERE ({columns}) = ({marks})",  # noqa: S608
        words,
    ).fetchone()
    return int(found[0])


class VoteReader:
    """Votes of a file as of one moment. What is before the cut is not there, but for what a kept day begins with.

    Raises InputError SIGNAL_ROWS_GONE for a row that names what is not stored.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._cut = cut_of(connection)
        self._voters: dict[int, tuple[str, str]] = {
            voter: (source, symbol)
            for voter, source, symbol in connection.execute("SELECT * FROM voters")
        }
        self._wordings: dict[int, tuple[Direction, VoteStatus, str]] = {
            wording: (Direction(direction), VoteStatus(status), reason)
            for wording, direction, status, reason in connection.execute("SELECT * FROM wordings")
        }

    def between(self, after: int, upto: int | None = None) -> Iterator[Numbered]:
        """By their numbers, `upto` included; without it to the last."""
        bounds = (max(after, self._cut.vote), 2**62 if upto is None else upto)
        where = "WHERE number > ? AND number <= ? ORDER BY number"
        old = self._connection.execute(f"SELECT number, document FROM old_votes {where}", bounds)  # noqa: S608
        for number, document in old:
            yield number, parse_vote(json.loads(document))
        yield from self._made(self._connection.execute(f"{_STORED} {where}", bounds))

    def vote(self, number: int) -> Vote | None:
        """None for one that is not there any more."""
        row = self._connection.execute(_WHOLE, {"number": number}).fetchone()
        if row is not None:
            return parse_vote(json.loads(row[0]))
        rows = self._connection.execute(f"{_STORED} WHERE v.number = ?", (number,))
        return next((vote for _, vote in self._made(rows)), None)

    def newest_first(
        self, *, limit: int, symbol: str | None = None, source: str | None = None
    ) -> list[Numbered]:
        """Those of one symbol or source, or all. Of a source that votes rarely the search may go far back."""
        voters = [
            number
            for number, (by, of) in self._voters.items()
            if (symbol is None or of == symbol) and (source is None or by == source)
        ]
        marks = ", ".join(map(str, voters))
        rows = self._connection.execute(
            f"{_STORED} WHERE v.voter IN ({marks}) AND v.number > ? ORDER BY v.number DESC LIMIT ?",
            (self._cut.vote, limit),
        )
        found = list(self._made(rows))
        if len(found) < limit:
            found += self._older(limit - len(found), symbol=symbol, source=source)
        return found

    def newest(self, after: int) -> dict[tuple[str, str], int]:
        """The number of the last vote after number `after`, by source and symbol."""
        found: dict[tuple[str, str], int] = {}
        pair = self._connection.execute(_OLD_PAIR, ("", "")).fetchone()
        while pair is not None:  # leaps over an index: version 1 may have left hundreds of millions
            symbol, source = pair
            (number,) = self._connection.execute(_OLD_NEWEST, pair).fetchone()
            if number > after:
                found[source, symbol] = number
            pair = self._connection.execute(_OLD_PAIR, pair).fetchone()
        rows = self._connection.execute(
            "SELECT voter, max(number) FROM votes WHERE number > ? GROUP BY voter", (after,)
        )
        return found | {self._voters[voter]: number for voter, number in rows}

    def _older(self, limit: int, *, symbol: str | None, source: str | None) -> list[Numbered]:
        rows = self._connection.execute(
            "SELECT number, document FROM old_votes WHERE number > :cut"
            " AND (:symbol IS NULL OR symbol = :symbol)"
            " AND (:source IS NULL OR source = :source) ORDER BY number DESC LIMIT :limit",
            {"cut": self._cut.vote, "symbol": symbol, "source": source, "limit": limit},
        )
        return [(number, parse_vote(json.loads(document))) for number, document in rows]

    def _made(self, rows: Iterator[tuple[Any, ...]]) -> Iterator[Numbered]:
        for number, voter, wording, p_up_mille, age_us, inputs_hash, at in rows:
            if at is None:
                continue  # no tick took it: it counts for nothing
            if voter not in self._voters or wording not in self._wordings:
                raise rows_gone(f"voter {voter} or wording {wording} of vote {number}")
            source, symbol = self._voters[voter]
            direction, status, reason = self._wordings[wording]
            fetched_at = parse_moment(at, field="at")
            yield (
                number,
                Vote(
                    source=source,
                    symbol=symbol,
                    direction=direction,
                    p_up=None if p_up_mille is None else _share(p_up_mille),
                    as_of=None if age_us is None else fetched_at - age_us * _US,
                    fetched_at=fetched_at,
                    status=status,
                    reason=reason,
                    inputs_hash=None if inputs_hash is None else inputs_hash.hex(),
                ),
            )


@lru_cache(maxsize=_MILLE + 1)
def _share(p_up_mille: int) -> Decimal:
    return Decimal(p_up_mille) / _MILLE


def rows_gone(what: str) -> InputError:
    return InputError(
        f"{what} is named, but not stored",
        code="SIGNAL_ROWS_GONE",
        fix="the file is not whole: restore it from a copy, or keep it as it is and say so",
    )
