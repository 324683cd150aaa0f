"""The ledger of calls and dollars: one SQLite file. What it has not counted is not sent.

A call is counted, at the most it may cost, in a committed transaction before its first byte leaves; afterwards the real
cost takes the place of that. A process that dies between the two leaves the higher sum: it errs towards having spent.
Several processes may use one file: looking and counting are one transaction.
"""

import sqlite3
from collections.abc import Collection, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from argos.core.errors import InputError, StoreError
from argos.sources.budget import PAUSE_MAX, Budget, Granted, Refused, Usage, refusal
from argos.sqlite_file import MEMORY, FileKind, SqliteFile

FILE: Final = "sources.sqlite"
"""In the home."""
CALLS_KEPT: Final = timedelta(days=8)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spent:
    """What one provider was asked and cost on one UTC day; open_calls: sent, or perhaps sent, and never seen to end."""

    calls: int
    microdollars: int
    open_calls: int
    paused_until: datetime | None


class SourceFile:
    """The file itself: calls, what they cost, and votes. Raises StoreError SOURCE_FILE_UNUSABLE."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> "SourceFile":
        """The file at `path`, made if it is not there. Raises InputError SOURCE_FILE_VERSION, StoreError."""
        return cls(SqliteFile.open(path, _KIND))

    @classmethod
    def empty(cls) -> "SourceFile":
        """One in memory, for looking where there is none yet."""
        return cls.open(MEMORY)

    def close(self) -> None:
        self._file.close()

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, and alone."""
        return self._file.transaction()


def _unusable(why: str) -> StoreError:
    return StoreError(f"the sources' file: {why}", code="SOURCE_FILE_UNUSABLE")


def _other_version(path: Path, held: str) -> InputError:
    return InputError(
        f"{path} has version {held}, not {_KIND.version}",
        code="SOURCE_FILE_VERSION",
        fix="use the version of Argos that wrote it, or move the file away: today's spending is then forgotten",
    )


_KIND: Final = FileKind(
    room="argos.sources", version="1", unusable=_unusable, other_version=_other_version
)


class CallLedger:
    """Counts calls before they are sent. `subject` in a row is a symbol or a number of them, never a query or a key.

    Calls of `simulated` providers went to a fixture server: they stand in rows of their own, so that a key which is set
    later finds its own day unspent.
    """

    def __init__(
        self, file: SourceFile, budgets: Mapping[str, Budget], *, simulated: Collection[str] = ()
    ) -> None:
        self._file = file
        self._budgets = budgets
        self._simulated = frozenset(simulated)

    def _row(self, provider: str) -> str:
        """What rows of the provider are called."""
        return f"{provider} simulated" if provider in self._simulated else provider

    def ask(
        self, provider: str, *, subject: str, microdollars: int, now: datetime
    ) -> Granted | Refused:
        """May a call that costs at most so much be sent? If so it is counted from now on. Raises StoreError."""
        budget, provider = self._budgets[provider], self._row(provider)
        with self._file.transaction() as connection:
            usage = _usage(connection, provider, budget, now=now)
            refused = refusal(budget, usage, microdollars=microdollars, now=now)
            if refused is not None:
                return refused
            day = _day(now)
            cursor = connection.execute(
                "INSERT INTO calls (provider, at_us, day, subject, microdollars) VALUES (?,?,?,?,?)",
                (provider, _us(now), day, subject, microdollars),
            )
            connection.execute(
                "INSERT INTO days VALUES (?, ?, 1, ?) ON CONFLICT (provider, day) DO UPDATE SET"
                " calls = calls + 1, microdollars = microdollars + excluded.microdollars",
                (provider, day, microdollars),
            )
            call_id = cursor.lastrowid
            assert call_id is not None
            connection.execute(
                "DELETE FROM calls WHERE provider = ? AND at_us < ?",
                (provider, _us(now - CALLS_KEPT)),
            )
        return Granted(call_id=call_id)

    def settle(self, call_id: int, *, ending: str, microdollars: int) -> None:
        """The call's end, a word such as OK, and what it really cost. A second end changes nothing. StoreError."""
        with self._file.transaction() as connection:
            row = connection.execute(
                "SELECT provider, day, microdollars FROM calls WHERE call_id = ? AND ending IS NULL",
                (call_id,),
            ).fetchone()
            if row is None:
                return
            provider, day, counted = row
            connection.execute(
                "UPDATE calls SET ending = ?, microdollars = ? WHERE call_id = ?",
                (ending, microdollars, call_id),
            )
            connection.execute(
                "UPDATE days SET microdollars = microdollars + ? WHERE provider = ? AND day = ?",
                (microdollars - counted, provider, day),
            )

    def pause(self, provider: str, *, seconds: float, now: datetime) -> None:
        """Nothing is sent to the provider for so long, a day at most, over restarts too. Raises StoreError."""
        provider = self._row(provider)
        until = now + min(timedelta(seconds=min(seconds, PAUSE_MAX.total_seconds())), PAUSE_MAX)
        with self._file.transaction() as connection:
            connection.execute(
                "INSERT INTO pauses VALUES (?, ?) ON CONFLICT (provider)"
                " DO UPDATE SET until_us = excluded.until_us",
                (provider, _us(until)),
            )

    def spent(self, provider: str, *, now: datetime) -> Spent:
        """Today's calls and cost. Raises StoreError."""
        provider = self._row(provider)
        with self._file.transaction() as connection:
            usage = _usage(connection, provider, Budget(), now=now)
            (open_calls,) = connection.execute(
                "SELECT count(*) FROM calls WHERE provider = ? AND day = ? AND ending IS NULL",
                (provider, _day(now)),
            ).fetchone()
        return Spent(
            calls=usage.calls_today,
            microdollars=usage.microdollars_today,
            open_calls=open_calls,
            paused_until=usage.paused_until,
        )


def _usage(
    connection: sqlite3.Connection, provider: str, budget: Budget, *, now: datetime
) -> Usage:
    day = connection.execute(
        "SELECT calls, microdollars FROM days WHERE provider = ? AND day = ?", (provider, _day(now))
    ).fetchone()
    pause = connection.execute(
        "SELECT until_us FROM pauses WHERE provider = ?", (provider,)
    ).fetchone()
    calls, microdollars = day or (0, 0)
    until = None if pause is None else _moment(pause[0])
    return Usage(
        calls_today=calls,
        microdollars_today=microdollars,
        filling_at=tuple(
            _nth_newest(connection, provider, window.calls_max, now=now)
            for window in budget.windows
        ),
        paused_until=until if until is not None and now < until <= now + PAUSE_MAX else None,
    )


def _nth_newest(
    connection: sqlite3.Connection, provider: str, count: int, *, now: datetime
) -> datetime | None:
    """Calls dated after now, by a clock that has gone back since, do not count: else they would block until then."""
    if count == 0:
        return None
    row = connection.execute(
        "SELECT at_us FROM calls WHERE provider = ? AND at_us <= ? ORDER BY at_us DESC LIMIT 1 OFFSET ?",
        (provider, _us(now), count - 1),
    ).fetchone()
    return None if row is None else _moment(row[0])


def _day(now: datetime) -> str:
    return now.astimezone(UTC).date().isoformat()


def _us(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _moment(microseconds: int) -> datetime:
    return _EPOCH + timedelta(microseconds=microseconds)
