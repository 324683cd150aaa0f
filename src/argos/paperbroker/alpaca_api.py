"""The alpaca character over HTTP: orders are placed, replaced and canceled, and positions closed by them."""

from collections.abc import Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from argos.core.intent import OrderType
from argos.core.money import round_down
from argos.exchange.orders import OrderState, TimeInForce
from argos.exchange.positions import BrokerPosition
from argos.paperbroker.alpaca_config import Configurations
from argos.paperbroker.alpaca_door import FAULT_ANSWERS, Door, refusal_answer, refusal_body
from argos.paperbroker.alpaca_protocol import (
    AlpacaRefusal,
    OrderRequest,
    body_invalid,
    not_found,
    number_in,
    parse_order,
)
from argos.paperbroker.alpaca_queries import OrderShelf, symbol_of, wants
from argos.paperbroker.alpaca_replacing import replace_order
from argos.paperbroker.alpaca_requests import (
    FRACTION_STEP,
    cancel_order,
    place,
)
from argos.paperbroker.alpaca_shapes import venue_id
from argos.paperbroker.broker import Broker
from argos.paperbroker.faults import RequestKind
from argos.paperbroker.fills import FillDesk
from argos.paperbroker.gate import Gate, answer, read_body
from argos.paperbroker.settings import Fault

PERCENT_MAX: Final = Decimal(100)


