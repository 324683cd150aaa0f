"""The alpaca character over HTTP: orders. Account, positions and activities are in `alpaca_account`."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from aiohttp import web

from argos.core.errors import InputError
from argos.core.intent import OrderType
from argos.exchange.orders import BrokerOrder, OrderState, TimeInForce
from argos.paperbroker.alpaca_protocol import (
    FORBIDDEN,
    NOT_FOUND,
    AlpacaRefusal,
    Legs,
    OrderRequest,
    parse_order,
)
from argos.paperbroker.alpaca_requests import cancel_order, place, replace_order
from argos.paperbroker.alpaca_shapes import order_row, ticket_of
from argos.paperbroker.broker import Broker
from argos.paperbroker.faults import RequestKind
from argos.paperbroker.fills import FillDesk
from argos.paperbroker.gate import FaultAnswers, Gate, answer, read_body
from argos.paperbroker.settings import Fault
from argos.protocol.values import parse_decimal, parse_moment

LIST_LIMIT: Final = 50
LIST_LIMIT_MAX: Final = 500
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)

Handler = Callable[[web.Request], Awaitable[web.Response]]
Serve = Callable[[str, web.Request], Awaitable[web.Response]]


def refusal_answer(refusal: AlpacaRefusal) -> web.Response:
    return answer({"code": refusal.alpaca_code, "message": refusal.message}, status=refusal.status)


def guarded(gate: Gate, serve: Serve) -> Handler:
    """A handler that knows its account and answers refusals in Alpaca's form."""

    async def handle(http: web.Request) -> web.Response:
        account = gate.account_of(http)
        if account is None:
            return answer({"code": 40110000, "message": "request is not authorized"}, status=401)
        try:
            return await serve(account, http)
        except AlpacaRefusal as refusal:
            return refusal_answer(refusal)
        except (InputError, ValueError) as error:
            return answer({"code": 40010001, "message": str(error)}, status=422)

    return handle


