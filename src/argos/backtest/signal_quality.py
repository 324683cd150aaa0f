"""Judges signals rather than money: how often they are right, and whether their confidence means what it says."""

import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from argos.backtest.bars import DAY_NS, Bars
from argos.backtest.calendars import EPOCH_WEEKDAY
from argos.backtest.excursions import Excursions, excursions_after, trade_excursions
from argos.backtest.layout import Codes, Floats, Ints, Signal
from argos.backtest.preparing import orders_of
from argos.backtest.result import Result
from argos.backtest.strategy import Signals
from argos.core.errors import InputError
from argos.core.rates import BUCKETS, CONFIDENCE_MIN, HitRate, rate_of

HOUR_NS: Final = 3_600_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PastSignals:
    """A table of signals from any source: arrays [n]. side is 1 or -1; confidence 0 to 1, NaN without one.

    bar: the bar at whose close the signal was given; symbol: index into the bars' symbols.
    """

    symbol: Ints
    bar: Ints
    side: Codes
    confidence: Floats


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outcomes:
    """What became of each signal: arrays [n]. won: after its own price, costs left out or not as the source says.

    at_ns: UTC nanoseconds of the signal's bar; outcome: fraction gained, signed; excursions as `Excursions`.
    """

    symbols: tuple[str, ...]
    symbol: Ints
    at_ns: Ints
    side: Codes
    confidence: Floats
    outcome: Floats
    excursions: Excursions

    @property
    def won(self) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
        return self.outcome > 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """Figures of many signals.

    brier: mean of (confidence - won)^2, 0 is best, 0.25 is a coin's; brier_of_rate: what a constant confidence at the
    win rate would get. log_loss: mean of -ln(confidence of what happened). Both over signals with a confidence
    (`rated`), NaN without. by_confidence: the reliability table, (low, high) of each bucket; by_hour: UTC hour of the
    signal's bar; by_weekday: its UTC day, 0 is Monday. mae and mfe: mean excursions as fractions; mae_wins: of the
    winners only, which is how much room a stop must leave them.
    """

    all: HitRate
    rated: int
    brier: float
    brier_of_rate: float
    log_loss: float
    by_confidence: dict[tuple[float, float], HitRate]
    by_symbol: dict[str, HitRate]
    by_hour: dict[int, HitRate]
    by_weekday: dict[int, HitRate]
    outcome_mean: float
    mae: float
    mfe: float
    mae_wins: float


def past_signals(signals: Signals, bars: Bars) -> PastSignals:
    """The LONG and SHORT signals of a strategy as a table; exits and targets are no claims about a direction."""
    orders = orders_of(signals, len(bars.symbols), len(bars))
    side = orders.side[:, : len(bars)]
    symbol, bar = np.nonzero((side == Signal.LONG) | (side == Signal.SHORT))
    order = np.argsort(bar, kind="stable")
    symbol, bar = symbol[order], bar[order]
    confidence = (
        orders.confidence[symbol, bar] if orders.confidence.size else np.full(len(bar), np.nan)
    )
    return PastSignals(symbol=symbol, bar=bar, side=side[symbol, bar], confidence=confidence)


def outcomes_after(table: PastSignals, bars: Bars, *, hold_bars: int) -> Outcomes:
    """Each signal on its own: in at the next bar's open, out at the close of the `hold_bars`-th bar; without costs.

    Signals whose time is not over at the last bar are left out, as are those with no bar at the next open. Raises
    InputError (SIGNALS_TABLE) for a row that is not of these bars.
    """
    if hold_bars < 1:
        raise InputError(
            "hold_bars is 1 or more",
            code="BACKTEST_SETTING",
            field="hold_bars",
            fix="give 1 or more",
        )
    _check_table(table, bars)
    first, last = table.bar + 1, table.bar + hold_bars
    inside = last < len(bars)
    entry = np.full(len(first), np.nan)
    entry[inside] = bars.open[table.symbol[inside], first[inside]]
    kept = ~np.isnan(entry)
    symbol, side, first, last = (column[kept] for column in (table.symbol, table.side, first, last))
    price = entry[kept]
    return Outcomes(
        symbols=bars.symbols,
        symbol=symbol,
        at_ns=bars.opened_ns[table.bar[kept]],
        side=side,
        confidence=table.confidence[kept],
        outcome=(bars.close[symbol, last] / price - 1.0) * side,
        excursions=excursions_after(
            bars, symbol=symbol, first=first, last=last, side=side, price=price
        ),
    )


