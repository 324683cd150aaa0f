"""The broker's own side of its ledger: one SQLite file, written by the broker alone.

Nothing is answered before it is committed here. WAL with synchronous=NORMAL keeps every commit through a killed
process (a power cut could take the last ones: a simulator accepts that for answers under a millisecond).
"""

import os
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from pathlib import Path

from argos.core.instrument import Quote
from argos.exchange.book import (
    AccountTerms,
    Book,
    Booking,
    Change,
    OrderEvent,
    PositionEvent,
    SwapCharged,
    new_book,
)
from argos.exchange.orders import BrokerOrder
from argos.exchange.positions import BrokerPosition, Deal
from argos.paperbroker.ledger import (
    DEAL,
    ORDER,
    POSITION,
    LedgerBooking,
    LedgerView,
    micros,
    moment_of,
    read_bodies,
    read_bookings,
    read_quotes,
    read_view,
)
from argos.paperbroker.schema import SCHEMA


class Ledger:
    """The writer's side. Opens or makes the file (mode 0600)."""

    def __init__(self, path: Path, *, broker: str) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        os.close(os.open(path, os.O_RDWR | os.O_CREAT, 0o600))
        path.chmod(0o600)
        self._db = sqlite3.connect(path, isolation_level=None)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.execute("PRAGMA synchronous=NORMAL")
        self._db.execute("PRAGMA busy_timeout=5000")
        self._db.executescript(SCHEMA)
        self.set_meta("broker", broker)

    def close(self) -> None:
        self._db.close()

    def meta(self, key: str, default: str) -> str:
        row = self._db.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return row[0] if row else default

    def set_meta(self, key: str, value: str) -> None:
        self._db.execute("INSERT OR REPLACE INTO meta VALUES (?, ?)", (key, value))

    def load_book(self, terms: AccountTerms) -> Book:
        """The account as it stood after the last commit; a fresh one if the ledger has never seen it."""
        row = self._db.execute(
            "SELECT cash, next_ticket FROM accounts WHERE account = ?", (terms.account,)
        ).fetchone()
        if row is None:
            return new_book(terms)
        orders = self._orders("account = ? AND live", (terms.account,))
        positions = [
            POSITION.validate_json(body)
            for (body,) in self._db.execute(
                "SELECT body FROM positions WHERE account = ?", (terms.account,)
            )
        ]
        return Book(
            terms=terms,
            cash=Decimal(row[0]),
            next_ticket=row[1],
            orders={order.ticket: order for order in orders},
            positions={position.position_id: position for position in positions},
        )

    def load_quotes(self) -> dict[str, Quote]:
        return read_quotes(self._db)

    def commit(
        self,
        *,
        at: datetime,
        moved: Sequence[tuple[Book, Sequence[Change]]],
        quotes: Iterable[Quote] = (),
    ) -> None:
        """Write the new books, what changed in them, and new quotes, in one transaction."""
        cursor = self._db.cursor()
        cursor.execute("BEGIN IMMEDIATE")
        try:
            for book, changes in moved:
                for change in changes:
                    _write_change(cursor, change, at_us=micros(at))
                cursor.execute(
                    "INSERT OR REPLACE INTO accounts VALUES (?, ?, ?)",
                    (book.terms.account, str(book.cash), book.next_ticket),
                )
            cursor.executemany(
                "INSERT OR REPLACE INTO quotes VALUES (?, ?, ?, ?)",
                [(q.symbol, str(q.bid), str(q.ask), q.at.isoformat()) for q in quotes],
            )
            cursor.execute("COMMIT")
        except BaseException:
            cursor.execute("ROLLBACK")
            raise

    def record_equity(self, *, at: datetime, worth: Mapping[str, Decimal], closing: bool) -> None:
        """What each account is worth at a moment; `closing` marks the last one of a trading day."""
        self._db.executemany(
            "INSERT OR IGNORE INTO equity VALUES (?, ?, ?, ?)",
            [(account, micros(at), closing, str(equity)) for account, equity in worth.items()],
        )

    def equity_history(
        self, account: str, *, since: datetime, until: datetime, closing_only: bool
    ) -> list[tuple[datetime, Decimal]]:
        """Oldest first, both ends included."""
        rows = self._db.execute(
            "SELECT at_us, equity FROM equity WHERE account = ? AND at_us BETWEEN ? AND ? "
            "AND (closing OR NOT ?) ORDER BY at_us",
            (account, micros(since), micros(until), closing_only),
        )
        return [(moment_of(at), Decimal(equity)) for at, equity in rows]

    def equity_before(self, account: str, moment: datetime) -> Decimal | None:
        """What the account was worth at the last close before `moment`; None if there was none."""
        row = self._db.execute(
            "SELECT equity FROM equity WHERE account = ? AND at_us < ? AND closing "
            "ORDER BY at_us DESC LIMIT 1",
            (account, micros(moment)),
        ).fetchone()
        return Decimal(row[0]) if row else None

    def log_fault(self, *, at: datetime, account: str, fault: str, request: str) -> None:
        self._db.execute(
            "INSERT INTO faults (at_us, account, fault, request) VALUES (?, ?, ?, ?)",
            (micros(at), account, fault, request),
        )

    def order(self, account: str, ticket: int) -> BrokerOrder | None:
        found = self._orders("account = ? AND ticket = ?", (account, ticket))
        return found[0] if found else None

    def order_by_client_id(self, account: str, client_order_id: str) -> BrokerOrder | None:
        found = self._orders("account = ? AND client_order_id = ?", (account, client_order_id))
        return found[0] if found else None

    def orders_ended(self, account: str, *, since: datetime, until: datetime) -> list[BrokerOrder]:
        """Orders that ended in the window, oldest first."""
        where = (
            "account = ? AND updated_us BETWEEN ? AND ? AND NOT live ORDER BY updated_us, ticket"
        )
        return self._orders(where, (account, micros(since), micros(until)))

    def orders_created(
        self,
        account: str,
        *,
        after: datetime,
        until: datetime,
        ended_only: bool,
        symbols: str,
        limit: int,
        newest_first: bool,
        side: str = "",
        roots_only: bool = False,
    ) -> list[BrokerOrder]:
        """Orders placed between the two moments; `symbols` is a list parted by commas, empty for all.

        `roots_only` leaves out legs; an empty `side` stands for both.
        """
        direction = "DESC" if newest_first else "ASC"
        where = (
            "account = ? AND created_us > ? AND created_us < ? AND NOT (live AND ?) "
            "AND (? = '' OR instr(',' || ? || ',', ',' || symbol || ',')) "
            "AND (? = '' OR json_extract(body, '$.side') = ?) AND NOT (parent AND ?) "
            f"ORDER BY created_us {direction}, ticket {direction} LIMIT ?"
        )
        window = (account, micros(after), micros(until))
        wanted = (ended_only, symbols, symbols, side, side, roots_only)
        return self._orders(where, (*window, *wanted, limit))

    def legs_of(self, account: str, ticket: int) -> list[BrokerOrder]:
        return self._orders("account = ? AND parent = ? ORDER BY ticket", (account, ticket))

    def deals_done(self, account: str, *, since: datetime, until: datetime) -> list[Deal]:
        where = "account = ? AND at_us BETWEEN ? AND ? ORDER BY ticket"
        return self._deals(where, (account, micros(since), micros(until)))

    def bookings_done(
        self, account: str, *, since: datetime, until: datetime
    ) -> list[LedgerBooking]:
        where = "account = ? AND at_us BETWEEN ? AND ?"
        return read_bookings(self._db, where=where, values=(account, micros(since), micros(until)))

    def deals_of_order(self, account: str, ticket: int) -> list[Deal]:
        return self._deals("account = ? AND order_ticket = ? ORDER BY ticket", (account, ticket))

    def deals_of_position(self, account: str, position_id: int) -> list[Deal]:
        return self._deals(
            "account = ? AND position_id = ? ORDER BY ticket", (account, position_id)
        )

    def deals_page(
        self,
        account: str,
        *,
        after: int,
        before: int,
        since: datetime,
        until: datetime,
        limit: int,
        newest_first: bool,
    ) -> list[Deal]:
        """Deals with a ticket strictly between `after` and `before`, done between the two moments."""
        direction = "DESC" if newest_first else "ASC"
        where = (
            "account = ? AND ticket > ? AND ticket < ? AND at_us > ? AND at_us < ? "
            f"ORDER BY ticket {direction} LIMIT ?"
        )
        return self._deals(where, (account, after, before, micros(since), micros(until), limit))

    def view(self) -> LedgerView:
        return read_view(self._db)

    def _orders(self, where: str, values: Sequence[object]) -> list[BrokerOrder]:
        return read_bodies(self._db, "orders", ORDER, where=where, values=values)

    def _deals(self, where: str, values: Sequence[object]) -> list[Deal]:
        return read_bodies(self._db, "deals", DEAL, where=where, values=values)


