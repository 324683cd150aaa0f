"""An order as it is posted at the alpaca character, and how a request is refused there."""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import ArgosError, InputError
from argos.core.intent import OrderType, Side
from argos.exchange.orders import TimeInForce
from argos.protocol.values import optional_decimal

BODY_INVALID: Final = 40010001
FORBIDDEN: Final = 40310000
NOT_FOUND: Final = 40410000
UNPROCESSABLE: Final = 42210000
TOO_MANY: Final = 42910000

TRAILING_STOP: Final = "trailing_stop"
CLIENT_ID_MAX: Final = 128
TRAIL_PERCENT_MIN: Final = Decimal("0.1")
NUMBER_MAX: Final = Decimal(10**15)
"""Beyond all shares and money there are; what is divided by a step keeps its last digit below it."""
INTENTS: Final = frozenset(f"{side}_to_{end}" for side in Side for end in ("open", "close"))


class AlpacaRefusal(ArgosError):
    """A request that is answered with an HTTP error of Alpaca's form.

    `details` stand beside its code and message.
    """

    default_code = "ALPACA_REFUSED"

    def __init__(
        self,
        message: str,
        *,
        status: int,
        alpaca_code: int,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.alpaca_code = alpaca_code
        self.details = dict(details or {})
        super().__init__(message)


def unprocessable(message: str, **details: Any) -> AlpacaRefusal:
    return AlpacaRefusal(message, status=422, alpaca_code=UNPROCESSABLE, details=details)


def body_invalid(message: str) -> AlpacaRefusal:
    return AlpacaRefusal(message, status=422, alpaca_code=BODY_INVALID)


def forbidden(message: str, **details: Any) -> AlpacaRefusal:
    return AlpacaRefusal(message, status=403, alpaca_code=FORBIDDEN, details=details)


def not_found(message: str) -> AlpacaRefusal:
    return AlpacaRefusal(message, status=404, alpaca_code=NOT_FOUND)


@dataclass(frozen=True, slots=True, kw_only=True)
class Legs:
    """Exit prices asked for. A stop with `stop_limit` becomes a limit once it is triggered."""

    target: Decimal | None
    stop: Decimal | None
    stop_limit: Decimal | None


NO_LEGS: Final = Legs(target=None, stop=None, stop_limit=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderRequest:
    """`POST /v2/orders`, checked for form only. Either `qty` or `notional` is set.

    A trailing stop is a stop with one of `trail_price` and `trail_percent` and no `stop_price` yet. `intent` is
    the position intent, or empty.
    """

    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal | None
    limit_price: Decimal | None = None
    stop_price: Decimal | None = None
    tif: TimeInForce
    order_class: str = "simple"
    legs: Legs = NO_LEGS
    client_order_id: str = ""
    intent: str = ""
    notional: Decimal | None = None
    trail_price: Decimal | None = None
    trail_percent: Decimal | None = None
    extended_hours: bool = False

    @property
    def closes_only(self) -> bool:
        return self.intent.endswith("_to_close")

    @property
    def is_trailing(self) -> bool:
        return self.trail_price is not None or self.trail_percent is not None


def parse_order(body: Mapping[str, Any], *, tif_required: bool = False) -> OrderRequest:
    """The order in `body`; AlpacaRefusal as Alpaca would word it."""
    if tif_required and not body.get("time_in_force"):
        raise body_invalid("time_in_force is required")
    try:
        target, stop = _leg_of(body, "take_profit"), _leg_of(body, "stop_loss")
        legs = Legs(
            target=number_in(target, "limit_price", of="take_profit."),
            stop=number_in(stop, "stop_price", of="stop_loss."),
            stop_limit=number_in(stop, "limit_price", of="stop_loss."),
        )
        kind, order_class = str(body["type"]), body.get("order_class") or "simple"
        limit_price = number_in(body, "limit_price")
        if order_class == "oco" and limit_price is None:
            limit_price = legs.target
        request = OrderRequest(
            symbol=str(body["symbol"]),
            side=Side(body["side"]),
            order_type=OrderType.STOP if kind == TRAILING_STOP else OrderType(kind),
            qty=number_in(body, "qty"),
            limit_price=limit_price,
            stop_price=number_in(body, "stop_price"),
            tif=TimeInForce(body.get("time_in_force") or "gtc"),
            order_class=order_class,
            legs=legs,
            client_order_id=str(body.get("client_order_id") or ""),
            intent=_intent_of(body),
            notional=number_in(body, "notional"),
            trail_price=number_in(body, "trail_price"),
            trail_percent=number_in(body, "trail_percent"),
            extended_hours=_flag_in(body, "extended_hours"),
        )
    except KeyError as error:
        raise body_invalid(f"{error.args[0]} is required") from error
    except (InputError, ValueError) as error:
        raise body_invalid(str(error)) from error
    _check_numbers(request, is_trailing=kind == TRAILING_STOP)
    return request


def number_in(body: Mapping[str, Any], name: str, *, of: str = "") -> Decimal | None:
    """The number of that name, None if there is none; `of` stands before it in what is said of it."""
    value = optional_decimal(body.get(name), field=of + name)
    if value is not None and abs(value) > NUMBER_MAX:
        raise body_invalid(f"{of}{name} is too large")
    return value


def _leg_of(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    leg = body.get(name) or {}
    if not isinstance(leg, Mapping):
        raise body_invalid(f"{name} is invalid")
    return leg


def _flag_in(body: Mapping[str, Any], name: str) -> bool:
    value = body.get(name) or False
    if not isinstance(value, bool):
        raise body_invalid(f"{name} is invalid")
    return value


def _intent_of(body: Mapping[str, Any]) -> str:
    intent = str(body.get("position_intent") or "")
    if intent and intent not in INTENTS:
        raise body_invalid("position_intent is invalid")
    return intent


def _check_numbers(request: OrderRequest, *, is_trailing: bool) -> None:
    """What can be said of the numbers without knowing market or account."""
    if request.qty is not None and request.notional is not None:
        raise body_invalid("only one of qty or notional is accepted")
    if request.qty is None and request.notional is None:
        raise body_invalid("qty or notional is required")
    for name in ("qty", "notional", "limit_price", "stop_price", "trail_price"):
        value = getattr(request, name)
        if value is not None and value <= 0:
            raise body_invalid(f"{name.replace('_', ' ')} must be > 0")
    if len(request.client_order_id) > CLIENT_ID_MAX:
        raise body_invalid("client_order_id must be no more than 128 characters")
    if is_trailing:
        _check_trail(request)
    elif request.is_trailing:
        raise unprocessable("trail_price and trail_percent are for trailing stop orders")
    elif request.order_type is OrderType.LIMIT and request.limit_price is None:
        raise body_invalid("limit orders require a limit price")
    elif request.order_type is OrderType.STOP and request.stop_price is None:
        raise body_invalid("stop orders require a stop price")
    elif request.order_type is OrderType.STOP_LIMIT and None in (
        request.limit_price,
        request.stop_price,
    ):
        raise body_invalid("stop limit orders require both stop and limit price")


def _check_trail(request: OrderRequest) -> None:
    if (request.trail_price is None) is (request.trail_percent is None):
        raise body_invalid("trailing stop orders must specify one of trail_price or trail_percent")
    if request.trail_percent is not None and request.trail_percent < TRAIL_PERCENT_MIN:
        raise body_invalid("trail_percent must be greater than or equal to 0.1")
    if request.stop_price is not None or request.limit_price is not None:
        raise unprocessable("trailing stop orders require no stop or limit price")
