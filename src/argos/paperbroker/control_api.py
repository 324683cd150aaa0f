"""The broker's other side: market data in, health, the stream out, and what tests and demos may turn."""

import hmac
from collections.abc import Awaitable, Callable
from decimal import Decimal
from typing import Any

from aiohttp import web
from pydantic import TypeAdapter

from argos.core.errors import InputError
from argos.core.execution import FillReason
from argos.core.intent import OrderType, Side
from argos.exchange.admission import Refusal, check_close, check_net_exit, check_volume
from argos.exchange.book import Character
from argos.exchange.orders import BrokerOrder, TimeInForce
from argos.exchange.turn import Turn
from argos.paperbroker.alpaca_shapes import venue_id
from argos.paperbroker.alpaca_stream import UpdateStream, wants_websocket
from argos.paperbroker.broker import Broker, Tick
from argos.paperbroker.faults import DELAYS_MS, FaultDesk, FaultOrder, RequestKind
from argos.paperbroker.fills import FillDesk
from argos.paperbroker.gate import Gate, answer, error_answer, read_body
from argos.paperbroker.ledger import LedgerView
from argos.paperbroker.mt5_protocol import Retcode
from argos.paperbroker.settings import Fault
from argos.protocol.values import decimal_text, optional_moment, parse_decimal

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]

FORBIDDING = (
    Retcode.TRADE_DISABLED,
    Retcode.SERVER_DISABLES_AT,
    Retcode.CONNECTION,
    Retcode.ONLY_REAL,
)

_VIEW = TypeAdapter(LedgerView)


class ControlApi:
    """Handlers of `/health`, `/feed`, `/control/...` and `/stream`."""

    def __init__(self, broker: Broker, *, gate: Gate, fills: FillDesk) -> None:
        self._broker = broker
        self._gate = gate
        self._fills = fills
        self._faults: FaultDesk = gate.faults

    def routes(self) -> list[web.RouteDef]:
        settings = self._broker.settings
        feed, control = settings.feed_key, settings.control_key
        return [
            web.get("/health", self._health),
            web.get("/stream", self._stream),
            web.post("/feed", _keyed(feed, self._feed)),
            web.get("/control/ledger", _keyed(control, self._ledger)),
            web.get("/control/faults", _keyed(control, self._fault_state)),
            web.post("/control/faults", _keyed(control, self._set_faults)),
            web.get("/control/streams", _keyed(control, self._streams)),
            web.post("/control/market", _keyed(control, self._set_market)),
            web.post("/control/manual", _keyed(control, self._manual)),
            web.post("/control/permission", _keyed(control, self._set_permission)),
            web.post("/control/charge", _keyed(control, self._charge)),
        ]

    async def _health(self, _: web.Request) -> web.Response:
        market = self._broker.market
        return answer(
            {
                "status": "ok",
                "broker": self._broker.settings.name,
                "character": self._broker.settings.character.value,
                "label": self._broker.label,
                "symbols": sorted(market.instruments),
                "quoted": sorted(market.quotes),
            }
        )

    async def _feed(self, http: web.Request) -> web.Response:
        body = await read_body(http)
        now = self._broker.clock()
        ticks = [
            Tick(
                symbol=str(item["symbol"]),
                mid=parse_decimal(item["mid"], field="mid"),
                at=optional_moment(item.get("at"), field="at") or now,
            )
            for item in body.get("ticks", [])
        ]
        clock = optional_moment(body.get("clock"), field="clock")
        if clock is not None:
            self._broker.set_clock(clock, speed=parse_decimal(body.get("speed", 1), field="speed"))
        self._fills.take_prices(
            ticks, label=body.get("label"), rollover=body.get("rollover") is True
        )
        return answer({"ticks": len(ticks)})

    async def _set_permission(self, http: web.Request) -> web.Response:
        """Forbid an account to trade, by the return code it shall hear, or allow it again by 0.

        The answer tells how many trade requests it has made so far.
        """
        body = await read_body(http)
        account = str(body.get("account"))
        self._account(account)
        retcode = int(parse_decimal(body.get("retcode", 0), field="retcode"))
        if retcode not in {0, *FORBIDDING}:
            raise InputError(
                f"{retcode} forbids nothing",
                code="BROKER_REQUEST_INVALID",
                field="retcode",
                fix=f"use 0 or one of {', '.join(str(int(code)) for code in FORBIDDING)}",
            )
        self._broker.forbidden[account] = retcode
        return answer({"requests": self._broker.requests.get(account, 0)})

    async def _ledger(self, _: web.Request) -> web.Response:
        text = _VIEW.dump_json(self._broker.ledger.view())
        return web.Response(body=text, content_type="application/json")

    async def _streams(self, _: web.Request) -> web.Response:
        return answer({"listening": self._broker.hub.listeners()})

    async def _fault_state(self, _: web.Request) -> web.Response:
        return answer(self._state())

    async def _set_faults(self, http: web.Request) -> web.Response:
        body = await read_body(http)
        if body.get("clear") is True:
            self._faults.clear()
        for name, value in (body.get("probabilities") or {}).items():
            self._faults.probabilities[Fault(name)] = float(parse_decimal(value, field=name))
        for item in body.get("next") or []:
            self._demand(item)
        return answer(self._state())

    def _demand(self, item: dict[str, Any]) -> None:
        fault, account, request = Fault(item["fault"]), item.get("account"), item.get("request")
        delay_ms = int(parse_decimal(item.get("delay_ms", DELAYS_MS[fault]), field="delay_ms"))
        if account is not None:
            self._account(account)
        if fault is Fault.DISCONNECT:
            self._broker.ledger.log_fault(
                at=self._broker.clock(), account=account or "*", fault=fault, request="all"
            )
            self._gate.cut(account, delay_ms=delay_ms)
            return
        self._faults.demand(
            FaultOrder(
                fault=fault,
                count=int(parse_decimal(item.get("count", 1), field="count")),
                account=account,
                request=RequestKind(request) if request else None,
                delay_ms=delay_ms,
            )
        )

    def _state(self) -> dict[str, Any]:
        return {
            "probabilities": {fault.value: p for fault, p in self._faults.probabilities.items()},
            "next": [
                {
                    "fault": order.fault.value,
                    "count": order.count,
                    "account": order.account,
                    "request": order.request.value if order.request else None,
                    "delay_ms": order.delay_ms,
                }
                for order in self._faults.orders
            ],
        }

    async def _set_market(self, http: web.Request) -> web.Response:
        body = await read_body(http)
        symbol, is_open = str(body["symbol"]), body["open"] is True
        self._broker.set_open(symbol, is_open=is_open)
        if is_open:
            self._fills.resume()
        return answer({"symbol": symbol, "open": is_open})

    async def _manual(self, http: web.Request) -> web.Response:
        """A person trades by hand at the broker: no magic, no client id of ours."""
        body = await read_body(http)
        turn = self._broker.turn(self._account(str(body["account"])))
        order = _order_by_hand(turn, body)
        refusal = _refuse_by_hand(turn, order)
        if refusal is not None:
            raise InputError(refusal.text, code="BROKER_ORDER_REFUSED")
        turn.place(order)
        deal = turn.execute(order, qty=order.qty)
        self._broker.commit(turn)
        return answer(
            {"order": order.ticket, "deal": deal.ticket, "price": decimal_text(deal.price)}
        )

    async def _charge(self, http: web.Request) -> web.Response:
        """Money is booked on an account beside any trade; `amount` is negative when the client pays."""
        body = await read_body(http)
        turn = self._broker.turn(self._account(str(body["account"])))
        if turn.terms.character is not Character.MT5:
            raise InputError(
                "this broker books nothing beside its fills",
                code="BROKER_REQUEST_INVALID",
                fix="use an mt5-like broker",
            )
        amount = parse_decimal(body["amount"], field="amount")
        booking = turn.book(amount, comment=str(body["comment"]))
        self._broker.commit(turn)
        return answer({"deal": booking.ticket})

    def _account(self, name: str) -> str:
        if name not in self._broker.books:
            raise InputError(f"no account {name}", code="BROKER_ACCOUNT_UNKNOWN", field="account")
        return name

    async def _stream(self, http: web.Request) -> web.StreamResponse:
        if wants_websocket(http) and self._broker.settings.character is Character.ALPACA:
            return await UpdateStream(http, gate=self._gate, hub=self._broker.hub).serve()
        account = self._gate.account_of(http)
        if account is None:
            return answer({"message": "request is not authorized"}, status=401)
        response = web.StreamResponse(headers={"Content-Type": "application/x-ndjson"})
        subscriber = self._broker.hub.subscribe(account)
        try:
            await response.prepare(http)
            self._broker.hub.send_to(subscriber, self._broker.opening_lines())
            while (block := await subscriber.lines.get()) is not None:
                await response.write(block)
        except ConnectionError:
            pass  # the client went away: it will come back if it wants more
        finally:
            self._broker.hub.unsubscribe(subscriber)
        return response


