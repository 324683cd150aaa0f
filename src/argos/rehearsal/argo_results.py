"""What Argo's week came to: signals from the service's own file, what became of each, and whether the file holds."""

import json
import sqlite3
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from argos.core.ids import event_uuid, intent_uuid
from argos.rehearsal.argo_week import WeekRun
from argos.rehearsal.checking import Findings
from argos.signals.execution import SOURCE
from argos.signals.file import SignalFile
from argos.signals.outbox import ACCEPTED
from argos.signals.replaying import replay_day
from argos.signals.verifying import verify_file


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalBook:
    """The chain of the week. refusals: by code. handed_over: signals that the spine took, by their intents.

    hashes: of the records, by signal. faults: what does not hold in the chain, or differs when the days are made again
    from their votes.
    """

    recorded: int
    valid: int
    simulated: int
    by_symbol: Mapping[str, Mapping[str, int]]
    refusals: Mapping[str, int]
    outcomes: Mapping[str, int]
    handed_over: Mapping[str, UUID]
    ticks: int
    votes: int
    last_hash: str
    hashes: Mapping[str, str]
    faults: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ArgoResult:
    """The week as played, the chain, the journal's entries and figures as the API tells them, and what is wrong."""

    run: WeekRun
    book: SignalBook
    journal: Sequence[Mapping[str, Any]]
    performance: Mapping[str, Any]
    findings: Findings

    @property
    def clean(self) -> bool:
        return self.findings.clean and not self.book.faults


def read_signals(file: SignalFile) -> SignalBook:
    """Reads, verifies and replays everything in the file."""
    with file.reading() as connection:
        rows = connection.execute("SELECT record, record_hash FROM records ORDER BY sequence")
        chained = [(json.loads(record)["signal"], record_hash) for record, record_hash in rows]
        outbox = connection.execute(
            "SELECT kind, subject, outcome FROM outbox WHERE kind IN ('intent', 'close')"
        ).fetchall()
        verified = verify_file(connection)
        days = [row[0] for row in connection.execute("SELECT DISTINCT day FROM ticks ORDER BY day")]
        replays = [replay_day(connection, day) for day in days]
        ticks, votes = _counts(connection)
    records = [signal for signal, _ in chained]
    by_symbol: dict[str, Counter[str]] = {}
    for signal in records:
        by_symbol.setdefault(signal["symbol"], Counter())[signal["status"]] += 1
    found = [*verified.findings, *(item for replayed in replays for item in replayed.findings)]
    return SignalBook(
        recorded=len(records),
        valid=sum(signal["status"] == "valid" for signal in records),
        simulated=sum(signal["simulated"] for signal in records),
        by_symbol=by_symbol,
        refusals=Counter(item["code"] for signal in records for item in signal["refusals"]),
        outcomes=Counter(f"{kind}: {outcome or 'waiting'}" for kind, _, outcome in outbox),
        handed_over={
            subject: intent_uuid(source=SOURCE, event=event_uuid(source=SOURCE, event_id=subject))
            for kind, subject, outcome in outbox
            if kind == "intent" and outcome == ACCEPTED
        },
        ticks=ticks,
        votes=votes,
        last_hash=verified.last_hash,
        hashes={signal["signal_id"]: record_hash for signal, record_hash in chained},
        faults=tuple(f"{item.code} {item.where}: {item.text}" for item in found),
    )


def argo_json(result: ArgoResult) -> dict[str, Any]:
    """The week's part of the demo's one line for programs."""
    book, run = result.book, result.run
    return {
        "days": run.days_done,
        "first_day": None if run.first_day is None else run.first_day.isoformat(),
        "ticks": book.ticks,
        "votes": book.votes,
        "signals": {
            "recorded": book.recorded,
            "valid": book.valid,
            "refused": dict(book.refusals),
            "simulated": book.simulated,
            "handed_over": len(book.handed_over),
        },
        "chain": {"last_hash": book.last_hash, "faults": list(book.faults)},
        "all_closed": run.all_closed,
        "lost": len(result.findings.lost),
        "doubled": len(result.findings.doubled),
        "trades": len(result.journal),
        "performance": dict(result.performance),
    }


def told_lines(result: ArgoResult) -> list[str]:
    """What the week came to, in sentences for the screen and the report."""
    book = result.book
    refused = ", ".join(f"{code} {count}" for code, count in sorted(book.refusals.items()))
    nothing = [
        f"{item['outcome']} {item['code']} {item['n']}"
        for item in result.performance["beside"]
        if item["what"] == "legs"
    ]
    lines = [
        f"{book.ticks} ticks over {book.votes} votes gave {book.recorded} signals, {book.simulated} of them from"
        f" simulated sources; {len(book.handed_over)} became intents"
        + (f"; refused: {refused}." if refused else ".")
    ]
    if nothing:
        lines.append(f"Legs that came to no trade: {', '.join(nothing)}.")
    verdict = (
        f"does not hold in {len(book.faults)} places"
        if book.faults
        else "verified, and made again from the stored votes with the same hashes"
    )
    lines.append(f"The chain of signals: {verdict} (last {book.last_hash[:16]}).")
    lost, doubled = len(result.findings.lost), len(result.findings.doubled)
    held = "nothing lost, nothing doubled" if result.findings.clean else "FINDINGS"
    lines.append(f"Held against all ledgers: {held} (lost {lost}, doubled {doubled}).")
    return lines


def _counts(connection: sqlite3.Connection) -> tuple[int, int]:
    (ticks,) = connection.execute("SELECT count(*) FROM ticks").fetchone()
    (votes,) = connection.execute("SELECT count(*) FROM votes").fetchone()
    return int(ticks), int(votes)
