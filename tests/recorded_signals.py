"""Signals as the cycle records them, made by hand for tests: a chain, its end and its rows in an outbox."""

import sqlite3
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from argos.core.canonical import sha256_of
from argos.core.texts import moment_text
from argos.proofs.records import ChainEnd, record_after
from argos.signals.outbox import Outbox, OutboxKind

CONFIG = {"trading": {"auto_execute": True}}


def now() -> datetime:
    return datetime.now(UTC)


def signal(at: datetime, *, signal_id: UUID | None = None, **changes: Any) -> dict[str, Any]:
    """A long AAPL signal with a score of 0.8 that stands for five minutes."""
    return {
        "signal_id": str(signal_id or uuid4()),
        "symbol": "AAPL",
        "at": moment_text(at),
        "direction": "long",
        "score": "0.8",
        "probability": None,
        "valid_until": moment_text(at + timedelta(minutes=5)),
        "ballots": [
            {"source": "massive", "weight": "0.4", "counted": "long", "abstention": None},
            {"source": "alpha_vantage", "weight": "0.25", "counted": "long", "abstention": None},
            {"source": "x", "weight": "0.2", "counted": "abstain", "abstention": "STALE"},
        ],
        "strategy": "consensus",
        "version": "1",
        "environment": "dev",
        "config_digest": sha256_of(CONFIG),
        "simulated": True,
        "status": "valid",
        "refusals": [],
        "checks": [{"check": "confidence", "verdict": "passed", "text": "0.8 is enough"}],
        **changes,
    }


@dataclass(slots=True)
class Chain:
    """A chain of records, each written into an outbox as the cycle does."""

    end: ChainEnd = field(default_factory=ChainEnd)
    records: list[dict[str, Any]] = field(default_factory=list)

    def record(self, **changes: Any) -> dict[str, Any]:
        """The next record of a signal, with these changes to it."""
        at = changes.pop("at", None) or now()
        made, self.end = record_after(self.end, at=at, signal=signal(at, **changes))
        self.records.append(made)
        return made

    def tell(self, connection: sqlite3.Connection, made: dict[str, Any]) -> None:
        signal_id, digest = made["signal"]["signal_id"], made["signal"]["config_digest"]
        Outbox.add(
            connection,
            kind=OutboxKind.CONFIGURATION,
            subject=digest,
            payload={"digest": digest, "document": CONFIG},
            made_at=now(),
        )
        Outbox.add(
            connection,
            kind=OutboxKind.SIGNAL,
            subject=signal_id,
            payload={"record": made, "record_hash": sha256_of(made)},
            made_at=now(),
        )


def end_row(signal_id: str, *, at: datetime, reason: str = "SCORE_FELL") -> dict[str, Any]:
    return {"signal_id": signal_id, "at": moment_text(at), "reason": reason}


PRICE = Decimal("100")
