"""Two brokers to start with, of different character: Meridian deals in share CFDs, Harbor in shares.

Sizes of spread, commission and fee are typical of such houses, not those of any one of them.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from pathlib import Path
from typing import Final

from argos.exchange.book import Character
from argos.paperbroker.costs import (
    CFD_COSTS,
    EXCHANGE_COSTS,
    FOREX_COSTS,
    HARBOR_COSTS,
    MERIDIAN_COSTS,
)
from argos.paperbroker.settings import (
    CALC_MODE_FOREX,
    AccountSettings,
    BrokerSettings,
    Fault,
    InstrumentSettings,
    LatencySettings,
)

SYMBOLS: Final = ("AAPL", "MSFT", "IBM", "GOOG")


def _pair(symbol: str, *, tick_size: str) -> InstrumentSettings:
    return InstrumentSettings(
        symbol=symbol,
        costs=FOREX_COSTS,
        contract_size=Decimal(100_000),
        tick_size=Decimal(tick_size),
        lots_min=Decimal("0.01"),
        lots_max=Decimal(100),
        lots_step=Decimal("0.01"),
        base_currency=symbol[:3],
        quote_currency=symbol[3:],
        calc_mode=CALC_MODE_FOREX,
    )


LISTED: Final = {
    "AAPL": ("Apple Inc. Common Stock", "NASDAQ"),
    "MSFT": ("Microsoft Corporation Common Stock", "NASDAQ"),
    "IBM": ("International Business Machines Corporation Common Stock", "NYSE"),
    "GOOG": ("Google Inc. Class A Common Stock", "NASDAQ"),
}
PAPER_ACCOUNT: Final = "PA3ARGOSPAPER"
PAPER_KEY_ID: Final = "PKARGOSPAPEREXCHANGE"
PAPER_DEPOSIT: Final = Decimal(100_000)
FRACTION: Final = Decimal("0.000000001")
"""Shares are sold in parts of a thousand-millionth."""


CURRENCIES_AND_CFDS: Final = (
    _pair("EURUSD", tick_size="0.00001"),
    _pair("USDJPY", tick_size="0.001"),
    _pair("EURJPY", tick_size="0.001"),
    InstrumentSettings(
        symbol="XAUUSD",
        costs=CFD_COSTS,
        contract_size=Decimal(100),
        lots_min=Decimal("0.01"),
        lots_max=Decimal(50),
        lots_step=Decimal("0.01"),
        base_currency="XAU",
    ),
    InstrumentSettings(
        symbol="US30",
        costs=CFD_COSTS,
        lots_min=Decimal("0.1"),
        lots_max=Decimal(250),
        lots_step=Decimal("0.1"),
    ),
    InstrumentSettings(symbol="AAPL", costs=MERIDIAN_COSTS),
)
"""Symbols in three currencies, with the pairs that bring their profits home to accounts in dollars and in euros."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerKeys:
    """Secrets of one broker; `accounts` maps each account to its API key."""

    feed: str
    control: str
    accounts: dict[str, str]


def meridian(
    *,
    ledger: Path,
    keys: BrokerKeys,
    seed: int,
    port: int = 0,
    symbols: Sequence[str] = SYMBOLS,
) -> BrokerSettings:
    """An MT5-like broker with accounts `meridian-hedge` and `meridian-net`; share CFDs, one share a lot."""
    return BrokerSettings(
        name="meridian",
        character=Character.MT5,
        ledger=ledger,
        seed=seed,
        port=port,
        feed_key=keys.feed,
        control_key=keys.control,
        accounts=(
            AccountSettings(
                account="meridian-hedge",
                api_key=keys.accounts["meridian-hedge"],
                deposit=Decimal(100_000),
                hedging=True,
                leverage=Decimal(5),
            ),
            AccountSettings(
                account="meridian-net",
                api_key=keys.accounts["meridian-net"],
                deposit=Decimal(50_000),
                leverage=Decimal(5),
            ),
        ),
        instruments=tuple(
            InstrumentSettings(
                symbol=symbol,
                costs=MERIDIAN_COSTS,
                stops_level_points=2,
                feed_width_bps=Decimal("0.6"),
            )
            for symbol in symbols
        ),
        latency=LatencySettings(median_ms=18, sigma=0.4),
        partial_probability=0.02,
        requote_probability=0.005,
    )


def harbor(
    *,
    ledger: Path,
    keys: BrokerKeys,
    seed: int,
    port: int = 0,
    symbols: Sequence[str] = SYMBOLS,
) -> BrokerSettings:
    """An Alpaca-like broker with account `harbor-cash`; no commission, fees on sales, fills in slices."""
    return BrokerSettings(
        name="harbor",
        character=Character.ALPACA,
        ledger=ledger,
        seed=seed,
        port=port,
        feed_key=keys.feed,
        control_key=keys.control,
        accounts=(
            AccountSettings(
                account="harbor-cash",
                api_key=keys.accounts["harbor-cash"],
                deposit=Decimal(100_000),
                leverage=Decimal(2),
            ),
        ),
        instruments=tuple(
            InstrumentSettings(symbol=symbol, costs=HARBOR_COSTS, feed_width_bps=Decimal("0.3"))
            for symbol in symbols
        ),
        latency=LatencySettings(median_ms=35, sigma=0.35, fill_median_ms=20),
        partial_probability=0.06,
    )


def paper_exchange(
    *,
    ledger: Path,
    feed_key: str,
    control_key: str,
    secret: str,
    seed: int,
    port: int = 0,
    deposit: Decimal = PAPER_DEPOSIT,
    faults: Mapping[Fault, float] | None = None,
) -> BrokerSettings:
    """A stand-in for Alpaca's paper exchange, with one account, which `PAPER_KEY_ID` and `secret` open.

    As there: no fees, fractions of a share, one fill in ten is partial, 200 requests a minute.
    """
    return BrokerSettings(
        name="paper-alpaca",
        character=Character.ALPACA,
        ledger=ledger,
        seed=seed,
        port=port,
        feed_key=feed_key,
        control_key=control_key,
        accounts=(
            AccountSettings(
                account=PAPER_ACCOUNT,
                key_id=PAPER_KEY_ID,
                api_key=secret,
                deposit=deposit,
                leverage=Decimal(2),
            ),
        ),
        instruments=tuple(
            InstrumentSettings(
                symbol=symbol,
                costs=EXCHANGE_COSTS,
                lots_min=FRACTION,
                lots_step=FRACTION,
                title=title,
                listed_on=listed_on,
            )
            for symbol, (title, listed_on) in LISTED.items()
        ),
        latency=LatencySettings(median_ms=20, sigma=0.35, fill_median_ms=30),
        partial_probability=0.1,
        fault_probabilities=dict(faults or {}),
        fault_delays_ms={Fault.ACCEPT_THEN_TIMEOUT: 0, Fault.SLOW: 2_000},
        full_rules=True,
        requests_per_minute=200,
    )


def without_chance(settings: BrokerSettings) -> BrokerSettings:
    """The same broker at once and exactly: no latency, slippage, requote or partial fill. For benchmarks, tests."""
    exact = tuple(
        replace(
            item,
            feed_width_bps=Decimal(0),
            costs=replace(item.costs, slippage_bps_mean=Decimal(0), slippage_bps_sd=Decimal(0)),
        )
        for item in settings.instruments
    )
    return replace(
        settings,
        instruments=exact,
        latency=LatencySettings(),
        partial_probability=0.0,
        requote_probability=0.0,
        fault_probabilities={},
    )
