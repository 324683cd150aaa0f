"""What a broker's ledger holds, and reading it from outside: the truth that others are held against."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Final, TypeVar

from pydantic import TypeAdapter

from argos.core.instrument import Quote
from argos.exchange.orders import BrokerOrder
from argos.exchange.positions import BrokerPosition, Deal

ORDER: Final = TypeAdapter(BrokerOrder)
DEAL: Final = TypeAdapter(Deal)
POSITION: Final = TypeAdapter(BrokerPosition)
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)

_Record = TypeVar("_Record")


def micros(moment: datetime) -> int:
    """Microseconds since 1970."""
    return (moment - EPOCH) // timedelta(microseconds=1)


def moment_of(at_us: int) -> datetime:
    return EPOCH + timedelta(microseconds=at_us)


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerEvent:
    """One row of the order history. `deal` is the ticket of the deal it told of, or None."""

    seq: int
    at: datetime
    account: str
    ticket: int
    kind: str
    deal: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerCharge:
    """Swap accrued on a position; positive is a cost."""

    seq: int
    at: datetime
    account: str
    position_id: int
    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerBooking:
    """Money booked beside any trade; `amount` is what it did to the cash."""

    ticket: int
    at: datetime
    account: str
    amount: Decimal
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerFault:
    """A fault that was played, and on which request."""

    seq: int
    at: datetime
    account: str
    fault: str
    request: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LedgerView:
    """Everything a broker knows, as of one moment. `cash` per account; orders and deals by ticket."""

    broker: str
    cash: dict[str, Decimal]
    orders: tuple[BrokerOrder, ...]
    order_events: tuple[LedgerEvent, ...]
    deals: tuple[Deal, ...]
    positions: tuple[BrokerPosition, ...]
    charges: tuple[LedgerCharge, ...]
    bookings: tuple[LedgerBooking, ...]
    faults: tuple[LedgerFault, ...]
    quotes: dict[str, Quote]


def read_ledger(path: Path) -> LedgerView:
    """A broker's whole ledger, read-only, while the broker runs or after it died."""
    db = sqlite3.connect(f"file:{path}?mode=ro", uri=True, isolation_level=None)
    try:
        db.execute("BEGIN")  # one snapshot for all tables
        return read_view(db)
    finally:
        db.close()


def read_bodies(
    db: sqlite3.Connection,
    table: str,
    adapter: TypeAdapter[_Record],
    *,
    where: str = "TRUE",
    values: Sequence[object] = (),
) -> list[_Record]:
    # Both texts come from this module; values are bound.
    rows = db.execute(f"SELECT body FROM {table} WHERE {where}", tuple(values))  # noqa: S608
    return [adapter.validate_json(body) for (body,) in rows]


def read_bookings(
    db: sqlite3.Connection, *, where: str = "TRUE", values: Sequence[object] = ()
) -> list[LedgerBooking]:
    """In the order of their tickets."""
    rows = db.execute(
        f"SELECT ticket, at_us, account, amount, comment FROM bookings WHERE {where} ORDER BY ticket",  # noqa: S608
        tuple(values),
    )
    return [
        LedgerBooking(ticket=t, at=moment_of(at), account=a, amount=Decimal(amount), comment=c)
        for t, at, a, amount, c in rows
    ]


def read_quotes(db: sqlite3.Connection) -> dict[str, Quote]:
    rows = db.execute("SELECT symbol, bid, ask, at FROM quotes").fetchall()
    return {
        symbol: Quote(
            symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=datetime.fromisoformat(at)
        )
        for symbol, bid, ask, at in rows
    }


def read_view(db: sqlite3.Connection) -> LedgerView:
    def rows(columns: str, table: str) -> list[tuple[object, ...]]:
        return db.execute(f"SELECT {columns} FROM {table} ORDER BY 1").fetchall()  # noqa: S608

    events = db.execute(
        "SELECT seq, at_us, account, ticket, kind, deal FROM order_events ORDER BY seq"
    )
    charges = db.execute(
        "SELECT seq, at_us, account, position_id, kind, amount FROM charges ORDER BY seq"
    )
    faults = db.execute("SELECT seq, at_us, account, fault, request FROM faults ORDER BY seq")
    name = db.execute("SELECT value FROM meta WHERE key = 'broker'").fetchone()
    return LedgerView(
        broker=name[0],
        cash={
            str(account): Decimal(str(cash)) for account, cash in rows("account, cash", "accounts")
        },
        orders=tuple(read_bodies(db, "orders", ORDER)),
        order_events=tuple(
            LedgerEvent(seq=s, at=moment_of(at), account=a, ticket=t, kind=k, deal=d)
            for s, at, a, t, k, d in events
        ),
        deals=tuple(read_bodies(db, "deals", DEAL)),
        positions=tuple(read_bodies(db, "positions", POSITION)),
        charges=tuple(
            LedgerCharge(
                seq=s, at=moment_of(at), account=a, position_id=p, kind=k, amount=Decimal(amount)
            )
            for s, at, a, p, k, amount in charges
        ),
        bookings=tuple(read_bookings(db)),
        faults=tuple(
            LedgerFault(seq=s, at=moment_of(at), account=a, fault=f, request=r)
            for s, at, a, f, r in faults
        ),
        quotes=read_quotes(db),
    )
