"""Anchors and peaks in the database, and the brakes that loss limits set."""

from collections.abc import Mapping, Sequence
from typing import Any

import asyncpg

from argos.core.standing import DayAnchor, Peaks
from argos.risk.anchors import AnchorBook
from argos.risk.watched import SET_BY, Watched
from argos.store.database import queries
from argos.store.decoding import decode_account_state, decode_limits
from argos.store.lanes import transaction


class AnchorStore:
    """Everything that `flows.anchoring` needs."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("anchors")

    def transaction(self) -> Any:
        return transaction(self._pool)

    async def take_turn(self, connection: asyncpg.Connection) -> bool:
        """False where another worker is at it."""
        return bool(await connection.fetchval(self._sql["take_turn"]))

    async def watched(self, connection: asyncpg.Connection) -> Sequence[Watched]:
        """Accounts with a limit measured from an anchor or a peak, or under a firm's rules, that have been seen."""
        found = []
        for row in await connection.fetch(self._sql["watched"]):
            snapshot = decode_account_state({"snapshot": row["snapshot"], "instruments": None})
            assert snapshot is not None, "the statement leaves out accounts without one"
            limits = decode_limits(row["limits"])
            found.append(
                Watched(
                    account=row["account"],
                    limits=limits.risk,
                    firm=limits.firm,
                    snapshot=snapshot,
                    book=None if row["day_opened_at"] is None else decode_book(row),
                    braked_by=row["braked_by"],
                    brake_reason=row["brake_reason"] or "",
                )
            )
        return found

    async def keep(self, connection: asyncpg.Connection, account: str, book: AnchorBook) -> None:
        day, peaks, last = book.day, book.peaks, book.last
        await connection.execute(
            self._sql["keep"],
            account,
            *(day.opened_at, day.taken_at, day.balance, day.equity, day.estimated),
            *(peaks.equity, peaks.balance, peaks.day_balance),
            *(last.opened_at, last.taken_at, last.balance, last.equity),
        )

    async def brake(self, connection: asyncpg.Connection, account: str, *, reason: str) -> None:
        await connection.execute(self._sql["await_leases"])
        await connection.execute(self._sql["brake"], account, reason, SET_BY)

    async def release(self, connection: asyncpg.Connection, account: str, *, code: str) -> None:
        await connection.execute(self._sql["release"], account, SET_BY, code)


def decode_book(row: Mapping[str, Any]) -> AnchorBook:
    return AnchorBook(
        day=DayAnchor(
            opened_at=row["day_opened_at"],
            taken_at=row["day_taken_at"],
            balance=row["day_balance"],
            equity=row["day_equity"],
            estimated=row["day_estimated"],
        ),
        peaks=Peaks(
            equity=row["peak_equity"],
            balance=row["peak_balance"],
            day_balance=row["peak_day_balance"],
        ),
        last=DayAnchor(
            opened_at=row["last_opened_at"],
            taken_at=row["last_taken_at"],
            balance=row["last_balance"],
            equity=row["last_equity"],
        ),
    )
