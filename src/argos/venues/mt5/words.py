"""From MT5's words to ours and back: lots to units, numbers to sides and states, negative charges to costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from argos.core.account import AccountSnapshot
from argos.core.execution import Entry, Execution, FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.core.position import Position
from argos.ports import VenueAnswer, VenueIdentity, VenueOrderReport, VenueOrderState
from argos.protocol.values import decimal_text, parse_decimal

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MARGIN_MODE_HEDGING: Final = 2
TRADES: Final = frozenset({0, 1})
"""Deal types of trading. The others book money on the account: deposits, credits, commissions, dividends, tax."""
MONEY: Final = ("profit", "commission", "swap", "fee")

ORDER_TYPES: Final[Mapping[tuple[Side, OrderType], int]] = {
    (Side.BUY, OrderType.MARKET): 0,
    (Side.SELL, OrderType.MARKET): 1,
    (Side.BUY, OrderType.LIMIT): 2,
    (Side.SELL, OrderType.LIMIT): 3,
    (Side.BUY, OrderType.STOP): 4,
    (Side.SELL, OrderType.STOP): 5,
    (Side.BUY, OrderType.STOP_LIMIT): 6,
    (Side.SELL, OrderType.STOP_LIMIT): 7,
}
STATES: Final[Mapping[int, VenueOrderState]] = {
    0: VenueOrderState.WORKING,
    1: VenueOrderState.WORKING,
    2: VenueOrderState.CANCELED,
    3: VenueOrderState.WORKING,
    4: VenueOrderState.FILLED,
    5: VenueOrderState.REJECTED,
    6: VenueOrderState.EXPIRED,
    7: VenueOrderState.WORKING,
    8: VenueOrderState.WORKING,
    9: VenueOrderState.WORKING,
}
ENTRIES: Final[Mapping[int, Entry]] = {0: Entry.IN, 1: Entry.OUT, 2: Entry.INOUT, 3: Entry.OUT_BY}
REASONS: Final[Mapping[int, FillReason]] = {
    0: FillReason.MANUAL,
    1: FillReason.MANUAL,
    2: FillReason.MANUAL,
    3: FillReason.COMMAND,
    4: FillReason.SL,
    5: FillReason.TP,
    6: FillReason.STOP_OUT,
    8: FillReason.STOP_OUT,  # variation margin: the broker's own, as a margin call is
}
"""What is missing here (rollover, split, and what later builds add) was not asked for by us: somebody else's."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """`MqlTradeResult`. `price` and quotes are None where the server gave zero."""

    retcode: int
    order: int
    deal: int
    bid: Decimal | None
    ask: Decimal | None
    text: str


def number(row: Mapping[str, Any], name: str) -> Decimal:
    return parse_decimal(row[name], field=name)


def level(row: Mapping[str, Any], name: str) -> Decimal | None:
    """A price; MT5 writes "none" as zero."""
    return number(row, name) or None


def cost(row: Mapping[str, Any], name: str) -> Decimal:
    """A charge as a cost: MT5 books what we pay as a negative amount."""
    return -number(row, name) or ZERO


def moment_msc(value: int) -> datetime:
    return EPOCH + timedelta(milliseconds=value)


def side_of(type_code: int) -> Side:
    """Even types buy, odd types sell: true of orders, deals and positions alike."""
    return Side.SELL if type_code % 2 else Side.BUY


def reason_of(row: Mapping[str, Any]) -> FillReason:
    return REASONS.get(row["reason"], FillReason.MANUAL)


def result_of(row: Mapping[str, Any]) -> Result:
    return Result(
        retcode=int(row["retcode"]),
        order=int(row.get("order", 0)),
        deal=int(row.get("deal", 0)),
        bid=level(row, "bid") if "bid" in row else None,
        ask=level(row, "ask") if "ask" in row else None,
        text=str(row.get("comment", "")),
    )


def answer_of(
    result: Result,
    *,
    state: VenueOrderState,
    order: int,
    executions: tuple[Execution, ...] = (),
) -> VenueAnswer:
    """What the result of a request comes to; `order` is the ticket it speaks of, 0 for none."""
    return VenueAnswer(
        venue_order_id=str(order) if order else "",
        state=state,
        executions=executions,
        bid=result.bid,
        ask=result.ask,
        text=result.text,
    )


