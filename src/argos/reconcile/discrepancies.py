"""Finders of discrepancies: what never came, and what two sides tell differently.

The finders look at the present alone. A discrepancy's `key` is the same on every sweep, so that the same one
is opened once, and is resolved when a sweep no longer finds it.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from argos.core.intent import OrderType
from argos.core.money import ZERO
from argos.core.order import FactKind, Order, OrderStatus, filled_qty, status
from argos.core.position import Position
from argos.core.texts import decimal_text, moment_text
from argos.reconcile.discrepancy_codes import Discrepancy, DiscrepancyCode
from argos.reconcile.positions import PositionKey
from argos.reconcile.result import Divergence, ReconciledLeg
from argos.reconcile.story import FactRecord, OrderRecord


@dataclass(frozen=True, slots=True, kw_only=True)
class SweepThresholds:
    """How long what is merely slow is left alone, in seconds; how much two profits may differ.

    Profits may differ by `profit_tolerance` in account currency (venues round every deal) or by
    `profit_tolerance_fraction` of the result (conversion rates move), whichever is more.
    """

    unclaimed_s_max: float = 30
    unheard_s_max: float = 15
    doubt_s_max: float = 120
    unfilled_s_max: float = 60
    unclosed_s_max: float = 15
    profit_tolerance: Decimal = Decimal("0.05")
    profit_tolerance_fraction: Decimal = Decimal("0.005")


DEFAULT_THRESHOLDS: Final = SweepThresholds()

_UNHEARD: Final = frozenset(
    {
        OrderStatus.LEASED,
        OrderStatus.SUBMITTED,
        OrderStatus.PENDING_CANCEL,
        OrderStatus.PENDING_REPLACE,
    }
)
_AT_VENUE: Final = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})
_SENT_KINDS: Final = frozenset({FactKind.LEASED, FactKind.SEND_STARTED})


def find_order_discrepancies(
    orders: Iterable[OrderRecord],
    *,
    now: datetime,
    thresholds: SweepThresholds = DEFAULT_THRESHOLDS,
) -> list[Discrepancy]:
    """Orders that have stood still too long. Ages are told by our own clock, when facts were recorded."""
    found = (_judge(record, now=now, thresholds=thresholds) for record in orders)
    return [item for item in found if item is not None]


def _judge(
    record: OrderRecord, *, now: datetime, thresholds: SweepThresholds
) -> Discrepancy | None:
    order = record.order
    state = status(
        (item.fact for item in record.facts),
        qty=record.effective_qty,
        denied=order.denial_code is not None,
    )
    if state is OrderStatus.PLANNED:
        case = (DiscrepancyCode.NODE_ABSENT, order.planned_at, thresholds.unclaimed_s_max)
    elif state in _UNHEARD:
        last = _recorded(record.facts, _SENT_KINDS, latest=True) or order.planned_at
        case = (DiscrepancyCode.SENT_UNKNOWN, last, thresholds.unheard_s_max)
    elif state is OrderStatus.IN_DOUBT:
        kinds = frozenset({FactKind.IN_DOUBT})
        since = _recorded(record.facts, kinds, latest=False) or order.planned_at
        case = (DiscrepancyCode.DOUBT_UNRESOLVED, since, thresholds.doubt_s_max)
    elif state in _AT_VENUE and order.order_type is OrderType.MARKET:
        kinds = frozenset({FactKind.ACCEPTED, FactKind.FILL})
        last = _recorded(record.facts, kinds, latest=True) or order.planned_at
        case = (DiscrepancyCode.NEVER_FILLED, last, thresholds.unfilled_s_max)
    else:
        return None
    code, since, limit_s = case
    if now - since <= timedelta(seconds=limit_s):
        return None
    return Discrepancy(
        code=code,
        account=order.account,
        trade_id=order.trade_id,
        order_id=order.order_id,
        expected={"within_s": f"{limit_s:g}", "qty": decimal_text(record.effective_qty)},
        observed={
            "status": state.value,
            "since": moment_text(since),
            "filled_qty": decimal_text(filled_qty(item.fact for item in record.facts)),
        },
        key=f"{code}:{order.account}:{order.order_id}",
    )


def _recorded(
    facts: Iterable[FactRecord], kinds: frozenset[FactKind], *, latest: bool
) -> datetime | None:
    moments = [item.recorded_at for item in facts if item.kind in kinds]
    if not moments:
        return None
    return max(moments) if latest else min(moments)


@dataclass(frozen=True, slots=True, kw_only=True)
class UnfinishedExit:
    """The last exit that was planned for an entry, ended, with `held_qty` of the entry still open."""

    order: Order
    status: OrderStatus
    ended_at: datetime
    held_qty: Decimal


def find_incomplete_exits(
    unfinished: Iterable[UnfinishedExit],
    *,
    now: datetime,
    thresholds: SweepThresholds = DEFAULT_THRESHOLDS,
) -> list[Discrepancy]:
    """Closes after which nothing more is on its way though their entry is open: one per entry."""
    limit = timedelta(seconds=thresholds.unclosed_s_max)
    return [
        Discrepancy(
            code=DiscrepancyCode.EXIT_INCOMPLETE,
            account=item.order.account,
            trade_id=item.order.trade_id,
            order_id=item.order.order_id,
            expected={"symbol": item.order.symbol, "closing": decimal_text(item.order.qty)},
            observed={
                "status": item.status.value,
                "since": moment_text(item.ended_at),
                "open": decimal_text(item.held_qty),
            },
            key=f"{DiscrepancyCode.EXIT_INCOMPLETE}:{item.order.account}:{item.order.closes_order_id}",
        )
        for item in unfinished
        if now - item.ended_at > limit
    ]


def position_drift(
    derived: Mapping[PositionKey, Decimal],
    observed: Iterable[Position],
    *,
    account: str,
    hedging: bool,
) -> list[Discrepancy]:
    """Where the fills' sum and the venue's own positions differ, one per position.

    Fills on their way make a drift that passes: open it when two scans in a row show it.
    """
    shown: dict[PositionKey, Decimal] = {}
    for position in observed:
        key = (position.symbol, position.position_id if hedging else None)
        shown[key] = shown.get(key, ZERO) + position.signed_qty
    keys = sorted(derived.keys() | shown.keys(), key=lambda key: (key[0], key[1] or ""))
    return [
        _drift(key, account=account, derived=derived.get(key, ZERO), shown=shown.get(key, ZERO))
        for key in keys
        if derived.get(key, ZERO) != shown.get(key, ZERO)
    ]


def _drift(key: PositionKey, *, account: str, derived: Decimal, shown: Decimal) -> Discrepancy:
    symbol, position_id = key
    code = DiscrepancyCode.POSITION_DRIFT
    place = {"symbol": symbol, **({"position_id": position_id} if position_id else {})}
    return Discrepancy(
        code=code,
        account=account,
        trade_id=None,
        order_id=None,
        expected={**place, "qty": decimal_text(derived)},
        observed={**place, "qty": decimal_text(shown)},
        key=f"{code}:{account}:{symbol}:{position_id or ''}",
    )


def find_leg_discrepancies(
    leg: ReconciledLeg, *, thresholds: SweepThresholds = DEFAULT_THRESHOLDS
) -> list[Discrepancy]:
    """What is wrong with a reconciled leg. A quantity filled in part is told by its fill ratio, not here."""
    found = list(_divergences(leg))
    allowed = max(
        thresholds.profit_tolerance, abs(leg.gross_pnl) * thresholds.profit_tolerance_fraction
    )
    # A venue that states no profit has 0 on all its deals; average cost of an open leg need not be its way.
    stated = leg.is_flat and leg.venue_profit != 0
    if stated and abs(leg.gross_pnl - leg.venue_profit) > allowed:
        code = DiscrepancyCode.PROFIT_DIFFERS
        found.append(
            _of_leg(
                leg,
                code,
                expected={"profit": decimal_text(leg.gross_pnl), "currency": leg.currency},
                observed={"profit": decimal_text(leg.venue_profit), "currency": leg.currency},
                subject="",
            )
        )
    return found


def _divergences(leg: ReconciledLeg) -> Iterator[Discrepancy]:
    for divergence in leg.divergence:
        if divergence is Divergence.QTY and leg.filled_qty < leg.intended_qty:
            continue
        yield _of_leg(
            leg,
            DiscrepancyCode.LEG_DIVERGES,
            expected={"qty": decimal_text(leg.intended_qty)},
            observed={
                "divergence": divergence.value,
                "filled_qty": decimal_text(leg.filled_qty),
                "exit_qty": decimal_text(leg.exit_qty),
            },
            subject=divergence.value,
        )


def _of_leg(
    leg: ReconciledLeg,
    code: DiscrepancyCode,
    *,
    expected: Mapping[str, str],
    observed: Mapping[str, str],
    subject: str,
) -> Discrepancy:
    return Discrepancy(
        code=code,
        account=leg.account,
        trade_id=leg.trade_id,
        order_id=None,
        expected=expected,
        observed=observed,
        key=f"{code}:{leg.account}:{leg.trade_id}" + (f":{subject}" if subject else ""),
    )
