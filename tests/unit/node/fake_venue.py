"""A broker in memory, with its clock: it does what a test scripts for the next calls, and then what it is asked."""

from collections import deque
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from argos.core.account import AccountSnapshot
from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.execution import Entry, Execution, FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.position import Position
from argos.ports import (
    ABLE,
    VenueAnswer,
    VenueClose,
    VenueIdentity,
    VenueOrder,
    VenueOrderReport,
    VenueOrderState,
    VenueScan,
    VenueStanding,
    VenueTraits,
)

START = datetime(2026, 3, 2, 14, 30, tzinfo=UTC)
ACCOUNT = "paper-1"
BID, ASK = Decimal("99.5"), Decimal("100.5")


class Crash(BaseException):
    """The process dies here: nothing after this point runs."""


class FakeClock:
    def __init__(self) -> None:
        self.elapsed_ms = 1_000_000

    def now(self) -> datetime:
        return START + timedelta(milliseconds=self.elapsed_ms - 1_000_000)

    def monotonic_ms(self) -> int:
        return self.elapsed_ms

    def advance(self, ms: int) -> None:
        self.elapsed_ms += ms


class FakeVenue:
    """A broker that does what `script` says for the next calls, and what was asked after that.

    Words: ok, refuse, requote, lost_request (never arrived), lost_answer (done, but unheard), crash_before,
    crash_after, partial (half is filled, the rest is gone), late (done only at `arrive`).
    """

    def __init__(
        self, clock: FakeClock, *, unique_client_ids: bool = False, hedging: bool = True
    ) -> None:
        self.traits = VenueTraits(name="fake", unique_client_ids=unique_client_ids, hedging=hedging)
        self.clock = clock
        self.script: deque[str] = deque()
        self.scan_script: deque[str] = deque()
        self.calls: list[tuple[str, int]] = []
        self.refused: set[int] = set()
        self.closed_qty: list[Decimal] = []
        self.modifies: list[Mapping[str, Any]] = []
        self.held: dict[str, Position] = {}
        self.orders: dict[str, VenueOrderReport] = {}
        self.events: list[Execution | VenueOrderReport] = []
        self.charges: list[Mapping[str, str]] = []
        self.under_way: list[VenueOrder | VenueClose] = []
        self.quotes_known = True
        self.stands = ABLE
        self.cursors: list[str] = []
        self._numbers = 0

    def standing(self) -> VenueStanding:
        return self.stands

    async def connect(self) -> None: ...

    async def aclose(self) -> None: ...

    async def instruments(self) -> Sequence[Instrument]:
        return (instrument("EURUSD"), instrument("AAPL"))

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        if not self.quotes_known:
            return None
        if at is None:
            return Quote(symbol=symbol, bid=BID, ask=ASK, at=self.clock.now())
        return Quote(symbol=symbol, bid=BID - 1, ask=ASK - 1, at=at)

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer:
        self.calls.append(("submit", order.identity.magic))
        if self.script and self.script[0] == "refuse":
            self.refused.add(order.identity.magic)
        word = self._begin()
        if self.traits.unique_client_ids and self._knows(order.identity):
            raise VenueRefused("the client order id is taken", venue_code="42210000")
        if word == "late":
            self.under_way.append(order)
            raise VenueUnreachable("timeout")
        return self._end(word, self._take(order, part=Decimal("0.5" if word == "partial" else 1)))

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer:
        self.calls.append(("close", request.identity.magic))
        word = self._begin()
        if word == "late":
            self.under_way.append(request)
            raise VenueUnreachable("timeout")
        return self._end(word, self._take_close(request))

    async def cancel(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> VenueAnswer:
        self.calls.append(("cancel", identity.magic))
        word = self._begin()
        order = self._find(identity)
        if order.state is not VenueOrderState.WORKING:
            return self._end(word, _answer(order))
        return self._end(word, self.end_order(order.venue_order_id, VenueOrderState.CANCELED))

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
        self.calls.append(("modify", identity.magic))
        self.modifies.append({"position_id": position_id, "price": price, "sl": sl, "tp": tp})
        word = self._begin()
        for key, position in self.held.items():
            if position.magic == identity.magic:
                self.held[key] = replace(position, sl=sl, tp=tp)
        order = self._find(identity)
        return self._end(word, _answer(order))

    async def scan(self, *, cursor: str) -> VenueScan:
        self.cursors.append(cursor)
        self._begin_look()
        since = self.events[int(cursor or 0) :]
        ended = [item for item in since if isinstance(item, VenueOrderReport)]
        working = [item for item in self.orders.values() if item.state is VenueOrderState.WORKING]
        return VenueScan(
            taken_at=self.clock.now(),
            positions=tuple(self.held.values()),
            orders=(*working, *ended),
            executions=tuple(item for item in since if isinstance(item, Execution)),
            account=snapshot(self.clock.now()),
            cursor=str(len(self.events)),
            charges=tuple(self.charges),
        )

    async def positions(self) -> Sequence[Position]:
        self._begin_look()
        return tuple(self.held.values())

    async def hints(self) -> AsyncIterator[str]:
        return
        yield

    def _begin_look(self) -> None:
        self.clock.advance(1)
        word = self.scan_script.popleft() if self.scan_script else "ok"
        if word == "crash":
            raise Crash
        if word != "ok":
            raise VenueUnreachable("the history could not be read")

    # What happens at the broker without us.

    def arrive(self) -> None:
        """Late requests reach the broker now."""
        for request in self.under_way:
            if isinstance(request, VenueOrder):
                self._take(request, part=Decimal(1))
            elif request.position_id in self.held:
                self._take_close(request)
        self.under_way.clear()

    def fill_order(self, venue_order_id: str, qty: Decimal) -> None:
        order = self.orders[venue_order_id]
        filled = order.filled_qty + qty
        done = filled == order.qty
        self._execute(order, qty=qty, entry=Entry.IN)
        self.orders[venue_order_id] = order = replace(
            order,
            filled_qty=filled,
            state=VenueOrderState.FILLED if done else VenueOrderState.WORKING,
        )
        if done:
            self.events.append(order)

    def end_order(self, venue_order_id: str, state: VenueOrderState) -> VenueAnswer:
        order = replace(self.orders[venue_order_id], state=state, text=state.value)
        self.orders[venue_order_id] = order
        self.events.append(order)
        return _answer(order)

    def hit_stop(self, position_id: str) -> None:
        position = self.held.pop(position_id)
        self._record_execution(
            identity=VenueIdentity(magic=position.magic, client_order_id=position.client_order_id),
            position_id=position_id,
            side=position.side.opposite,
            qty=position.qty,
            entry=Entry.OUT,
            reason=FillReason.SL,
        )

    def trade_by_hand(self, qty: Decimal) -> None:
        self._record_execution(
            identity=VenueIdentity(magic=0, client_order_id=""),
            position_id="by-hand",
            side=Side.BUY,
            qty=qty,
            entry=Entry.IN,
            reason=FillReason.MANUAL,
        )

    def count(self, kind: str) -> int:
        return sum(1 for call in self.calls if call[0] == kind)

    @property
    def executions(self) -> Sequence[Execution]:
        return [item for item in self.events if isinstance(item, Execution)]

    def _begin(self) -> str:
        word = self.script.popleft() if self.script else "ok"
        if word == "crash_before":
            raise Crash
        if word == "lost_request":
            raise VenueUnreachable("timeout")
        if word == "refuse":
            raise VenueRefused("no money", code="VENUE_NO_MONEY", venue_code="10019")
        if word == "requote":
            raise VenueRefused("requote", venue_code="10004", retryable=True)
        return word

    def _end(self, word: str, answer: VenueAnswer) -> VenueAnswer:
        if word == "crash_after":
            raise Crash
        if word == "lost_answer":
            raise VenueUnreachable("timeout")
        return answer

    def _knows(self, identity: VenueIdentity) -> bool:
        return any(item.identity == identity for item in self.orders.values())

    def _find(self, identity: VenueIdentity) -> VenueOrderReport:
        kept = self._kept(identity)
        return next(item for item in self.orders.values() if item.identity == kept)

    def _number(self, prefix: str) -> str:
        self._numbers += 1
        return f"{prefix}{self._numbers}"

    def _take(self, order: VenueOrder, *, part: Decimal) -> VenueAnswer:
        order_id = self._number("o")
        self.orders[order_id] = VenueOrderReport(
            venue_order_id=order_id,
            identity=self._kept(order.identity),
            symbol=order.symbol,
            side=order.side,
            state=VenueOrderState.WORKING,
            qty=order.qty,
            filled_qty=Decimal(0),
            price=order.price,
        )
        if order.order_type is not OrderType.MARKET:
            return _answer(self.orders[order_id])
        before = len(self.events)
        self.fill_order(order_id, order.qty * part)
        if part < 1:
            self.end_order(order_id, VenueOrderState.CANCELED)
        made = tuple(item for item in self.events[before:] if isinstance(item, Execution))
        return replace(_answer(self.orders[order_id]), executions=made)

    def _take_close(self, request: VenueClose) -> VenueAnswer:
        self.closed_qty.append(request.qty)
        position = self.held.get(request.position_id)
        if position is None:
            raise VenueRefused("no such position", code="VENUE_POSITION_GONE")
        left = position.qty - request.qty
        if left < 0:
            raise VenueRefused("more than is there", code="VENUE_INVALID_QTY")
        if left:
            self.held[request.position_id] = replace(position, qty=left)
        else:
            del self.held[request.position_id]
        order_id = self._number("o")
        execution = self._record_execution(
            identity=self._kept(request.identity),
            position_id=request.position_id,
            side=request.side,
            qty=request.qty,
            entry=Entry.OUT,
            reason=FillReason.COMMAND,
            order_id=order_id,
            symbol=request.symbol,
        )
        return VenueAnswer(
            venue_order_id=order_id, state=VenueOrderState.FILLED, executions=(execution,)
        )

    def _kept(self, identity: VenueIdentity) -> VenueIdentity:
        return identity if self.traits.unique_client_ids else replace(identity, client_order_id="")

    def _execute(self, order: VenueOrderReport, *, qty: Decimal, entry: Entry) -> None:
        position_id = f"p-{order.venue_order_id}"
        held = self.held.get(position_id)
        self.held[position_id] = Position(
            symbol=order.symbol,
            side=order.side,
            qty=qty + (held.qty if held else 0),
            price_open=ASK,
            position_id=position_id,
            magic=order.identity.magic,
            client_order_id=order.identity.client_order_id,
        )
        self._record_execution(
            identity=order.identity,
            position_id=position_id,
            side=order.side,
            qty=qty,
            entry=entry,
            reason=FillReason.COMMAND,
            order_id=order.venue_order_id,
            symbol=order.symbol,
        )

    def _record_execution(
        self,
        *,
        identity: VenueIdentity,
        position_id: str,
        side: Side,
        qty: Decimal,
        entry: Entry,
        reason: FillReason,
        order_id: str = "",
        symbol: str = "EURUSD",
    ) -> Execution:
        zero = Decimal(0)
        execution = Execution(
            venue_exec_id=self._number("x"),
            venue_order_id=order_id,
            position_id=position_id,
            symbol=symbol,
            side=side,
            entry=entry,
            price=ASK,
            qty=qty,
            commission=zero,
            swap=zero,
            fee=zero,
            profit=zero,
            reason=reason,
            occurred_at=self.clock.now(),
            magic=identity.magic,
            client_order_id=identity.client_order_id,
        )
        self.events.append(execution)
        return execution


def _answer(order: VenueOrderReport) -> VenueAnswer:
    return VenueAnswer(venue_order_id=order.venue_order_id, state=order.state, text=order.text)


def snapshot(taken_at: datetime) -> AccountSnapshot:
    return AccountSnapshot(
        account="the broker's name for it",
        currency="USD",
        balance=Decimal(10_000),
        equity=Decimal(10_000),
        margin_free=Decimal(10_000),
        hedging=True,
        taken_at=taken_at,
    )


def instrument(symbol: str) -> Instrument:
    return Instrument(
        symbol=symbol,
        contract_size=Decimal(1),
        tick_size=Decimal("0.01"),
        qty_min=Decimal(1),
        qty_max=Decimal(1000),
        qty_step=Decimal(1),
        stops_distance_min=Decimal(0),
        unit_value=Decimal(1),
        quote_currency="USD",
    )
