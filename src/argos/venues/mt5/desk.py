"""Trade requests through a terminal: looked up, checked, sent once, and the answer judged. In its thread."""

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.execution import Execution
from argos.core.instrument import Quote
from argos.ports import (
    ORDER_GONE,
    POSITION_CLOSED,
    VenueAnswer,
    VenueClose,
    VenueOrder,
    VenueOrderState,
)
from argos.venues.mt5 import words
from argos.venues.mt5.circuit import TradingCircuit, flags_of
from argos.venues.mt5.clock import BrokerClock
from argos.venues.mt5.history import AHEAD
from argos.venues.mt5.link import TerminalLink
from argos.venues.mt5.package import MODIFY, SLTP, TIME_GTC
from argos.venues.mt5.requests import (
    Levels,
    Request,
    cancel_request,
    close_request,
    entry_request,
    move_request,
    protect_request,
)
from argos.venues.mt5.retcodes import CLOSED, PARTIAL, not_permitted, require_done
from argos.venues.mt5.rows import row_of
from argos.venues.mt5.scan import TerminalScanner
from argos.venues.mt5.terms import SymbolTerms, check_not_frozen, check_oldest, terms_of

Row = Mapping[str, Any]
CANCELED_LATELY: Final = timedelta(days=1)
"""How far back it is looked for an order that is to be canceled and does not work any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What a cancel or modify is about: the order of `magic`, or the position where one is named."""

    magic: int
    symbol: str
    position_id: str = ""


