"""What is sent to Alpaca: an entry with its exits, a close, the protection of a position."""

from decimal import Decimal
from typing import Any, Final

from argos.core.errors import VenueRefused
from argos.core.intent import OrderType, Side
from argos.core.money import ONE, round_near
from argos.ports import VenueClose, VenueOrder
from argos.protocol.values import decimal_text
from argos.venues.alpaca import words
from argos.venues.alpaca.trading import Row

NOT_CANCELABLE: Final = "42210000"
CENT: Final = Decimal("0.01")
SUB_DOLLAR_STEP: Final = Decimal("0.0001")


def price_text(price: Decimal) -> str:
    """Two decimals, below one dollar four: Alpaca refuses what is finer."""
    return decimal_text(round_near(price, step=CENT if price >= ONE else SUB_DOLLAR_STEP))


def entry_body(order: VenueOrder) -> dict[str, Any]:
    """A bracket with both exits, an oto with one. Raises VenueRefused where Alpaca could not take it so."""
    exits = exits_of(sl=order.sl, tp=order.tp)
    whole = not order.qty % ONE
    if exits and not whole:
        raise VenueRefused(
            f"{order.qty} shares: with a stop or a target only whole shares are taken; nothing was sent",
            code="VENUE_QTY_FRACTIONAL",
            venue_code=NOT_CANCELABLE,
        )
    return {
        "symbol": order.symbol,
        "side": order.side.value,
        "type": order.order_type.value,
        "qty": decimal_text(order.qty),
        "time_in_force": _lifetime(order.qty),
        "client_order_id": order.identity.client_order_id,
        **prices_of(order),
        **exits,
    }


def close_body(request: VenueClose) -> dict[str, Any]:
    """`position_intent` keeps it from ever opening something, should the position be gone when it arrives."""
    return {
        "symbol": request.symbol,
        "side": request.side.value,
        "type": "market",
        "qty": decimal_text(request.qty),
        "time_in_force": _lifetime(request.qty),
        "client_order_id": request.identity.client_order_id,
        "position_intent": f"{request.side.value}_to_close",
    }


def _lifetime(qty: Decimal) -> str:
    """Fractions of a share live for a day only."""
    return "day" if qty % ONE else "gtc"


def prices_of(order: VenueOrder) -> dict[str, str]:
    prices: dict[str, Decimal | None] = {}
    if order.order_type is OrderType.LIMIT:
        prices["limit_price"] = order.price
    elif order.order_type is not OrderType.MARKET:
        prices = {"stop_price": order.price, "limit_price": order.stop_limit_price}
    return {name: price_text(price) for name, price in prices.items() if price is not None}


def exits_of(*, sl: Decimal | None, tp: Decimal | None) -> dict[str, Any]:
    if sl is None and tp is None:
        return {}
    exits: dict[str, Any] = {"order_class": "oto" if sl is None or tp is None else "bracket"}
    if tp is not None:
        exits["take_profit"] = {"limit_price": price_text(tp)}
    if sl is not None:
        exits["stop_loss"] = {"stop_price": price_text(sl)}
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
    symbol: str, *, position: Row, sl: Decimal | None, tp: Decimal | None
) -> dict[str, Any] | None:
    """The exit order that sets `sl` and `tp` for a whole position, without its id; None if neither is wanted."""
    if sl is None and tp is None:
        return None
    side = Side.SELL if position["side"] == "long" else Side.BUY
    qty = abs(words.number(position, "qty"))
    body: dict[str, Any] = {
        "symbol": symbol,
        "side": side.value,
        "qty": decimal_text(qty),
        "type": "stop" if tp is None else "limit",
        "time_in_force": _lifetime(qty),
    }
    if sl is not None and tp is not None:
        return {**body, **exits_of(sl=sl, tp=tp), "order_class": "oco"}
    if tp is not None:
        return {**body, "limit_price": price_text(tp)}
    assert sl is not None, "one of the two is set"
    return {**body, "stop_price": price_text(sl)}
