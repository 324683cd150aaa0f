"""What is sent to an alpaca-like broker: prices and exits of an entry, the protection of a position."""

from decimal import Decimal
from typing import Any, Final

from argos.core.errors import VenueRefused
from argos.core.intent import OrderType, Side
from argos.ports import VenueIdentity, VenueOrder
from argos.protocol.values import decimal_text
from argos.venues.paper import alpaca_words as words
from argos.venues.paper.alpaca_calls import Row, fresh_client_id

NOT_CANCELABLE: Final = "42210000"


def prices_of(order: VenueOrder) -> dict[str, str]:
    prices: dict[str, Decimal | None] = {}
    if order.order_type is OrderType.LIMIT:
        prices["limit_price"] = order.price
    elif order.order_type is not OrderType.MARKET:
        prices = {"stop_price": order.price, "limit_price": order.stop_limit_price}
    return {name: decimal_text(price) for name, price in prices.items() if price is not None}


def exits_of(*, sl: Decimal | None, tp: Decimal | None) -> dict[str, Any]:
    if sl is None and tp is None:
        return {}
    exits: dict[str, Any] = {"order_class": "oto" if sl is None or tp is None else "bracket"}
    if tp is not None:
        exits["take_profit"] = {"limit_price": decimal_text(tp)}
    if sl is not None:
        exits["stop_loss"] = {"stop_price": decimal_text(sl)}
    return exits


def leg_kind(row: Row) -> str:
    return "tp" if row["type"] == "limit" else "sl"


def check_exits(position: Row, *, sl: Decimal | None, tp: Decimal | None) -> None:
    """Refuses exits on the wrong side before anything is touched."""
    current, long = words.number(position, "current_price"), position["side"] == "long"
    below, above = (sl, tp) if long else (tp, sl)
    if (below is not None and below >= current) or (above is not None and above <= current):
        raise VenueRefused(
            f"sl {sl} or tp {tp} on the wrong side of {current}; nothing was sent",
            code="VENUE_STOPS_INVALID",
            venue_code=NOT_CANCELABLE,
        )


def protection_body(
    identity: VenueIdentity,
    symbol: str,
    *,
    position: Row,
    sl: Decimal | None,
    tp: Decimal | None,
) -> dict[str, Any] | None:
    """The exit order that sets `sl` and `tp` for a whole position; None if neither is wanted."""
    if sl is None and tp is None:
        return None
    side = Side.SELL if position["side"] == "long" else Side.BUY
    body: dict[str, Any] = {
        "symbol": symbol,
        "side": side.value,
        "qty": decimal_text(abs(words.number(position, "qty"))),
        "type": "stop" if tp is None else "limit",
        "time_in_force": "gtc",
        "client_order_id": fresh_client_id(identity.client_order_id, words.PROTECTION_MARK),
    }
    if sl is not None and tp is not None:
        return {**body, **exits_of(sl=sl, tp=tp), "order_class": "oco"}
    if tp is not None:
        return {**body, "limit_price": decimal_text(tp)}
    assert sl is not None, "one of the two is set"
    return {**body, "stop_price": decimal_text(sl)}