def outcomes_of_trades(result: Result) -> Outcomes:
    """Of the trades that a run made of the signals: net_pnl, costs and exits included, over the entry's notional."""
    trades = result.trades
    return Outcomes(
        symbols=result.bars.symbols,
        symbol=trades["symbol"].astype(np.int64),
        at_ns=result.bars.opened_ns[np.maximum(trades["entry_bar"] - 1, 0)],
        side=trades["side"],
        confidence=trades["confidence"],
        outcome=trades["net_pnl"] / (trades["entry_price"] * trades["qty"]),
        excursions=trade_excursions(result),
    )


def quality_of(outcomes: Outcomes) -> Quality:
    """Hit rates, calibration and excursions of signals."""
    won, confidence = outcomes.won, outcomes.confidence
    rated = ~np.isnan(confidence)
    hours = (outcomes.at_ns // HOUR_NS) % 24
    weekdays = (outcomes.at_ns // DAY_NS + EPOCH_WEEKDAY) % 7
    p = np.clip(confidence[rated], CONFIDENCE_MIN, 1 - CONFIDENCE_MIN)
    happened = won[rated]
    rate = float(happened.mean()) if len(happened) else math.nan
    excursions = outcomes.excursions
    return Quality(
        all=hit_rate(won, confidence),
        rated=int(rated.sum()),
        brier=_mean((confidence[rated] - happened) ** 2),
        brier_of_rate=rate * (1 - rate),
        log_loss=_mean(-np.log(np.where(happened, p, 1 - p))),
        by_confidence=_by_confidence(won, confidence),
        by_symbol={
            name: hit_rate(won[outcomes.symbol == index], confidence[outcomes.symbol == index])
            for index, name in enumerate(outcomes.symbols)
        },
        by_hour={
            int(hour): hit_rate(won[hours == hour], confidence[hours == hour])
            for hour in np.unique(hours)
        },
        by_weekday={
            int(day): hit_rate(won[weekdays == day], confidence[weekdays == day])
            for day in np.unique(weekdays)
        },
        outcome_mean=_mean(outcomes.outcome),
        mae=_mean(excursions.adverse),
        mfe=_mean(excursions.favourable),
        mae_wins=_mean(excursions.adverse[won]),
    )


def hit_rate(won: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], confidence: Floats) -> HitRate:
    """Of these signals."""
    mean = _mean(confidence[~np.isnan(confidence)])
    return rate_of(n=len(won), wins=int(won.sum()), confidence_mean=mean)


def _by_confidence(
    won: np.ndarray[tuple[int, ...], np.dtype[np.bool_]], confidence: Floats
) -> dict[tuple[float, float], HitRate]:
    # 1 belongs to the last bucket.
    which = np.where(np.isnan(confidence), -1, np.minimum(confidence * BUCKETS, BUCKETS - 1))
    which = np.floor(which).astype(np.int64)
    return {
        (bucket / BUCKETS, (bucket + 1) / BUCKETS): hit_rate(
            won[which == bucket], confidence[which == bucket]
        )
        for bucket in range(BUCKETS)
    }


def _check_table(table: PastSignals, bars: Bars) -> None:
    good = {
        "symbol": (table.symbol >= 0) & (table.symbol < len(bars.symbols)),
        "bar": (table.bar >= 0) & (table.bar < len(bars)),
        "side": (table.side == 1) | (table.side == -1),
        "confidence": np.isnan(table.confidence)
        | ((table.confidence >= 0) & (table.confidence <= 1)),
    }
    for name, rows in good.items():
        if not rows.all():
            row = int(np.flatnonzero(~rows)[0])
            raise InputError(
                f"row {row}: {name} is {getattr(table, name)[row]}",
                code="SIGNALS_TABLE",
                field=name,
                fix="symbol and bar are indexes into the bars, side is 1 or -1, confidence is from 0 to 1",
            )


def _mean(values: Floats) -> float:
    return float(values.mean()) if len(values) else math.nan