def execution_of(row: Mapping[str, Any], *, instruments: Mapping[str, Instrument]) -> Execution:
    symbol = row["symbol"]
    return Execution(
        venue_exec_id=str(row["ticket"]),
        venue_order_id=str(row["order"]),
        position_id=str(row["position_id"]),
        symbol=symbol,
        side=side_of(row["type"]),
        entry=ENTRIES[row["entry"]],
        price=number(row, "price"),
        qty=number(row, "volume") * instruments[symbol].contract_size,
        commission=cost(row, "commission"),
        swap=cost(row, "swap"),
        fee=cost(row, "fee"),
        profit=number(row, "profit"),
        reason=reason_of(row),
        occurred_at=moment_msc(row["time_msc"]),
        magic=int(row["magic"]),
        comment=row["comment"],
        venue_time_ms=row.get("broker_time_msc"),
    )


def charge_of(row: Mapping[str, Any]) -> Mapping[str, str]:
    """A booking that belongs to no trade, in the broker's words; `amount` is what it did to the balance.

    Its time is the broker's clock alone: the same booking must be told in the same words for ever, and what we
    think of that clock may change.
    """
    return {
        "ticket": str(row["ticket"]),
        "type": str(row["type"]),
        "amount": decimal_text(sum((number(row, name) for name in MONEY), ZERO)),
        "venue_time_ms": str(row.get("broker_time_msc", row["time_msc"])),
        "comment": str(row["comment"]),
    }


def report_of(row: Mapping[str, Any], *, instruments: Mapping[str, Instrument]) -> VenueOrderReport:
    symbol = row["symbol"]
    size = instruments[symbol].contract_size
    qty = number(row, "volume_initial") * size
    return VenueOrderReport(
        venue_order_id=str(row["ticket"]),
        identity=VenueIdentity(magic=int(row["magic"]), client_order_id=""),
        symbol=symbol,
        side=side_of(row["type"]),
        state=STATES[row["state"]],
        qty=qty,
        filled_qty=qty - number(row, "volume_current") * size,
        price=level(row, "price_open"),
        position_id=str(row["position_id"]) if row["position_id"] else "",
        text=row["comment"],
    )


def is_by_broker(row: Mapping[str, Any]) -> bool:
    """True for orders that the broker wrote itself, to close a position at its stop, target or stop-out.

    They bear the opening order's magic, and are not that order.
    """
    return reason_of(row) in {FillReason.SL, FillReason.TP, FillReason.STOP_OUT}


def position_of(row: Mapping[str, Any], *, instruments: Mapping[str, Instrument]) -> Position:
    symbol = row["symbol"]
    return Position(
        symbol=symbol,
        side=side_of(row["type"]),
        qty=number(row, "volume") * instruments[symbol].contract_size,
        price_open=number(row, "price_open"),
        position_id=str(row["identifier"]),
        sl=level(row, "sl"),
        tp=level(row, "tp"),
        magic=int(row["magic"]),
    )


def instrument_of(row: Mapping[str, Any]) -> Instrument:
    size, tick = number(row, "trade_contract_size"), number(row, "trade_tick_size")
    return Instrument(
        symbol=row["name"],
        contract_size=size,
        tick_size=tick,
        qty_min=number(row, "volume_min") * size,
        qty_max=number(row, "volume_max") * size,
        qty_step=number(row, "volume_step") * size,
        stops_distance_min=number(row, "point") * int(row["trade_stops_level"]),
        unit_value=_tick_value(row) / tick / size,
        quote_currency=row["currency_profit"],
        tradable=int(row["trade_mode"]) == 4,
    )


def _tick_value(row: Mapping[str, Any]) -> Decimal:
    """What one tick of one lot is worth when it is lost, which is what risk is measured by.

    Where profit and loss are converted at different sides of a quote the two differ; 0 is "not told".
    """
    loss = number(row, "trade_tick_value_loss") if "trade_tick_value_loss" in row else None
    return loss or number(row, "trade_tick_value")


def snapshot_of(
    row: Mapping[str, Any],
    *,
    account: str,
    taken_at: datetime,
    positions: tuple[Position, ...],
    open_orders: int,
    quotes: Mapping[str, Quote],
    instruments: Mapping[str, Instrument],
) -> AccountSnapshot:
    return AccountSnapshot(
        account=account,
        currency=row["currency"],
        balance=number(row, "balance"),
        equity=number(row, "equity"),
        margin_free=number(row, "margin_free"),
        hedging=row["margin_mode"] == MARGIN_MODE_HEDGING,
        taken_at=taken_at,
        positions=positions,
        open_orders=open_orders,
        quotes=quotes,
        instruments=instruments,
    )


def hint_of(message: Mapping[str, Any]) -> str | None:
    """A new deal's id, "" for an order that ended without one, None for what its own answer tells."""
    if message["type"] == "deal_add":
        return str(message["deal"]["ticket"])
    ended = message["type"] == "order_delete"
    return "" if ended and STATES[message["order"]["state"]] is not VenueOrderState.FILLED else None
