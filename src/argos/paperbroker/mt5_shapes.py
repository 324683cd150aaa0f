"""MT5's words: numbers for types, states and reasons, volumes in lots, costs as negative amounts.

Decimals travel as strings, so that no float is ever made of them; so does the 63-bit magic.
"""

from collections.abc import Mapping
from decimal import Context, Decimal
from typing import Any, Final

from argos.core.execution import Entry, FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.money import ZERO
from argos.exchange.book import AccountTerms, Change, Funds, OrderEvent, SwapCharged
from argos.exchange.orders import BrokerOrder, OrderState, TimeInForce
from argos.exchange.positions import BrokerPosition, Deal
from argos.paperbroker.ledger import LedgerBooking, micros
from argos.paperbroker.settings import InstrumentSettings
from argos.protocol.values import decimal_text

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
TYPES_BY_CODE: Final = {code: words for words, code in ORDER_TYPES.items()}
STATES: Final[Mapping[OrderState, int]] = {
    OrderState.HELD: 0,
    OrderState.WORKING: 1,
    OrderState.CANCELED: 2,
    OrderState.FILLED: 4,
    OrderState.REJECTED: 5,
    OrderState.EXPIRED: 6,
    OrderState.REPLACED: 2,
}
STATE_PARTIAL: Final = 3
ENTRIES: Final[Mapping[Entry, int]] = {Entry.IN: 0, Entry.OUT: 1, Entry.INOUT: 2, Entry.OUT_BY: 3}
REASONS: Final[Mapping[FillReason, int]] = {
    FillReason.MANUAL: 0,
    FillReason.COMMAND: 3,
    FillReason.SL: 4,
    FillReason.TP: 5,
    FillReason.STOP_OUT: 6,
}
TYPE_CHARGE: Final = 4
COMMENT_MAX: Final = 31
TIME_GTC, TIME_DAY, TIME_SPECIFIED = 0, 1, 2
WEDNESDAY: Final = 3
TRADE_DISABLED, SERVER_DISABLES_AT = 10017, 10026
SWAP_YEARLY_PERCENT: Final = 5
NIGHTS_A_YEAR: Final = 360
_DOUBLE: Final = Context(prec=15)


def _level(value: Decimal | None) -> str:
    """MT5 writes "none" as zero."""
    return decimal_text(value) if value is not None else "0"


def _charge(value: Decimal) -> str:
    return decimal_text(-value)


def _cut(comment: str) -> str:
    return comment[:COMMENT_MAX]


def deal_row(deal: Deal, *, instrument: Instrument) -> dict[str, Any]:
    at_us = micros(deal.occurred_at)
    return {
        "ticket": deal.ticket,
        "order": deal.order,
        "time": at_us // 1_000_000,
        "time_msc": at_us // 1_000,
        "type": 0 if deal.side is Side.BUY else 1,
        "entry": ENTRIES[deal.entry],
        "magic": str(deal.magic),
        "position_id": deal.position_id,
        "reason": REASONS[deal.reason],
        "volume": decimal_text(deal.qty / instrument.contract_size),
        "price": decimal_text(deal.price),
        "commission": _charge(deal.commission),
        "swap": _charge(deal.swap),
        "profit": decimal_text(deal.profit),
        "fee": _charge(deal.fee),
        "symbol": deal.symbol,
        "comment": _cut(deal.comment),
        "external_id": "",
    }


def booking_row(booking: LedgerBooking) -> dict[str, Any]:
    """A deal that is none: money booked under the type of a charge, with no symbol, order or position."""
    at_us = micros(booking.at)
    nothing = dict.fromkeys(("order", "entry", "position_id", "reason"), 0)
    return {
        **nothing,
        **dict.fromkeys(("volume", "price", "commission", "swap", "fee"), "0"),
        "ticket": booking.ticket,
        "time": at_us // 1_000_000,
        "time_msc": at_us // 1_000,
        "type": TYPE_CHARGE,
        "magic": "0",
        "profit": decimal_text(booking.amount),
        "symbol": "",
        "comment": _cut(booking.comment),
        "external_id": "",
    }


def order_row(order: BrokerOrder, *, instrument: Instrument) -> dict[str, Any]:
    done_us = 0 if order.is_live else micros(order.updated_at)
    partial = order.state is OrderState.WORKING and order.filled_qty > 0
    return {
        "ticket": order.ticket,
        "time_setup": micros(order.created_at) // 1_000_000,
        "time_setup_msc": micros(order.created_at) // 1_000,
        "time_done": done_us // 1_000_000,
        "time_done_msc": done_us // 1_000,
        "time_expiration": micros(order.expires_at) // 1_000_000 if order.expires_at else 0,
        "type_time": _lifetime(order),
        "type": ORDER_TYPES[order.side, order.order_type],
        "state": STATE_PARTIAL if partial else STATES[order.state],
        "magic": str(order.magic),
        "position_id": order.position_id,
        "reason": REASONS[order.reason],
        "volume_initial": decimal_text(order.qty / instrument.contract_size),
        "volume_current": decimal_text(order.leaves_qty / instrument.contract_size),
        "price_open": _level(order.price),
        "price_stoplimit": _level(order.stop_limit_price),
        "sl": _level(order.sl),
        "tp": _level(order.tp),
        "symbol": order.symbol,
        "comment": _cut(order.comment),
        "external_id": "",
    }


