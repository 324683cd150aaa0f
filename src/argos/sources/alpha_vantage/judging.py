"""RSI, MACD and moving averages of a daily series: what they speak for."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Final

from argos.consensus.vote import Vote
from argos.core.texts import decimal_text
from argos.sources.alpha_vantage.parsing import NEW_YORK, DailySeries, close_at
from argos.sources.indicators import Macd, macd, rsi, sma
from argos.sources.reasons import SourceReason
from argos.sources.voting import ONE, About, abstention, lean_vote

BARS_MIN: Final = 60
SESSION_AGE_MAX: Final = timedelta(days=6)
"""A series whose newest close is older was not kept up; a long weekend with a holiday on each side is shorter."""
JUMP: Final = Decimal("0.4")
"""Raw closes halve at a 2:1 split, and the series does not say that there was one. A real crash of this size makes the
source silent, too: that errs towards silence."""
OVERSOLD: Final = 30
OVERBOUGHT: Final = 70
PUBLISHED_HOUR: Final = 18
"""In New York: by then the day's close is in the series."""
WEIGHTS: Final[Mapping[str, Decimal]] = {
    "rsi": Decimal("0.25"),
    "macd": Decimal("0.40"),
    "averages": Decimal("0.35"),
}
_HALF: Final = Decimal("0.5")


def judge(about: About, series: DailySeries) -> Vote:
    """A vote on one symbol, as of its newest close."""
    if not series.closes:
        return abstention(about, SourceReason.NO_DATA)
    as_of = close_at(series.dates[-1])
    if about.fetched_at - as_of > SESSION_AGE_MAX:
        return abstention(about, SourceReason.DATA_TOO_OLD, as_of=as_of)
    if len(series.closes) < BARS_MIN:
        return abstention(about, SourceReason.TOO_FEW_BARS, as_of=as_of)
    if any(abs(after - before) >= JUMP * before for before, after in pairwise(series.closes)):
        return abstention(about, SourceReason.JUMP_IN_SERIES, as_of=as_of)
    parts = leans(series.closes)
    lean = sum((WEIGHTS[name] * value for name, value in parts.items()), Decimal(0))
    inputs = {
        "symbol": about.symbol,
        "first": series.dates[0].isoformat(),
        "last": series.dates[-1].isoformat(),
        "closes": [decimal_text(close) for close in series.closes],
    }
    return lean_vote(about, lean, as_of=as_of, inputs=inputs)


def leans(closes: Sequence[Decimal]) -> dict[str, Decimal]:
    """What each indicator speaks for, -1 to 1."""
    return {
        "rsi": rsi_lean(rsi(closes)),
        "macd": macd_lean(macd(closes)),
        "averages": averages_lean(closes[-1], short=sma(closes, 20), long=sma(closes, 50)),
    }


def rsi_lean(value: Decimal) -> Decimal:
    """Up when oversold, down when overbought, nothing between."""
    if value <= OVERSOLD:
        return ONE
    return -ONE if value >= OVERBOUGHT else Decimal(0)


def macd_lean(value: Macd) -> Decimal:
    """The side of the histogram: whole while it grows on that side, half while it shrinks."""
    if value.histogram == 0:
        return Decimal(0)
    side = ONE if value.histogram > 0 else -ONE
    grows = (value.histogram - value.histogram_before) * side > 0
    return side if grows else side * _HALF


def averages_lean(close: Decimal, *, short: Decimal, long: Decimal) -> Decimal:
    """Half for the close against the short mean, half for the short mean against the long one."""
    return _HALF * (_side(close, short) + _side(short, long))


def _side(value: Decimal, other: Decimal) -> Decimal:
    return Decimal((value > other) - (value < other))


def last_publication(now: datetime) -> datetime:
    """The last weekday's 18:00 in New York at or before now: since then a newer close may be had."""
    local = now.astimezone(NEW_YORK)
    moment = local.replace(hour=PUBLISHED_HOUR, minute=0, second=0, microsecond=0)
    while moment > local or moment.weekday() > 4:
        moment -= timedelta(days=1)
    return moment.astimezone(now.tzinfo)
