"""Random markets, signals and settings, each a function of a seed; wild on purpose."""

from dataclasses import dataclass
from decimal import Decimal

import numpy as np

from argos.backtest.bars import Bars, FineBars, bars_of
from argos.backtest.layout import SizeMode
from argos.backtest.settings import Account, Calendar, Exits, Filling, Settings, Sizing
from argos.backtest.strategy import Signals
from argos.core.costs import CostModel

MINUTE_NS = 60_000_000_000
EXTRAS = ("limit_price", "stop_price", "stop_distance", "take_distance", "trail_distance")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    bars: Bars
    signals: Signals
    settings: Settings


def random_run(seed: int, *, bars: int, symbols: int) -> Run:
    dice = np.random.default_rng(seed)
    market = random_bars(dice, bars=bars, symbols=symbols)
    return Run(
        bars=market,
        signals=random_signals(dice, market),
        settings=random_settings(dice, bars=bars),
    )


def random_bars(dice: np.random.Generator, *, bars: int, symbols: int) -> Bars:
    """Bars with gaps, with bars missing and bars that never move; the finer series fits into them."""
    shape = (symbols, bars)
    swing = dice.choice([0.001, 0.01, 0.04])
    gap = np.where(dice.random(shape) < 0.2, dice.normal(0, 2 * swing, shape), 0.0)
    body = np.where(dice.random(shape) < 0.1, 0.0, dice.normal(0, swing, shape))
    log_close = np.cumsum(gap + body, axis=1) + np.log(dice.uniform(1, 200, (symbols, 1)))
    close = np.exp(log_close)
    open_ = np.exp(log_close - body)
    if dice.random() < 0.5:
        close, open_ = np.round(close, 2) + 0.01, np.round(open_, 2) + 0.01
    pieces = int(dice.integers(1, 4))
    inner = np.exp(dice.normal(0, swing, (symbols, bars, pieces - 1)))
    path = np.concatenate([open_[..., None], open_[..., None] * inner, close[..., None]], axis=2)
    wick = 1 + dice.exponential(swing / 3, path[..., :-1].shape)
    fine_high = np.maximum(path[..., :-1], path[..., 1:]) * wick
    fine_low = np.minimum(path[..., :-1], path[..., 1:]) / wick
    high, low = fine_high.max(axis=2), fine_low.min(axis=2)
    if dice.random() < 0.3 and bars > 2:
        for s in range(symbols):
            for i in np.flatnonzero(dice.random(bars - 1) < 0.2) + 1:
                open_[s, i] = high[s, i] = low[s, i] = np.nan
                close[s, i] = close[s, i - 1]
    fine = None
    if dice.random() < 0.4:
        fine = FineBars(
            open=path[..., :-1].reshape(symbols, -1),
            high=fine_high.reshape(symbols, -1),
            low=fine_low.reshape(symbols, -1),
            close=path[..., 1:].reshape(symbols, -1),
            start=np.arange(bars + 1, dtype=np.int64) * pieces,
        )
    step = int(dice.choice([1, 60, 700])) * MINUTE_NS
    return bars_of(
        opened_ns=np.arange(bars, dtype=np.int64) * step,
        open=open_,
        high=high,
        low=low,
        close=close,
        volume=np.round(dice.lognormal(3, 1.5, shape)) * (dice.random(shape) > 0.1),
        symbols=[f"S{index}" for index in range(symbols)],
        fine=fine,
    )


def random_signals(dice: np.random.Generator, market: Bars) -> Signals:
    shape = market.close.shape
    often = dice.choice([0.03, 0.3, 1.0])
    codes = [-1, 1, 2, 3] if dice.random() < 0.3 else [-1, 1, 2]
    side = np.where(dice.random(shape) < often, dice.choice(codes, shape), 0).astype(np.int8)
    found = Signals(side=side, target=np.round(dice.normal(0, 0.6, shape), 1))
    near = market.close * np.exp(dice.normal(0, 0.01, shape))
    wide = market.close * dice.exponential(0.02, shape)
    for name in EXTRAS:
        if dice.random() < 0.4:
            values = near if name.endswith("_price") else wide
            setattr(found, name, np.where(dice.random(shape) < 0.7, values, np.nan))
    if dice.random() < 0.4:
        found.confidence = np.where(dice.random(shape) < 0.8, dice.random(shape), np.nan)
    if dice.random() < 0.3:
        found.size = np.where(dice.random(shape) < 0.5, dice.uniform(0.01, 0.5, shape), np.nan)
    found.volatility = dice.uniform(0, 0.05, shape)
    return found


def random_settings(dice: np.random.Generator, *, bars: int) -> Settings:
    def maybe(value: float, share: float = 0.5) -> float:
        return float(value) if dice.random() < share else 0.0

    def money(value: float) -> Decimal:
        return Decimal(repr(round(maybe(value), 3)))

    mode = SizeMode(int(dice.integers(0, 5)))
    values = {
        SizeMode.EQUITY_FRACTION: dice.choice([0.1, 0.9, 3.0]),
        SizeMode.UNITS: 7.3,
        SizeMode.NOTIONAL: 2500.0,
        SizeMode.RISK_FRACTION: 0.01,
        SizeMode.VOLATILITY_TARGET: 0.01,
    }
    flags = dice.random() < 0.3
    return Settings(
        costs=CostModel(
            spread_bps=money(6.0),
            commission_bps=money(2.0),
            commission_per_unit=money(0.005),
            commission_per_order=money(0.35),
            commission_min=money(1.0),
            sell_fee_bps=money(0.278),
            sell_fee_per_unit=money(0.001),
            swap_long_bps=money(1.6),
            swap_short_bps=-money(0.4),
            slippage_bps_mean=money(1.0),
            slippage_spread_fraction=money(0.3),
            money_step=Decimal(dice.choice(["0", "0.01"])),
        ),
        exits=Exits(
            stop_fraction=maybe(dice.choice([0.005, 0.02])),
            take_fraction=maybe(dice.choice([0.005, 0.03])),
            trail_fraction=maybe(dice.choice([0.01, 0.03]), 0.3),
            hold_bars_max=int(maybe(dice.integers(1, 12), 0.3)),
        ),
        sizing=Sizing(
            mode=mode,
            value=float(values[mode]),
            cap_fraction=float(dice.choice([0.15, 1.0, np.inf])),
            by_confidence=bool(dice.random() < 0.5),
            qty_step=maybe(dice.choice([0.1, 1.0])),
        ),
        account=Account(
            cash=10_000.0,
            leverage_max=float(dice.choice([1.0, 4.0, np.inf])),
            maintenance_fraction=maybe(dice.choice([0.1, 0.5]), 0.3),
        ),
        filling=Filling(
            entry_valid_bars=int(maybe(dice.integers(1, 6))),
            volume_share_max=maybe(dice.choice([0.1, 1.0]), 0.3),
            impact_bps=maybe(20.0, 0.3),
            close_at_end=bool(dice.random() < 0.7),
        ),
        calendar=Calendar(
            nights=dice.choice([0, 0, 0, 1, 3], bars).astype(np.int8)
            if flags
            else Calendar().nights,
            entries=dice.choice([0, 1, 1], bars).astype(np.int8) if flags else Calendar().entries,
            flat_after=dice.choice([0] * 9 + [1], bars).astype(np.int8)
            if flags
            else Calendar().flat_after,
        ),
    )
