"""A complete look at an alpaca-like account. Its cursor remembers when, and which orders were open then."""

from collections import OrderedDict
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError
from argos.core.execution import Execution
from argos.core.instrument import Instrument, Quote
from argos.core.position import Position
from argos.ports import VenueScan
from argos.protocol.values import moment_text, parse_moment
from argos.venues.alpaca import words
from argos.venues.alpaca.cursor import OVERLAP, Cursor
from argos.venues.alpaca.trading import AlpacaTrading, Row
from argos.venues.paper.alpaca_calls import AlpacaCalls
from argos.venues.wire import unreadable

ORIGINS_MAX: Final = 10_000
PARENTS_MAX: Final = 50


class AlpacaLikeScanner:
    """Looks, and remembers between looks whose orders fills belong to (a cache: it may be lost)."""

    def __init__(self, calls: AlpacaCalls, trading: AlpacaTrading, *, account: str) -> None:
        self._calls = calls
        self._trading = trading
        self._account = account
        self._origins: OrderedDict[str, words.Origin] = OrderedDict()
        self._openers: dict[str, str] = {}

    async def scan(
        self,
        *,
        cursor: str,
        quotes: Mapping[str, Quote],
        instruments: Mapping[str, Instrument],
    ) -> VenueScan:
        """Asks for orders before fills and fills before positions: what moves on meanwhile is seen later on."""
        try:
            return await self._look(Cursor.parse(cursor), quotes=quotes, instruments=instruments)
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error

    async def positions(self) -> Sequence[Position]:
        """What is held now, and who opened it."""
        try:
            return await self._positions(await self._calls.query("/v2/positions"), ())
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise unreadable(error) from error

    async def _look(
        self,
        since: Cursor,
        *,
        quotes: Mapping[str, Quote],
        instruments: Mapping[str, Instrument],
    ) -> VenueScan:
        clock = await self._calls.query("/v2/clock")
        open_rows = await self._calls.open_orders()
        placed = await self._calls.orders_since(since.after)
        orders = await since.watched((*open_rows, *placed), order=self._order)
        fills = await self._calls.fills_since(since.after)
        executions = [await self._execution(fill, orders) for fill in fills]
        held = await self._calls.query("/v2/positions")
        money = await self._calls.query("/v2/account")
        positions = await self._positions(held, open_rows)
        taken_at = parse_moment(clock["timestamp"], field="timestamp")
        return VenueScan(
            taken_at=taken_at,
            positions=positions,
            orders=tuple(words.report_of(row) for row in orders.values() if words.is_reported(row)),
            executions=tuple(executions),
            account=AccountSnapshot(
                account=self._account,
                hedging=False,
                taken_at=taken_at,
                positions=positions,
                open_orders=len(open_rows),
                quotes=quotes,
                instruments=instruments,
                market=words.session_of(clock, seen_at=taken_at),
                **words.snapshot_terms(money),
            ),
            cursor=Cursor(
                after=moment_text(taken_at - OVERLAP),
                open_ids=words.watched_ids(orders.values()),
            ).text(),
        )

    async def _order(self, order_id: str) -> Iterable[Row]:
        return [await self._trading.known_order(order_id)]

    async def _execution(self, fill: Row, orders: Mapping[str, Row]) -> Execution:
        origin = await self._origin(fill["order_id"], orders)
        if words.opens_position(fill):
            self._openers[fill["symbol"]] = origin.client_order_id
        elif not words.number(fill, "position_qty"):
            self._openers.pop(fill["symbol"], None)
        return words.execution_of(fill, origin=origin)

    async def _origin(self, order_id: str, orders: Mapping[str, Row]) -> words.Origin:
        known = self._origins.get(order_id)
        if known is not None:
            return known
        row = orders.get(order_id) or await self._trading.known_order(order_id)
        head = row
        for _ in range(PARENTS_MAX):
            parent = head["parent_order_id"]
            if parent is None:
                break
            head = orders.get(parent) or await self._trading.known_order(parent)
        origin = words.origin_of(row, root=head["client_order_id"])
        self._origins[order_id] = origin
        while len(self._origins) > ORIGINS_MAX:
            self._origins.popitem(last=False)
        return origin

    async def _positions(
        self, held: Iterable[Row], open_rows: Sequence[Row]
    ) -> tuple[Position, ...]:
        orders = {row["id"]: row for row in open_rows}
        positions = []
        for row in held:
            symbol = row["symbol"]
            if symbol not in self._openers:
                fill = await self._calls.opening_fill(symbol)
                if fill is not None:
                    origin = await self._origin(fill["order_id"], orders)
                    self._openers[symbol] = origin.client_order_id
            opener = self._openers.get(symbol, "")
            positions.append(words.position_of(row, open_orders=open_rows, client_order_id=opener))
        return tuple(positions)
