"""Closes by day out of bars of any length up to a day."""

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import numpy as np

from argos.backtest.bars import Bars

_SECOND_NS = 1_000_000_000


def daily_closes(bars: Bars, *, zone: ZoneInfo | None = None) -> dict[str, dict[date, Decimal]]:
    """By symbol, the last close of each day of `zone`, else of UTC. Days without a bar are left out."""
    days = [
        datetime.fromtimestamp(int(at_ns) // _SECOND_NS, tz=zone or UTC).date()
        for at_ns in bars.opened_ns
    ]
    found: dict[str, dict[date, Decimal]] = {}
    for row, symbol in enumerate(bars.symbols):
        traded = np.isfinite(bars.open[row])
        found[symbol] = {
            day: Decimal(repr(float(close)))
            for day, close, real in zip(days, bars.close[row], traded, strict=True)
            if real
        }
    return found
