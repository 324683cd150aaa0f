"""Old days go, in small steps between ticks: what a step did is whole, and the next goes on from there.

Only votes, ticks, checkpoints and told rows of the outbox are pruned. Signals, heads, ends and settings never are.
The newest days on which the service ticked are kept, by number and not by date: a clock that jumps ahead ends none.
"""

import json
import sqlite3
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from argos.consensus.vote import vote_document
from argos.core.texts import moment_text
from argos.signals.cut import Cut, cut_of, set_cut
from argos.signals.file import SignalFile
from argos.signals.settings import Retention
from argos.signals.vote_rows import VoteReader

ROWS_A_STEP: Final = 5_000
"""Of votes; some 10 ms of processor time."""
BIG_ROWS_A_STEP: Final = 1_000
"""Of tables whose rows are documents."""
FREE_SHARE_MAX: Final = 4
"""When more than one in so many pages is free, pages go back to the disk; fewer are used again by the next days."""
PAGES_FREE_MIN: Final = 4_096
PAGES_A_STEP: Final = 500
_DELETE: Final = (
    "DELETE FROM {table} WHERE {key} IN (SELECT {key} FROM {table} WHERE {where} LIMIT ?)"
)
_TOLD: Final = "outcome = 'delivered' AND kind <> 'configuration' AND done_at < ?"
"""As its index has it. Entries, exits and settings stay: by them nothing is ordered or told a second time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Part:
    """Rows of one table that go, by their key; rows: at most so many a step."""

    table: str
    key: str
    where: str
    value: object
    rows: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """What is still to be pruned. pruned_before: the mark as it will be, empty for none."""

    pruned_before: str
    votes: int
    ticks: int
    checkpoints: int
    outbox: int


class Pruner:
    """For one file and its writer. `rows_a_step` bounds a step of votes."""

    def __init__(
        self, file: SignalFile, keep: Retention, *, rows_a_step: int = ROWS_A_STEP
    ) -> None:
        self._file = file
        self._keep = keep
        self._rows_a_step = rows_a_step
        self._done_on = ""

    def step(self, now: datetime) -> bool:
        """One small transaction at most; whether there was anything to do. Costs nothing once a day is done with.

        Raises StoreError, and then nothing happened.
        """
        today = moment_text(now)[:10]
        if self._done_on == today:
            return False
        with self._file.transaction() as connection:
            did = self._step(connection, now)
        if not did and self._gives_back():
            self._file.give_back(PAGES_A_STEP)
            did = True
        if not did:
            self._done_on = today
        return did

    def _step(self, connection: sqlite3.Connection, now: datetime) -> bool:
        cut = wanted_cut(connection, self._keep)
        if cut != cut_of(connection):
            _keep_held_votes(connection, cut)
            set_cut(connection, cut)
            return True
        return any(
            connection.execute(
                _DELETE.format(table=part.table, key=part.key, where=part.where),
                (part.value, min(part.rows, self._rows_a_step)),
            ).rowcount
            for part in _parts(cut, self._keep, now)
        )

    def _gives_back(self) -> bool:
        with self._file.reading() as connection:
            pages, free, vacuum = (
                connection.execute(f"PRAGMA {name}").fetchone()[0]
                for name in ("page_count", "freelist_count", "auto_vacuum")
            )
        return bool(vacuum) and free > PAGES_FREE_MIN and free * FREE_SHARE_MAX > pages


def left(connection: sqlite3.Connection, keep: Retention, *, now: datetime) -> Left:
    """What pruning has to do, counted."""
    cut = wanted_cut(connection, keep)
    counts: Counter[str] = Counter()
    for part in _parts(cut, keep, now):
        (count,) = connection.execute(
            f"SELECT count(*) FROM {part.table} WHERE {part.where}",  # noqa: S608 - our own names
            (part.value,),
        ).fetchone()
        counts[part.table] = count
    return Left(
        pruned_before=cut.day,
        votes=counts["votes"] + counts["old_votes"],
        ticks=counts["ticks"],
        checkpoints=counts["checkpoints"],
        outbox=counts["outbox"],
    )


def wanted_cut(connection: sqlite3.Connection, keep: Retention) -> Cut:
    """Where the cut should be: never before where it is, and only behind days that have a head."""
    cut = cut_of(connection)
    if keep.votes_days is None:
        return cut
    day = None
    for _ in range(keep.votes_days):
        day = _day_before(connection, day, cut)
        if day is None:
            return cut
    if day is None or day <= cut.day:
        return cut
    (tick,) = connection.execute("SELECT min(number) FROM ticks WHERE day = ?", (day,)).fetchone()
    row = connection.execute(
        "SELECT t.votes_upto FROM ticks t JOIN heads h USING (day) WHERE t.number = ?", (tick - 1,)
    ).fetchone()
    return cut if row is None else Cut(day=day, tick=tick, vote=row[0])


def kept_days(connection: sqlite3.Connection, cut: Cut) -> list[str]:
    """Days whose ticks are kept, newest first."""
    days = []
    day = _day_before(connection, None, cut)
    while day is not None:
        days.append(day)
        day = _day_before(connection, day, cut)
    return days


def _day_before(connection: sqlite3.Connection, day: str | None, cut: Cut) -> str | None:
    """By leaps over an index: a day may have thousands of ticks."""
    (found,) = connection.execute(
        "SELECT max(day) FROM ticks WHERE day < ? AND day >= ?", (day or "~", cut.day)
    ).fetchone()
    return None if found is None else str(found)


def _keep_held_votes(connection: sqlite3.Connection, cut: Cut) -> None:
    """Votes of before the cut that a kept checkpoint names stay, as documents; what none names goes."""
    named: set[int] = set()
    for (document,) in connection.execute(
        "SELECT document FROM checkpoints WHERE tick >= ?", (cut.tick,)
    ):
        named |= {number for number in json.loads(document)["votes"] if number <= cut.vote}
    reader = VoteReader(connection)
    kept = {number: reader.vote(number) for number in sorted(named)}
    connection.execute("DELETE FROM kept_votes")
    connection.executemany(
        "INSERT INTO kept_votes VALUES (?, ?)",
        [
            (number, json.dumps(vote_document(vote), sort_keys=True, separators=(",", ":")))
            for number, vote in kept.items()
            if vote is not None
        ],
    )


def _parts(cut: Cut, keep: Retention, now: datetime) -> Iterator[_Part]:
    """The last tick before the cut stays: when it was says which ends the first kept day saw."""
    if cut.day:
        yield _Part(
            table="votes", key="number", where="number <= ?", value=cut.vote, rows=ROWS_A_STEP
        )
        for table, key, before in (
            ("old_votes", "number", cut.vote + 1),
            ("ticks", "number", cut.tick - 1),
            ("checkpoints", "tick", cut.tick),
        ):
            yield _Part(
                table=table, key=key, where=f"{key} < ?", value=before, rows=BIG_ROWS_A_STEP
            )
    if keep.outbox_days is not None:
        since = moment_text(now - timedelta(days=keep.outbox_days))
        yield _Part(table="outbox", key="number", where=_TOLD, value=since, rows=BIG_ROWS_A_STEP)
