"""A complete look at an Alpaca account. Its cursor remembers when, and which orders were open then."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError, VenueUnreachable
from argos.core.execution import Execution
from argos.core.instrument import Instrument, Quote
from argos.core.position import Position
from argos.ports import VenueScan
from argos.protocol.values import moment_text, parse_moment
from argos.venues.alpaca import words
from argos.venues.alpaca.bookings import BOOKINGS_QUERY, BOOKINGS_S, charges_of
from argos.venues.alpaca.cursor import OVERLAP, Cursor
from argos.venues.alpaca.exchange_time import ExchangeTime
from argos.venues.alpaca.fills import FillBook, execution_id
from argos.venues.alpaca.line import CountedLine
from argos.venues.alpaca.lineage import Lineage
from argos.venues.alpaca.reading import AlpacaReading
from argos.venues.alpaca.rows import flatten_orders
from argos.venues.alpaca.standing import AccountStanding, standing_of
from argos.venues.alpaca.trading import AlpacaTrading, Row
from argos.venues.wire import unreadable

REQUESTS: Final = 6
"""What one look usually costs."""
UNEXPLAINED_S_MAX: Final = 15.0
"""Fills that are told late are waited for as long as this; then what is held counts, whatever they add up to."""
LOOKS_AT_FILLS: Final = 3


class AlpacaScanner:
    """Looks at one account, one look at a time. `now` and `monotonic_s` are this machine's clocks."""

    def __init__(
        self,
        line: CountedLine,
        *,
        account: str,
        now: Callable[[], datetime],
        monotonic_s: Callable[[], float],
    ) -> None:
        self._line = line
        self._reading = AlpacaReading(line)
        self._trading = AlpacaTrading(line)
        self._lineage = Lineage(self._reading, self._trading)
        self._book = FillBook()
        self._account = account
        self._now = now
        self._monotonic_s = monotonic_s
        self._disagreed_since_s: float | None = None
        self._booked_at_s: float | None = None
        self.time = ExchangeTime()
        self.standing: AccountStanding | None = None

    async def read_clock(self) -> Row:
        clock: Row = await self._reading.query("/v2/clock")
        told = parse_moment(clock["timestamp"], field="timestamp")
        self.time.observe(told, now=self._now())
        return clock

    async def scan(
        self,
        *,
        cursor: str,
        quotes: Mapping[str, Quote],
        instruments: Mapping[str, Instrument],
    ) -> VenueScan:
        """Asks for orders before fills and fills before positions: what moves on meanwhile is seen later on."""
        await self._line.look_for(REQUESTS)
        try:
            return await self._look(Cursor.parse(cursor), quotes=quotes, instruments=instruments)
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise unreadable(error) from error

    async def positions(self) -> Sequence[Position]:
        """What is held now, without stops and targets, and who opened it as far as a look has told."""
        try:
            held = await self._reading.positions()
            return [self._position(row, ()) for row in held]
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise unreadable(error) from error

    async def _look(
        self,
        since: Cursor,
        *,
        quotes: Mapping[str, Quote],
        instruments: Mapping[str, Instrument],
    ) -> VenueScan:
        clock = await self.read_clock()
        told_at = parse_moment(clock["timestamp"], field="timestamp").astimezone(UTC)
        open_rows = await self._reading.open_orders()
        placed = await self._reading.orders_since(since.after)
        orders = await since.watched((*open_rows, *placed), order=self._order)
        self._lineage.learn(orders.values())
        held = await self._agreed_positions()
        money = await self._reading.query("/v2/account")
        charges = await self._charges()
        for symbol in {row["symbol"] for row in held} & self._book.opening_orders.keys():
            await self._lineage.origin(self._book.opening_orders[symbol])
        # Asked for before they are taken out of the book: what was given once does not come again.
        for order_id in self._book.awaited(parse_moment(since.after, field="after")):
            await self._lineage.origin(order_id)
        taken_at = self.time.true(told_at)
        standing = standing_of(money, clock, seen_at=taken_at, true=self.time.true)
        positions = tuple(self._position(row, open_rows) for row in held)
        self.standing = standing
        return VenueScan(
            taken_at=taken_at,
            positions=positions,
            orders=tuple(words.report_of(row) for row in orders.values() if words.is_reported(row)),
            executions=self._executions(parse_moment(since.after, field="after")),
            account=AccountSnapshot(
                account=self._account,
                hedging=False,
                taken_at=taken_at,
                positions=positions,
                open_orders=len(open_rows),
                quotes=quotes,
                instruments=instruments,
                market=standing.market,
                node={"alpaca": standing.shown},
                **words.snapshot_terms(money),
            ),
            cursor=Cursor(
                after=moment_text(told_at - OVERLAP),
                open_ids=words.watched_ids(orders.values()),
            ).text(),
            charges=charges,
        )

    async def _charges(self) -> tuple[Mapping[str, str], ...]:
        """The newest bookings, when it is time for them again; a look without them has said nothing of any."""
        now_s = self._monotonic_s()
        if self._booked_at_s is not None and now_s - self._booked_at_s < BOOKINGS_S:
            return ()
        rows = await self._reading.query("/v2/account/activities", query=BOOKINGS_QUERY)
        self._booked_at_s = now_s
        return charges_of(rows)

    async def _order(self, order_id: str) -> Iterable[Row]:
        return flatten_orders([await self._trading.known_order(order_id)])

    async def _agreed_positions(self) -> list[Row]:
        """Positions that the fills add up to. Where they do not, fills are on their way: there is no look yet."""
        for _ in range(LOOKS_AT_FILLS):
            await self._book.read(self._reading.fills_page)
            held = await self._reading.positions()
            differing = self._book.disagrees_on(held)
            if not differing:
                self._disagreed_since_s = None
                return held
        now_s = self._monotonic_s()
        if self._disagreed_since_s is None:
            self._disagreed_since_s = now_s
        if now_s - self._disagreed_since_s < UNEXPLAINED_S_MAX:
            self._line.note_news()  # the next look is not an idle one
            raise VenueUnreachable(
                f"fills and positions do not agree yet: {', '.join(sorted(differing))}",
                code="VENUE_HISTORY_BEHIND",
            )
        self._disagreed_since_s = None
        self._book.correct(held, at=self._book.newest or datetime.min.replace(tzinfo=UTC))
        return held

    def _executions(self, after: datetime) -> tuple[Execution, ...]:
        executions = []
        for row in self._book.since(after):
            origin = self._lineage.known(row["order_id"])
            assert origin is not None, "it was asked for just before"
            told = words.execution_of({**row, "id": execution_id(row["id"])}, origin=origin)
            executions.append(self._in_true_time(told))
        return tuple(executions)

    def _in_true_time(self, told: Execution) -> Execution:
        """The exchange's own reading stays beside it, where it is not the truth."""
        if not self.time.is_replayed:
            return told
        reading_ms = int(told.occurred_at.timestamp() * 1000)
        return replace(told, occurred_at=self.time.true(told.occurred_at), venue_time_ms=reading_ms)

    def _position(self, row: Row, open_rows: Sequence[Row]) -> Position:
        origin = self._lineage.known(self._book.opening_orders.get(row["symbol"], ""))
        opener = origin.client_order_id if origin else ""
        return words.position_of(row, open_orders=open_rows, client_order_id=opener)
