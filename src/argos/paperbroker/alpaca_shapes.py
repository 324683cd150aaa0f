"""Alpaca's words: decimal strings, order statuses, activities; errors as {"code", "message"}.

Beyond Alpaca's own fields (alpacahq/alpaca-mcp-server, trading-api.json) an order carries `parent_order_id`, and a
FILL row `position_qty`, `commission`, `fee` and `realized_pl`: what a client cannot otherwise know at once.
"""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any, Final
from uuid import UUID, uuid5

from argos.core.execution import FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.exchange.book import Change, Funds, OrderEvent, OrderEventKind
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.positions import BrokerPosition, Deal
from argos.protocol.values import decimal_text, moment_text, optional_decimal_text

ID_PREFIX: Final = UUID("a1bacab0-0000-8000-8000-000000000000").int
ID_MASK: Final = (1 << 48) - 1
ASSETS: Final = UUID("a1bacab0-0000-8000-8000-0000000000ff")

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
    if order.filled_qty:
        return "partially_filled"
    waits_behind_target = order.oco and order.reason is FillReason.SL
    return "held" if waits_behind_target and not order.triggered else "new"


def _order_class(order: BrokerOrder) -> str:
    if order.parent or (order.sl is not None and order.tp is not None):
        return "bracket"
    if order.oco and order.reason is not FillReason.COMMAND:
        return "oco"
    return "oto" if order.sl is not None or order.tp is not None else "simple"


def order_row(order: BrokerOrder, *, legs: Iterable[BrokerOrder] | None = None) -> dict[str, Any]:
    ended_at = {order.state: moment_text(order.updated_at)}
    is_limit = order.order_type is OrderType.LIMIT
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
        "notional": None,
        "qty": decimal_text(order.qty),
        "filled_qty": decimal_text(order.filled_qty),
        "filled_avg_price": optional_decimal_text(average),
        "order_class": _order_class(order),
        "order_type": order.order_type.value,
        "type": order.order_type.value,
        "side": order.side.value,
        "time_in_force": order.tif.value,
        "limit_price": optional_decimal_text(order.price if is_limit else order.stop_limit_price),
        "stop_price": optional_decimal_text(None if is_limit else order.price),
        "status": _status(order),
        "extended_hours": False,
        "legs": [order_row(leg) for leg in legs] if legs is not None else None,
        "trail_percent": None,
        "trail_price": None,
        "hwm": None,
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


def position_row(
    position: BrokerPosition, *, quote: Quote | None, available_qty: Decimal
) -> dict[str, Any]:
    current = position.mark(quote) if quote else position.price_open
    cost = position.price_open * position.signed_qty
    value = current * position.signed_qty
    return {
        "asset_id": asset_id(position.symbol),
        "symbol": position.symbol,
        "exchange": "NASDAQ",
        "asset_class": "us_equity",
        "asset_marginable": True,
        "avg_entry_price": decimal_text(position.price_open),
        "qty": decimal_text(position.signed_qty),
        "qty_available": decimal_text(available_qty),
        "side": "long" if position.side is Side.BUY else "short",
        "market_value": decimal_text(value),
        "cost_basis": decimal_text(cost),
        "unrealized_pl": decimal_text(value - cost),
        "unrealized_plpc": decimal_text((value - cost) / abs(cost) if cost else ZERO),
        "current_price": decimal_text(current),
    }


def account_row(
    state: Funds, *, account: str, currency: str, leverage: Decimal, shorting: bool
) -> dict[str, Any]:
    power = decimal_text(max(ZERO, state.margin_free * leverage))
    equity = decimal_text(state.equity)
    long_value = (state.exposure + state.market_value) / 2
    return {
        "id": asset_id(f"account:{account}"),
        "account_number": account,
        "status": "ACTIVE",
        "currency": currency,
        "cash": decimal_text(state.cash),
        "equity": equity,
        "last_equity": equity,
        "portfolio_value": equity,
        "buying_power": power,
        "regt_buying_power": power,
        "non_marginable_buying_power": decimal_text(max(ZERO, state.margin_free)),
        "multiplier": decimal_text(leverage),
        "initial_margin": decimal_text(state.margin),
        "maintenance_margin": decimal_text(state.margin),
        "long_market_value": decimal_text(long_value),
        "short_market_value": decimal_text(state.market_value - long_value),
        "trading_blocked": False,
        "account_blocked": False,
        "transfers_blocked": False,
        "trade_suspended_by_user": False,
        "shorting_enabled": shorting,
    }


def asset_row(instrument: Instrument) -> dict[str, Any]:
    return {
        "id": asset_id(instrument.symbol),
        "class": "us_equity",
        "exchange": "NASDAQ",
        "symbol": instrument.symbol,
        "name": instrument.symbol,
        "status": "active",
        "tradable": instrument.tradable,
        "marginable": True,
        "shortable": True,
        "easy_to_borrow": True,
        "fractionable": False,
        "min_order_size": decimal_text(instrument.qty_min),
        "min_trade_increment": decimal_text(instrument.qty_step),
        "price_increment": decimal_text(instrument.tick_size),
    }


def change_message(change: Change) -> dict[str, Any] | None:
    """A trade update as the stream tells it."""
    if not isinstance(change, OrderEvent) or change.kind not in EVENTS:
        return None
    data: dict[str, Any] = {
        "event": EVENTS[change.kind],
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
