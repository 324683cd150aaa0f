"""What others have still to be told, in the signal service's own file: written with what it tells of, done once."""

import json
import sqlite3
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from argos.core.texts import moment_text, optional_moment, optional_moment_text, parse_moment
from argos.signals.file import SignalFile

PAUSE_S_MIN: Final = 0.5
PAUSE_S_MAX: Final = 30.0
ERROR_LENGTH_MAX: Final = 500


class OutboxKind(StrEnum):
    """`REFUSAL`: of an entry or exit that became no intent."""

    CONFIGURATION = "configuration"
    SIGNAL = "signal"
    END = "end"
    HEAD = "head"
    REFUSAL = "refusal"
    INTENT = "intent"
    CLOSE = "close"


TOLD: Final = (
    OutboxKind.CONFIGURATION,
    OutboxKind.SIGNAL,
    OutboxKind.END,
    OutboxKind.HEAD,
    OutboxKind.REFUSAL,
)
"""What the database is told, in the order in which it was written."""
DELIVERED: Final = "delivered"
ACCEPTED: Final = "accepted"


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxRow:
    """A row that waits. `attempts`: how often it was begun to be told; `until`: of no use after it."""

    number: int
    kind: OutboxKind
    subject: str
    payload: Mapping[str, Any]
    made_at: datetime
    until: datetime | None
    attempts: int


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboxCounts:
    """What waits, by kind, since when, and why the oldest was not told; what was set aside or refused, by outcome."""

    waiting: Mapping[str, int]
    oldest_at: datetime | None
    last_error: str
    refused: Mapping[str, int]


class Outbox:
    """The outbox of a file. Every change is one whole transaction; `add` and `settle` join one of the caller's."""

    def __init__(self, file: SignalFile) -> None:
        self._file = file

    @staticmethod
    def add(
        connection: sqlite3.Connection,
        *,
        kind: str,
        subject: str,
        payload: Mapping[str, Any],
        made_at: datetime,
        until: datetime | None = None,
    ) -> bool:
        """One row for what is told once of this subject; False when it is there already, and stays as it is."""
        cursor = connection.execute(
            "INSERT INTO outbox (kind, subject, payload, made_at, until) VALUES (?, ?, ?, ?, ?)"
            " ON CONFLICT (kind, subject) DO NOTHING",
            (
                str(kind),
                subject,
                json.dumps(payload, separators=(",", ":"), sort_keys=True),
                moment_text(made_at),
                optional_moment_text(until),
            ),
        )
        return cursor.rowcount == 1

    @staticmethod
    def settle(
        connection: sqlite3.Connection,
        *,
        kind: OutboxKind,
        subject: str,
        code: str,
        text: str,
        at: datetime,
    ) -> None:
        """End a row that became no intent, and have the database told why. One that is done stays as it is."""
        cursor = connection.execute(
            "UPDATE outbox SET done_at = ?, outcome = ?, last_error = ?"
            " WHERE kind = ? AND subject = ? AND done_at IS NULL",
            (moment_text(at), code, text[:ERROR_LENGTH_MAX], kind.value, subject),
        )
        if cursor.rowcount == 0:
            return
        Outbox.add(
            connection,
            kind=OutboxKind.REFUSAL,
            subject=f"{kind.value}:{subject}",
            payload={
                "signal_id": subject,
                "kind": kind.value,
                "code": code,
                "text": text[:ERROR_LENGTH_MAX],
                "at": moment_text(at),
            },
            made_at=at,
        )

    def waiting(self, limit: int, *, kinds: Collection[OutboxKind]) -> Sequence[OutboxRow]:
        """The oldest rows of these kinds that are not done, in their order."""
        marks = ", ".join("?" for _ in kinds)
        with self._file.reading() as connection:
            rows = connection.execute(
                "SELECT number, kind, subject, payload, made_at, until, attempts FROM outbox"  # noqa: S608 - marks alone
                f" WHERE done_at IS NULL AND kind IN ({marks}) ORDER BY number LIMIT ?",
                (*(kind.value for kind in kinds), limit),
            ).fetchall()
        return [_row(*row) for row in rows]

    def begun(self, numbers: Collection[int]) -> None:
        """To be said before they are told: a row that may have arrived is never taken for one that did not."""
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE outbox SET attempts = attempts + 1 WHERE number = ?",
                [(number,) for number in numbers],
            )

    def done(self, outcomes: Mapping[int, str], *, at: datetime) -> None:
        """These rows are done, each with its outcome. A row that is done already keeps what it has."""
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE outbox SET done_at = ?, outcome = ? WHERE number = ? AND done_at IS NULL",
                [(moment_text(at), outcome, number) for number, outcome in outcomes.items()],
            )

    def refused(self, row: OutboxRow, *, code: str, text: str, at: datetime) -> None:
        """A row that became no intent: done, and the database is told why."""
        with self._file.transaction() as connection:
            self.settle(connection, kind=row.kind, subject=row.subject, code=code, text=text, at=at)

    def failed(self, errors: Mapping[int, str]) -> None:
        """Why these rows could not be told, by number; they stay as they are."""
        with self._file.transaction() as connection:
            connection.executemany(
                "UPDATE outbox SET last_error = ? WHERE number = ?",
                [(error[:ERROR_LENGTH_MAX], number) for number, error in errors.items()],
            )

    def holds(self, kind: OutboxKind, subject: str) -> bool:
        """Whether there is such a row, done or not."""
        with self._file.reading() as connection:
            found = connection.execute(
                "SELECT 1 FROM outbox WHERE kind = ? AND subject = ?", (kind.value, subject)
            ).fetchone()
        return found is not None

    def counts(self) -> OutboxCounts:
        with self._file.reading() as connection:
            waiting = connection.execute(
                "SELECT kind, count(*) FROM outbox WHERE done_at IS NULL GROUP BY kind"
            ).fetchall()
            oldest = connection.execute(
                "SELECT made_at, last_error FROM outbox WHERE done_at IS NULL ORDER BY number LIMIT 1"
            ).fetchone()
            refused = connection.execute(
                # spelt as in the index, or it would not be used
                "SELECT outcome, count(*) FROM outbox WHERE done_at IS NOT NULL"
                " AND outcome NOT IN ('delivered', 'accepted') GROUP BY outcome"
            ).fetchall()
        return OutboxCounts(
            waiting=dict(waiting),
            oldest_at=parse_moment(oldest[0], field="made_at") if oldest else None,
            last_error=oldest[1] if oldest else "",
            refused=dict(refused),
        )


def pause_s(failures: int) -> float:
    """How long to wait after so many failures in a row: 0.5, 1, 2 and so on up to 30 seconds, for ever."""
    return min(PAUSE_S_MAX, PAUSE_S_MIN * 2.0 ** min(max(failures - 1, 0), 30))


def _row(
    number: int,
    kind: str,
    subject: str,
    payload: str,
    made_at: str,
    until: str | None,
    attempts: int,
) -> OutboxRow:
    return OutboxRow(
        number=number,
        kind=OutboxKind(kind),
        subject=subject,
        payload=json.loads(payload),
        made_at=parse_moment(made_at, field="made_at"),
        until=optional_moment(until, field="until"),
        attempts=attempts,
    )
