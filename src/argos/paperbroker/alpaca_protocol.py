"""An order as it is posted at the alpaca character, and how a request is refused there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import ArgosError, InputError
from argos.core.intent import OrderType, Side
from argos.exchange.orders import TimeInForce
from argos.protocol.values import optional_decimal, parse_decimal

BODY_INVALID: Final = 40010001
FORBIDDEN: Final = 40310000
NOT_FOUND: Final = 40410000
UNPROCESSABLE: Final = 42210000


class AlpacaRefusal(ArgosError):
    """A request that is answered with an HTTP error of Alpaca's form."""

    default_code = "ALPACA_REFUSED"

    def __init__(self, message: str, *, status: int, alpaca_code: int) -> None:
        self.status = status
        self.alpaca_code = alpaca_code
        super().__init__(message)


def unprocessable(message: str) -> AlpacaRefusal:
    return AlpacaRefusal(message, status=422, alpaca_code=UNPROCESSABLE)


def body_invalid(message: str) -> AlpacaRefusal:
    return AlpacaRefusal(message, status=422, alpaca_code=BODY_INVALID)


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Exit prices asked for. A stop with `stop_limit` becomes a limit once it is triggered."""

    target: Decimal | None
    stop: Decimal | None
    stop_limit: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """`POST /v2/orders`, checked for form only. `closes_only` stands for a `..._to_close` position intent."""

    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal
    limit_price: Decimal | None
    stop_price: Decimal | None
    tif: TimeInForce
    order_class: str
    legs: Legs
    client_order_id: str
    closes_only: bool


def parse_order(body: Mapping[str, Any]) -> OrderRequest:
    """The order in `body`; AlpacaRefusal as Alpaca would word it."""
    try:
        target = body.get("take_profit") or {}
        stop = body.get("stop_loss") or {}
        limit_price = optional_decimal(body.get("limit_price"), field="limit_price")
        order_class = body.get("order_class") or "simple"
        legs = Legs(
            target=optional_decimal(target.get("limit_price"), field="take_profit.limit_price"),
            stop=optional_decimal(stop.get("stop_price"), field="stop_loss.stop_price"),
            stop_limit=optional_decimal(stop.get("limit_price"), field="stop_loss.limit_price"),
        )
        if order_class == "oco" and limit_price is None:
            limit_price = legs.target
        return OrderRequest(
            symbol=str(body["symbol"]),
            side=Side(body["side"]),
            order_type=OrderType(body["type"]),
            qty=parse_decimal(body["qty"], field="qty"),
            limit_price=limit_price,
            stop_price=optional_decimal(body.get("stop_price"), field="stop_price"),
            tif=TimeInForce(body.get("time_in_force") or "gtc"),
            order_class=order_class,
            legs=legs,
            client_order_id=str(body.get("client_order_id") or ""),
            closes_only=str(body.get("position_intent") or "").endswith("_to_close"),
        )
    except KeyError as error:
        raise body_invalid(f"{error.args[0]} is required") from error
    except (InputError, ValueError, AttributeError) as error:
        raise body_invalid(str(error)) from error
