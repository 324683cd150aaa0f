"""The order intent on the wire (contracts section 1): one model that validates, documents and normalises it."""

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Annotated, Any, Final, Self

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
    model_validator,
)

from argos.core.errors import InputError
from argos.core.ids import event_uuid, intent_uuid, weak_event_uuid
from argos.core.intent import Action, Intent, OrderType, Side, Size, SizeMode
from argos.protocol.complaints import complaint
from argos.protocol.values import (
    canonical_json,
    moment_text,
    parse_decimal,
    parse_moment,
)

BODY_BYTES_MAX: Final = 64 * 1024
FEATURES_BYTES_MAX: Final = 16 * 1024
EXPIRY_SECONDS_MAX: Final = 366 * 24 * 3600
"""A whole number up to a year is read as seconds from `timestamp_tv`, a larger one as Unix milliseconds."""

AMOUNT_MAX: Final = Decimal(10) ** 15
AMOUNT_MIN: Final = 1 / AMOUNT_MAX
"""Between them lie all prices and sizes there are; beyond them steps and ratios lose their last digits."""

_PLACEHOLDER: Final = re.compile(r"\{\{[^{}]*\}\}")
_DELAYED: Final = re.compile(r"_DLY?(?=:|$)", re.IGNORECASE)
_SIDES: Final = {"buy": "buy", "long": "buy", "sell": "sell", "short": "sell"}
_FRACTION_MODES: Final = frozenset(
    {SizeMode.EQUITY_FRACTION, SizeMode.RISK_FRACTION, SizeMode.CONSENSUS}
)
_LOOKALIKES: Final = {
    "stop_loss": "sl", "stoploss": "sl", "stop": "sl", "take_profit": "tp", "takeprofit": "tp",
    "target": "tp", "qty": "size", "quantity": "size", "contracts": "size", "lots": "size",
    "price": "entry_price", "limit_price": "entry_price", "ticker": "symbol", "direction": "side",
    "route": "account_route", "account": "account_route", "type": "order_type", "id": "event_id",
    "timestamp": "timestamp_tv", "time": "timestamp_tv",
}  # fmt: skip
"""Names that other tools use for our fields. Ignoring a stop that was meant would cost money, so they are refused."""


def _side(value: object) -> object:
    return _SIDES.get(value.lower(), value) if isinstance(value, str) else value


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _decimal(value: object) -> Decimal:
    try:
        return parse_decimal(value, field="it")
    except InputError as error:
        raise ValueError(error.message) from None


def _moment(value: object) -> datetime:
    try:
        return value if isinstance(value, datetime) else parse_moment(value, field="it")
    except InputError as error:
        raise ValueError(error.message) from None


def _expiry(value: object) -> object:
    if isinstance(value, str) and value.isdigit():
        value = int(value)
    if isinstance(value, int) and not isinstance(value, bool) and value <= EXPIRY_SECONDS_MAX:
        return value
    return _moment(value)


_DECIMAL_SCHEMA: Final = {
    "anyOf": [{"type": "string", "format": "decimal"}, {"type": "number"}],
    "description": "a decimal, best as a string",
}
_MOMENT_SCHEMA: Final = {
    "anyOf": [{"type": "string", "format": "date-time"}, {"type": "integer", "minimum": 0}],
    "description": "RFC 3339 with an offset, or Unix milliseconds",
}
WireDecimal = Annotated[Decimal, BeforeValidator(_decimal), WithJsonSchema(_DECIMAL_SCHEMA)]
WirePositive = Annotated[WireDecimal, Field(gt=0), WithJsonSchema(_DECIMAL_SCHEMA)]
WireAmount = Annotated[
    WireDecimal, Field(gt=0, ge=AMOUNT_MIN, le=AMOUNT_MAX), WithJsonSchema(_DECIMAL_SCHEMA)
]
WireMoment = Annotated[datetime, BeforeValidator(_moment), WithJsonSchema(_MOMENT_SCHEMA)]
ShortText = Annotated[str, Field(min_length=1, max_length=64)]
IdText = Annotated[str, Field(min_length=1, max_length=128)]


