"""What a run is played under: costs, exits, sizes, the account, sessions."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

import numpy as np

from argos.backtest.layout import ACCOUNT, RULES, Codes, Records, SizeMode
from argos.core.costs import CostModel
from argos.core.errors import InputError
from argos.core.money import BPS

FREE = CostModel(spread_bps=Decimal(0), money_step=Decimal(0))
"""No costs at all; for tests and for judging signals alone."""


def _require(good: bool, name: str, what: str) -> None:
    if not good:
        raise InputError(
            f"{name} {what}", code="BACKTEST_SETTING", field=name, fix=f"{name} {what}"
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Exits:
    """Protective exits, as fractions of the entry fill price; 0 is none. A strategy's own distances come first.

    `hold_bars_max`: closed at the open of the bar that many bars after the entry bar; 0 is never.
    """

    stop_fraction: float = 0.0
    take_fraction: float = 0.0
    trail_fraction: float = 0.0
    hold_bars_max: int = 0

    def __post_init__(self) -> None:
        for name in ("stop_fraction", "trail_fraction"):
            _require(
                0 <= getattr(self, name) < 1, name, "is a fraction from 0 to below 1 (0.01 is 1 %)"
            )
        _require(
            self.take_fraction >= 0, "take_fraction", "is a fraction of 0 or more (0.02 is 2 %)"
        )
        _require(self.hold_bars_max >= 0, "hold_bars_max", "is 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizing:
    """Units of an entry, from equity at the open of the entry's bar and the price it fills at.

    EQUITY_FRACTION: value x equity / price. UNITS: value. NOTIONAL: value / price. RISK_FRACTION: value x equity /
    distance to the stop; no stop, no entry. VOLATILITY_TARGET: value / the signal's `volatility` x equity / price.
    With a `size` in the signals it is the value instead; with a `confidence` (0 to 1) the value is multiplied by it
    when `by_confidence`. Then at most `cap_fraction` of equity as notional, rounded down to `qty_step` (0: not).
    """

    mode: SizeMode = SizeMode.EQUITY_FRACTION
    value: float = 0.10
    cap_fraction: float = 0.15
    by_confidence: bool = False
    qty_step: float = 0.0

    def __post_init__(self) -> None:
        _require(self.value > 0, "value", "is above 0")
        _require(self.cap_fraction > 0, "cap_fraction", "is above 0 (inf: no cap)")
        _require(self.qty_step >= 0, "qty_step", "is 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True)
class Account:
    """One cash account. `leverage_max` bounds gross exposure as a multiple of equity when an entry is made.

    A margin call comes when equity, with each holding at its bar's worst price, is below `maintenance_fraction` of
    the exposure at those prices: everything is closed there, with slippage. 0 is never.
    """

    cash: float = 1_000_000.0
    leverage_max: float = float("inf")
    maintenance_fraction: float = 0.0

    def __post_init__(self) -> None:
        _require(self.cash > 0, "cash", "is above 0")
        _require(self.leverage_max > 0, "leverage_max", "is above 0 (inf: no bound)")
        _require(0 <= self.maintenance_fraction < 1, "maintenance_fraction", "is from 0 to below 1")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filling:
    """How orders meet bars.

    `entry_valid_bars`: bars a limit or stop entry rests; 0 is until the next signal of its symbol.
    `volume_share_max`: the most of a bar's volume that our fills may be; what is left goes on at the next open (of a
    limit entry it is dropped). 0 is no bound. `impact_bps`: further slippage at a whole bar's volume, by the square of
    the share. `close_at_end`: what is open is closed at the last close.
    """

    entry_valid_bars: int = 0
    volume_share_max: float = 0.0
    impact_bps: float = 0.0
    close_at_end: bool = True

    def __post_init__(self) -> None:
        _require(self.entry_valid_bars >= 0, "entry_valid_bars", "is 0 or more")
        _require(0 <= self.volume_share_max <= 1, "volume_share_max", "is from 0 to 1")
        _require(self.impact_bps >= 0, "impact_bps", "is 0 or more")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Calendar:
    """What the clock asks of each bar; arrays over the bars of one run. See `calendars.py` for building them.

    nights: int8[bars], rollovers between the bar before and this one, 0 to 127; swap is charged for each.
    entries: int8[bars], 0 where no entry may fill; empty: always.
    flat_after: int8[bars], 1 where everything is closed at the bar's close; empty: never.
    """

    nights: Codes = field(default_factory=lambda: np.zeros(0, np.int8))
    entries: Codes = field(default_factory=lambda: np.zeros(0, np.int8))
    flat_after: Codes = field(default_factory=lambda: np.zeros(0, np.int8))

    def between(self, first: int, last: int) -> "Calendar":
        """That of bars first .. last - 1, as views."""
        return Calendar(
            nights=self.nights[first:last],
            entries=self.entries[first:last],
            flat_after=self.flat_after[first:last],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """All of it. `costs_by_symbol` overrides `costs` for the symbols it names."""

    costs: CostModel = FREE
    costs_by_symbol: Mapping[str, CostModel] = field(default_factory=dict)
    exits: Exits = Exits()
    sizing: Sizing = Sizing()
    account: Account = Account()
    filling: Filling = Filling()
    calendar: Calendar = Calendar()


def rules_of(settings: Settings, symbols: tuple[str, ...]) -> Records:
    """RULES[symbols]: the settings as numbers, basis points as fractions."""
    rules = np.zeros(len(symbols), RULES)
    for index, symbol in enumerate(symbols):
        costs = settings.costs_by_symbol.get(symbol, settings.costs)
        rules[index] = _rules(settings, costs)
    return rules


def _rules(settings: Settings, costs: CostModel) -> tuple[float, ...]:
    exits, sizing, filling = settings.exits, settings.sizing, settings.filling
    named = {
        "half_spread": float(costs.spread_bps / BPS / 2),
        "slippage": float(costs.slippage_bps / BPS),
        "impact": filling.impact_bps / float(BPS),
        "fee_rate": float(costs.commission_bps / BPS),
        "fee_unit": float(costs.commission_per_unit),
        "fee_order": float(costs.commission_per_order),
        "fee_min": float(costs.commission_min),
        "sell_rate": float(costs.sell_fee_bps / BPS),
        "sell_unit": float(costs.sell_fee_per_unit),
        "money_step": float(costs.money_step),
        "swap_long": float(costs.swap_long_bps / BPS),
        "swap_short": float(costs.swap_short_bps / BPS),
        "stop_fraction": exits.stop_fraction,
        "take_fraction": exits.take_fraction,
        "trail_fraction": exits.trail_fraction,
        "hold_bars": exits.hold_bars_max,
        "valid_bars": filling.entry_valid_bars,
        "size_mode": int(sizing.mode),
        "size_value": sizing.value,
        "size_cap": sizing.cap_fraction,
        "by_confidence": sizing.by_confidence,
        "qty_step": sizing.qty_step,
        "volume_share": filling.volume_share_max,
    }
    assert RULES.names is not None
    return tuple(named[name] for name in RULES.names)


def account_of(settings: Settings, *, per_bar: bool) -> Records:
    """ACCOUNT[1] before the first bar. `per_bar`: return sums at every bar instead of at period ends."""
    account = np.zeros(1, ACCOUNT)
    first = account[0]
    for name in ("cash", "last_equity", "equity", "peak", "floor"):
        first[name] = settings.account.cash
    first["leverage"] = settings.account.leverage_max
    first["maintenance"] = settings.account.maintenance_fraction
    first["end_close"] = settings.filling.close_at_end
    first["per_bar"] = per_bar
    first["peak_bar"] = -1
    return account
