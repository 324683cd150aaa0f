"""Votes of the sources that read prices, remade from daily bars: the live code judges what each would have seen.

A vote is a function of the bars up to its own alone, and is remembered by them, so that a look-ahead check or the next
parameter set does not make it again.
"""

from datetime import date
from decimal import Decimal
from functools import lru_cache
from typing import Final

import numpy as np

from argos.backtest.bars import Bars
from argos.consensus.vote import Vote
from argos.hindsight.sessions import Session
from argos.sources.alpha_vantage import judging as alpha_vantage
from argos.sources.alpha_vantage.parsing import DailySeries
from argos.sources.massive import judging as massive
from argos.sources.massive.parsing import Snapshot
from argos.sources.settings import MassiveSettings
from argos.sources.voting import About

SERIES_BARS: Final = 100
"""What Alpha Vantage's compact series holds."""
REMEMBERED: Final = 32_768
"""Votes of each source: four symbols over thirty years."""
_PRICE_PLACES: Final = 6
_STALE_S: Final = MassiveSettings().stale_s


def massive_votes(bars: Bars, sessions: tuple[Session, ...]) -> list[Vote]:
    """One per bar of a single symbol.

    A daily bar has no mean price: a third of high, low and close is taken for it. It has no minutes either, so the
    trend inside the day adds nothing.
    """
    symbol, columns = bars.symbols[0], (bars.high[0], bars.low[0], bars.close[0])
    prices = [tuple(float(column[bar]) for column in columns) for bar in range(len(bars))]
    return [
        _massive_vote(symbol, session, prices[bar], prices[bar - 1][2] if bar else None)
        for bar, session in enumerate(sessions)
    ]


@lru_cache(maxsize=REMEMBERED)
def _massive_vote(
    symbol: str, session: Session, prices: tuple[float, ...], previous_close: float | None
) -> Vote:
    return massive.judge(
        About(source="massive", symbol=symbol, fetched_at=session.closed_at, simulated=False),
        snapshot_of(symbol, session, prices, previous_close),
        (),
        stale_s=_STALE_S,
    )


def snapshot_of(
    symbol: str, session: Session, prices: tuple[float, ...], previous_close: float | None
) -> Snapshot:
    """What Massive's snapshot says at the close. prices: high, low and close of the day."""
    high, low, close = map(exact, prices)
    return Snapshot(
        symbol=symbol,
        price=close,
        minute_ms=None,
        minute_close=None,
        vwap=round((high + low + close) / 3, _PRICE_PLACES),
        high=high,
        low=low,
        previous_close=None if previous_close is None else exact(previous_close),
        updated_at=session.closed_at,
        has_session=True,
    )


def alpha_vantage_votes(bars: Bars, sessions: tuple[Session, ...]) -> list[Vote]:
    """One per bar of a single symbol, from its close and up to 99 before."""
    symbol, close = bars.symbols[0], bars.close[0]
    days = tuple(session.day for session in sessions)
    found = []
    for bar, session in enumerate(sessions):
        first = max(0, bar + 1 - SERIES_BARS)
        found.append(
            _alpha_vantage_vote(
                symbol, session, days[first : bar + 1], close[first : bar + 1].tobytes()
            )
        )
    return found


@lru_cache(maxsize=REMEMBERED)
def _alpha_vantage_vote(
    symbol: str, session: Session, days: tuple[date, ...], closes: bytes
) -> Vote:
    """closes: float64 of these days, as bytes, since those are quick to compare."""
    series = DailySeries(dates=days, closes=tuple(map(exact, np.frombuffer(closes).tolist())))
    about = About(
        source="alpha_vantage", symbol=symbol, fetched_at=session.closed_at, simulated=False
    )
    return alpha_vantage.judge(about, series)


@lru_cache(maxsize=REMEMBERED)
def exact(value: float) -> Decimal:
    """A price by its shortest text, which is the one that stood in the file."""
    return Decimal(repr(float(value)))
