"""What the signal service works by, in plain words; `config.json` is read elsewhere."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import Any

from argos.consensus.settings import ConsensusSettings


class SessionRule(StrEnum):
    """When signals are valid. AUTO: in US sessions, and at any time while the price source is simulated."""

    AUTO = "auto"
    US_EQUITIES = "us_equities"
    ALWAYS = "always"


@dataclass(frozen=True, slots=True, kw_only=True)
class Retention:
    """How long the service keeps what grows: days on which it ran, the newest among them; None is for ever.

    votes_days: votes, ticks and checkpoints, without which a day cannot be replayed. outbox_days: rows that PostgreSQL
    was told, by when.
    """

    votes_days: int | None = 30
    outbox_days: int | None = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalSettings:
    """Fractions are 0 to 1. None turns a rule off.

    strategy and version make the `bot_version` of intents, `strategy@version`; route is where they go. min_confidence:
    a signal below it is recorded and refused. position_fraction: of equity, before scaling. stop_fraction and
    target_fraction: distance of the bracket's legs from the price, as a part of it. time_stop_s: after so long a
    trade is closed. close_when_ended: it is closed, too, when its signal ends before its time. intent_ttl_s: an
    entry that could not be handed over within it is given up. max_drawdown_fraction: of the account's stored peak.
    keep: what is pruned. config_digest and config_document: of the whole configuration in force, without secrets.
    """

    strategy: str = "consensus"
    version: str = "1"
    route: str = "paper"
    symbols: tuple[str, ...] = ()
    simulated: Mapping[str, bool] = field(default_factory=dict)
    consensus: ConsensusSettings = field(default_factory=ConsensusSettings)
    cycle_s: float = 5.0
    session: SessionRule = SessionRule.AUTO
    min_confidence: Decimal = Decimal("0.75")
    auto_execute: bool = False
    position_fraction: Decimal = Decimal("0.10")
    max_drawdown_fraction: Decimal | None = Decimal("0.10")
    stop_fraction: Decimal | None = Decimal("0.02")
    target_fraction: Decimal | None = Decimal("0.04")
    time_stop_s: int | None = None
    close_when_ended: bool = False
    intent_ttl_s: int = 60
    keep: Retention = field(default_factory=Retention)
    environment: str = "dev"
    config_digest: str = ""
    config_document: Mapping[str, Any] = field(default_factory=dict)

    @property
    def bot_version(self) -> str:
        return f"{self.strategy}@{self.version}"