class AlpacaOrders:
    """Handlers of what changes `/v2/orders...` and `/v2/positions...`."""

    def __init__(
        self,
        broker: Broker,
        *,
        gate: Gate,
        fills: FillDesk,
        door: Door,
        configurations: Configurations,
    ) -> None:
        self._broker = broker
        self._gate = gate
        self._fills = fills
        self._door = door
        self._configurations = configurations
        self._shelf = OrderShelf(broker)

    def routes(self) -> list[web.RouteDef]:
        guarded = self._door.guarded
        return [
            web.post("/v2/orders", guarded(self._post)),
            web.delete("/v2/orders", guarded(self._cancel_all)),
            web.patch("/v2/orders/{id}", guarded(self._patch)),
            web.delete("/v2/orders/{id}", guarded(self._delete)),
            web.delete("/v2/positions", guarded(self._close_all)),
            web.delete("/v2/positions/{symbol}", guarded(self._close_one)),
        ]

    async def _post(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        body = await read_body(http)
        if "symbol" in body:
            body["symbol"] = symbol_of(self._broker, str(body["symbol"]))
        request = parse_order(body, tif_required=self._broker.settings.full_rules)
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
            try:
                row = self._place(
                    account,
                    request,
                    received_at=received_at,
                    twice=Fault.ANSWER_TWICE in plan,
                )
            except AlpacaRefusal as refusal:
                return refusal_answer(refusal)
            return answer(row)

        return await self._gate.trade(
            http, account=account, kind=kind, work=work, answers=FAULT_ANSWERS
        )

    def _place(
        self, account: str, request: OrderRequest, *, received_at: datetime, twice: bool = False
    ) -> dict[str, Any]:
        """The order as it is told once it is taken; what is due fills on its own time. Raises AlpacaRefusal."""
        turn = self._broker.turn(account)
        order = place(
            turn,
            request,
            received_at=received_at,
            is_known=lambda client_id: self._shelf.is_known(account, client_id),
            rules=self._configurations.rules(account),
        )
        self._broker.commit(turn, twice=twice)
        self._fills.fill_soon(account, order, twice=twice)
        return self._shelf.row(account, order)

    async def _patch(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        ticket, body = self._shelf.ticket(http), await read_body(http)

        def work(_: Mapping[Fault, int]) -> web.Response:
            turn = self._broker.turn(account)
            try:
                fresh = replace_order(
                    turn,
                    self._shelf.order(account, ticket),
                    body,
                    received_at=received_at,
                    is_known=lambda client_id: self._shelf.is_known(account, client_id),
                )
            except AlpacaRefusal as refusal:
                return refusal_answer(refusal)
            self._broker.commit(turn)
            self._fills.fill_soon(account, fresh)
            return answer(self._shelf.row(account, fresh))

        return await self._gate.trade(
            http, account=account, kind=RequestKind.MODIFY, work=work, answers=FAULT_ANSWERS
        )

    async def _delete(self, account: str, http: web.Request) -> web.Response:
        ticket = self._shelf.ticket(http)

        def work(plan: Mapping[Fault, int]) -> web.Response:
            turn = self._broker.turn(account)
            try:
                order = self._shelf.order(account, ticket)
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
            return answer(self._end_all(account), status=207)

        return await self._gate.trade(
            http, account=account, kind=RequestKind.CANCEL, work=work, answers=FAULT_ANSWERS
        )

    def _end_all(self, account: str) -> list[dict[str, Any]]:
        turn = self._broker.turn(account)
        canceled = list(turn.orders.values())
        for order in canceled:
            if order.ticket in turn.orders:
                turn.end(order, state=OrderState.CANCELED)
        self._broker.commit(turn)
        return [{"id": venue_id(order.ticket), "status": 200} for order in canceled]

    async def _close_one(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        symbol = symbol_of(self._broker, http.match_info["symbol"])
        position = self._broker.books[account].net_position(symbol)
        if position is None:
            raise not_found(f"position does not exist: {symbol}")
        return await self._submit(
            http,
            account=account,
            request=_closing(position, qty=_qty_asked(http, position)),
            kind=RequestKind.CLOSE,
            received_at=received_at,
        )

    async def _close_all(self, account: str, http: web.Request) -> web.Response:
        received_at = self._broker.clock()
        cancels_first = wants(http, "cancel_orders")

        def work(_: Mapping[Fault, int]) -> web.Response:
            if cancels_first:
                self._end_all(account)
            held = list(self._broker.books[account].positions.values())
            rows = [self._closed(account, item, received_at=received_at) for item in held]
            return answer(rows, status=207)

        return await self._gate.trade(
            http, account=account, kind=RequestKind.CLOSE, work=work, answers=FAULT_ANSWERS
        )

    def _closed(
        self, account: str, position: BrokerPosition, *, received_at: datetime
    ) -> dict[str, Any]:
        """What became of closing one of several: each by itself, in one answer."""
        request = _closing(position, qty=position.qty)
        try:
            row = self._place(account, request, received_at=received_at)
        except AlpacaRefusal as refusal:
            body, status = refusal_body(refusal), refusal.status
        else:
            body, status = row, 200
        return {"symbol": position.symbol, "status": status, "body": body}


def _closing(position: BrokerPosition, *, qty: Decimal) -> OrderRequest:
    return OrderRequest(
        symbol=position.symbol,
        side=position.side.opposite,
        order_type=OrderType.MARKET,
        qty=qty,
        tif=TimeInForce.DAY,
        intent=f"{position.side.opposite}_to_close",
    )


def _qty_asked(http: web.Request, position: BrokerPosition) -> Decimal:
    """How much of the position the request wants closed: all, a number of shares, or a percentage."""
    asked = http.query
    if "qty" in asked and "percentage" in asked:
        raise body_invalid("only one of qty or percentage is accepted")
    if "percentage" not in asked:
        qty = number_in(asked, "qty") if asked.get("qty") else position.qty
        if qty is None or qty <= 0:
            raise body_invalid("qty must be > 0")
        return qty
    percent = number_in(asked, "percentage")
    if percent is None or not 0 < percent <= PERCENT_MAX:
        raise body_invalid("percentage must be between 0 and 100")
    # A holding of whole shares is sold in whole ones.
    step = FRACTION_STEP if position.qty % 1 else Decimal(1)
    qty = round_down(position.qty * percent / PERCENT_MAX, step=step)
    if not qty:
        raise body_invalid("percentage of the position is less than a share")
    return qty
