"""One complete look through a terminal. Runs in the terminal's thread, and is all or nothing."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from argos.core.account import AccountSnapshot
from argos.core.errors import VenueUnreachable
from argos.core.instrument import Instrument, Quote
from argos.core.money import round_near
from argos.core.position import Position
from argos.ports import VenueScan
from argos.venues.mt5 import words
from argos.venues.mt5.circuit import flags_of
from argos.venues.mt5.clock import BrokerClock
from argos.venues.mt5.history import BalanceCheck, Tickets, Told
from argos.venues.mt5.link import TerminalLink
from argos.venues.mt5.package import Row
from argos.venues.mt5.rows import RAW_TIME, row_of

WHOLE_EVERY: Final = timedelta(days=1)
"""A broker may book what is older than any overlap of two scans."""
READINGS: Final = 2
"""A deal that is done between two questions makes the first reading fail, and the second one good."""

NONE: Final[frozenset[int]] = frozenset()
Rows = tuple[Mapping[str, Any], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What a terminal answered to the questions of one scan.

    `ended` and `deals` are without those that were told before, whose tickets are `passed`.
    """

    working: Rows
    ended: Rows
    deals: Rows
    passed: Tickets
    held: Rows
    account: Mapping[str, Any]
    node: Mapping[str, Any]


class TerminalScanner:
    """Keeps what the last scans saw, so that each tells what is new."""

    def __init__(
        self,
        link: TerminalLink,
        *,
        account: str,
        clock: BrokerClock,
        now: Callable[[], datetime],
        quotes: Callable[[], Mapping[str, Quote]],
        between: Callable[[], None] = lambda: None,
    ) -> None:
        """`between` is called between two questions of a look, for whatever cannot wait until it is over."""
        self.instruments: dict[str, Instrument] = {}
        self._link = link
        self._account = account
        self._clock = clock
        self._now = now
        self._quotes = quotes
        self._between = between
        self._told = Told()
        self._balance = BalanceCheck()
        self._session = 0
        self._whole = True
        self._whole_at = now()

    def load_instruments(self) -> tuple[Instrument, ...]:
        rows = [row_of(item) for item in self._link.shown()]
        self.instruments |= {row["name"]: words.instrument_of(row) for row in rows}
        return tuple(self.instruments[row["name"]] for row in rows)

    def positions(self) -> tuple[Position, ...]:
        self._link.ensure_online()
        rows = self._rows(self._link.told(self._link.package.positions_get(), what="positions"))
        self._know(rows)
        self._link.ensure_online()  # what a terminal told while it went offline may be old
        return tuple(words.position_of(row, instruments=self.instruments) for row in rows)

    def scan(self, cursor: str) -> VenueScan:
        """One complete look. Raises VenueUnreachable, also while deals are missing that the balance speaks of."""
        self._link.ensure_online()
        taken_at = self._now()
        if self._link.sessions != self._session or taken_at - self._whole_at >= WHOLE_EVERY:
            self._session, self._whole = self._link.sessions, True
            self._whole_at = taken_at
        for _ in range(READINGS):
            read = self._read(cursor)
            if self._explained(read, at=taken_at):
                self._whole = False
                return self._told_as_scan(taken_at, cursor, read)
        self._whole = True  # the next look is at all of the past: what is missing may be older than the window
        raise VenueUnreachable(
            "the terminal's history does not explain the balance yet", code="VENUE_HISTORY_BEHIND"
        )

    def _read(self, cursor: str) -> Reading:
        """Asks for orders before deals and deals before positions: what moves meanwhile is seen later on.

        Between deals and account nothing of ours may move, and little time passes: the rows are made afterwards.
        """
        link, package = self._link, self._link.package
        since, until = self._told.window("" if self._whole else cursor, now=self._now())
        working = link.told(package.orders_get(), what="orders")
        self._between()
        ended = link.told(package.history_orders_get(since, until), what="history of orders")
        self._between()
        deals = link.told(package.history_deals_get(since, until), what="history of deals")
        held = link.told(package.positions_get(), what="positions")
        account = link.told(package.account_info(), what="account")
        terminal = link.ensure_online()
        known = {} if self._whole else self._told.known(cursor)
        told_orders, told_deals = known.get("order", NONE), known.get("deal", NONE)
        return Reading(
            working=self._rows(working),
            ended=tuple(
                {**row_of(item), RAW_TIME: item.time_done_msc}
                for item in ended
                if item.ticket not in told_orders
            ),
            deals=self._rows(item for item in deals if item.ticket not in told_deals),
            passed={
                "order": told_orders & {item.ticket for item in ended},
                "deal": told_deals & {item.ticket for item in deals},
            },
            held=self._rows(held),
            account=row_of(account),
            node={**flags_of(terminal, account), **words.place_of(terminal, account)},
        )

    def _explained(self, read: Reading, *, at: datetime) -> bool:
        """Whether the deals account for the balance."""
        self._balance.learn(read.deals)
        cents = Decimal(1).scaleb(-int(read.account["currency_digits"]))
        balance = round_near(words.number(read.account, "balance"), step=cents)
        return self._balance.explains(balance, at=at)

    def _told_as_scan(self, taken_at: datetime, cursor: str, read: Reading) -> VenueScan:
        seen = self._told.take(
            cursor, {"order": read.ended, "deal": read.deals}, passed=read.passed
        )
        orders = [row for row in seen.fresh if "entry" not in row]
        deals = [row for row in seen.fresh if "entry" in row]
        trades = [row for row in deals if row["type"] in words.TRADES]
        self._know((*read.working, *orders, *trades, *read.held))
        known = self.instruments
        positions = tuple(words.position_of(row, instruments=known) for row in read.held)
        reports = {
            row["ticket"]: words.report_of(row, instruments=known)
            for row in (*read.working, *orders)
            if not words.is_by_broker(row)
        }
        return VenueScan(
            taken_at=taken_at,
            positions=positions,
            orders=tuple(reports.values()),
            executions=tuple(words.execution_of(row, instruments=known) for row in trades),
            account=self._snapshot(read, taken_at, positions),
            cursor=seen.cursor,
            charges=tuple(words.charge_of(row) for row in deals if row["type"] not in words.TRADES),
        )

    def _snapshot(
        self, read: Reading, taken_at: datetime, positions: tuple[Position, ...]
    ) -> AccountSnapshot:
        return words.snapshot_of(
            read.account,
            account=self._account,
            taken_at=taken_at,
            positions=positions,
            open_orders=len(read.working),
            quotes=self._quotes(),
            instruments=dict(self.instruments),
            node=read.node,
        )

    def _rows(self, items: Iterable[Row]) -> Rows:
        return tuple(row_of(item, clock=self._clock) for item in items)

    def _know(self, rows: Iterable[Mapping[str, Any]]) -> None:
        """Terms of every symbol that is spoken of: a person may trade what is not in our list."""
        for symbol in {row["symbol"] for row in rows} - self.instruments.keys():
            self.instruments[symbol] = words.instrument_of(row_of(self._link.select(symbol)))
