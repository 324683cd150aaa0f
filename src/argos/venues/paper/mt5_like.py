"""The mt5-like paper broker as a venue. The magic number is an order's only identity there."""

import asyncio
import math
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.core.errors import InputError, VenueRefused, VenueUnreachable
from argos.core.execution import Execution
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.position import Position
from argos.ports import (
    ABLE,
    ORDER_GONE,
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueOrderState,
    VenueScan,
    VenueStanding,
    VenueTraits,
)
from argos.protocol.values import decimal_text
from argos.venues.mt5 import words
from argos.venues.mt5.package import TIME_SPECIFIED
from argos.venues.mt5.retcodes import CLOSED, PARTIAL, require_done
from argos.venues.mt5.terms import LASTS_UNTIL
from argos.venues.paper.live import LiveStream
from argos.venues.wire import Wire, answered, bearer, unreadable

OVERLAP_MS: Final = 2_000
"""How far each scan looks back behind the last one."""
DEALS_TIMEOUT_S: Final = 1.0
"""How long an answer may wait for its deals; what does not come in time comes with the next scan."""
STREAM_WAIT_S: Final = 2.0

DEAL, PENDING, SLTP, MODIFY, REMOVE = 1, 5, 6, 7, 8
FILLING_IOC: Final = 1


