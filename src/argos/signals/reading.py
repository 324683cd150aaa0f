"""What the file holds, for screens: signals, one with its why, votes, heads, and proofs."""

import json
import sqlite3
from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final

from argos.consensus.vote import vote_document
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.texts import moment_text, parse_moment
from argos.proofs.inclusion import proof_of
from argos.signals.days import records_of
from argos.signals.vote_rows import VoteReader

STATUSES: Final = ("valid", "refused", "standing", "ended")
"""By which a list is filtered: the first two are in the record, the others tell how it went on."""
_ID_PART_MIN: Final = 6
_SIGNALS: Final = "SELECT r.record, r.record_hash, e.at, e.reason FROM records r LEFT JOIN ends e USING (signal_id)"


def signals(
    connection: sqlite3.Connection,
    *,
    now: datetime,
    limit: int,
    symbol: str | None = None,
    status: str | None = None,
    since: datetime | None = None,
) -> list[dict[str, Any]]:
    """Newest first. Raises InputError SIGNAL_STATUS for a status that there is not."""
    if status is not None and status not in STATUSES:
        raise InputError(
            f"there is no status {status}",
            code="SIGNAL_STATUS",
            field="--status",
            fix=f"one of {', '.join(STATUSES)}",
        )
    wanted = {
        "r.symbol = ?": symbol,
        "r.at >= ?": None if since is None else moment_text(since),
        "r.verdict = ?": status if status in ("valid", "refused") else None,
    }
    given = {clause: value for clause, value in wanted.items() if value is not None}
    clauses = [*given]
    if status == "standing":
        clauses.append("e.at IS NULL")
    elif status == "ended":
        clauses.append("e.at IS NOT NULL")
    where = f" WHERE {' AND '.join(clauses)}" if clauses else ""
    rows = connection.execute(
        f"{_SIGNALS}{where} ORDER BY r.sequence DESC LIMIT ?", (*given.values(), limit)
    )
    return [_row(*row, now=now) for row in rows]


def signal_named(connection: sqlite3.Connection, name: str, *, now: datetime) -> dict[str, Any]:
    """One signal with all that was recorded of it, by its id, the beginning of it, or its number in the chain.

    Raises InputError SIGNAL_UNKNOWN, SIGNAL_AMBIGUOUS.
    """
    record, record_hash, ended_at, reason = _find(connection, name)
    document = json.loads(record)
    (head,) = connection.execute(
        "SELECT (SELECT head_hash FROM heads WHERE day = ?)", (document["at"][:10],)
    ).fetchone()
    return {
        **_row(record, record_hash, ended_at, reason, now=now),
        "record": document,
        "head_hash": head,
    }


def votes(
    connection: sqlite3.Connection, *, limit: int, symbol: str | None, source: str | None
) -> list[dict[str, Any]]:
    """Stored votes, newest first, from the first day on that is not pruned."""
    found = VoteReader(connection).newest_first(limit=limit, symbol=symbol, source=source)
    return [{"number": number, **vote_document(vote)} for number, vote in found]


def heads(connection: sqlite3.Connection) -> list[dict[str, Any]]:
    """Newest first, with their hashes."""
    rows = connection.execute("SELECT head, head_hash FROM heads ORDER BY day DESC")
    return [{**json.loads(head), "head_hash": head_hash} for head, head_hash in rows]


def open_day(connection: sqlite3.Connection) -> dict[str, Any] | None:
    """The day that has no head yet: how many signals so far. None before the first tick."""
    row = connection.execute("SELECT day FROM ticks ORDER BY number DESC LIMIT 1").fetchone()
    if row is None:
        return None
    (count,) = connection.execute(
        "SELECT count(*) FROM records WHERE day = ?", (row[0],)
    ).fetchone()
    return {"day": row[0], "count": count, "head_from": moment_text(_midnight_after(row[0]))}


def proof(connection: sqlite3.Connection, name: str, *, now: datetime) -> dict[str, Any]:
    """The proof of one signal, by its id, the beginning of it, or its number.

    Raises InputError SIGNAL_DAY_OPEN while its day has no head: there is nothing yet that could be proved against.
    """
    record = json.loads(_find(connection, name)[0])
    day = record["at"][:10]
    row = connection.execute("SELECT head FROM heads WHERE day = ?", (day,)).fetchone()
    if row is None:
        raise _day_open(day, now=now)
    return proof_of(record["sequence"], records_of(connection, day), json.loads(row[0]))


def _find(connection: sqlite3.Connection, name: str) -> Sequence[Any]:
    if name.isdigit() and len(name) < _ID_PART_MIN * 3:
        rows = connection.execute(f"{_SIGNALS} WHERE r.sequence = ?", (int(name),)).fetchall()
    elif len(name) >= _ID_PART_MIN:
        rows = connection.execute(
            f"{_SIGNALS} WHERE substr(r.signal_id, 1, ?) = ? LIMIT 2", (len(name), name.lower())
        ).fetchall()
    else:
        rows = []
    if not rows:
        raise InputError(
            f"there is no signal {name}",
            code="SIGNAL_UNKNOWN",
            field="SIGNAL",
            fix=f"see `argos signals`; its number, its id, or the first {_ID_PART_MIN} characters of that",
        )
    if len(rows) > 1:
        raise InputError(
            f"more than one signal begins with {name}",
            code="SIGNAL_AMBIGUOUS",
            field="SIGNAL",
            fix="give more of the id",
        )
    found: Sequence[Any] = rows[0]
    return found


def _row(
    record: str, record_hash: str, ended_at: str | None, reason: str | None, *, now: datetime
) -> dict[str, Any]:
    document = json.loads(record)
    signal = document["signal"]
    return {
        "sequence": document["sequence"],
        "signal_id": signal["signal_id"],
        "at": signal["at"],
        "symbol": signal["symbol"],
        "direction": signal["direction"],
        "score": signal["score"],
        "probability": signal["probability"],
        "status": signal["status"],
        "refusals": [refusal["code"] for refusal in signal["refusals"]],
        "simulated": signal["simulated"],
        "valid_until": signal["valid_until"],
        "ended_at": ended_at,
        "end_reason": reason,
        "stands": ended_at is None
        and parse_moment(signal["valid_until"], field="valid_until") > now,
        "record_hash": record_hash,
    }


def _day_open(day: str, *, now: datetime) -> InputError:
    over = _midnight_after(day)
    if now < over:
        fix = (
            f"ask again from {moment_text(over)} on: the first tick of the new day closes this one"
        )
    else:
        fix = (
            "the day is over, and the first tick of a later one closes it: run `argos signals run`"
        )
    return InputError(f"{day} has no head yet", code="SIGNAL_DAY_OPEN", field="SIGNAL", fix=fix)


def _midnight_after(day: str) -> datetime:
    following = date.fromisoformat(day) + timedelta(days=1)
    return datetime(following.year, following.month, following.day, tzinfo=UTC)


def proof_summary(document: Mapping[str, Any]) -> dict[str, Any]:
    """What a proof proves, for people."""
    head = document["head"]
    return {
        "signal_id": document["record"]["signal"]["signal_id"],
        "sequence": document["record"]["sequence"],
        "day": head["day"],
        "nth": document["index"] + 1,
        "of": head["count"],
        "head_hash": document["head_hash"],
        "proof_sha256": sha256_of(document),
    }
