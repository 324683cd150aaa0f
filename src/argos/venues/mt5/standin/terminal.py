"""A stand-in for the module `MetaTrader5`: the same names, named tuples, errors and habits, over a paper broker.

For tests, and for people without Windows. Like the real one it is a client of another process that outlives it.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, TypeVar

from argos.venues.mt5.standin.constants import CONSTANTS
from argos.venues.mt5.standin.faults import AT_SENDS, REFUSALS, Fault, FaultPlan
from argos.venues.mt5.standin.inside import (
    INVALID,
    NO_LINK,
    NO_TERMINAL,
    NOT_FOUND,
    RECEIVE_FAILED,
    SEND_FAILED,
    UNNAMED,
    Inside,
)
from argos.venues.mt5.standin.reading import RequestUnusable, body_of, request_of, shape
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.shapes import (
    AccountInfo,
    OrderCheckResult,
    OrderSendResult,
    SymbolInfo,
    TerminalInfo,
    Tick,
    TradeDeal,
    TradeOrder,
    TradePosition,
    TradeRequest,
)
from argos.venues.mt5.standin.wire import BrokerAway

_Shape = TypeVar("_Shape", bound=tuple[Any, ...])
TIMED_OUT, NO_CONNECTION = 10012, 10031


class StandIn:
    """Use an instance in place of the module: `mt5 = StandIn(settings)`. Not for more than one thread.

    It has as many functions as the module has: all but market data and the order book.
    """

    def __init__(self, settings: StandInSettings) -> None:
        self.trade_allowed = settings.trade_allowed
        self._inside = Inside(settings)
        self._offset_s = settings.clock_offset_s
        self._shown: set[str] = set()
        self._requests = 0

    @property
    def faults(self) -> FaultPlan:
        return self._inside.faults

    def __getattr__(self, name: str) -> int:
        """The package's constants."""
        try:
            return CONSTANTS[name]
        except KeyError:
            raise AttributeError(name) from None

    # Session

    def initialize(self, path: str = "", **options: Any) -> bool:
        inside = self._inside
        if not inside.settings.installed:
            return inside.fail(NO_TERMINAL, False)
        inside.running = True
        login = options.get("login", 0)
        if login and login != inside.login:
            return inside.log_in(login, options.get("password", ""))
        if inside.login and inside.line is None:
            return inside.log_in(inside.login, "")
        return inside.done(True)

    def login(self, login: int, *, password: str = "", server: str = "", timeout: int = 0) -> bool:
        inside = self._inside
        return inside.log_in(login, password) if inside.running else inside.fail(NO_LINK, False)

    def shutdown(self) -> None:
        self._inside.end_session()

    def version(self) -> tuple[int, int, str] | None:
        inside = self._inside
        return inside.done((500, 5000, "1 Jan 2026")) if inside.serves() else None

    def last_error(self) -> tuple[int, str]:
        return self._inside.error

    # State

    def terminal_info(self) -> TerminalInfo | None:
        if not self._inside.serves():
            return None
        if self._inside.line is not None:
            self._inside.ask("terminal_info")
        info = TerminalInfo(
            connected=self._inside.line is not None and self._inside.online,
            trade_allowed=self.trade_allowed,
            tradeapi_disabled=self._inside.settings.tradeapi_disabled,
        )
        return self._inside.done(info)

    def account_info(self) -> AccountInfo | None:
        row = self._inside.query("account_info")
        if row is None:
            return None
        return self._inside.done(shape(AccountInfo, {**row, "login": self._inside.login}))

    # Symbols

    def symbols_total(self) -> int | None:
        found = self.symbols_get()
        return None if found is None else len(found)

    def symbols_get(self, *unnamed: Any, group: str = "*") -> tuple[SymbolInfo, ...] | None:
        """`group`: "*" for all, else names parted by commas, which is less than the package takes."""
        rows = None if unnamed else self._inside.query("symbol_info")
        if rows is None:
            self._tell_unnamed(unnamed)
            return None
        asked = None if group == "*" else set(group.split(","))
        return self._inside.done(
            tuple(self._symbol(row) for row in rows if asked is None or row["name"] in asked)
        )

    def symbol_info(self, symbol: str) -> SymbolInfo | None:
        rows = self._inside.query("symbol_info", {"symbol": symbol})
        if rows is None:
            return None
        return (
            self._inside.done(self._symbol(rows[0])) if rows else self._inside.fail(NOT_FOUND, None)
        )

    def symbol_info_tick(self, symbol: str) -> Tick | None:
        row = self._inside.query("symbol_info_tick", {"symbol": symbol})
        if row is None:
            return None
        hidden = symbol in self._inside.settings.hidden and symbol not in self._shown
        told = {} if hidden else {**row, "time": row["time_msc"] // 1_000}
        return self._inside.done(shape(Tick, told, offset_s=self._offset_s))

    def symbol_select(self, symbol: str, enable: bool = True) -> bool:
        if self.symbol_info(symbol) is None:
            return False
        (self._shown.add if enable else self._shown.discard)(symbol)
        return True

    # Orders and positions

    def orders_total(self) -> int | None:
        found = self.orders_get()
        return None if found is None else len(found)

    def orders_get(self, *unnamed: Any, **only: Any) -> tuple[TradeOrder, ...] | None:
        return self._list("orders", TradeOrder, unnamed, only)

    def positions_total(self) -> int | None:
        found = self.positions_get()
        return None if found is None else len(found)

    def positions_get(self, *unnamed: Any, **only: Any) -> tuple[TradePosition, ...] | None:
        return self._list("positions", TradePosition, unnamed, only)

    # History, by the broker's clock

    def history_orders_total(self, date_from: Any, date_to: Any) -> int | None:
        found = self._history("history_orders", TradeOrder, (date_from, date_to), {}, stale=False)
        return None if found is None else len(found)

    def history_deals_total(self, date_from: Any, date_to: Any) -> int | None:
        found = self._history("history_deals", TradeDeal, (date_from, date_to), {}, stale=False)
        return None if found is None else len(found)

    def history_orders_get(self, *window: Any, **only: Any) -> tuple[TradeOrder, ...] | None:
        return self._history("history_orders", TradeOrder, window, only)

    def history_deals_get(self, *window: Any, **only: Any) -> tuple[TradeDeal, ...] | None:
        """By window and group; or by `ticket`, which is the order's; or by `position`."""
        return self._history("history_deals", TradeDeal, window, only)

    # Trading

    def order_calc_margin(
        self, action: int, symbol: str, volume: float, price: float
    ) -> float | None:
        asked = {"type": action, "symbol": symbol, "volume": volume, "price": price}
        row = self._inside.query("order_calc_margin", _texts(asked))
        return None if row is None else self._inside.done(float(row["margin"]))

    def order_calc_profit(
        self, action: int, symbol: str, volume: float, price_open: float, price_close: float
    ) -> float | None:
        asked = {
            "type": action,
            "symbol": symbol,
            "volume": volume,
            "price_open": price_open,
            "price_close": price_close,
        }
        row = self._inside.query("order_calc_profit", _texts(asked))
        return None if row is None else self._inside.done(float(row["profit"]))

    def order_check(self, request: Any) -> OrderCheckResult | None:
        return self._trade("order_check", request, OrderCheckResult)

    def order_send(self, request: Any) -> OrderSendResult | None:
        self._inside.note_send(request)
        return self._trade("order_send", request, OrderSendResult)

    def _trade(self, name: str, given: Any, kind: type[_Shape]) -> _Shape | None:
        try:
            request = request_of(given)
        except RequestUnusable as unusable:
            return self._inside.fail((-2, str(unusable)), None)
        sends = name == "order_send"
        fault = self.faults.take(*AT_SENDS) if sends else None
        if not self._inside.running or self._inside.line is None:
            return self._inside.fail(NO_LINK, None)
        if fault is Fault.NONE_BEFORE_SEND:
            return self._inside.fail(SEND_FAILED, None)
        row = self._row_of_trade(name, request, fault)
        if fault is Fault.NONE_AFTER_SEND:
            return self._inside.fail(RECEIVE_FAILED, None)
        if fault is Fault.RESTART_DURING_SEND:
            self._inside.end_session()
            return self._inside.fail(NO_LINK, None)
        self._requests += 1
        told = {**row, "request_id": self._requests}
        return self._inside.done(shape(kind, told)._replace(request=request))  # type: ignore[attr-defined,no-any-return]

    def _row_of_trade(
        self, name: str, request: TradeRequest, fault: Fault | None
    ) -> Mapping[str, Any]:
        if not self.trade_allowed:
            fault = Fault.AUTOTRADING_OFF
        if fault is not None and fault in REFUSALS:
            code, text = REFUSALS[fault]
            return {"retcode": code, "comment": text}
        assert self._inside.line is not None, "looked at before"
        try:
            reply = self._inside.line.post(name, body_of(request, offset_s=self._offset_s))
        except BrokerAway as away:
            self._inside.online = False
            code = TIMED_OUT if away.timed_out else NO_CONNECTION
            return {"retcode": code, "comment": "Timeout" if away.timed_out else "No connection"}
        if reply.status != 200:
            return {"retcode": NO_CONNECTION, "comment": f"status {reply.status}"}
        if fault is Fault.TIMEOUT_AFTER_FILL:
            return {"retcode": TIMED_OUT, "comment": "Request canceled by timeout"}
        row: Mapping[str, Any] = reply.body
        return row

    def _list(
        self, name: str, kind: type[_Shape], unnamed: tuple[Any, ...], only: Mapping[str, Any]
    ) -> tuple[_Shape, ...] | None:
        rows = None if unnamed else self._inside.query(name)
        if rows is None:
            self._tell_unnamed(unnamed)
            return None
        shaped = (shape(kind, row, offset_s=self._offset_s) for row in rows)
        return self._inside.done(tuple(item for item in shaped if _matches(item, only)))

    def _history(
        self,
        name: str,
        kind: type[_Shape],
        window: tuple[Any, ...],
        only: Mapping[str, Any],
        *,
        stale: bool = True,
    ) -> tuple[_Shape, ...] | None:
        offset_s = self._offset_s
        if "ticket" in only or "position" in only:
            asked = {name: str(only[name]) for name in ("ticket", "position") if name in only}
        elif len(window) == 2:
            since, until = (_epoch_s(moment) - offset_s for moment in window)
            asked = {"from": str(max(0, since) * 1_000), "to": str(max(0, until) * 1_000)}
        else:
            return self._inside.fail(INVALID, None)
        rows = self._inside.query(name, asked)
        if rows is None:
            return None
        if stale and self.faults.take(Fault.STALE_HISTORY) is not None:
            rows = [row for row in rows if _row_ms(row) <= self._inside.session_ended_ms]
        return self._inside.done(tuple(shape(kind, row, offset_s=offset_s) for row in rows))

    def _symbol(self, row: Mapping[str, Any]) -> SymbolInfo:
        visible = row["name"] not in self._inside.settings.hidden or row["name"] in self._shown
        told = {**row, "visible": visible, "select": visible, "time": row["time_msc"] // 1_000}
        if not visible:
            told |= {"bid": 0.0, "ask": 0.0, "time": 0}
        return shape(SymbolInfo, told, offset_s=self._offset_s)

    def _tell_unnamed(self, unnamed: tuple[Any, ...]) -> None:
        if unnamed:
            self._inside.error = UNNAMED


def _epoch_s(moment: Any) -> int:
    """As the package reads it: a number of seconds, or a moment, a naive one by the local clock."""
    return int(moment.timestamp()) if isinstance(moment, datetime) else int(moment)


def _row_ms(row: Mapping[str, Any]) -> int:
    return int(row["time_done_msc"] if "time_done_msc" in row else row["time_msc"])


def _matches(item: Any, only: Mapping[str, Any]) -> bool:
    return all(getattr(item, name) == value for name, value in only.items() if name != "group")


def _texts(values: Mapping[str, Any]) -> dict[str, str]:
    return {
        name: f"{value:.15g}" if isinstance(value, float) else str(value)
        for name, value in values.items()
    }
