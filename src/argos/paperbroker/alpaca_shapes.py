"""Alpaca's words for orders: decimal strings, statuses, activities, updates; errors as {"code", "message"}.

Beyond Alpaca's own fields (alpacahq/alpaca-mcp-server, trading-api.json) an order carries `parent_order_id`, a FILL row
`position_qty`, `commission`, `fee` and `realized_pl`, an asset its steps: what a client cannot otherwise know at once.
Clients that come with Alpaca's pair of keys are told Alpaca's fields alone (`as_alpaca`).
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final
from uuid import UUID, uuid5

from argos.core.execution import FillReason
from argos.core.intent import OrderType
from argos.exchange.book import Change, OrderEvent, OrderEventKind
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.positions import Deal
from argos.paperbroker.alpaca_protocol import TRAILING_STOP
from argos.protocol.values import decimal_text, moment_text, optional_decimal_text

ID_PREFIX: Final = UUID("a1bacab0-0000-8000-8000-000000000000").int
ID_MASK: Final = (1 << 48) - 1
ASSETS: Final = UUID("a1bacab0-0000-8000-8000-0000000000ff")
OUR_FIELDS: Final = frozenset(
    {
        "parent_order_id",
        "position_qty",
        "commission",
        "fee",
        "realized_pl",
        "min_order_size",
        "min_trade_increment",
        "price_increment",
    }
)

EVENTS: Final[Mapping[OrderEventKind, str]] = {
    OrderEventKind.PLACED: "new",
    OrderEventKind.HELD: "held",
    OrderEventKind.RELEASED: "new",
    OrderEventKind.PARTIALLY_FILLED: "partial_fill",
    OrderEventKind.FILLED: "fill",
    OrderEventKind.CANCELED: "canceled",
    OrderEventKind.EXPIRED: "expired",
    OrderEventKind.REJECTED: "rejected",
    OrderEventKind.REPLACED: "replaced",
}


def as_alpaca(row: Any) -> Any:
    """An answer with Alpaca's own fields alone."""
    if isinstance(row, list):
        return [as_alpaca(item) for item in row]
    if not isinstance(row, dict):
        return row
    return {name: as_alpaca(value) for name, value in row.items() if name not in OUR_FIELDS}


def venue_id(ticket: int) -> str:
    """The UUID that stands for a ticket outside."""
    return str(UUID(int=ID_PREFIX | ticket))


def ticket_of(text: str) -> int | None:
    """The ticket behind one of our UUIDs; None for any other text."""
    try:
        number = UUID(text).int
    except ValueError:
        return None
    return number & ID_MASK if number & ~ID_MASK == ID_PREFIX else None


def asset_id(symbol: str) -> str:
    return str(uuid5(ASSETS, symbol))


def _status(order: BrokerOrder) -> str:
    if order.state is not OrderState.WORKING:
        return order.state.value
    if order.queued:
        return "accepted"
    if order.filled_qty:
        return "partially_filled"
    waits_behind_target = order.oco and order.reason is FillReason.SL
    return "held" if waits_behind_target and not order.triggered else "new"


def _order_class(order: BrokerOrder) -> str:
    """A leg says that of its order. The target of an oco order is its order, and gives the pair its number."""
    if order.parent and order.oco:
        return "oco" if order.oco == order.parent else "bracket"
    if order.oco:
        return "oco"
    if order.sl is not None and order.tp is not None:
        return "bracket"
    has_leg = order.sl is not None or order.tp is not None
    return "oto" if has_leg or order.parent else "simple"


