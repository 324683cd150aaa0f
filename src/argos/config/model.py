"""The sections of `config.json` beside those of the sources, as they are written: percent, seconds, addresses.

Where the environment goes before the file, and how sections become settings of the services, is `read.py`'s matter.
"""

from decimal import Decimal
from enum import StrEnum
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_core import PydanticCustomError

from argos.config.percent import Percent, Share, Weights, percent_of, refused
from argos.consensus.calibration import parse_calibration
from argos.consensus.settings import SOURCES, SPAN_S_MAX, ConsensusSettings, Method
from argos.core.errors import InputError
from argos.signals.settings import SessionRule
from argos.sources.settings import PROVIDERS, is_loopback, safe_url
from argos.venues.alpaca.settings import DATA_API, LIVE_API, PAPER_API

HALF: Final = 50

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.\-]{0,63}$")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
Span = Annotated[int, Field(ge=1, le=SPAN_S_MAX)]
Bps = Annotated[Decimal, Field(ge=0, le=10_000)]


class Environment(StrEnum):
    """Which Alpaca account is traded, and whether secrets come from AWS."""

    DEV = "dev"
    PRODUCTION = "production"


Stated = Literal["auto", "dev", "production"]


def _by_commas(value: object) -> object:
    """Lists in the environment are separated by commas; an empty text is an empty list."""
    return [part for part in value.split(",") if part] if isinstance(value, str) else value


def _is_plain_truth(value: object) -> object:
    """1 or "on" may be anything: whether orders go out is said with true or false."""
    if isinstance(value, bool) or (isinstance(value, str) and value.lower() in {"true", "false"}):
        return value
    raise ValueError("is true or false")


Names = Annotated[tuple[str, ...], BeforeValidator(_by_commas)]
Truth = Annotated[bool, BeforeValidator(_is_plain_truth)]
PerSource = dict[str, Span]


class Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class AlpacaAccount(Section):
    """One account at Alpaca. Without keys nothing is traded there."""

    api_key: SecretStr = SecretStr("")
    secret_key: SecretStr = SecretStr("")
    base_url: str
    data_url: str = ""
    stream_url: str = ""

    @field_validator("base_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return safe_url(value).removesuffix("/v2")

    @field_validator("data_url")
    @classmethod
    def _is_data_address(cls, value: str) -> str:
        return safe_url(value) if value else ""

    @field_validator("stream_url")
    @classmethod
    def _is_stream_address(cls, value: str) -> str:
        return safe_url(value, schemes=("wss", "ws")) if value else ""

    @property
    def has_keys(self) -> bool:
        return bool(self.api_key.get_secret_value() and self.secret_key.get_secret_value())

    @property
    def addresses(self) -> dict[str, str]:
        """All three as they are used: an exchange on this machine gives its own data."""
        own_data = self.base_url if is_loopback(self.base_url) else DATA_API
        return {
            "base_url": self.base_url,
            "data_url": self.data_url or own_data,
            "stream_url": self.stream_url or f"ws{self.base_url.removeprefix('http')}/stream",
        }


class DevAccount(AlpacaAccount):
    """The paper account, in force in dev. data_url and stream_url empty: as Alpaca has them for base_url."""

    base_url: str = PAPER_API

    @field_validator("base_url")
    @classmethod
    def _is_no_live_address(cls, value: str) -> str:
        if urlsplit(value).hostname == urlsplit(LIVE_API).hostname:
            raise refused(
                "ALPACA_URL_LIVE",
                "is the address of accounts with real money",
                fix=f"dev trades on paper: {PAPER_API}; real money belongs into alpaca.production",
            )
        return value


class ProductionAccount(AlpacaAccount):
    """The account with real money, in force in production. data_url and stream_url as in dev."""

    base_url: str = LIVE_API

    @field_validator("base_url")
    @classmethod
    def _is_no_paper_address(cls, value: str) -> str:
        host = urlsplit(value).hostname or ""
        if host.startswith("paper-") or urlsplit(value).scheme == "http":
            raise refused(
                "ALPACA_URL_PAPER",
                "is the address of an exchange for paper",
                fix=f"production trades at {LIVE_API}; paper belongs into alpaca.dev",
            )
        return value


class AlpacaSection(Section):
    dev: DevAccount = DevAccount()
    production: ProductionAccount = ProductionAccount()


_SHIPPED: Final = ConsensusSettings()


class StrategySection(Section):
    """How votes become signals. Weights are percent that add up to 100; see the page on the consensus for each.

    half_life_s, cut_s: per source, as shipped where it is not named. required: nothing is signalled while one of these
    takes no side. skip_weekends: sources that speak once a session. calibration: as `fitting.calibrate` gives it.
    """

    name: Name = "consensus"
    version: Name = "1"
    route: Name = "paper"
    method: Method = _SHIPPED.method
    weights: Weights = {rules.source: rules.weight * 100 for rules in SOURCES}
    half_life_s: PerSource = {rules.source: rules.half_life_s for rules in SOURCES}
    cut_s: PerSource = {rules.source: rules.cut_s for rules in SOURCES}
    required: Names = tuple(rules.source for rules in SOURCES if rules.required)
    skip_weekends: Names = tuple(rules.source for rules in SOURCES if rules.skip_weekends)
    threshold_pct: Share = _SHIPPED.fire_at * 100
    clear_below_pct: Share = _SHIPPED.clear_below * 100
    sources_min: Annotated[int, Field(ge=0, le=len(PROVIDERS))] = _SHIPPED.sources_min
    weight_min_pct: Share = _SHIPPED.weight_min * 100
    conflict_pct: Share = _SHIPPED.conflict_at * 100
    ticks_min: Annotated[int, Field(ge=1, le=1000)] = _SHIPPED.ticks_min
    tick_gap_s_max: Span = _SHIPPED.tick_gap_s_max
    ttl_s: Span = _SHIPPED.ttl_s
    cooldown_s: Annotated[int, Field(ge=0, le=SPAN_S_MAX)] = _SHIPPED.cooldown_s
    exponent: Annotated[Decimal, Field(gt=0, le=10)] = _SHIPPED.exponent
    calibration: dict[str, Any] | None = None

    @field_validator("half_life_s", "cut_s", mode="before")
    @classmethod
    def _go_before_those_shipped(cls, value: Any, info: ValidationInfo) -> Any:
        assert info.field_name is not None
        shipped = {rules.source: getattr(rules, info.field_name) for rules in SOURCES}
        return {**shipped, **value} if isinstance(value, dict) else value

    @field_validator("weights", "half_life_s", "cut_s", "required", "skip_weekends")
    @classmethod
    def _are_of_sources(cls, value: Any) -> Any:
        for name in value:
            if name not in PROVIDERS:
                raise ValueError(f"names a source that is not one of {', '.join(PROVIDERS)}")
        return value

    @field_validator("calibration")
    @classmethod
    def _is_calibration(cls, value: dict[str, Any] | None) -> dict[str, Any] | None:
        if value is not None:
            try:
                parse_calibration(value)
            except InputError as error:
                raise refused("CONSENSUS_CALIBRATION", error.message, fix=error.fix) from None
        return value


def _confidence(value: object) -> Decimal:
    try:
        percent = percent_of(value)
    except PydanticCustomError:
        percent = None
    if percent is None or 0 < percent < HALF:
        raise refused(
            "CONFIG_PERCENT",
            "is no percentage from 50 to 100, as the score of a signal is",
            fix="write 75 for 75 %, or 0 for no such rule",
        )
    return percent


class TradingSection(Section):
    """What signals may do. Percent as people write it: 10 is 10 %; null turns a rule off.

    min_confidence: percent; a signal below it is recorded and refused. position_size_pct: of equity, before scaling.
    stop_loss_pct, take_profit_pct: from the price of the entry. time_stop_s: a trade is closed after so long;
    close_when_ended: also when its signal ends before its time. max_drawdown_pct: of the account's stored peak.
    auto_execute: whether signals become intents at all. session: `auto` is US sessions, and always while prices are
    simulated.
    """

    min_confidence: Annotated[Percent, BeforeValidator(_confidence)] = Decimal(75)
    auto_execute: Truth = False
    position_size_pct: Annotated[Percent, Field(gt=0)] = Decimal(10)
    max_drawdown_pct: Annotated[Percent, Field(gt=0, lt=100)] | None = Decimal(10)
    stop_loss_pct: Annotated[Percent, Field(gt=0, lt=100)] | None = Decimal(2)
    take_profit_pct: Annotated[Percent, Field(gt=0)] | None = Decimal(4)
    time_stop_s: Span | None = None
    close_when_ended: Truth = False
    session: SessionRule = SessionRule.AUTO
    cycle_s: Annotated[float, Field(ge=1, le=300)] = 5.0
    intent_ttl_s: Annotated[int, Field(ge=1, le=3600)] = 60


KeptDays = Annotated[int, Field(ge=1, le=36_500)]


class RetentionSection(Section):
    """How many days of what grows the signal service keeps; null keeps all. Signals and their proofs are kept for ever.

    votes_days: days on which it ran, with their votes and ticks: only those can be replayed. outbox_days: what the
    database was told.
    """

    votes_days: KeptDays | None = 30
    outbox_days: KeptDays | None = 30


class BacktestSection(Section):
    """What `argos backtest consensus --configured` plays, with the rules of `strategy`; its options go before it.

    costs: a cost model by name; commission_bps, spread_bps and slippage_bps, if given, take the place of its terms.
    since, until: days, both within the test.
    """

    data: Annotated[Names, Field(min_length=1)] = ("demo",)
    since: Day | None = None
    until: Day | None = None
    initial_cash: Annotated[Decimal, Field(gt=0, le=10**12)] = Decimal(100_000)
    costs: Literal["stocks", "stocks-per-share", "forex", "cfd", "free"] = "stocks"
    commission_bps: Bps | None = None
    spread_bps: Bps | None = None
    slippage_bps: Bps | None = None
    seed: Annotated[int, Field(ge=0, le=2**53 - 1)] = 1


class AwsSection(Section):
    """AWS Secrets Manager, asked in production when secret_id is set (needs the extra `aws`).

    region empty: as AWS's own settings say. ttl_s: how long an answer is used before the next is asked for.
    """

    region: Annotated[str, Field(pattern=r"^([a-z]{2}(-[a-z]+)+-\d)?$")] = ""
    secret_id: Annotated[str, Field(max_length=2048)] = ""
    endpoint_url: str = ""
    ttl_s: Annotated[float, Field(ge=1, le=86_400)] = 300.0
    timeout_s: Annotated[float, Field(ge=0.1, le=60)] = 5.0

    @field_validator("endpoint_url")
    @classmethod
    def _is_address(cls, value: str) -> str:
        return safe_url(value) if value else ""
