"""Reconciled legs made of few words."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

from argos.core.intent import OrderType, Side
from argos.reconcile.latency import STAGES
from argos.reconcile.result import Outcome, ReconciledLeg
from unit.performance.trades import on

WON = ReconciledLeg(
    trade_id="T-1", account="one", currency="USD", symbol="AAPL", side=Side.BUY,
    bot_version="ema-cross@3.2", order_type=OrderType.MARKET, outcome=Outcome.WIN, reason_code=None,
    reason_text=None, intended_qty=Decimal(10), filled_qty=Decimal(10), exit_qty=Decimal(10),
    fill_ratio=Decimal(1), entry_price_intended=Decimal(100), entry_price_filled=Decimal(100),
    exit_price_intended=None, exit_price_filled=Decimal(104), slippage_reference=None,
    slippage_price=None, slippage_bps=None, slippage_cost=None, slippage_signal_bps=None,
    slippage_arrival_bps=None, slippage_broker_bps=None, latency_ms=dict.fromkeys(STAGES),
    commission=Decimal("0.7"), swap=Decimal(0), fee=Decimal(0), net_cost=Decimal("0.7"),
    gross_pnl=Decimal(40), net_pnl=Decimal("39.3"), venue_profit=Decimal(40),
    r_multiple=Decimal("0.786"), divergence=(), opened_at=on(0, 14), closed_at=on(0), revision=2,
    reconciled_at=on(0, 16),
)  # fmt: skip
"""Bought ten at 100, sold at 104 an hour later, for commissions of 0.70; the stop was at 95."""


def leg(**changes: Any) -> ReconciledLeg:
    return replace(WON, **changes)


def open_leg(**changes: Any) -> ReconciledLeg:
    """The same, still held."""
    values: dict[str, Any] = {
        "outcome": Outcome.OPEN, "exit_qty": Decimal(0), "exit_price_filled": None, "closed_at": None,
        "gross_pnl": Decimal(0), "net_pnl": Decimal("-0.35"), "r_multiple": None,
    }  # fmt: skip
    return replace(WON, **(values | changes))
