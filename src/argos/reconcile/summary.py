"""Per-account statistics over reconciled legs. External legs are counted, and left out of all the rest."""

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.intent import OrderType
from argos.core.money import ZERO
from argos.core.texts import decimal_text, optional_decimal_text
from argos.reconcile.result import (
    BPS_STEP,
    MONEY_STEP,
    RATIO_STEP,
    Outcome,
    ReconciledLeg,
    SlippageReference,
)

PERCENTILES: Final = (50, 95, 99)


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountSummary:
    """One account's legs in figures. Money is in `currency`; None where there is nothing to average.

    `trades` are the legs with an entry fill. `fill_ratio`: units filled over units intended, of all legs that we
    did not deny. `slippage_bps`: means of the legs' bps, weighted by filled notional, per reference.
    `latency_ms`: receipt to first fill of market orders, `p50`, `p95`, `p99` by nearest rank. `net_pnl` is realised.
    """

    account: str
    currency: str
    legs: int
    trades: int
    outcomes: Mapping[Outcome, int]
    fill_ratio: Decimal | None
    slippage_bps: Mapping[SlippageReference, Decimal | None]
    latency_ms: Mapping[str, float | None]
    commission: Decimal
    swap: Decimal
    fee: Decimal
    slippage_cost: Decimal
    net_cost: Decimal
    gross_pnl: Decimal
    net_pnl: Decimal

    @property
    def wins(self) -> int:
        return self.outcomes.get(Outcome.WIN, 0)

    @property
    def losses(self) -> int:
        return self.outcomes.get(Outcome.LOSS, 0)


def summarise(legs: Iterable[ReconciledLeg]) -> tuple[AccountSummary, ...]:
    """One summary per account, by name. `legs` holds one revision of each leg: the newest."""
    by_account: dict[str, list[ReconciledLeg]] = defaultdict(list)
    for leg in legs:
        by_account[leg.account].append(leg)
    return tuple(_summary(account, by_account[account]) for account in sorted(by_account))


def _summary(account: str, legs: Sequence[ReconciledLeg]) -> AccountSummary:
    own = [leg for leg in legs if leg.outcome is not Outcome.EXTERNAL]
    waits = [wait for leg in own if (wait := receipt_to_fill_ms(leg)) is not None]
    return AccountSummary(
        account=account,
        currency=legs[0].currency,
        legs=len(own),
        trades=sum(1 for leg in own if leg.filled_qty),
        outcomes=dict(sorted(Counter(leg.outcome for leg in legs).items())),
        fill_ratio=_fill_ratio(own),
        slippage_bps={
            SlippageReference.SIGNAL: _weighted(own, lambda leg: leg.slippage_signal_bps),
            SlippageReference.ARRIVAL: _weighted(own, lambda leg: leg.slippage_arrival_bps),
            SlippageReference.BROKER: _weighted(own, lambda leg: leg.slippage_broker_bps),
        },
        latency_ms={f"p{rank}": percentile(waits, rank) for rank in PERCENTILES},
        commission=_sum(own, lambda leg: leg.commission),
        swap=_sum(own, lambda leg: leg.swap),
        fee=_sum(own, lambda leg: leg.fee),
        slippage_cost=_sum(own, lambda leg: leg.slippage_cost or ZERO),
        net_cost=_sum(own, lambda leg: leg.net_cost),
        gross_pnl=_sum(own, lambda leg: leg.gross_pnl),
        net_pnl=_sum(own, lambda leg: leg.net_pnl),
    )


def receipt_to_fill_ms(leg: ReconciledLeg) -> float | None:
    """From the alert's receipt to the first fill of a market order: our share of `total`, without the sender's.

    None for orders that rest: they wait for the market, not for us.
    """
    if leg.order_type is not OrderType.MARKET:
        return None
    total, before = leg.latency_ms["total"], leg.latency_ms["alert_to_receipt"]
    return None if total is None or before is None else round(total - before, 3)


def percentile(values: Sequence[float], rank: int) -> float | None:
    """The smallest value that at least `rank` percent of the values do not exceed (nearest rank)."""
    if not values:
        return None
    position = max(1, -(-rank * len(values) // 100))
    return sorted(values)[position - 1]


def _fill_ratio(legs: Sequence[ReconciledLeg]) -> Decimal | None:
    sent = [leg for leg in legs if leg.outcome is not Outcome.DENIED]
    intended = sum((leg.intended_qty for leg in sent), ZERO)
    filled = sum((leg.filled_qty for leg in sent), ZERO)
    return (filled / intended).quantize(RATIO_STEP) if intended else None


def _weighted(
    legs: Sequence[ReconciledLeg], measure: Callable[[ReconciledLeg], Decimal | None]
) -> Decimal | None:
    total = weight = ZERO
    for leg in legs:
        bps = measure(leg)
        if bps is not None and leg.entry_price_filled is not None:
            notional = leg.filled_qty * leg.entry_price_filled
            total += bps * notional
            weight += notional
    return (total / weight).quantize(BPS_STEP) if weight else None


def _sum(legs: Sequence[ReconciledLeg], amount: Callable[[ReconciledLeg], Decimal]) -> Decimal:
    return sum((amount(leg) for leg in legs), ZERO).quantize(MONEY_STEP)


def encode_summary(summary: AccountSummary) -> dict[str, Any]:
    """The summary as JSON values: decimals as strings in plain notation, latencies as numbers."""
    return {
        "account": summary.account,
        "currency": summary.currency,
        "legs": summary.legs,
        "trades": summary.trades,
        "outcomes": {outcome.value: count for outcome, count in summary.outcomes.items()},
        "fill_ratio": optional_decimal_text(summary.fill_ratio),
        "slippage_bps": {
            reference.value: optional_decimal_text(bps)
            for reference, bps in summary.slippage_bps.items()
        },
        "latency_ms": dict(summary.latency_ms),
        "commission": decimal_text(summary.commission),
        "swap": decimal_text(summary.swap),
        "fee": decimal_text(summary.fee),
        "slippage_cost": decimal_text(summary.slippage_cost),
        "net_cost": decimal_text(summary.net_cost),
        "gross_pnl": decimal_text(summary.gross_pnl),
        "net_pnl": decimal_text(summary.net_pnl),
    }
