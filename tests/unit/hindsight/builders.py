"""Daily bars made of few numbers, and votes at their closes."""

from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from random import Random

import numpy as np

from argos.backtest.bars import Bars, bars_of
from argos.consensus.vote import Direction, Vote, VoteStatus
from argos.hindsight.sessions import Session, sessions_of

MONDAY = date(2024, 1, 8)
NAMES = {"M": "massive", "A": "alpha_vantage", "X": "x_api", "S": "sonar"}


def weekdays(count: int, first: date = MONDAY) -> list[date]:
    days = (first + timedelta(days=offset) for offset in range(2 * count + 7))
    return [day for day in days if day.weekday() < 5][:count]


def opened_ns(days: Sequence[date]) -> np.ndarray:
    moments = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    return np.array([int(moment.timestamp()) * 10**9 for moment in moments], np.int64)


def bars_of_closes(closes: Sequence[float], *, symbol: str = "AAPL") -> Bars:
    """Each bar opens at the close before and reaches a little beyond both; cents, as files have them."""
    close = np.round(np.array(closes, float), 2)
    opens = np.append(close[:1], close[:-1])
    return bars_of(
        opened_ns=opened_ns(weekdays(len(close))),
        open=opens,
        high=np.round(np.maximum(opens, close) + 0.5, 2),
        low=np.round(np.minimum(opens, close) - 0.5, 2),
        close=close,
        symbols=[symbol],
    )


def walk(count: int, *, seed: int = 0, drift: float = 0.0) -> list[float]:
    """A random walk around 100 that stays well above 0."""
    dice, price, found = Random(seed), 100.0, []
    for _ in range(count):
        price = max(20.0, price * (1 + dice.gauss(drift, 0.02)))
        found.append(price)
    return found


def sessions(count: int) -> tuple[Session, ...]:
    return sessions_of(bars_of_closes([100.0] * count))


def side(source: str, p_up: str, at: datetime, *, symbol: str = "AAPL") -> Vote:
    p = Decimal(p_up)
    return Vote(
        source=source,
        symbol=symbol,
        direction=Direction.LONG if p > Decimal("0.5") else Direction.SHORT,
        p_up=p,
        as_of=at,
        fetched_at=at,
        status=VoteStatus.FRESH,
        reason="",
        inputs_hash=None,
    )


def votes_of(words: str, at: datetime) -> list[Vote]:
    """`M+ A-`: sources and the side they take."""
    return [side(NAMES[word[0]], {"+": "0.8", "-": "0.2"}[word[1]], at) for word in words.split()]