class Mt5LikeVenue:
    """One account at an mt5-like paper broker. Implements `argos.ports.Venue`."""

    def __init__(self, base_url: str, api_key: str, account: str) -> None:
        self._account = account
        self._wire = Wire(base_url, headers=bearer(api_key))
        self._stream = LiveStream(self._wire, read_hint=words.hint_of)
        self._instruments: dict[str, Instrument] = {}
        self._hedging = True
        self._fifo = False

    @property
    def traits(self) -> VenueTraits:
        """`hedging` is right once connected."""
        return VenueTraits(
            name="paper-mt5", unique_client_ids=False, hedging=self._hedging, fifo=self._fifo
        )

    def standing(self) -> VenueStanding:
        """Always able: a paper broker that refuses says so by itself."""
        return ABLE

    async def connect(self) -> None:
        info = await self._query("account_info")
        await self._load_instruments()
        self._hedging = info["margin_mode"] == words.MARGIN_MODE_HEDGING
        self._fifo = bool(info.get("fifo_close", False))
        self._stream.start()
        await self._stream.first_word(timeout_s=STREAM_WAIT_S)

    async def aclose(self) -> None:
        await self._stream.stop()
        await self._wire.aclose()

    async def instruments(self) -> Sequence[Instrument]:
        await self._load_instruments()
        return tuple(self._instruments.values())

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        return self._stream.quotes.quote(symbol, at=at)

    def hints(self) -> AsyncIterator[str]:
        return self._stream.hints.listen()

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        is_market = order.order_type is OrderType.MARKET
        request = {
            "action": DEAL if is_market else PENDING,
            "symbol": order.symbol,
            "type": words.ORDER_TYPES[order.side, order.order_type],
            "volume": self._lots(order.symbol, order.qty),
            "magic": str(order.identity.magic),
            "comment": order.comment,
            "type_filling": FILLING_IOC,
            **_levels(
                price=order.price, stoplimit=order.stop_limit_price, sl=order.sl, tp=order.tp
            ),
            **(self._tolerance(order) if is_market else self._lifetime(order)),
        }
        return await self._order_send(request, timeout_s=timeout_s)

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer:
        """Refused with venue code 10036 if the position is gone, 10038 if it is smaller."""
        body = {
            "action": DEAL,
            "symbol": request.symbol,
            "type": words.ORDER_TYPES[request.side, OrderType.MARKET],
            "volume": self._lots(request.symbol, request.qty),
            "magic": str(request.identity.magic),
            "comment": request.comment,
            "type_filling": FILLING_IOC,
            "position": _ticket(request.position_id),
        }
        return await self._order_send(body, timeout_s=timeout_s)

    async def cancel(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> VenueAnswer:
        ticket = await self._working_ticket(identity, symbol=symbol, timeout_s=timeout_s)
        if ticket is None:
            return await self._canceled_before(identity, timeout_s=timeout_s)
        result = await self._send({"action": REMOVE, "order": ticket}, timeout_s=timeout_s)
        return words.answer_of(result, state=VenueOrderState.CANCELED, order=ticket)

    async def modify(
        self,
        identity: VenueIdentity,
        *,
        symbol: str,
        position_id: str,
        price: Decimal | None,
        sl: Decimal | None,
        tp: Decimal | None,
        timeout_s: float,
    ) -> VenueAnswer:
        if position_id:
            return await self._protect(_ticket(position_id), symbol, sl, tp, timeout_s=timeout_s)
        ticket = await self._working_ticket(identity, symbol=symbol, timeout_s=timeout_s)
        if ticket is not None:
            body = {
                "action": MODIFY,
                "symbol": symbol,
                "order": ticket,
                **_levels(price=price, sl=sl, tp=tp),
            }
            result = await self._send(body, timeout_s=timeout_s)
            return words.answer_of(result, state=VenueOrderState.WORKING, order=ticket)
        for row in await self._query("positions", query={"symbol": symbol}, timeout_s=timeout_s):
            if int(row["magic"]) == identity.magic:
                return await self._protect(row["ticket"], symbol, sl, tp, timeout_s=timeout_s)
        raise _gone(identity)

    async def scan(self, *, cursor: str) -> VenueScan:
        """Asks for orders before deals and deals before positions: what moves on meanwhile is seen later on."""
        terminal = await self._query("terminal_info")
        if not terminal["connected"]:
            raise VenueUnreachable("terminal is not connected", code="VENUE_TERMINAL_OFFLINE")
        since = {"from": str(max(0, int(cursor or "0") - OVERLAP_MS))}
        working = await self._query("orders")
        ended = await self._query("history_orders", query=since)
        deals = await self._query("history_deals", query=since)
        held = await self._query("positions")
        account = await self._query("account_info")
        taken_at = words.moment_msc(terminal["time_msc"])
        try:
            trades = [row for row in deals if row["type"] in words.TRADES]
            await self._know(row["symbol"] for row in (*working, *ended, *trades, *held))
            orders = {
                row["ticket"]: words.report_of(row, instruments=self._instruments)
                for row in (*working, *ended)
                if not words.is_by_broker(row)
            }
            positions = tuple(words.position_of(row, instruments=self._instruments) for row in held)
            return VenueScan(
                taken_at=taken_at,
                positions=positions,
                orders=tuple(orders.values()),
                executions=self._executions(trades),
                account=words.snapshot_of(
                    account,
                    account=self._account,
                    taken_at=taken_at,
                    positions=positions,
                    open_orders=len(working),
                    quotes=self._stream.quotes.newest(),
                    instruments=dict(self._instruments),
                ),
                cursor=str(terminal["time_msc"]),
                charges=tuple(
                    words.charge_of(row) for row in deals if row["type"] not in words.TRADES
                ),
            )
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error

    async def positions(self) -> Sequence[Position]:
        terminal, held = await asyncio.gather(
            self._query("terminal_info"), self._query("positions")
        )
        if not terminal["connected"]:
            raise VenueUnreachable("terminal is not connected", code="VENUE_TERMINAL_OFFLINE")
        try:
            await self._know(row["symbol"] for row in held)
            return [words.position_of(row, instruments=self._instruments) for row in held]
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error

    async def _know(self, symbols: Any) -> None:
        if not set(symbols) <= self._instruments.keys():
            await self._load_instruments()

    async def _load_instruments(self) -> None:
        rows = await self._query("symbol_info")
        try:
            self._instruments = {row["name"]: words.instrument_of(row) for row in rows}
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error

    async def _query(
        self, name: str, *, query: Mapping[str, str] | None = None, timeout_s: float = 5.0
    ) -> Any:
        """The answer to a query; anything but a full answer is VenueUnreachable: nothing was observed."""
        reply = await self._wire.get(f"/mt5/{name}", query=query, timeout_s=timeout_s)
        return answered(reply)

    async def _send(self, body: Mapping[str, Any], *, timeout_s: float) -> words.Result:
        """`order_send`, its return code judged: a result means it was done."""
        reply = await self._wire.call("POST", "/mt5/order_send", body=body, timeout_s=timeout_s)
        if not reply.ok:
            raise VenueRefused(
                f"status {reply.status}: {reply.body}",
                code="VENUE_NOT_SERVED",
                venue_code=str(reply.status),
            )
        try:
            result = words.result_of(reply.body)
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error
        require_done(result.retcode, result.text, change=body["action"] in {SLTP, MODIFY})
        return result

    async def _order_send(self, body: Mapping[str, Any], *, timeout_s: float) -> VenueAnswer:
        result = await self._send(body, timeout_s=timeout_s)
        if not result.deal:
            return words.answer_of(result, state=VenueOrderState.WORKING, order=result.order)
        whole = result.retcode != PARTIAL
        state = VenueOrderState.FILLED if whole else VenueOrderState.CANCELED
        executions = await self._deals_of(result.order)
        return words.answer_of(result, state=state, order=result.order, executions=executions)

    async def _deals_of(self, order: int) -> tuple[Execution, ...]:
        """The order's deals with their costs, which the answer itself does not tell."""
        try:
            rows = await self._query(
                "history_deals", query={"ticket": str(order)}, timeout_s=DEALS_TIMEOUT_S
            )
            return self._executions(rows)
        except (VenueUnreachable, KeyError, TypeError, ValueError, InputError):
            return ()  # the order itself is done: its deals are left to the next scan

    def _executions(self, rows: Sequence[Mapping[str, Any]]) -> tuple[Execution, ...]:
        """Deals of trading, each once."""
        known = {
            row["ticket"]: words.execution_of(row, instruments=self._instruments) for row in rows
        }
        return tuple(known.values())

    async def _protect(
        self,
        position: int,
        symbol: str,
        sl: Decimal | None,
        tp: Decimal | None,
        *,
        timeout_s: float,
    ) -> VenueAnswer:
        body = {"action": SLTP, "symbol": symbol, "position": position, **_levels(sl=sl, tp=tp)}
        result = await self._send(body, timeout_s=timeout_s)
        return words.answer_of(result, state=VenueOrderState.FILLED, order=result.order)

    async def _canceled_before(self, identity: VenueIdentity, *, timeout_s: float) -> VenueAnswer:
        """The answer of a cancel that did its work before, and was not heard, perhaps by a log that was lost."""
        for row in await self._query("history_orders", query={"from": "0"}, timeout_s=timeout_s):
            canceled = words.STATES[row["state"]] is VenueOrderState.CANCELED
            if int(row["magic"]) == identity.magic and canceled:
                result = words.result_of({"retcode": 0, "comment": "it was canceled before"})
                return words.answer_of(result, state=VenueOrderState.CANCELED, order=row["ticket"])
        raise _gone(identity)

    async def _working_ticket(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> int | None:
        rows = await self._query("orders", query={"symbol": symbol}, timeout_s=timeout_s)
        tickets = (row["ticket"] for row in rows if int(row["magic"]) == identity.magic)
        return next(tickets, None)

    def _lots(self, symbol: str, qty: Decimal) -> str:
        instrument = self._instruments.get(symbol)
        if instrument is None:
            raise VenueRefused(
                f"no symbol {symbol} here; nothing was sent", code="VENUE_SYMBOL_UNKNOWN"
            )
        return decimal_text(qty / instrument.contract_size)

    def _lifetime(self, order: VenueOrder) -> dict[str, Any]:
        """This broker's clock is in UTC."""
        terms = self._instruments[order.symbol].venue_terms
        takes_moment = terms is not None and terms.expiration_flags & LASTS_UNTIL
        if order.working_until is None or not takes_moment:
            return {}
        return {
            "type_time": TIME_SPECIFIED,
            "expiration": math.ceil(order.working_until.timestamp()),
        }

    def _tolerance(self, order: VenueOrder) -> dict[str, Any]:
        """The price we see and how far the fill may be from it; without a tolerance any price will do."""
        quote = self.quote(order.symbol)
        if not order.deviation_points or quote is None:
            return {"price": "0"}
        seen = quote.ask if order.side is Side.BUY else quote.bid
        return {"price": decimal_text(seen), "deviation": order.deviation_points}


def _levels(**prices: Decimal | None) -> dict[str, str]:
    return {name: decimal_text(price) for name, price in prices.items() if price is not None}


def _ticket(position_id: str) -> int:
    if not position_id.isdigit():
        raise VenueRefused(
            f"{position_id!r} is no position ticket; nothing was sent",
            code="VENUE_POSITION_UNKNOWN",
            venue_code=str(CLOSED),
        )
    return int(position_id)


def _gone(identity: VenueIdentity) -> VenueRefused:
    return VenueRefused(
        f"no working order with magic {identity.magic}",
        code=ORDER_GONE,
        venue_code="not_found",
    )