def _lifetime(order: BrokerOrder) -> int:
    if order.expires_at is not None:
        return TIME_SPECIFIED
    return TIME_DAY if order.tif is TimeInForce.DAY else TIME_GTC


def position_row(
    position: BrokerPosition, *, instrument: Instrument, quote: Quote | None
) -> dict[str, Any]:
    current = position.mark(quote) if quote else position.price_open
    profit = position.floating_profit(quote, instrument=instrument) if quote else ZERO
    return {
        "ticket": position.position_id,
        "identifier": position.position_id,
        "time": micros(position.opened_at) // 1_000_000,
        "time_msc": micros(position.opened_at) // 1_000,
        "time_update": micros(position.updated_at) // 1_000_000,
        "time_update_msc": micros(position.updated_at) // 1_000,
        "type": 0 if position.side is Side.BUY else 1,
        "magic": str(position.magic),
        "volume": decimal_text(position.qty / instrument.contract_size),
        "price_open": decimal_text(position.price_open),
        "sl": _level(position.sl),
        "tp": _level(position.tp),
        "price_current": decimal_text(current),
        "swap": _charge(position.swap),
        "profit": decimal_text(profit),
        "symbol": position.symbol,
        "comment": _cut(position.comment),
    }


def symbol_row(
    instrument: Instrument, *, terms: InstrumentSettings, quote: Quote | None, is_open: bool
) -> dict[str, Any]:
    size, tick = instrument.contract_size, instrument.tick_size
    loss = terms.tick_value_told or tick * size * instrument.unit_value
    profit = terms.tick_value_told or instrument.worth(tick * size)
    exponent = tick.normalize().as_tuple().exponent
    return {
        "name": instrument.symbol,
        "digits": max(0, -int(exponent)),
        "point": decimal_text(tick),
        "trade_tick_size": decimal_text(tick),
        "trade_tick_value": _as_double(profit),
        "trade_tick_value_profit": _as_double(profit),
        "trade_tick_value_loss": _as_double(loss),
        "trade_contract_size": decimal_text(size),
        "volume_min": decimal_text(instrument.qty_min / size),
        "volume_max": decimal_text(instrument.qty_max / size),
        "volume_step": decimal_text(instrument.qty_step / size),
        "volume_limit": "0",
        "trade_calc_mode": terms.calc_mode,
        "trade_stops_level": int(instrument.stops_distance_min / tick),
        "trade_freeze_level": terms.freeze_level_points,
        "trade_exemode": terms.execution,
        "trade_mode": 4 if is_open or quote is None else 0,
        "filling_mode": terms.filling_flags,
        "expiration_mode": terms.expiration_flags,
        "swap_mode": SWAP_YEARLY_PERCENT,
        "swap_rollover3days": WEDNESDAY,
        "swap_long": _yearly_percent(terms.costs.swap_long_bps),
        "swap_short": _yearly_percent(terms.costs.swap_short_bps),
        "currency_base": terms.base_currency,
        "currency_profit": instrument.quote_currency,
        "currency_margin": terms.base_currency,
        **tick_row(quote),
    }


def _as_double(value: Decimal) -> str:
    """To the 15 digits that a terminal's number holds."""
    return decimal_text(_DOUBLE.plus(value))


def tick_row(quote: Quote | None) -> dict[str, Any]:
    """Zeros while there has been no quote."""
    return {
        "bid": decimal_text(quote.bid) if quote else "0",
        "ask": decimal_text(quote.ask) if quote else "0",
        "time_msc": micros(quote.at) // 1_000 if quote else 0,
    }


def _yearly_percent(bps_a_night: Decimal) -> str:
    """Swap as MT5 tells it: percent of the price in a year of 360 days, negative when the client pays."""
    return decimal_text(-bps_a_night * NIGHTS_A_YEAR / 100)


def account_row(
    state: Funds, *, login: str, terms: AccountTerms, server: str, forbidden: int
) -> dict[str, Any]:
    level = state.equity / state.margin * 100 if state.margin else ZERO
    return {
        "login": login,
        "server": server,
        "trade_mode": 0,
        "leverage": decimal_text(terms.leverage),
        "margin_mode": 2 if terms.hedging else 0,
        "fifo_close": terms.fifo,
        "trade_allowed": forbidden != TRADE_DISABLED,
        "trade_expert": forbidden != SERVER_DISABLES_AT,
        "currency": terms.currency,
        "balance": decimal_text(state.cash),
        "profit": decimal_text(state.floating),
        "equity": decimal_text(state.equity),
        "margin": decimal_text(state.margin),
        "margin_free": decimal_text(state.margin_free),
        "margin_level": decimal_text(level),
    }


def change_message(
    change: Change, *, instruments: Mapping[str, Instrument]
) -> dict[str, Any] | None:
    """A trade transaction as the stream tells it."""
    if isinstance(change, SwapCharged) or not isinstance(change, OrderEvent):
        return None
    instrument = instruments[change.order.symbol]
    if change.deal is not None:
        return {"type": "deal_add", "deal": deal_row(change.deal, instrument=instrument)}
    return {
        "type": f"order_{'update' if change.order.is_live else 'delete'}",
        "order": order_row(change.order, instrument=instrument),
    }
