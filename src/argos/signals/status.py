"""How the service is, in one small file beside its store: for `argos signals status`, the doctor and `/metrics`.

A file, and not a table: it is told as well when the store is what fails.
"""

import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from argos.core.texts import moment_text, optional_moment_text, parse_moment
from argos.proofs.records import ChainEnd
from argos.signals.file import SignalFile
from argos.stack.home import write_atomically

STATUS_FILE: Final = "signals-status.json"
"""In the home."""
QUIET_CYCLES_MAX: Final = 3
"""A service that has not told its status for so many cycles is not running, or hangs."""
_WAITING: Final = "SELECT kind, count(*), min(made_at) FROM outbox WHERE done_at IS NULL GROUP BY kind ORDER BY kind"


@dataclass(slots=True, kw_only=True)
class Health:
    """What the cycle knows of itself; it alone changes it.

    tick_ms, tick_cpu_ms: of the last tick that was stored, store included. skipped: TICK_NOT_NEW while the clock stands
    or went back, or the code of the error that kept the last tick from being stored; since when, and how many ticks.
    reasons: what decided at the last tick on symbols without a new signal, with their number.
    missed: ticks of this process that never were, since one took too long or the machine slept. ended_at: when it was
    stopped in good order.
    """

    started_at: datetime
    cycle_s: float
    symbols: int
    simulated: Mapping[str, bool] = field(default_factory=dict)
    tick_number: int = 0
    tick_at: datetime | None = None
    tick_ms: float = 0.0
    tick_cpu_ms: float = 0.0
    ticks: int = 0
    fired: int = 0
    reasons: Mapping[str, int] = field(default_factory=dict)
    skipped: str = ""
    skipped_since: datetime | None = None
    skipped_ticks: int = 0
    missed: int = 0
    ended_at: datetime | None = None
    chain: ChainEnd = field(default_factory=ChainEnd)


def write_status(path: Path, health: Health, *, now: datetime, file: SignalFile) -> None:
    """Raises StoreError, OSError."""
    document = health_document(health, now=now) | {"waiting": waiting(file)}
    write_atomically(path, json.dumps(document) + "\n")


def health_document(health: Health, *, now: datetime) -> dict[str, Any]:
    return {
        "at": moment_text(now),
        "pid": os.getpid(),
        "started_at": moment_text(health.started_at),
        "ended_at": optional_moment_text(health.ended_at),
        "cycle_s": health.cycle_s,
        "symbols": health.symbols,
        "simulated_sources": sorted(name for name, is_so in health.simulated.items() if is_so),
        "tick": {
            "number": health.tick_number,
            "at": optional_moment_text(health.tick_at),
            "ms": round(health.tick_ms, 1),
            "cpu_ms": round(health.tick_cpu_ms, 1),
        },
        "ticks": health.ticks,
        "fired": health.fired,
        "reasons": dict(sorted(health.reasons.items())),
        "skipped": health.skipped,
        "skipped_since": optional_moment_text(health.skipped_since),
        "skipped_ticks": health.skipped_ticks,
        "missed_ticks": health.missed,
        "chain": {
            "sequence": health.chain.sequence,
            "last_hash": health.chain.last_hash,
            "last_at": optional_moment_text(health.chain.last_at),
        },
    }


def waiting(file: SignalFile) -> dict[str, Any]:
    """Rows of the outbox that are not done, by kind, with the moment of the oldest. Raises StoreError."""
    with file.reading() as connection:
        rows = connection.execute(_WAITING).fetchall()
    return {kind: {"rows": rows_, "oldest_at": oldest} for kind, rows_, oldest in rows}


def read_status(path: Path) -> dict[str, Any] | None:
    """What the service last said; None when it never ran here, or the file is not readable as such."""
    try:
        document = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None


def is_running(document: Mapping[str, Any], *, now: datetime) -> bool:
    """Whether it was not stopped, and heard of within three cycles, by our clock or by one that is a little off."""
    if document["ended_at"] is not None:
        return False
    at = parse_moment(document["at"], field="at")
    return bool(abs((now - at).total_seconds()) <= QUIET_CYCLES_MAX * document["cycle_s"] + 1)
