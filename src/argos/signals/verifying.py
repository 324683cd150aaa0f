"""The whole file held against itself: every record, every link, every head, every column, every digest."""

import json
import sqlite3
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import pairwise
from typing import Any

from argos.core.canonical import canonical_bytes, sha256_of
from argos.core.errors import ArgosError
from argos.proofs.faults import Fault
from argos.proofs.heads import verify_day, verify_heads
from argos.proofs.records import verify_chain
from argos.signals.cut import cut_of
from argos.signals.days import records_of
from argos.signals.findings import Finding, FindingCode


@dataclass(slots=True)
class Verified:
    """What was looked at. covered_day: the day of the head that was held against, covered: records up to its end.

    pruned_before: records of earlier days cannot be counted against their ticks any more; their heads count them.
    """

    records: int = 0
    heads: int = 0
    last_hash: str = ""
    last_head_hash: str = ""
    covered_day: str = ""
    covered: int = 0
    pruned_before: str = ""
    findings: list[Finding] = field(default_factory=list)

    def find(self, code: FindingCode, where: str, text: str) -> None:
        self.findings.append(Finding(code=code.value, where=where, text=text))

    def add(self, faults: list[Fault]) -> None:
        self.findings += [
            Finding(code=fault.code.value, where=fault.where, text=fault.text) for fault in faults
        ]


def verify_file(connection: sqlite3.Connection, *, against: str | None = None) -> Verified:
    """All that does not hold. `against` is a head's hash as it was kept elsewhere.

    Without it a file that was rewritten throughout holds as well.
    """
    done = Verified(pruned_before=cut_of(connection).day)
    _verify_records(connection, done)
    heads = _verify_heads(connection, done)
    _verify_settings(connection, done)
    if against is not None:
        _hold_against(against, heads, done)
    return done


def _verify_records(connection: sqlite3.Connection, done: Verified) -> None:
    done.add(verify_chain(_read_records(connection, done)))
    counts = connection.execute(
        "SELECT t.day, t.fired, (SELECT count(*) FROM records r WHERE r.day = t.day)"
        " FROM (SELECT day, sum(fired) AS fired FROM ticks WHERE number >= ? GROUP BY day) AS t",
        (cut_of(connection).tick,),
    )
    for day, fired, stored in counts:
        if fired != stored:
            text = f"its ticks gave {fired} signals, {stored} are recorded"
            done.find(FindingCode.RECORDS_MISCOUNTED, f"records of {day}", text)


def _read_records(connection: sqlite3.Connection, done: Verified) -> Iterator[dict[str, Any]]:
    rows = connection.execute(
        "SELECT sequence, day, at, signal_id, symbol, verdict, record, record_hash FROM records ORDER BY sequence"
    )
    for sequence, day, at, signal_id, symbol, verdict, text, record_hash in rows:
        where = f"record {sequence}"
        record = _document(text, where, done)
        signal = record.get("signal")
        signal = signal if isinstance(signal, dict) else {}
        done.records += 1
        done.last_hash = _hash(record)
        said = {
            "sequence": (sequence, record.get("sequence")),
            "at": (at, record.get("at")),
            "day": (day, str(record.get("at"))[:10]),
            "signal_id": (signal_id, signal.get("signal_id")),
            "symbol": (symbol, signal.get("symbol")),
            "verdict": (verdict, signal.get("status")),
            "record_hash": (record_hash, done.last_hash),
        }
        _compare_columns(said, where, done)
        yield record


def _verify_heads(connection: sqlite3.Connection, done: Verified) -> list[dict[str, Any]]:
    heads = []
    for day, text, head_hash in connection.execute(
        "SELECT day, head, head_hash FROM heads ORDER BY day"
    ):
        where = f"head of {day}"
        head = _document(text, where, done)
        heads.append(head)
        said = {"day": (day, head.get("day")), "head_hash": (head_hash, _hash(head))}
        _compare_columns(said, where, done)
        done.add(verify_day(_records_of(connection, day), head))
    done.add(verify_heads(heads))
    done.heads = len(heads)
    days = [str(head.get("day")) for head in heads]
    for missing in _days_between(days):
        done.find(FindingCode.HEAD_MISSING, f"head of {missing}", "the days around it have one")
    if heads:
        done.last_head_hash = _hash(heads[-1])
        _records_without_head(connection, days[0], days[-1], done)
    return heads


def _records_of(connection: sqlite3.Connection, day: str) -> list[dict[str, Any]]:
    """None where one cannot be read at all, which is told of the record itself."""
    try:
        return records_of(connection, day)
    except ValueError:
        return []


def _records_without_head(
    connection: sqlite3.Connection, first: str, last: str, done: Verified
) -> None:
    row = connection.execute(
        "SELECT count(*), min(day) FROM records WHERE day < ? OR (day <= ? AND day NOT IN (SELECT day FROM heads))",
        (first, last),
    ).fetchone()
    if row[0]:
        text = f"{row[0]} records of closed days stand under no head"
        done.find(FindingCode.HEAD_MISSING, f"head of {row[1]}", text)


def _verify_settings(connection: sqlite3.Connection, done: Verified) -> None:
    for table, column in (("configurations", "config_digest"), ("consensus_rules", "rules_digest")):
        held = set()
        for digest, text in connection.execute(f"SELECT digest, document FROM {table}"):  # noqa: S608 - our own names
            held.add(digest)
            document = _document(text, f"{table} {digest[:12]}", done)
            if _hash(document) != digest:
                where = f"{table} {digest[:12]}"
                done.find(FindingCode.SETTINGS_DIFFER, where, f"its digest is {_hash(document)}")
        named = connection.execute(f"SELECT DISTINCT {column} FROM ticks WHERE {column} <> ''")  # noqa: S608
        for (digest,) in named:
            if digest not in held:
                done.find(FindingCode.SETTINGS_MISSING, f"{table} {digest[:12]}", "a tick names it")


def _hold_against(against: str, heads: list[dict[str, Any]], done: Verified) -> None:
    for head in heads:
        if _hash(head) == against:
            done.covered_day = head["day"]
            done.covered = head["first_sequence"] + head["count"] - 1
            return
    done.find(FindingCode.HEAD_UNKNOWN, "heads", f"none of {len(heads)} has the hash {against}")


def _compare_columns(said: dict[str, tuple[object, object]], where: str, done: Verified) -> None:
    for name, (column, document) in said.items():
        if column != document:
            text = f"{name} is {column} beside it, {document} in it"
            done.find(FindingCode.RECORD_COLUMN, where, text)


def _document(text: str, where: str, done: Verified) -> dict[str, Any]:
    """What is stored, empty when it is no object; told when it is not in canonical spelling."""
    try:
        document = json.loads(text)
        is_plain = isinstance(document, dict) and canonical_bytes(document).decode() == text
    except (ValueError, RecursionError, ArgosError):
        document, is_plain = {}, False
    if not is_plain:
        done.find(FindingCode.RECORD_TEXT, where, "not canonical JSON")
    return document if isinstance(document, dict) else {}


def _hash(document: object) -> str:
    try:
        return sha256_of(document)
    except ArgosError:
        return ""


def _days_between(days: list[str]) -> Iterator[str]:
    for day, following in pairwise(days):
        try:
            missing, until = date.fromisoformat(day), date.fromisoformat(following)
        except ValueError:
            continue
        while (missing := missing + timedelta(days=1)) < until:
            yield missing.isoformat()
