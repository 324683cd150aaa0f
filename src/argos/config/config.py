"""A configuration in force: what each service is given, and the document that stands for all of it."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from argos.config.model import AwsSection, Environment
from argos.signals.settings import SignalSettings
from argos.sources.settings import SourcesSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class AlpacaChoice:
    """The Alpaca account in force. key_id and secret_key are empty where nothing can be traded yet."""

    key_id: str = field(repr=False)
    secret_key: str = field(repr=False)
    base_url: str
    data_url: str
    stream_url: str
    environment: Environment

    @property
    def has_keys(self) -> bool:
        return bool(self.key_id and self.secret_key)


@dataclass(frozen=True, slots=True, kw_only=True)
class BacktestChoice:
    """What `argos backtest consensus --configured` plays. None leaves a cost to the model `costs`; cash is dollars."""

    data: tuple[str, ...]
    since: str | None
    until: str | None
    initial_cash: Decimal
    costs: str
    commission_bps: Decimal | None
    spread_bps: Decimal | None
    slippage_bps: Decimal | None
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """All of it, checked.

    reason: why this environment. digest: SHA-256 over `document`, which holds every setting in force with secrets
    replaced by whether they are set. file: `config.json` as written, without secrets. origins: dotted name of each
    setting that is not as shipped, and where it comes from. notes: what an operator should know, in plain words.
    """

    environment: Environment
    reason: str
    sources: SourcesSettings
    signals: SignalSettings
    alpaca: AlpacaChoice
    backtest: BacktestChoice
    aws: AwsSection
    digest: str
    document: Mapping[str, Any]
    file: Mapping[str, Any]
    origins: Mapping[str, str]
    notes: tuple[str, ...]
