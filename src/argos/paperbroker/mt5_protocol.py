"""`MqlTradeRequest` as it comes in, and the return codes it is answered with."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from enum import IntEnum
from typing import Any, Final

from argos.core.errors import InputError
from argos.paperbroker.mt5_shapes import COMMENT_MAX
from argos.protocol.values import parse_decimal

MAGIC_MAX: Final = (1 << 63) - 1


class Action(IntEnum):
    DEAL = 1
    PENDING = 5
    SLTP = 6
    MODIFY = 7
    REMOVE = 8


class Filling(IntEnum):
    """`type_filling` of a request. The first two need their flag in the symbol; RETURN is for resting orders."""

    FOK = 0
    IOC = 1
    RETURN = 2
    BOC = 3


FLAGS: Final[Mapping[Filling, int]] = {Filling.FOK: 1, Filling.IOC: 2, Filling.BOC: 4}


class Retcode(IntEnum):
    """MQL5 reference, "Trade Server Return Codes"."""

    REQUOTE = 10004
    REJECT = 10006
    DONE = 10009
    DONE_PARTIAL = 10010
    TIMEOUT = 10012
    INVALID = 10013
    INVALID_VOLUME = 10014
    INVALID_PRICE = 10015
    INVALID_STOPS = 10016
    TRADE_DISABLED = 10017
    MARKET_CLOSED = 10018
    NO_MONEY = 10019
    PRICE_OFF = 10021
    INVALID_EXPIRATION = 10022
    NO_CHANGES = 10025
    SERVER_DISABLES_AT = 10026
    FROZEN = 10029
    INVALID_FILL = 10030
    CONNECTION = 10031
    ONLY_REAL = 10032
    INVALID_ORDER = 10035
    POSITION_CLOSED = 10036
    INVALID_CLOSE_VOLUME = 10038
    SHORT_FORBIDDEN = 10042
    FIFO_CLOSE = 10045


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRequest:
    """`MqlTradeRequest`, checked for form only. Volumes in lots; a price of zero is none.

    `lifetime` is `type_time`: for ever, a day, until `expires_at`. `filling` is None where the request does not
    say: then the broker chooses.
    """

    action: Action
    symbol: str
    type_code: int
    volume_lots: Decimal
    price: Decimal | None
    stoplimit: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    deviation_points: int
    magic: int
    order: int
    position: int
    comment: str
    filling: Filling | None
    lifetime: int
    expires_at: datetime | None


def parse_request(body: Mapping[str, Any]) -> TradeRequest:
    """The request in `body`; InputError when it has not the form of one."""

    def whole(name: str) -> int:
        value = parse_decimal(body.get(name) or 0, field=name)
        if value != value.to_integral_value():
            raise InputError(f"{name} must be whole", code="BROKER_REQUEST_INVALID", field=name)
        return int(value)

    def level(name: str) -> Decimal | None:
        return parse_decimal(body.get(name) or 0, field=name) or None

    magic, expiration = whole("magic"), whole("expiration")
    if not 0 <= magic <= MAGIC_MAX or whole("action") not in set(Action):
        raise InputError("magic or action out of range", code="BROKER_REQUEST_INVALID")
    if whole("type_filling") not in set(Filling):
        raise InputError("no such filling", code="BROKER_REQUEST_INVALID", field="type_filling")
    return TradeRequest(
        action=Action(whole("action")),
        symbol=str(body.get("symbol") or ""),
        type_code=whole("type"),
        volume_lots=parse_decimal(body.get("volume") or 0, field="volume"),
        price=level("price"),
        stoplimit=level("stoplimit"),
        sl=level("sl"),
        tp=level("tp"),
        deviation_points=whole("deviation"),
        magic=magic,
        order=whole("order"),
        position=whole("position"),
        comment=str(body.get("comment") or "")[:COMMENT_MAX],
        filling=Filling(whole("type_filling")) if "type_filling" in body else None,
        lifetime=whole("type_time"),
        expires_at=datetime.fromtimestamp(expiration, tz=UTC) if expiration else None,
    )
