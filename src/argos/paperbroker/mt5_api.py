"""The mt5 character over HTTP: `order_send` and the queries of a terminal, one account per key."""

from collections.abc import Callable, Iterable, Mapping
from datetime import timedelta
from typing import Any

from aiohttp import web

from argos.core.errors import InputError
from argos.exchange.book import funds
from argos.exchange.positions import Deal
from argos.paperbroker.broker import Broker
from argos.paperbroker.faults import RequestKind
from argos.paperbroker.fills import FillDesk
from argos.paperbroker.gate import FaultAnswers, Gate, answer, error_answer, read_body
from argos.paperbroker.ledger import micros, moment_of
from argos.paperbroker.mt5_protocol import Action, Retcode, TradeRequest, parse_request
from argos.paperbroker.mt5_requests import carry_out, result_row
from argos.paperbroker.mt5_shapes import (
    account_row,
    booking_row,
    deal_row,
    order_row,
    position_row,
    symbol_row,
    tick_row,
)
from argos.paperbroker.mt5_sums import calc_margin, calc_profit, check_row
from argos.paperbroker.settings import Fault

Query = Callable[[str, Mapping[str, str]], Any]


class Mt5Api:
    """Handlers of `/mt5/...`. All queries answer 200 with JSON, `order_send` with a return code inside."""

    def __init__(self, broker: Broker, *, gate: Gate, fills: FillDesk) -> None:
        self._broker = broker
        self._gate = gate
        self._fills = fills

    def routes(self) -> list[web.RouteDef]:
        queries: dict[str, Query] = {
            "positions": self._positions,
            "orders": self._orders,
            "history_deals": self._history_deals,
            "history_orders": self._history_orders,
            "account_info": self._account_info,
            "symbol_info": self._symbol_info,
            "symbol_info_tick": self._symbol_info_tick,
            "order_calc_margin": self._order_calc_margin,
            "order_calc_profit": self._order_calc_profit,
            "terminal_info": self._terminal_info,
        }
        return [
            web.post("/mt5/order_send", self.order_send),
            web.post("/mt5/order_check", self.order_check),
            *(web.get(f"/mt5/{name}", self._handler(query)) for name, query in queries.items()),
        ]

    async def order_send(self, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        account = self._gate.account_of(http)
        if account is None:
            return _unauthorized()
        try:
            request = parse_request(await read_body(http))
        except InputError as error:
            return answer({"retcode": int(Retcode.INVALID), "comment": str(error)})

        def work(plan: Mapping[Fault, int]) -> web.Response:
            self._broker.requests[account] = self._broker.requests.get(account, 0) + 1
            forbidden = self._broker.forbidden.get(account)
            if forbidden:
                return _without_result(Retcode(forbidden), "Trade is not allowed")
            turn = self._broker.turn(account)
            result = carry_out(
                turn, request, terms=self._broker.symbol_terms, received_at=received_at
            )
            twice = Fault.ANSWER_TWICE in plan
            if twice and result.deal:
                self._broker.told_twice.add(result.deal.ticket)
            self._broker.commit(turn, twice=twice)
            row = result_row(result, turn=turn, request=request)
            late_ms = plan.get(Fault.LATE_FILL_AFTER_CANCEL)
            if late_ms is not None and result.retcode is Retcode.DONE:
                self._fills.fill_late(account, result.order, delay_ms=late_ms)
            return answer(row)

        return await self._gate.trade(
            http, account=account, kind=_kind(request), work=work, answers=FAULT_ANSWERS
        )

    async def order_check(self, http: web.Request) -> web.Response:
        """What `order_send` would answer, and how the account would stand; nothing is changed."""
        account = self._gate.account_of(http)
        if account is None:
            return _unauthorized()
        received_at = self._broker.clock()
        try:
            request = parse_request(await read_body(http))
        except InputError as error:
            return answer({"retcode": int(Retcode.INVALID), "comment": str(error)})
        turn = self._broker.turn(account)
        result = carry_out(turn, request, terms=self._broker.symbol_terms, received_at=received_at)
        return answer(check_row(result, turn=turn))

    def _handler(self, query: Query) -> Callable[[web.Request], Any]:
        async def handle(http: web.Request) -> web.Response:
            account = self._gate.account_of(http)
            if account is None:
                return _unauthorized()
            try:
                return answer(query(account, http.query))
            except InputError as error:
                return error_answer(error, status=422)

        return handle

    def _positions(self, account: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._broker.market_of(account)
        return [
            position_row(
                position,
                instrument=market.instruments[position.symbol],
                quote=market.quotes.get(position.symbol),
            )
            for position in self._broker.books[account].positions.values()
            if asked.get("symbol", position.symbol) == position.symbol
        ]

    def _orders(self, account: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._broker.market
        return [
            order_row(order, instrument=market.instruments[order.symbol])
            for order in self._broker.books[account].orders.values()
            if asked.get("symbol", order.symbol) == order.symbol
            and asked.get("ticket", str(order.ticket)) == str(order.ticket)
        ]

    def _history_deals(self, account: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        ledger, bookings = self._broker.ledger, []
        if "ticket" in asked:
            deals = ledger.deals_of_order(account, int(asked["ticket"]))
        elif "position" in asked:
            deals = ledger.deals_of_position(account, int(asked["position"]))
        else:
            since, until = self._window(asked)
            deals = ledger.deals_done(account, since=since, until=until)
            bookings = ledger.bookings_done(account, since=since, until=until)
        instruments = self._broker.market.instruments
        return [
            *(deal_row(deal, instrument=instruments[deal.symbol]) for deal in self._told(deals)),
            *(booking_row(booking) for booking in bookings),
        ]

    def _told(self, deals: Iterable[Deal]) -> Iterable[Deal]:
        for deal in deals:
            yield deal
            if deal.ticket in self._broker.told_twice:
                yield deal

    def _history_orders(self, account: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        ledger = self._broker.ledger
        if "ticket" in asked:
            found = ledger.order(account, int(asked["ticket"]))
            orders = [found] if found and not found.is_live else []
        else:
            since, until = self._window(asked)
            orders = ledger.orders_ended(account, since=since, until=until)
        instruments = self._broker.market.instruments
        return [order_row(order, instrument=instruments[order.symbol]) for order in orders]

    def _account_info(self, account: str, _: Mapping[str, str]) -> dict[str, Any]:
        book = self._broker.books[account]
        return account_row(
            funds(book, self._broker.market_of(account)),
            login=account,
            terms=book.terms,
            forbidden=self._broker.forbidden.get(account, 0),
            server=self._broker.settings.name,
        )

    def _symbol_info(self, account: str, asked: Mapping[str, str]) -> list[dict[str, Any]]:
        market = self._broker.market_of(account)
        return [
            symbol_row(
                instrument,
                terms=self._broker.symbol_terms[name],
                quote=market.quotes.get(name),
                is_open=market.is_open(name),
            )
            for name, instrument in market.instruments.items()
            if asked.get("symbol", name) == name
        ]

    def _symbol_info_tick(self, _: str, asked: Mapping[str, str]) -> dict[str, Any]:
        return tick_row(self._broker.market.quotes.get(asked.get("symbol", "")))

    def _order_calc_margin(self, account: str, asked: Mapping[str, str]) -> dict[str, Any]:
        return {"margin": calc_margin(self._broker, account, asked)}

    def _order_calc_profit(self, account: str, asked: Mapping[str, str]) -> dict[str, Any]:
        return {"profit": calc_profit(self._broker, account, asked)}

    def _terminal_info(self, _: str, __: Mapping[str, str]) -> dict[str, Any]:
        return {
            "connected": True,
            "trade_allowed": True,
            "tradeapi_disabled": False,
            "time_msc": micros(self._broker.clock()) // 1_000,
        }

    def _window(self, asked: Mapping[str, str]) -> tuple[Any, Any]:
        """The window asked for in milliseconds of the broker's clock, both ends included; to is open by default."""
        until = self._broker.clock() + timedelta(days=1)
        since = moment_of(int(asked.get("from", "0")) * 1_000)
        return since, moment_of(int(asked["to"]) * 1_000 + 999) if "to" in asked else until


def _kind(request: TradeRequest) -> RequestKind:
    if request.action is Action.REMOVE:
        return RequestKind.CANCEL
    if request.action in {Action.SLTP, Action.MODIFY}:
        return RequestKind.MODIFY
    return RequestKind.CLOSE if request.position else RequestKind.SUBMIT


def _without_result(retcode: Retcode, comment: str) -> web.Response:
    return answer({"retcode": int(retcode), "deal": 0, "order": 0, "comment": comment})


FAULT_ANSWERS = FaultAnswers(
    rejected=lambda: _without_result(Retcode.REJECT, "Request rejected"),
    timed_out=lambda: _without_result(Retcode.TIMEOUT, "Request canceled by timeout"),
)


def _unauthorized() -> web.Response:
    return answer({"comment": "Invalid account"}, status=401)