def _keyed(key: str, handle: Handler) -> Handler:
    """A handler behind one bearer key; what cannot be read is answered with 422."""
    expected = f"Bearer {key}".encode()

    async def guard(http: web.Request) -> web.StreamResponse:
        given = http.headers.get("Authorization", "").encode()
        if not hmac.compare_digest(expected, given):
            return answer(
                {"error": {"code": "BROKER_KEY_WRONG", "message": "wrong key"}}, status=401
            )
        try:
            return await handle(http)
        except InputError as error:
            return error_answer(error, status=422)
        except (KeyError, TypeError, ValueError) as error:
            problem = InputError(f"not usable: {error!r}", code="BROKER_REQUEST_INVALID")
            return error_answer(problem, status=422)

    return guard


def _order_by_hand(turn: Turn, body: dict[str, Any]) -> BrokerOrder:
    ticket = turn.take_ticket()
    shares = turn.terms.character is Character.ALPACA
    symbol = str(body["symbol"])
    if not turn.market.is_open(symbol):
        raise InputError(
            f"{symbol} cannot be traded now", code="BROKER_MARKET_CLOSED", field="symbol"
        )
    return BrokerOrder(
        ticket=ticket,
        account=turn.terms.account,
        symbol=symbol,
        side=Side(body["side"]),
        order_type=OrderType.MARKET,
        qty=parse_decimal(body["qty"], field="qty"),
        received_at=turn.at,
        created_at=turn.at,
        updated_at=turn.at,
        tif=TimeInForce.IOC,
        reason=FillReason.MANUAL,
        client_order_id=venue_id(ticket) if shares else "",
        position_id=int(parse_decimal(body.get("position_id") or Decimal(0), field="position_id")),
    )


def _refuse_by_hand(turn: Turn, order: BrokerOrder) -> Refusal | None:
    book = turn.next_book()
    return (
        check_volume(turn.market.instruments[order.symbol], order.qty)
        or (check_close(book, order) if order.position_id else None)
        or (check_net_exit(book, order) if turn.terms.character is Character.ALPACA else None)
    )