class SizeBody(BaseModel):
    """How large the order shall be."""

    model_config = ConfigDict(extra="forbid")

    mode: Annotated[SizeMode, BeforeValidator(_lower)]
    value: WireAmount

    @model_validator(mode="after")
    def _fraction_is_at_most_one(self) -> Self:
        if self.mode in _FRACTION_MODES and self.value > 1:
            raise ValueError("a fraction lies between 0 and 1; 0.01 is one percent")
        return self


class IntentBody(BaseModel):
    """What a strategy wants. Unknown names are kept out of the intent and named in the alert's checks."""

    model_config = ConfigDict(extra="ignore")

    event_id: IdText | None = None
    trade_id: IdText
    bot_version: ShortText
    account_route: ShortText
    action: Annotated[Action, BeforeValidator(_lower)] = Action.OPEN
    symbol: ShortText
    side: Annotated[Side, BeforeValidator(_side)] | None = None
    order_type: Annotated[OrderType, BeforeValidator(_lower)] = OrderType.MARKET
    entry_price: WireAmount | None = None
    stop_limit_price: WireAmount | None = None
    sl: WireAmount | None = None
    tp: WireAmount | None = None
    size: SizeBody | None = None
    close_fraction: Annotated[WirePositive, Field(le=1)] = Decimal(1)
    confidence: Annotated[WireDecimal, Field(ge=0, le=1)] | None = None
    expiry: (
        Annotated[int | datetime, BeforeValidator(_expiry), WithJsonSchema(_MOMENT_SCHEMA)] | None
    ) = None
    features: dict[str, Any] | None = None
    timestamp_tv: WireMoment
    secret: Annotated[str, Field(max_length=256)] | None = None


_FIELDS: Final = frozenset(IntentBody.model_fields)


def renamed_fields() -> Mapping[str, str]:
    """Names that are refused, and what to write instead."""
    return dict(_LOOKALIKES)


def _refuse(code: str, text: str, *, field: str, fix: str) -> InputError:
    return InputError(text, code=code, field=field, fix=fix)


def find_unresolved_placeholder(text: str) -> str | None:
    """The first `{{...}}` that TradingView left as it was, or None. Valid JSON never holds two braces in a row."""
    match = _PLACEHOLDER.search(text)
    return match.group() if match else None


def parse_intent_body(document: object) -> IntentBody:
    """Validate a parsed JSON document. Raises InputError with INTENT_... code, field and fix."""
    if not isinstance(document, dict):
        raise _refuse(
            "INTENT_NOT_AN_OBJECT",
            "the body must be a JSON object",
            field="",
            fix='send {"trade_id": ..., "symbol": ...}',
        )
    if not _LOOKALIKES.keys().isdisjoint(document):
        name = min(document.keys() & _LOOKALIKES.keys())
        raise _refuse(
            "INTENT_FIELD_UNKNOWN",
            f"{name} is not a field of an intent",
            field=name,
            fix=f"call it {_LOOKALIKES[name]}",
        )
    try:
        body = IntentBody.model_validate(document)
    except ValidationError as error:
        raise _first_refusal(error) from None
    _check_symbol(body)
    _check_together(body)
    _check_features(body)
    return body


def unknown_fields(document: Mapping[str, Any]) -> list[str]:
    return sorted(document.keys() - _FIELDS)


def _first_refusal(error: ValidationError) -> InputError:
    first = error.errors(include_url=False, include_context=False, include_input=False)[0]
    path = ".".join(str(part) for part in first["loc"] if isinstance(part, str) and part.islower())
    name = path.split(".")[0] or "body"
    kind = "MISSING" if first["type"] == "missing" and path == name else "INVALID"
    fixes = {"missing": f"add {path} to the alert message"}
    return _refuse(
        f"INTENT_{name.upper()}_{kind}",
        f"{path}: {complaint(first)}",
        field=path,
        fix=fixes.get(first["type"], f"see docs/reference/intent.md for what {name} may be"),
    )


def _check_symbol(body: IntentBody) -> None:
    if _DELAYED.search(body.symbol):
        raise _refuse(
            "INTENT_SYMBOL_DELAYED",
            f"{body.symbol} is delayed data (_DL)",
            field="symbol",
            fix="subscribe to real-time data for this exchange, or send the symbol without exchange",
        )


