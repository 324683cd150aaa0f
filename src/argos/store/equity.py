"""The history of what accounts were worth: appended by the gateway, read with what explains its balances."""

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Any, Final
from zoneinfo import ZoneInfo

import asyncpg

from argos.core.account import AccountSnapshot
from argos.core.errors import StoreError
from argos.core.money import ZERO
from argos.performance.equity import (
    NEAR,
    BalanceMove,
    Booking,
    EquitySpan,
    flows_of,
)
from argos.performance.equity_figures import AccountEquity, account_equity
from argos.protocol.values import parse_decimal
from argos.store.collecting import as_list
from argos.store.database import CONNECTION_ERRORS, queries
from argos.store.decoding import decode_account_state, decode_limits
from argos.store.reading import snapshot

SPANS_MAX: Final = 20_000
"""More rows than that are put together to quarters of an hour, whose extremes stay."""
ACCOUNTS_MAX: Final = 100
AS_KEPT_S: Final = 1
"""No rows are put together: they are kept once a second at most."""
QUARTER_S: Final = 900


class EquityStore:
    """Appends as role argos_dispatch."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("equity")

    async def append(self, rows: Sequence[Mapping[str, Any]]) -> None:
        """Raises StoreError when the database is away."""
        try:
            await self._pool.execute(self._sql["append"], as_list(rows))
        except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
            raise StoreError(f"cannot append equity: {error}") from error


class EquityReader:
    """Reads as role argos_reader."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("equity")

    async def histories(
        self,
        *,
        account: str | None,
        since: datetime | None,
        until: datetime | None,
        zone: str | None,
        now: datetime,
    ) -> list[AccountEquity]:
        """Of one account or of all, 100 at most. Days are those of `zone`, else the account's own as its limits or its
        firm say, else those of UTC. The newest snapshot ends the history, whether its minute is over or not.
        """
        async with snapshot(self._pool) as connection:
            rows = (await connection.fetch(self._sql["accounts"], account))[:ACCOUNTS_MAX]
            return [
                await self._history(connection, row, since=since, until=until, zone=zone, now=now)
                for row in rows
            ]

    async def _history(
        self,
        connection: asyncpg.Connection,
        row: Mapping[str, Any],
        *,
        since: datetime | None,
        until: datetime | None,
        zone: str | None,
        now: datetime,
    ) -> AccountEquity:
        account = row["account"]
        bounds = (account, since, until)
        count = await connection.fetchval(self._sql["count"], *bounds)
        width_s = AS_KEPT_S if count <= SPANS_MAX else QUARTER_S
        found = await connection.fetch(self._sql["spans"], *bounds, width_s)
        spans = [EquitySpan(**item) for item in found]
        last = decode_account_state(row)
        if last is not None and _is_asked(last.taken_at, since, until):
            spans = with_last(spans, last)
        moves, bookings = [], []
        if spans:
            moves = await connection.fetch(
                self._sql["moves"], account, spans[0].began_at - NEAR, spans[-1].ended_at + NEAR
            )
            bookings = await connection.fetch(self._sql["bookings"], account)
        own_zone, reset_at = day_of_account(row["limits"])
        return account_equity(
            account,
            currency=row["currency"],
            zone=zone or own_zone,
            reset_at=time(0) if zone else reset_at,
            spans=spans,
            flows=flows_of(
                spans,
                moves=[BalanceMove(**move) for move in moves],
                bookings=[
                    Booking(
                        at=item["at"], kind=item["kind"] or "",
                        amount=parse_decimal(item["amount"], field="amount") if item["amount"] else ZERO,
                    )
                    for item in bookings
                ],
                now=now,
            ),
        )  # fmt: skip


def day_of_account(limits: Mapping[str, Any]) -> tuple[str, time]:
    """When an account's day begins, as whoever keeps its anchors counts it: the firm's before the operator's own."""
    stated = decode_limits(limits)
    if stated.firm is not None:
        return stated.firm.rules.timezone, stated.firm.rules.reset_at
    return ZoneInfo(stated.risk.day_timezone or "UTC").key, time(0)


def _is_asked(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return (since is None or at >= since) and (until is None or at < until)


def with_last(spans: Sequence[EquitySpan], last: AccountSnapshot) -> list[EquitySpan]:
    """The spans and, after them, the newest snapshot, if it is not in them."""
    if spans and last.taken_at <= spans[-1].ended_at:
        return list(spans)
    at, equity = last.taken_at, last.equity
    return [
        *spans,
        EquitySpan(
            began_at=at, ended_at=at, first_balance=last.balance, first_equity=equity, low_equity=equity,
            low_at=at, high_equity=equity, high_at=at, balance=last.balance, equity=equity, credit=last.credit,
        ),
    ]  # fmt: skip