def _write_change(cursor: sqlite3.Cursor, change: Change, *, at_us: int) -> None:
    match change:
        case OrderEvent():
            _write_order_event(cursor, change, at_us=at_us)
        case PositionEvent(position=position):
            _write_position(cursor, position)
        case Booking():
            cursor.execute(
                "INSERT INTO bookings VALUES (?, ?, ?, ?, ?)",
                (change.ticket, at_us, change.account, str(change.amount), change.comment),
            )
        case SwapCharged(position=position, amount=amount):
            _write_position(cursor, position)
            cursor.execute(
                "INSERT INTO charges (at_us, account, position_id, kind, amount) VALUES (?, ?, ?, 'swap', ?)",
                (at_us, position.account, position.position_id, str(amount)),
            )


def _write_order_event(cursor: sqlite3.Cursor, event: OrderEvent, *, at_us: int) -> None:
    order, deal = event.order, event.deal
    body = ORDER.dump_json(order).decode()
    cursor.execute(
        "INSERT INTO orders VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?) ON CONFLICT (ticket) DO UPDATE SET "
        "parent = excluded.parent, live = excluded.live, updated_us = excluded.updated_us, body = excluded.body",
        (
            order.ticket,
            order.account,
            order.client_order_id,
            order.symbol,
            order.parent,
            order.is_live,
            micros(order.created_at),
            micros(order.updated_at),
            body,
        ),
    )
    cursor.execute(
        "INSERT INTO order_events (at_us, account, ticket, kind, deal, body) VALUES (?, ?, ?, ?, ?, ?)",
        (at_us, order.account, order.ticket, event.kind, deal.ticket if deal else None, body),
    )
    if deal is not None:
        cursor.execute(
            "INSERT INTO deals VALUES (?, ?, ?, ?, ?, ?)",
            (
                deal.ticket,
                deal.account,
                deal.order,
                deal.position_id,
                micros(deal.occurred_at),
                DEAL.dump_json(deal).decode(),
            ),
        )


def _write_position(cursor: sqlite3.Cursor, position: BrokerPosition) -> None:
    if not position.qty:
        cursor.execute("DELETE FROM positions WHERE position_id = ?", (position.position_id,))
        return
    cursor.execute(
        "INSERT OR REPLACE INTO positions VALUES (?, ?, ?)",
        (position.position_id, position.account, POSITION.dump_json(position).decode()),
    )
