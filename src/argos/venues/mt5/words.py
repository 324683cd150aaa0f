"""From MT5's words to ours and back: lots to units, numbers to sides and states, negative charges to costs."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from argos.core.account import AccountSnapshot
from argos.core.execution import Entry, Execution, FillReason
from argos.core.instrument import Instrument, ProfitRule, Quote, VenueTerms, unit_value_of
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.core.position import Position
from argos.ports import VenueAnswer, VenueIdentity, VenueOrderReport, VenueOrderState
from argos.protocol.values import decimal_text, parse_decimal
from argos.venues.mt5.package import Row

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MARGIN_MODE_HEDGING: Final = 2
TRADE_MODE_FULL: Final = 4
CALC_MODE_CFD: Final = 2
WEDNESDAY: Final = 3
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
BY_BROKER: Final = frozenset(
    code
    for code, reason in REASONS.items()
    if reason in {FillReason.SL, FillReason.TP, FillReason.STOP_OUT}
)


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
    value = row[name]
    if type(value) is Decimal and value.is_finite():
        return value  # made from a float, which has no more digits than fit
    return parse_decimal(value, field=name)


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
    return row["reason"] in BY_BROKER


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


PAIRS: Final = frozenset({0, 5})
"""Values of `trade_calc_mode`: forex, with leverage and without."""
BY_TICK: Final = frozenset({1, 33, 34, 37, 39, 64})
"""Futures, bonds and collateral: their profit is no product of price, contract and lots. All others' is."""


def instrument_of(row: Mapping[str, Any]) -> Instrument:
    terms = venue_terms_of(row)
    size = number(row, "trade_contract_size")
    tick = number(row, "trade_tick_size") or terms.point
    sizes = {"tick_size": tick, "contract_size": size}
    return Instrument(
        symbol=row["name"],
        **sizes,
        qty_min=terms.volume_min * size,
        qty_max=terms.volume_max * size,
        qty_step=terms.volume_step * size,
        stops_distance_min=terms.point * terms.stops_level,
        unit_value=unit_value_of(terms.tick_value_loss, **sizes),
        unit_value_profit=unit_value_of(terms.tick_value_profit, **sizes),
        base_currency=str(row.get("currency_base", "")),
        quote_currency=row["currency_profit"],
        profit_rule=_profit_rule(terms.calc_mode),
        tradable=terms.trade_mode == TRADE_MODE_FULL,
        venue_terms=terms,
    )


def venue_terms_of(row: Mapping[str, Any]) -> VenueTerms:
    """Where profit and loss are converted at different sides of a quote their ticks differ; 0 is "not told"."""
    tick_value = number(row, "trade_tick_value")
    return VenueTerms(
        digits=int(row.get("digits", 0)),
        point=number(row, "point"),
        tick_value_profit=_told(row, "trade_tick_value_profit") or tick_value,
        tick_value_loss=_told(row, "trade_tick_value_loss") or tick_value,
        volume_min=number(row, "volume_min"),
        volume_max=number(row, "volume_max"),
        volume_step=number(row, "volume_step"),
        volume_limit=_told(row, "volume_limit"),
        trade_mode=int(row["trade_mode"]),
        calc_mode=int(row.get("trade_calc_mode", CALC_MODE_CFD)),
        execution=int(row.get("trade_exemode", 0)),
        filling_flags=int(row.get("filling_mode", 0)),
        expiration_flags=int(row.get("expiration_mode", 0)),
        stops_level=int(row["trade_stops_level"]),
        freeze_level=int(row.get("trade_freeze_level", 0)),
        swap_mode=int(row.get("swap_mode", 0)),
        swap_long=_told(row, "swap_long"),
        swap_short=_told(row, "swap_short"),
        swap_triple_day=int(row.get("swap_rollover3days", WEDNESDAY)),
        margin_currency=str(row.get("currency_margin", "")),
    )


def _told(row: Mapping[str, Any], name: str) -> Decimal:
    return number(row, name) if name in row else ZERO


def _profit_rule(calc_mode: int) -> ProfitRule:
    if calc_mode in PAIRS:
        return ProfitRule.PAIR
    return ProfitRule.TICK if calc_mode in BY_TICK else ProfitRule.LINEAR


def snapshot_of(
    row: Mapping[str, Any],
    *,
    account: str,
    taken_at: datetime,
    positions: tuple[Position, ...],
    open_orders: int,
    quotes: Mapping[str, Quote],
    instruments: Mapping[str, Instrument],
    node: Mapping[str, Any] | None = None,
) -> AccountSnapshot:
    return AccountSnapshot(
        account=account,
        currency=row["currency"],
        balance=number(row, "balance"),
        equity=number(row, "equity"),
        margin_free=number(row, "margin_free"),
        hedging=row["margin_mode"] == MARGIN_MODE_HEDGING,
        fifo=bool(row.get("fifo_close", False)),
        taken_at=taken_at,
        positions=positions,
        open_orders=open_orders,
        quotes=quotes,
        instruments=instruments,
        margin=number(row, "margin") if "margin" in row else None,
        credit=number(row, "credit") if "credit" in row else None,
        leverage=int(number(row, "leverage")) if "leverage" in row else None,
        blocks=_blocks_of(row),
        node=node or {},
    )


def _blocks_of(row: Mapping[str, Any]) -> tuple[str, ...] | None:
    """Which of the account's own permissions are off; None where the row has none of them."""
    told = [name for name in ("trade_allowed", "trade_expert") if name in row]
    return tuple(f"{name} is off" for name in told if not row[name]) if told else None


def place_of(terminal: Row, account: Row) -> dict[str, Any]:
    """Where a terminal stands, in the words that the expert advisor uses, too; for people to see."""
    return {
        "build": int(terminal.build),
        "ping_us": int(terminal.ping_last),
        "server": str(account.server),
        "company": str(account.company),
        "login": str(account.login),
    }


def hint_of(message: Mapping[str, Any]) -> str | None:
    """A new deal's id, "" for an order that ended without one, None for what its own answer tells."""
    if message["type"] == "deal_add":
        return str(message["deal"]["ticket"])
    ended = message["type"] == "order_delete"
    return "" if ended and STATES[message["order"]["state"]] is not VenueOrderState.FILLED else None
