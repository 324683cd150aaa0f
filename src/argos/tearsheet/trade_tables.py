"""The table of trades: all of it as columns for the browser, its beginning as text for those without scripts."""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from argos.backtest.groups import costs_by_trade
from argos.backtest.layout import Floats, Reason
from argos.backtest.metrics import r_by_trade
from argos.backtest.result import Result
from argos.backtest.signal_quality import Outcomes
from argos.tearsheet import words
from argos.tearsheet.packing import Column, packed, price_step
from argos.tearsheet.timeline import times

TRADES_MAX: Final = 20_000
"""Of more than so many the last are on the page; figures and distributions are of all."""
ROWS: Final = 25
"""Rows of one page of the table."""
REASONS: Final = {
    Reason.STOP: "stop",
    Reason.TAKE: "target",
    Reason.REVERSE: "reverse",
    Reason.END: "end of data",
    Reason.TRAIL: "trailing stop",
    Reason.TIME: "time",
    Reason.EXIT: "exit signal",
    Reason.SESSION: "session end",
    Reason.MARGIN: "margin call",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeRow:
    """One trade as text. `won` is said by the sign of `net`, too."""

    number: int
    symbol: str
    side: str
    entry_at: str
    exit_at: str
    bars: int
    qty: str
    entry: str
    exit: str
    reason: str
    costs: str
    net: str
    fraction: str
    r: str
    won: bool
    ambiguous: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeTables:
    """table: for the browser. rows: the first ROWS of it. first: how many trades before it are left out."""

    table: dict[str, Any]
    rows: list[TradeRow]
    first: int


def first_shown(result: Result) -> int:
    """How many trades are too many for the page; it holds those after them."""
    return max(len(result.trades) - TRADES_MAX, 0)


def trade_tables(
    result: Result, outcomes: Outcomes, digits: list[int], *, daily: bool
) -> TradeTables:
    """Of the trades of a run and their outcomes; `digits`: decimals of each symbol's prices."""
    first = first_shown(result)
    trades = result.trades[first:]
    opened = result.bars.opened_ns
    costs, r = costs_by_trade(result)[first:], r_by_trade(result)[first:]
    fraction = outcomes.outcome[first:]
    columns = {
        "symbol": Column(values=trades["symbol"]),
        "side": Column(values=trades["side"]),
        "reason": Column(values=trades["reason"]),
        "ambiguous": Column(values=trades["ambiguous"]),
        "entryBar": Column(values=trades["entry_bar"], differences=True),
        "exitBar": Column(values=trades["exit_bar"], differences=True),
        "entryTime": times(opened, trades["entry_bar"]),
        "exitTime": times(opened, trades["exit_bar"]),
        "qty": _price_like(trades["qty"]),
        "entry": _price_like(trades["entry_price"]),
        "exit": _price_like(trades["exit_price"]),
        "stop": _price_like(trades["stop_price"]),
        "take": _price_like(trades["take_price"]),
        "net": Column(values=trades["net_pnl"], step=0.01),
        "costs": Column(values=costs, step=0.01),
        "fraction": Column(values=fraction, step=1e-6),
        "r": Column(values=r, step=1e-3),
        "adverse": Column(values=outcomes.excursions.adverse[first:], step=1e-5),
        "favourable": Column(values=outcomes.excursions.favourable[first:], step=1e-5),
    }
    return TradeTables(
        table=packed(columns),
        rows=[
            _row(result, number, costs, fraction, r, digits, first=first, daily=daily)
            for number in range(min(ROWS, len(trades)))
        ],
        first=first,
    )


def _price_like(values: Floats) -> Column:
    return Column(values=values, step=price_step(values, digits=7))


def _row(
    result: Result,
    place: int,
    costs: Floats,
    fraction: Floats,
    r: Floats,
    digits: list[int],
    *,
    first: int,
    daily: bool,
) -> TradeRow:
    trade = result.trades[first + place]
    opened = result.bars.opened_ns
    places = digits[int(trade["symbol"])]
    net = float(trade["net_pnl"])
    return TradeRow(
        number=first + place + 1,
        symbol=result.bars.symbols[int(trade["symbol"])],
        side="long" if trade["side"] > 0 else "short",
        entry_at=words.moment_of(int(opened[trade["entry_bar"]]), daily=daily),
        exit_at=words.moment_of(int(opened[trade["exit_bar"]]), daily=daily),
        bars=int(trade["exit_bar"] - trade["entry_bar"]),
        qty=words.number(float(trade["qty"]), qty_digits(result)),
        entry=words.number(float(trade["entry_price"]), places),
        exit=words.number(float(trade["exit_price"]), places),
        reason=REASONS[Reason(int(trade["reason"]))],
        costs=words.number(float(costs[place]), 2),
        net=words.number(net, 2, sign=True),
        fraction=words.percent(float(fraction[place]), 2, sign=True),
        r=words.number(float(r[place]), 2, sign=True),
        won=net > 0,
        ambiguous=bool(trade["ambiguous"]),
    )


def qty_digits(result: Result) -> int:
    """Decimals of quantities: none for whole or large ones."""
    qty = result.trades["qty"]
    if not len(qty) or bool(np.all(qty == np.round(qty))):
        return 0
    typical = float(np.median(qty))
    return 0 if typical >= 1_000 else 2 if typical >= 1 else 6
