"""Signals as the chain holds them, made by the consensus itself from votes of few words."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from argos.consensus.documents import signal_document
from argos.consensus.replay import replay
from argos.consensus.settings import ConsensusSettings
from argos.proofs.records import ChainEnd, record_after
from unit.consensus.builders import START, votes_of


def recorded(
    words: str = "M+ A+ X+ S!",
    *,
    at: datetime = START,
    simulated: bool = True,
    refusals: tuple[str, ...] = (),
    end: ChainEnd | None = None,
) -> tuple[dict[str, Any], ChainEnd]:
    """The record of the signal that these votes make at once, refused for these codes; see `votes_of` for the words."""
    settings = ConsensusSettings(ticks_min=1, conflict_at=Decimal("0.9"), fire_at=Decimal("0.6"),
                                 clear_below=Decimal("0.5"), weight_min=Decimal("0.6"))  # fmt: skip
    (decision,) = replay(votes_of(words, as_of=at), [at], settings)
    document = {
        **signal_document(decision),
        "strategy": "consensus",
        "version": "1",
        "environment": "dev",
        "config_digest": "c" * 64,
        "simulated": simulated,
        "status": "refused" if refusals else "valid",
        "refusals": [{"code": code, "text": f"because of {code}"} for code in refusals],
        "checks": [],
    }
    return record_after(end or ChainEnd(), at=at, signal=document)
