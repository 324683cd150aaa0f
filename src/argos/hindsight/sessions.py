"""Daily bars as sessions of New York: what happened on a bar was known at that day's close."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

import numpy as np

from argos.backtest.bars import DAY_NS, Bars
from argos.core.errors import InputError
from argos.sources.alpha_vantage.parsing import close_at

_SURE_FROM: Final = 10
"""Fewer bars may all be apart by a weekend or a holiday."""
_APART_DAYS_MAX: Final = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """closed_at: 16:00 in New York, which is when the bar's votes are made and its decision falls."""

    day: date
    closed_at: datetime


def sessions_of(bars: Bars) -> tuple[Session, ...]:
    """One per bar, by the UTC day in which it opens. Raises InputError CONSENSUS_BARS for bars that are not daily.

    What is shorter or longer is refused: the votes on daily closes are no votes on anything else.
    """
    days = bars.opened_ns // DAY_NS
    apart = np.diff(days)
    if len(apart) and int(apart.min()) < 1:
        raise _not_daily("two bars open on one day", fix="make daily bars of them: --every 1d")
    if len(bars) >= _SURE_FROM and int(apart.min()) > _APART_DAYS_MAX:
        raise _not_daily(
            f"no two bars are less than {int(apart.min())} days apart", fix="give daily bars"
        )
    return tuple(_session(int(day)) for day in days)


def _session(days_since_1970: int) -> Session:
    day = datetime.fromtimestamp(days_since_1970 * 86_400, tz=UTC).date()
    return Session(day=day, closed_at=close_at(day))


def _not_daily(what: str, *, fix: str) -> InputError:
    return InputError(
        f"the consensus is played on daily bars, and {what}",
        code="CONSENSUS_BARS",
        field="data",
        fix=fix,
    )