def _check_together(body: IntentBody) -> None:
    """Rules that span fields, in fixed precedence."""
    entry = body.action is Action.OPEN or body.action is Action.REVERSE
    if entry and body.side is None:
        raise _refuse(
            "INTENT_SIDE_MISSING",
            "an entry needs a side",
            field="side",
            fix='add "side": "buy" or "sell"',
        )
    if entry and body.order_type is not OrderType.MARKET and body.entry_price is None:
        raise _refuse(
            "INTENT_ENTRY_PRICE_MISSING",
            f"a {body.order_type} order needs entry_price",
            field="entry_price",
            fix="add entry_price: it is the order's price",
        )
    if entry and (body.order_type is OrderType.STOP_LIMIT) != (body.stop_limit_price is not None):
        raise _refuse(
            "INTENT_STOP_LIMIT_PRICE_INVALID",
            "stop_limit_price belongs to stop_limit orders, and they need it",
            field="stop_limit_price",
            fix="send it with order_type stop_limit only",
        )
    if body.action is not Action.CLOSE and body.close_fraction != 1:
        raise _refuse(
            "INTENT_CLOSE_FRACTION_INVALID",
            "close_fraction belongs to close",
            field="close_fraction",
            fix='send it with "action": "close" only',
        )
    if isinstance(body.expiry, int) and body.expiry <= 0:
        raise _refuse(
            "INTENT_EXPIRY_INVALID",
            "expiry must be positive",
            field="expiry",
            fix="send whole seconds above 0",
        )
    if entry and body.side and body.entry_price is not None:
        _check_stops(body, sign=body.side.sign, reference_price=body.entry_price)


def _check_stops(body: IntentBody, *, sign: int, reference_price: Decimal) -> None:
    wrong_stop = body.sl is not None and (reference_price - body.sl) * sign <= 0
    wrong_target = body.tp is not None and (body.tp - reference_price) * sign <= 0
    for wrong, name, word in ((wrong_stop, "sl", "stop"), (wrong_target, "tp", "target")):
        if wrong:
            raise _refuse(
                f"INTENT_{name.upper()}_WRONG_SIDE",
                f"the {word} {getattr(body, name)} lies on the wrong side of {reference_price} for a {body.side}",
                field=name,
                fix="for a buy the stop lies below the entry and the target above it; for a sell the reverse",
            )


def _check_features(body: IntentBody) -> None:
    if body.features and len(canonical_json(body.features)) > FEATURES_BYTES_MAX:
        raise _refuse(
            "INTENT_FEATURES_TOO_LARGE",
            f"features take more than {FEATURES_BYTES_MAX} bytes",
            field="features",
            fix="send fewer features",
        )


def to_intent(body: IntentBody, *, source: str, received_at: datetime) -> Intent:
    """The validated intent, with the identities that follow from its source and event id."""
    weak = body.event_id is None
    if body.event_id is None:
        canonical = canonical_json(_content(body))
        event = weak_event_uuid(source=source, canonical_body=canonical)
    else:
        event = event_uuid(source=source, event_id=body.event_id)
    expires_at = body.expiry
    if isinstance(expires_at, int):
        expires_at = body.timestamp_tv + timedelta(seconds=expires_at)
    return Intent(
        intent_id=intent_uuid(source=source, event=event),
        source=source,
        event_id=event,
        weak_id=weak,
        trade_id=body.trade_id,
        bot_version=body.bot_version,
        account_route=body.account_route,
        action=body.action,
        symbol=body.symbol,
        side=body.side,
        order_type=body.order_type,
        entry_price=body.entry_price,
        stop_limit_price=body.stop_limit_price,
        sl=body.sl,
        tp=body.tp,
        size=Size(mode=body.size.mode, value=body.size.value) if body.size else None,
        close_fraction=body.close_fraction,
        confidence=body.confidence,
        expires_at=expires_at,
        features=body.features,
        timestamp_tv=body.timestamp_tv,
        received_at=received_at,
    )


def _content(body: IntentBody) -> dict[str, Any]:
    content = dict(body)
    del content["secret"]
    content["size"] = {"mode": body.size.mode, "value": body.size.value} if body.size else None
    content["timestamp_tv"] = moment_text(body.timestamp_tv)
    if isinstance(body.expiry, datetime):
        content["expiry"] = moment_text(body.expiry)
    return content
