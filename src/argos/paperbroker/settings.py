"""What one paper broker is: read from a JSON file, checked once, never changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from argos.core.costs import CostModel
from argos.core.errors import InputError
from argos.core.instrument import Instrument, ProfitRule
from argos.exchange.book import AccountTerms, Character

TICKETS_PER_ACCOUNT = 1_000_000_000
CALC_MODE_FOREX = 0


class Fault(StrEnum):
    """What can go wrong on purpose. See docs of `faults.py` for what each does to a request."""

    ACCEPT_THEN_TIMEOUT = "accept_then_timeout"
    LOST_ANSWER = "lost_answer"
    ANSWER_TWICE = "answer_twice"
    FILL_BEFORE_ACK = "fill_before_ack"
    LATE_FILL_AFTER_CANCEL = "late_fill_after_cancel"
    DISCONNECT = "disconnect"
    SLOW = "slow"
    REJECT = "reject"
    ERROR_BEFORE_ACCEPT = "error_before_accept"
    RATE_LIMIT = "rate_limit"
    STREAM_CUT = "stream_cut"
    STREAM_TWICE = "stream_twice"
    STREAM_SWAP = "stream_swap"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSettings:
    """One account. `api_key` opens it; `hedging` and `fifo` are for the mt5 character only.

    Alpaca's own clients send two keys: `key_id`, or the account's name where it is empty, and `api_key` as the secret.
    With `fifo` (which needs `hedging`) only the oldest position of a symbol can be closed.
    """

    account: str
    api_key: str
    deposit: Decimal
    currency: str = "USD"
    hedging: bool = False
    fifo: bool = False
    leverage: Decimal = Decimal(1)
    shorting: bool = True
    key_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class InstrumentSettings:
    """One symbol. Volumes in lots of `contract_size` units; `feed_width_bps` is how far this broker's feed strays.

    A symbol with `calc_mode` 0 is a currency pair, by which profits in one of its currencies come to accounts in
    the other. For the mt5 character: `filling_flags` are the ways an order may be filled (1 all or nothing, 2 what
    there is); within `freeze_level_points` of the market nothing that stands may be touched; `execution` 1 wants a
    price and offers another one when the market has left it, 2 fills at the market's price; `expiration_flags` are
    the lifetimes that a pending order may have (1 for ever, 2 a day, 4 until a moment); `tick_value_told` is told in
    place of the true value of a lot's tick, as some brokers do. For the alpaca character: `title` is the share's full
    name and `listed_on` the exchange that it is listed on.
    """

    symbol: str
    costs: CostModel
    contract_size: Decimal = Decimal(1)
    tick_size: Decimal = Decimal("0.01")
    lots_min: Decimal = Decimal(1)
    lots_max: Decimal = Decimal(100_000)
    lots_step: Decimal = Decimal(1)
    stops_level_points: int = 0
    freeze_level_points: int = 0
    filling_flags: int = 2
    feed_width_bps: Decimal = Decimal(0)
    quote_currency: str = "USD"
    base_currency: str = "USD"
    calc_mode: int = 2
    execution: int = 2
    expiration_flags: int = 15
    tick_value_told: Decimal | None = None
    title: str = ""
    listed_on: str = "NASDAQ"


@dataclass(frozen=True, slots=True, kw_only=True)
class LatencySettings:
    """Simulated delays, lognormal. `fill_*` is what passes between an answer and its fill (alpaca character)."""

    median_ms: float = 0.0
    sigma: float = 0.35
    fill_median_ms: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerSettings:
    """A broker: its character, where it listens (port 0: any free one), its ledger, accounts and manners.

    `fault_delays_ms` replaces the usual delay of faults that come by chance. With `full_rules` (alpaca character) the
    exchange keeps hours, by a clock that the feed sets, and refuses all that Alpaca would; without, it is always open
    unless it is told otherwise. `always_open` leaves the hours out of the full rules, for a replay in which days
    pass in seconds. `requests_per_minute` limits each account; 0 does not.
    """

    name: str
    character: Character
    ledger: Path
    seed: int
    feed_key: str
    control_key: str
    accounts: tuple[AccountSettings, ...]
    instruments: tuple[InstrumentSettings, ...]
    host: str = "127.0.0.1"
    port: int = 0
    latency: LatencySettings = LatencySettings()
    partial_probability: float = 0.0
    requote_probability: float = 0.0
    fault_probabilities: Mapping[Fault, float] = field(default_factory=dict)
    fault_delays_ms: Mapping[Fault, int] = field(default_factory=dict)
    full_rules: bool = False
    always_open: bool = False
    requests_per_minute: int = 0

    @property
    def port_file(self) -> Path:
        """Where the bound port is written, for those who start a broker on port 0."""
        return self.ledger.with_name(self.ledger.name + ".port")


_SETTINGS = TypeAdapter(BrokerSettings)


def read_settings(path: Path) -> BrokerSettings:
    """The settings in a JSON file; InputError with BROKER_SETTINGS_INVALID when they cannot be used."""
    try:
        return _SETTINGS.validate_json(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise InputError(
            f"{path}: {error}",
            code="BROKER_SETTINGS_INVALID",
            fix="compare with argos.paperbroker.presets",
        ) from error


def settings_json(settings: BrokerSettings) -> bytes:
    """The file that `read_settings` reads back as `settings`. It holds keys: write it with mode 0600."""
    return _SETTINGS.dump_json(settings, indent=2)


def instrument_of(terms: InstrumentSettings) -> Instrument:
    """The symbol's terms in units, worth what they are in their own quote currency."""
    return Instrument(
        symbol=terms.symbol,
        contract_size=terms.contract_size,
        tick_size=terms.tick_size,
        qty_min=terms.lots_min * terms.contract_size,
        qty_max=terms.lots_max * terms.contract_size,
        qty_step=terms.lots_step * terms.contract_size,
        stops_distance_min=terms.tick_size * terms.stops_level_points,
        unit_value=Decimal(1),
        quote_currency=terms.quote_currency,
        base_currency=terms.base_currency,
        profit_rule=ProfitRule.PAIR if terms.calc_mode == CALC_MODE_FOREX else ProfitRule.LINEAR,
    )


def account_terms(settings: BrokerSettings) -> tuple[AccountTerms, ...]:
    """The accounts as the rules see them; each draws its tickets from a range of its own."""
    return tuple(
        AccountTerms(
            account=account.account,
            character=settings.character,
            currency=account.currency,
            hedging=account.hedging and settings.character is Character.MT5,
            deposit=account.deposit,
            leverage=account.leverage,
            shorting=account.shorting,
            ticket_first=index * TICKETS_PER_ACCOUNT + 1,
            fifo=account.fifo and account.hedging and settings.character is Character.MT5,
        )
        for index, account in enumerate(settings.accounts, start=1)
    )
