"""Heads of days that are over, made when the first tick of a later day comes; days without signals have one, too."""

import json
import sqlite3
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from argos.core.canonical import canonical_bytes, sha256_of
from argos.core.texts import moment_text
from argos.proofs.heads import head_of_day

HEADS_AT_ONCE: Final = 400
"""After a clock that jumped far ahead the rest follows with the next ticks."""
_ONE: Final = timedelta(days=1)


def close_days(connection: sqlite3.Connection, *, before: datetime) -> None:
    """A head for every day from the first tick's on that ended before `before`, and a row of the outbox for each."""
    head = last_head(connection)
    for day in _open_days(connection, head, until=before.astimezone(UTC).date()):
        head = head_of_day(day, records_of(connection, day.isoformat()), before=head)
        head_hash = sha256_of(head)
        text = canonical_bytes(head).decode()
        connection.execute("INSERT INTO heads VALUES (?, ?, ?)", (head["day"], text, head_hash))
        payload = canonical_bytes({"head": head, "head_hash": head_hash}).decode()
        connection.execute(
            "INSERT OR IGNORE INTO outbox (kind, subject, payload, made_at) VALUES ('head', ?, ?, ?)",
            (head["day"], payload, moment_text(before)),
        )


def last_head(connection: sqlite3.Connection) -> dict[str, Any] | None:
    row = connection.execute("SELECT head FROM heads ORDER BY day DESC LIMIT 1").fetchone()
    return None if row is None else json.loads(row[0])


def records_of(connection: sqlite3.Connection, day: str) -> list[dict[str, Any]]:
    """Records of one UTC day in their order."""
    found = connection.execute("SELECT record FROM records WHERE day = ? ORDER BY sequence", (day,))
    return [json.loads(text) for (text,) in found]


def _open_days(
    connection: sqlite3.Connection, head: dict[str, Any] | None, *, until: date
) -> Iterator[date]:
    if head is None:
        row = connection.execute("SELECT day FROM ticks ORDER BY number LIMIT 1").fetchone()
        if row is None:
            return
        day = date.fromisoformat(row[0])
    else:
        day = date.fromisoformat(head["day"]) + _ONE
    for _ in range(HEADS_AT_ONCE):
        if day >= until:
            return
        yield day
        day += _ONE
