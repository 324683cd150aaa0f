"""Settings of a run in words, so that nobody must read code to know what was assumed."""

import math

from argos.backtest.layout import SizeMode
from argos.backtest.settings import Calendar, Exits, Filling, Settings, Sizing
from argos.core.costs import CostModel
from argos.tearsheet.words import THIN, count, money, number, plain, share

Term = tuple[str, str]
"""What it is, and what it was set to."""


def settings_in_words(settings: Settings, bars: int) -> list[Term]:
    """Costs, exits, sizes, account, filling and calendar; costs of single symbols under their names."""
    account = settings.account
    leverage = (
        "no bound on exposure"
        if math.isinf(account.leverage_max)
        else f"exposure at most {plain(account.leverage_max)} times equity when an entry is made"
    )
    call = (
        f"a margin call when equity falls below {share(account.maintenance_fraction)} of exposure"
        if account.maintenance_fraction
        else "no margin calls"
    )
    return [
        ("Costs", costs_in_words(settings.costs)),
        *(
            (f"Costs of {symbol}", costs_in_words(costs))
            for symbol, costs in settings.costs_by_symbol.items()
        ),
        ("Exits", _exits(settings.exits)),
        ("Sizes", _sizing(settings.sizing)),
        ("Account", f"{money(account.cash)} to begin with; {leverage}; {call}"),
        ("Filling", _filling(settings.filling)),
        ("Calendar", _calendar(settings.calendar, bars)),
    ]


def costs_in_words(costs: CostModel) -> str:
    """What one fill costs, and one night."""
    parts = [
        _bps(float(costs.spread_bps), "spread {}"),
        _bps(float(costs.slippage_bps), "slippage {} on market and stop fills"),
        _bps(float(costs.commission_bps), "commission {} a fill"),
        _each(float(costs.commission_per_unit), "{} a unit"),
        _each(float(costs.commission_per_order), "{} an order"),
        _each(float(costs.commission_min), "at least {} a fill"),
        _bps(float(costs.sell_fee_bps), "fee on sales {}"),
        _each(float(costs.sell_fee_per_unit), "fee on sales {} a unit"),
        _bps(float(costs.swap_long_bps), "swap {} a night for longs"),
        _bps(float(costs.swap_short_bps), "swap {} a night for shorts"),
    ]
    said = [part for part in parts if part]
    return "; ".join(said) if said else "none: every fill at the quoted price, for nothing"


def _bps(value: float, words: str) -> str:
    return words.format(f"{plain(value)}{THIN}bps") if value else ""


def _each(value: float, words: str) -> str:
    return words.format(plain(value)) if value else ""


def _exits(exits: Exits) -> str:
    parts = [
        f"{name} at {share(value)} of the entry price"
        for name, value in (
            ("stop", exits.stop_fraction),
            ("target", exits.take_fraction),
            ("trailing stop", exits.trail_fraction),
        )
        if value
    ]
    if exits.hold_bars_max:
        parts.append(f"closed after {count(exits.hold_bars_max, 'bar')}")
    told = "; ".join(parts) if parts else "none of the settings"
    return f"{told}; what the strategy says comes first"


def _sizing(sizing: Sizing) -> str:
    sizes = {
        SizeMode.EQUITY_FRACTION: f"{share(sizing.value)} of equity an entry",
        SizeMode.UNITS: f"{plain(sizing.value)} units an entry",
        SizeMode.NOTIONAL: f"{money(sizing.value)} an entry",
        SizeMode.RISK_FRACTION: f"as much as risks {share(sizing.value)} of equity down to the stop",
        SizeMode.VOLATILITY_TARGET: f"for a volatility of {share(sizing.value)} of equity a period",
    }
    parts = [sizes[sizing.mode]]
    if sizing.by_confidence:
        parts.append("times the signal's confidence")
    parts.append(
        "no cap"
        if math.isinf(sizing.cap_fraction)
        else f"at most {share(sizing.cap_fraction)} of equity"
    )
    parts.append(
        f"in steps of {plain(sizing.qty_step)}"
        if sizing.qty_step
        else "fractions of a unit allowed"
    )
    return "; ".join(parts)


def _filling(filling: Filling) -> str:
    rest = (
        f"resting entries live {count(filling.entry_valid_bars, 'bar')}"
        if filling.entry_valid_bars
        else "resting entries live until the next signal"
    )
    volume = (
        f"at most {share(filling.volume_share_max)} of a bar's volume"
        if filling.volume_share_max
        else "any quantity fills, whatever the volume"
    )
    parts = ["orders fill from the next bar's open on", rest, volume]
    if filling.impact_bps:
        parts.append(f"impact {number(filling.impact_bps)}{THIN}bps at a whole bar's volume")
    parts.append(
        "closed at the last close" if filling.close_at_end else "what is open at the end stays open"
    )
    return "; ".join(parts)


def _calendar(calendar: Calendar, bars: int) -> str:
    nights = int(calendar.nights.sum())
    parts = [f"swap on {count(nights, 'night')}" if nights else "no nights are charged"]
    if len(calendar.entries):
        parts.append(f"entries may fill in {int((calendar.entries != 0).sum()):,} of {bars:,} bars")
    else:
        parts.append("entries may fill in every bar")
    if len(calendar.flat_after):
        parts.append(
            f"everything is closed after {count(int(calendar.flat_after.sum()), 'session')}"
        )
    return "; ".join(parts)
