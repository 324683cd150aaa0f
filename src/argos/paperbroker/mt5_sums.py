"""What a terminal can be asked to work out before it trades: margin, profit, and how the account would stand."""

from collections.abc import Mapping
from typing import Any

from argos.core.errors import InputError
from argos.core.instrument import Instrument
from argos.core.intent import Side
from argos.exchange.book import funds
from argos.exchange.turn import Turn
from argos.paperbroker.broker import Broker
from argos.paperbroker.mt5_protocol import Retcode
from argos.paperbroker.mt5_requests import TradeResult
from argos.protocol.values import decimal_text, parse_decimal


def calc_margin(broker: Broker, account: str, asked: Mapping[str, str]) -> str:
    """What `volume` lots at `price` would bind, in the account's currency."""
    instrument = _instrument(broker, account, asked)
    units = parse_decimal(asked.get("volume", "0"), field="volume") * instrument.contract_size
    price = parse_decimal(asked.get("price", "0"), field="price")
    leverage = broker.books[account].terms.leverage
    return decimal_text(units * price * instrument.unit_value / leverage)


def calc_profit(broker: Broker, account: str, asked: Mapping[str, str]) -> str:
    """What `volume` lots bought (type 0) or sold (type 1) would earn between two prices, before costs."""
    instrument = _instrument(broker, account, asked)
    units = parse_decimal(asked.get("volume", "0"), field="volume") * instrument.contract_size
    opened = parse_decimal(asked.get("price_open", "0"), field="price_open")
    closed = parse_decimal(asked.get("price_close", "0"), field="price_close")
    side = Side.SELL if asked.get("type") == "1" else Side.BUY
    return decimal_text(instrument.worth((closed - opened) * side.sign * units))


def check_row(result: TradeResult, *, turn: Turn) -> dict[str, Any]:
    """`MqlTradeCheckResult`: a return code of 0 says that it would be done."""
    state = funds(turn.next_book(), turn.market)
    done = result.retcode in {Retcode.DONE, Retcode.DONE_PARTIAL}
    return {
        "retcode": 0 if done else int(result.retcode),
        "balance": decimal_text(state.cash),
        "equity": decimal_text(state.equity),
        "profit": decimal_text(state.floating),
        "margin": decimal_text(state.margin),
        "margin_free": decimal_text(state.margin_free),
        "comment": "Done" if done else result.comment,
    }


def _instrument(broker: Broker, account: str, asked: Mapping[str, str]) -> Instrument:
    found = broker.market_of(account).instruments.get(asked.get("symbol", ""))
    if found is None:
        raise InputError("no such symbol", code="BROKER_SYMBOL_UNKNOWN", field="symbol")
    return found
