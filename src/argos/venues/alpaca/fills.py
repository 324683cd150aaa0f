"""All fills of an account, read once from the beginning and then only at the end, each with what it did to the holding.

Alpaca tells a fill's price and quantity, not what the account held after it. Fills may be told late, and not in order.
"""

from collections.abc import Awaitable, Callable, Iterable, Mapping
from datetime import datetime, timedelta
from operator import itemgetter
from typing import Any, Final

from argos.core.errors import VenueUnreachable
from argos.protocol.values import parse_moment
from argos.venues.alpaca import words
from argos.venues.alpaca.rows import (
    FLAT,
    Holding,
    Row,
    complete_fills,
    is_share,
    unexplained,
)

PAGE_SIZE: Final = 100
PAGES_MAX: Final = 5_000
LATE: Final = timedelta(minutes=10)
"""How far behind the newest fill one may turn up that was not told before."""

Page = Callable[[str], Awaitable[list[Row]]]
"""Fills before the one with this id, newest first; the newest of all for an empty id."""


class FillBook:
    """Kept by one process. What was read is not asked for again, even if the reading was cut off in the middle."""

    def __init__(self) -> None:
        self._rows: dict[str, tuple[datetime, Row]] = {}
        self._corrections: list[tuple[datetime, str, Holding]] = []
        self._is_whole = False
        self._deepest = ""
        self._completed: dict[str, tuple[datetime, dict[str, Any]]] = {}
        self._untold: set[str] = set()
        self.holdings: dict[str, Holding] = {}
        self.opening_orders: dict[str, str] = {}
        """By symbol, the order whose fill began what is held now."""

    async def read(self, page: Page) -> None:
        """Takes in what is new. Raises VenueUnreachable if that does not come to an end."""
        fresh: list[Row] = []
        if not self._is_whole:
            await self._read_all(page)
        horizon = self.newest
        token = ""
        for _ in range(PAGES_MAX):
            rows = await page(token)
            fresh += rows
            if len(rows) < PAGE_SIZE:
                break
            if horizon is not None and _moment(rows[-1]) < horizon - LATE:
                break
            token = rows[-1]["id"]
        else:
            raise _endless()
        news = self._take(reversed(fresh))
        if news and horizon is not None and self._all_later(news, horizon):
            self._book(sorted(news, key=_moment))
        elif news:
            self._replay()

    def correct(self, positions: Iterable[Row], *, at: datetime) -> None:
        """From now on it is held what the broker says: shares were split or moved, or a fill is never told."""
        told = {row["symbol"]: _held(row) for row in positions}
        for symbol in unexplained(self.holdings, told.values()):
            row = told.get(symbol)
            held = FLAT
            if row is not None:
                qty = words.number(row, "qty")
                held = Holding(qty=qty, price_open=words.number(row, "avg_entry_price"))
            self._corrections.append((at, symbol, held))
        self._replay()

    def disagrees_on(self, positions: Iterable[Row]) -> set[str]:
        """Symbols of which the broker holds something else than the fills add up to."""
        return unexplained(self.holdings, [_held(row) for row in positions])

    def since(self, after: datetime) -> list[dict[str, Any]]:
        """Completed fills later than `after`, and those never given before, oldest first. They count as given."""
        wanted = []
        for key, (moment, row) in self._completed.items():
            if moment > after or key in self._untold:
                wanted.append((moment, row))
        self._untold.clear()
        return [row for _, row in sorted(wanted, key=itemgetter(0))]

    @property
    def newest(self) -> datetime | None:
        return max((moment for moment, _ in self._rows.values()), default=None)

    def awaited(self, after: datetime) -> set[str]:
        """The orders of the fills that `since` will give."""
        return {
            row["order_id"]
            for key, (moment, row) in self._completed.items()
            if moment > after or key in self._untold
        }

    async def _read_all(self, page: Page) -> None:
        """Down to the very first; each page is kept, so that a reading cut off goes on where it was."""
        for _ in range(PAGES_MAX):
            rows = await page(self._deepest)
            self._take(rows)
            if rows:
                self._deepest = rows[-1]["id"]
            if len(rows) < PAGE_SIZE:
                # The newest were told first; of one moment they stay in the order in which they were told.
                self._rows = dict(reversed(self._rows.items()))
                self._is_whole = True
                self._replay()
                # Of what was there before us the cursor says what is new.
                self._untold.clear()
                return
        raise _endless()

    def _all_later(self, news: list[Row], horizon: datetime) -> bool:
        """Whether they come after all that was booked, so that nothing has to be booked anew."""
        booked = max([horizon, *(moment for moment, _, _ in self._corrections)])
        return all(_moment(row) > booked for row in news)

    def _take(self, rows: Iterable[Row]) -> list[Row]:
        """Those that are new. What is no share is passed over; one told twice is one."""
        news = {
            row["id"]: {**row, "side": _side(row)}
            for row in rows
            if row["id"] not in self._rows and is_share(row)
        }
        for key, row in news.items():
            self._rows[key] = _moment(row), row
            self._untold.add(key)
        return list(news.values())

    def _replay(self) -> None:
        """Anew from the beginning: what turned up late changes all that came after it."""
        self.holdings, self.opening_orders, self._completed = {}, {}, {}
        corrections = sorted(self._corrections, key=itemgetter(0))
        waiting: list[Row] = []
        for moment, row in sorted(self._rows.values(), key=itemgetter(0)):
            while corrections and corrections[0][0] < moment:
                self._book(waiting)
                waiting = []
                self._set(*corrections.pop(0)[1:])
            waiting.append(row)
        self._book(waiting)
        for _, symbol, held in corrections:
            self._set(symbol, held)

    def _book(self, rows: list[Row]) -> None:
        completed, self.holdings = complete_fills(rows, self.holdings)
        for row in completed:
            self._completed[row["id"]] = self._rows[row["id"]][0], row
            if words.opens_position(row):
                self.opening_orders[row["symbol"]] = row["order_id"]
            elif not words.number(row, "position_qty"):
                self.opening_orders.pop(row["symbol"], None)

    def _set(self, symbol: str, held: Holding) -> None:
        if held.qty:
            self.holdings[symbol] = held
        else:
            self.holdings.pop(symbol, None)
            self.opening_orders.pop(symbol, None)


def execution_id(activity_id: str) -> str:
    """The id by which the stream of updates names the same fill."""
    return activity_id.rpartition("::")[2]


def _held(row: Row) -> Mapping[str, Any]:
    """A position row whose quantity has its sign, as Alpaca's has; `side` says it as well."""
    qty = abs(words.number(row, "qty"))
    return {**row, "qty": qty if row["side"] == "long" else -qty}


def _side(row: Row) -> str:
    """A sale of what is not held has a side of its own in some of Alpaca's lists."""
    side = str(row["side"])
    return "sell" if side.startswith("sell") else side


def _moment(row: Row) -> datetime:
    return parse_moment(row["transaction_time"], field="transaction_time")


def _endless() -> VenueUnreachable:
    return VenueUnreachable("fills without end", code="VENUE_ANSWER_UNREADABLE")
