"""Finished trades made of few words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from argos.core.intent import Side
from argos.performance.capital import Basis, Capital
from argos.performance.finished import FinishedTrade

MONDAY = datetime(2026, 11, 2, tzinfo=UTC)


def on(day: float, hour: float = 15) -> datetime:
    """Hours after the start of the given day; day 0 is a Monday."""
    return MONDAY + timedelta(days=day, hours=hour)


def finished(net: str, day: float = 0, **changes: Any) -> FinishedTrade:
    """Opened an hour before it was closed, at 15:00 UTC of `day`; what it cost is 1."""
    values: dict[str, Any] = {
        "trade_id": f"T-{net}-{day}",
        "account": "one",
        "currency": "USD",
        "symbol": "AAPL",
        "bot_version": "ema-cross@3.2",
        "side": Side.BUY,
        "opened_at": on(day, 14),
        "closed_at": on(day),
        "gross_pnl": Decimal(net) + 1,
        "net_pnl": Decimal(net),
    }
    return FinishedTrade(**(values | changes))


def capital(amount: str = "1000", *, account: str = "one", currency: str = "USD") -> Capital:
    return Capital(
        accounts=(account,), currency=currency, amount=Decimal(amount), basis=Basis.WORKED_OUT
    )