class AlpacaOrders:
    """Handlers of `/v2/orders...` and of closing a position."""

    def __init__(self, broker: Broker, *, gate: Gate, fills: FillDesk) -> None:
        self._broker = broker
        self._gate = gate
        self._fills = fills

    def routes(self) -> list[web.RouteDef]:
        gate = self._gate
        return [
            web.post("/v2/orders", guarded(gate, self._post)),
            web.get("/v2/orders", guarded(gate, self._list)),
            web.delete("/v2/orders", guarded(gate, self._cancel_all)),
            web.get("/v2/orders:by_client_order_id", guarded(gate, self._by_client_id)),
            web.get("/v2/orders/{id}", guarded(gate, self._get)),
            web.patch("/v2/orders/{id}", guarded(gate, self._patch)),
            web.delete("/v2/orders/{id}", guarded(gate, self._delete)),
            web.delete("/v2/positions/{symbol}", guarded(gate, self._close_position)),
        ]

    async def _post(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        request = parse_order(await read_body(http))
        kind = RequestKind.CLOSE if request.closes_only else RequestKind.SUBMIT
        return await self._submit(
            http, account=account, request=request, kind=kind, received_at=received_at
        )

    async def _submit(
        self,
        http: web.Request,
        *,
        account: str,
        request: OrderRequest,
        kind: RequestKind,
        received_at: datetime,
    ) -> web.Response:
        def work(plan: Mapping[Fault, int]) -> web.Response:
            turn = self._broker.turn(account)
            try:
                order = place(
                    turn,
                    request,
                    received_at=received_at,
                    is_known=lambda client_id: self._is_known(account, client_id),
                )
            except AlpacaRefusal as refusal:
                return refusal_answer(refusal)
            twice = Fault.ANSWER_TWICE in plan
            self._broker.commit(turn, twice=twice)
            self._fills.fill_soon(account, order, twice=twice)
            return answer(self._with_legs(account, order))

        return await self._gate.trade(
            http, account=account, kind=kind, work=work, answers=FAULT_ANSWERS
        )

    async def _patch(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        ticket, body = self._ticket(http), await read_body(http)

        def work(_: Mapping[Fault, int]) -> web.Response:
            turn = self._broker.turn(account)
            try:
                fresh = replace_order(
                    turn,
                    self._order(account, ticket),
                    body,
                    received_at=received_at,
                    is_known=lambda client_id: self._is_known(account, client_id),
                )
            except AlpacaRefusal as refusal:
                return refusal_answer(refusal)
            self._broker.commit(turn)
            self._fills.fill_soon(account, fresh)
            return answer(self._with_legs(account, fresh))

        return await self._gate.trade(
            http, account=account, kind=RequestKind.MODIFY, work=work, answers=FAULT_ANSWERS
        )

    async def _delete(self, account: str, http: web.Request) -> web.Response:
        ticket = self._ticket(http)

        def work(plan: Mapping[Fault, int]) -> web.Response:
            turn = self._broker.turn(account)
            try:
                order = self._order(account, ticket)
                cancel_order(turn, order)
            except AlpacaRefusal as refusal:
                return refusal_answer(refusal)
            self._broker.commit(turn)
            late_ms = plan.get(Fault.LATE_FILL_AFTER_CANCEL)
            if late_ms is not None:
                self._fills.fill_late(account, order.ticket, delay_ms=late_ms)
            return web.Response(status=204)

        return await self._gate.trade(
            http, account=account, kind=RequestKind.CANCEL, work=work, answers=FAULT_ANSWERS
        )

    async def _cancel_all(self, account: str, http: web.Request) -> web.Response:
        def work(_: Mapping[Fault, int]) -> web.Response:
            turn = self._broker.turn(account)
            canceled = list(turn.orders.values())
            for order in canceled:
                if order.ticket in turn.orders:
                    turn.end(order, state=OrderState.CANCELED)
            self._broker.commit(turn)
            rows = [{"id": order_row(order)["id"], "status": 200} for order in canceled]
            return answer(rows, status=207)

        return await self._gate.trade(
            http, account=account, kind=RequestKind.CANCEL, work=work, answers=FAULT_ANSWERS
        )

    async def _close_position(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        symbol = http.match_info["symbol"]
        position = self._broker.books[account].net_position(symbol)
        if position is None:
            raise AlpacaRefusal(
                f"position does not exist: {symbol}", status=404, alpaca_code=NOT_FOUND
            )
        qty = parse_decimal(http.query.get("qty") or position.qty, field="qty")
        market_order = OrderRequest(
            symbol=symbol,
            side=position.side.opposite,
            order_type=OrderType.MARKET,
            qty=qty,
            limit_price=None,
            stop_price=None,
            tif=TimeInForce.GTC,
            order_class="simple",
            legs=Legs(target=None, stop=None, stop_limit=None),
            client_order_id="",
            closes_only=True,
        )
        return await self._submit(
            http,
            account=account,
            request=market_order,
            kind=RequestKind.CLOSE,
            received_at=received_at,
        )

    async def _list(self, account: str, http: web.Request) -> web.Response:
        asked = http.query
        limit = min(int(asked.get("limit", LIST_LIMIT)), LIST_LIMIT_MAX)
        until = self._broker.clock() + timedelta(days=1)
        after = parse_moment(asked["after"], field="after") if "after" in asked else LONG_AGO
        until = parse_moment(asked["until"], field="until") if "until" in asked else until
        newest_first = asked.get("direction", "desc") == "desc"
        symbols = asked.get("symbols", "")
        if asked.get("status", "open") == "open":
            live = self._open_orders(account, after=after, until=until, newest_first=newest_first)
            orders = [order for order in live if not symbols or order.symbol in symbols.split(",")]
        else:
            orders = self._broker.ledger.orders_created(
                account,
                after=after,
                until=until,
                ended_only=asked["status"] == "closed",
                symbols=symbols,
                limit=limit,
                newest_first=newest_first,
            )
        if asked.get("nested") == "true":
            roots = [order for order in orders if not order.parent]
            return answer([self._with_legs(account, order) for order in roots[:limit]])
        return answer([order_row(order) for order in orders[:limit]])

    def _open_orders(
        self, account: str, *, after: datetime, until: datetime, newest_first: bool
    ) -> list[BrokerOrder]:
        live = self._broker.books[account].orders.values()
        inside = [order for order in live if after < order.created_at <= until]
        return sorted(inside, key=lambda o: (o.created_at, o.ticket), reverse=newest_first)

    async def _get(self, account: str, http: web.Request) -> web.Response:
        return answer(self._with_legs(account, self._order(account, self._ticket(http))))

    async def _by_client_id(self, account: str, http: web.Request) -> web.Response:
        client_id = http.query.get("client_order_id", "")
        order = self._broker.ledger.order_by_client_id(account, client_id)
        if order is None:
            raise _no_order(client_id)
        return answer(self._with_legs(account, order))

    def _with_legs(self, account: str, order: BrokerOrder) -> dict[str, Any]:
        current = self._broker.find_order(account, order.ticket) or order
        legs = self._broker.ledger.legs_of(account, order.ticket)
        return order_row(current, legs=legs or None)

    def _is_known(self, account: str, client_order_id: str) -> bool:
        return self._broker.ledger.order_by_client_id(account, client_order_id) is not None

    def _ticket(self, http: web.Request) -> int:
        ticket = ticket_of(http.match_info["id"])
        if ticket is None:
            raise _no_order(http.match_info["id"])
        return ticket

    def _order(self, account: str, ticket: int) -> BrokerOrder:
        order = self._broker.find_order(account, ticket)
        if order is None:
            raise _no_order(str(ticket))
        return order


def _no_order(name: str) -> AlpacaRefusal:
    return AlpacaRefusal(f"order not found for {name}", status=404, alpaca_code=NOT_FOUND)


FAULT_ANSWERS = FaultAnswers(
    rejected=lambda: answer(
        {"code": FORBIDDEN, "message": "new orders are rejected by user request"}, status=403
    ),
    timed_out=lambda: answer({"message": "upstream request timeout"}, status=504),
)