class OrderDesk:
    """Each method sends at most once. VenueRefused is a definite no, everything else VenueUnreachable."""

    def __init__(
        self,
        link: TerminalLink,
        *,
        scanner: TerminalScanner,
        clock: BrokerClock,
        circuit: TradingCircuit,
    ) -> None:
        self._link = link
        self._circuit = circuit
        self._scanner = scanner
        self._clock = clock
        self._until_s = 0.0

    def send_until(self, until_s: float) -> None:
        """What is not sent by this moment of the monotonic clock shall not be: whoever asked has given up."""
        self._until_s = until_s

    def submit(self, order: VenueOrder, *, seen: Quote | None) -> VenueAnswer:
        """`seen` is the quote on which it was decided to send: a tolerance is measured from there."""
        terms, quote = self._market(order.symbol)
        self._require_permission()
        request = entry_request(
            order,
            terms=terms,
            quote=quote,
            seen=seen or quote,
            until_s=self._clock.reading_s(order.working_until),
        )
        return self._deal(request)

    def close(self, close: VenueClose) -> VenueAnswer:
        terms, quote = self._market(close.symbol)
        rows = self._positions()
        position = _named(rows, close.position_id)
        if position is not None:
            if self._link.fifo:
                check_oldest(position, rows)
            levels = _levels(position)
            check_not_frozen(terms, levels.sl, levels.tp, quote=quote)
        # The broker judges an unknown one: it may have been closed a moment ago.
        ticket = int(close.position_id) if position is None else int(position["ticket"])
        return self._deal(close_request(close, ticket=ticket, terms=terms, quote=quote))

    def cancel(self, asked: Asked) -> VenueAnswer:
        terms, quote = self._market(asked.symbol)
        order = self._working(asked.magic)
        if order is None:
            return self._canceled_before(asked)
        request = cancel_request(order["ticket"], now=_levels(order), terms=terms, quote=quote)
        result = self._send(request)
        return words.answer_of(result, state=VenueOrderState.CANCELED, order=order["ticket"])

    def modify(self, asked: Asked, wanted: Levels) -> VenueAnswer:
        terms, quote = self._market(asked.symbol)
        order = None if asked.position_id else self._working(asked.magic)
        if order is not None:
            request = move_request(
                order["ticket"], now=_levels(order), wanted=wanted, terms=terms, quote=quote
            )
            result = self._send(request)
            return words.answer_of(result, state=VenueOrderState.WORKING, order=order["ticket"])
        position = self._position(asked)
        request = protect_request(
            position["ticket"], now=_levels(position), wanted=wanted, terms=terms, quote=quote
        )
        result = self._send(request)
        return words.answer_of(result, state=VenueOrderState.FILLED, order=result.order)

    def _market(self, symbol: str) -> tuple[SymbolTerms, Quote]:
        """The symbol's terms and its quote of this moment, from a terminal that is online."""
        link = self._link
        link.ensure_online()
        info = link.select(symbol)
        row = row_of(info)
        terms, quoted, at_msc = terms_of(row), row, 1_000 * row["time"]
        if not info.visible:  # shown just now, so that what was told with it holds no quote
            found = link.told(link.package.symbol_info_tick(symbol), what=f"tick of {symbol}")
            quoted = row_of(found)
            at_msc = quoted["time_msc"]
        bid, ask = words.level(quoted, "bid"), words.level(quoted, "ask")
        if bid is None or ask is None:
            raise VenueRefused(
                f"no quotes of {symbol}; nothing was sent",
                code="VENUE_NO_QUOTE",
                venue_code="10021",
                retryable=True,
            )
        return terms, Quote(symbol=symbol, bid=bid, ask=ask, at=self._clock.utc(at_msc))

    def _require_permission(self) -> None:
        """Raises VenueRefused for an entry that terminal, account or a late answer of the server forbid."""
        flags = flags_of(self._link.terminal, self._link.account)
        standing = self._circuit.standing(flags=flags, offline=False)
        if standing.forbidden:
            raise not_permitted(int(standing.code), standing.forbidden)

    def _send(self, request: Request) -> words.Result:
        if time.monotonic() > self._until_s:
            raise VenueUnreachable("its time was over before it was sent", code="VENUE_TIMEOUT")
        answer = self._link.package.order_send(request)
        if answer is None:
            # It may have gone out: the terminal lost the answer, or did not understand it.
            error = self._link.failure("order_send")
            raise VenueUnreachable(error.message, code="VENUE_OUTCOME_OPEN")
        result = words.result_of(row_of(answer))
        self._circuit.note(result.retcode, flags=flags_of(self._link.terminal, self._link.account))
        change = request["action"] in {SLTP, MODIFY}
        require_done(result.retcode, result.text, change=change)
        return result

    def _deal(self, request: Request) -> VenueAnswer:
        result = self._send(request)
        if not result.deal:
            return words.answer_of(result, state=VenueOrderState.WORKING, order=result.order)
        whole = result.retcode != PARTIAL
        return words.answer_of(
            result,
            state=VenueOrderState.FILLED if whole else VenueOrderState.CANCELED,
            order=result.order,
            executions=self._executions(result.order),
        )

    def _executions(self, order: int) -> tuple[Execution, ...]:
        """The order's deals with their costs, which the answer itself does not tell; () if not there yet."""
        found = self._link.package.history_deals_get(ticket=order)
        rows = {row.ticket: row_of(row, clock=self._clock) for row in found or ()}
        return tuple(
            words.execution_of(row, instruments=self._scanner.instruments)
            for row in rows.values()
            if row["type"] in words.TRADES and row["symbol"] in self._scanner.instruments
        )

    def _working(self, magic: int) -> Row | None:
        orders = self._link.told(self._link.package.orders_get(), what="orders")
        return next((row_of(order) for order in orders if order.magic == magic), None)

    def _canceled_before(self, asked: Asked) -> VenueAnswer:
        """The answer of a cancel that did its work before, and was not heard, perhaps by a log that was lost.

        VenueRefused when there is no such order, or it ended otherwise.
        """
        now = datetime.now(tz=UTC)
        ended = self._link.package.history_orders_get(now - CANCELED_LATELY, now + AHEAD)
        for order in self._link.told(ended, what="history of orders"):
            row = row_of(order)
            if row["magic"] != asked.magic or words.is_by_broker(row):
                continue
            if words.STATES[row["state"]] is VenueOrderState.CANCELED:
                result = words.Result(
                    retcode=0, order=0, deal=0, bid=None, ask=None, text="it was canceled before"
                )
                return words.answer_of(result, state=VenueOrderState.CANCELED, order=row["ticket"])
        raise _gone(asked)

    def _position(self, asked: Asked) -> Row:
        """The position by its id, or by who opened it. Raises VenueRefused when there is none."""
        for row in self._positions():
            named = str(row["identifier"]) == asked.position_id
            if named or (not asked.position_id and int(row["magic"]) == asked.magic):
                return row
        raise _gone(asked)

    def _positions(self) -> list[Row]:
        found = self._link.told(self._link.package.positions_get(), what="positions")
        return [row_of(item) for item in found]


def _named(rows: Sequence[Row], position_id: str) -> Row | None:
    """The position of that id, which stays the same all its life; its ticket may change."""
    if not position_id.isdigit():
        raise VenueRefused(
            f"{position_id!r} is no position id; nothing was sent",
            code="VENUE_POSITION_UNKNOWN",
            venue_code=str(CLOSED),
        )
    return next((row for row in rows if str(row["identifier"]) == position_id), None)


def _levels(row: Row) -> Levels:
    """Of an order or a position, which has less."""
    return Levels(
        price=words.level(row, "price_open"),
        limit=words.level(row, "price_stoplimit") if "price_stoplimit" in row else None,
        sl=words.level(row, "sl"),
        tp=words.level(row, "tp"),
        lasts=int(row.get("type_time", TIME_GTC)),
        expires_s=int(row.get("time_expiration", 0)),
    )


def _gone(asked: Asked) -> VenueRefused:
    if asked.position_id:
        return VenueRefused(
            f"no position {asked.position_id}", code=POSITION_CLOSED, venue_code=str(CLOSED)
        )
    return VenueRefused(
        f"no order or position of magic {asked.magic}",
        code=ORDER_GONE,
        venue_code="not_found",
    )