def order_row(order: BrokerOrder, *, legs: Iterable[BrokerOrder] | None = None) -> dict[str, Any]:
    ended_at = {order.state: moment_text(order.updated_at)}
    is_limit = order.order_type is OrderType.LIMIT
    order_type = TRAILING_STOP if order.is_trailing else order.order_type.value
    average = order.price_average
    return {
        "id": venue_id(order.ticket),
        "client_order_id": order.client_order_id,
        "created_at": moment_text(order.created_at),
        "updated_at": moment_text(order.updated_at),
        "submitted_at": moment_text(order.created_at),
        "filled_at": ended_at.get(OrderState.FILLED),
        "expired_at": ended_at.get(OrderState.EXPIRED),
        "canceled_at": ended_at.get(OrderState.CANCELED),
        "failed_at": ended_at.get(OrderState.REJECTED),
        "replaced_at": ended_at.get(OrderState.REPLACED),
        "replaced_by": venue_id(order.replaced_by) if order.replaced_by else None,
        "replaces": venue_id(order.replaces) if order.replaces else None,
        "asset_id": asset_id(order.symbol),
        "symbol": order.symbol,
        "asset_class": "us_equity",
        "notional": optional_decimal_text(order.notional),
        "qty": decimal_text(order.qty) if order.notional is None else None,
        "filled_qty": decimal_text(order.filled_qty),
        "filled_avg_price": optional_decimal_text(average),
        "order_class": _order_class(order),
        "order_type": order_type,
        "type": order_type,
        "side": order.side.value,
        "time_in_force": order.tif.value,
        "limit_price": optional_decimal_text(order.price if is_limit else order.stop_limit_price),
        "stop_price": optional_decimal_text(None if is_limit else order.price),
        "status": _status(order),
        "extended_hours": order.extended_hours,
        "legs": [order_row(leg) for leg in legs] if legs is not None else None,
        "trail_percent": optional_decimal_text(order.trail_percent),
        "trail_price": optional_decimal_text(order.trail_price),
        "hwm": optional_decimal_text(order.hwm),
        "source": "web" if order.reason is FillReason.MANUAL else "access_key",
        "parent_order_id": venue_id(order.parent) if order.parent else None,
    }


def activity_id(deal: Deal) -> str:
    return f"{deal.occurred_at:%Y%m%d%H%M%S}{deal.occurred_at.microsecond // 1000:03d}::{venue_id(deal.ticket)}"


def activity_ticket(page_token: str) -> int | None:
    return ticket_of(page_token.rpartition("::")[2])


def activity_row(deal: Deal) -> dict[str, Any]:
    whole = deal.leaves_qty == 0
    return {
        "id": activity_id(deal),
        "activity_type": "FILL",
        "transaction_time": moment_text(deal.occurred_at),
        "type": "fill" if whole else "partial_fill",
        "price": decimal_text(deal.price),
        "qty": decimal_text(deal.qty),
        "side": deal.side.value,
        "symbol": deal.symbol,
        "leaves_qty": decimal_text(deal.leaves_qty),
        "order_id": venue_id(deal.order),
        "cum_qty": decimal_text(deal.cum_qty),
        "order_status": "filled" if whole else "partially_filled",
        "position_qty": decimal_text(deal.position_qty),
        "commission": decimal_text(deal.commission),
        "fee": decimal_text(deal.fee),
        "realized_pl": decimal_text(deal.profit),
    }


def change_message(change: Change) -> dict[str, Any] | None:
    """A trade update as the stream tells it. A stop that waits behind its target has been told of as held."""
    if not isinstance(change, OrderEvent) or change.kind not in EVENTS:
        return None
    if change.kind is OrderEventKind.RELEASED and _status(change.order) == "held":
        return None
    queued = change.kind is OrderEventKind.PLACED and change.order.queued
    data: dict[str, Any] = {
        "event": "accepted" if queued else EVENTS[change.kind],
        "timestamp": moment_text(change.order.updated_at),
        "order": order_row(change.order),
    }
    if change.deal is not None:
        data |= {
            "execution_id": activity_id(change.deal),
            "price": decimal_text(change.deal.price),
            "qty": decimal_text(change.deal.qty),
            "position_qty": decimal_text(change.deal.position_qty),
        }
    return {"stream": "trade_updates", "data": data}


def update_frame(message: Mapping[str, Any]) -> dict[str, Any] | None:
    """A trade update in Alpaca's own fields; None for what Alpaca's stream does not tell."""
    if message.get("stream") != "trade_updates":
        return None
    data = {**message["data"], "order": as_alpaca(message["data"]["order"])}
    if "execution_id" in data:
        data["execution_id"] = data["execution_id"].rpartition("::")[2]
    return {"stream": "trade_updates", "data": data}
