"""Sweep: find what never came. Reconciliation follows facts; this looks for those that are missing."""

import secrets
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Protocol
from uuid import UUID

from argos.core.account import AccountSnapshot
from argos.core.ids import fact_uuid
from argos.core.order import CommandKind, FactKind, OrderStatus
from argos.core.position import Position
from argos.flows.tick_values import tick_value_discrepancies
from argos.protocol.values import decimal_text, moment_text
from argos.reconcile.discrepancies import (
    SweepThresholds,
    UnfinishedExit,
    find_incomplete_exits,
    find_order_discrepancies,
    position_drift,
)
from argos.reconcile.discrepancy_codes import Discrepancy, DiscrepancyCode
from argos.reconcile.positions import PositionKey
from argos.reconcile.story import OrderRecord

EXPIRY_GRACE_S: Final = 1.0
"""An expired entry is left to its node's next poll this long; then the sweep ends it."""
SWEPT_CODES: Final = (
    DiscrepancyCode.NODE_ABSENT,
    DiscrepancyCode.SENT_UNKNOWN,
    DiscrepancyCode.DOUBT_UNRESOLVED,
    DiscrepancyCode.NEVER_FILLED,
    DiscrepancyCode.EXIT_INCOMPLETE,
    DiscrepancyCode.POSITION_DRIFT,
    DiscrepancyCode.TICK_VALUE_DIFFERS,
)
TERMS_EVERY: Final = timedelta(seconds=60)
"""No node reads its symbols' terms more often."""


class SweepStore(Protocol):
    """What sweeping needs of the database."""

    def transaction(self) -> AbstractAsyncContextManager[Any]: ...

    async def expired_commands(
        self, connection: Any, *, now: datetime
    ) -> Sequence[Mapping[str, Any]]: ...

    async def end_unsent(self, connection: Any, rows: Mapping[str, Any]) -> None: ...

    async def standing_orders(self, connection: Any, *, since: datetime) -> list[OrderRecord]: ...

    async def unfinished_exits(self, connection: Any) -> Sequence[UnfinishedExit]: ...

    async def derived_positions(
        self, connection: Any
    ) -> Mapping[str, Mapping[PositionKey, Decimal]]: ...

    async def observed_positions(
        self, connection: Any
    ) -> Sequence[tuple[str, bool, Sequence[Position]]]: ...

    async def account_snapshots(self, connection: Any) -> Sequence[AccountSnapshot]: ...


class DiscrepancyBook(Protocol):
    """Where discrepancies are opened and resolved, in the caller's transaction."""

    async def open_keys(self, connection: Any, *, codes: Sequence[str]) -> Mapping[str, UUID]: ...

    async def open_keys_of_legs(
        self, connection: Any, legs: Collection[tuple[str, str]], *, codes: Sequence[str]
    ) -> Mapping[str, UUID]: ...

    async def record(
        self,
        connection: Any,
        found: Sequence[Discrepancy],
        *,
        now: datetime,
        random_bits: Sequence[int],
    ) -> None: ...

    async def resolve(
        self, connection: Any, ids: Sequence[UUID], *, now: datetime, how: str
    ) -> None: ...


@dataclass(slots=True)
class Sweep:
    """Sweeps on a schedule. It remembers the drifts of its last look: one look alone proves nothing."""

    store: SweepStore
    book: DiscrepancyBook
    thresholds: SweepThresholds
    clock: Callable[[], datetime]
    _tick_values: Sequence[Discrepancy] = ()
    _terms_judged_at: datetime | None = None
    _drifts: frozenset[tuple[str, str, str]] = field(default_factory=frozenset)

    async def run_once(self) -> bool:
        """One sweep. Always False: there is never more to do at once."""
        await expire_unsent(self.store, now=self.clock())
        await self._find()
        return False

    async def _find(self) -> None:
        now = self.clock()
        shortest_s = min(
            self.thresholds.unclaimed_s_max,
            self.thresholds.unheard_s_max,
            self.thresholds.doubt_s_max,
            self.thresholds.unfilled_s_max,
        )
        async with self.store.transaction() as connection:
            orders = await self.store.standing_orders(
                connection, since=now - timedelta(seconds=shortest_s)
            )
            found = find_order_discrepancies(orders, now=now, thresholds=self.thresholds)
            found += find_incomplete_exits(
                await self.store.unfinished_exits(connection), now=now, thresholds=self.thresholds
            )
            found += self._confirmed(await _drifts(self.store, connection))
            found += await self._tick_values_now(connection, now=now)
            await sync_discrepancies(
                self.book,
                connection,
                found,
                known=await self.book.open_keys(
                    connection, codes=[code.value for code in SWEPT_CODES]
                ),
                now=now,
            )

    async def _tick_values_now(self, connection: Any, *, now: datetime) -> Sequence[Discrepancy]:
        if self._terms_judged_at is None or now - self._terms_judged_at >= TERMS_EVERY:
            snapshots = await self.store.account_snapshots(connection)
            self._tick_values, self._terms_judged_at = [*tick_value_discrepancies(snapshots)], now
        return self._tick_values

    def _confirmed(self, drifts: Sequence[Discrepancy]) -> list[Discrepancy]:
        """Those that the look before showed in the same way: fills on their way make a drift that passes."""
        before, self._drifts = self._drifts, frozenset(_shown(drift) for drift in drifts)
        return [drift for drift in drifts if _shown(drift) in before]


def _shown(drift: Discrepancy) -> tuple[str, str, str]:
    return drift.key, drift.expected["qty"], drift.observed["qty"]


async def _drifts(store: SweepStore, connection: Any) -> list[Discrepancy]:
    derived = await store.derived_positions(connection)
    return [
        drift
        for account, hedging, positions in await store.observed_positions(connection)
        for drift in position_drift(
            derived.get(account, {}), positions, account=account, hedging=hedging
        )
    ]


async def sync_discrepancies(
    book: DiscrepancyBook,
    connection: Any,
    found: Iterable[Discrepancy],
    *,
    known: Mapping[str, UUID],
    now: datetime,
) -> None:
    """Open what is new, resolve what is no longer found; `known` are the open ones, by key."""
    by_key = {item.key: item for item in found}
    fresh = [item for key, item in by_key.items() if key not in known]
    gone = [known[key] for key in known.keys() - by_key.keys()]
    if fresh:
        bits = [secrets.randbits(74) for _ in fresh]
        await book.record(connection, fresh, now=now, random_bits=bits)
    if gone:
        await book.resolve(connection, gone, now=now, how="no longer found")


async def expire_unsent(store: SweepStore, *, now: datetime) -> int:
    """End entries that no node took in time; returns how many."""
    async with store.transaction() as connection:
        rows = await store.expired_commands(connection, now=now - timedelta(seconds=EXPIRY_GRACE_S))
        if rows:
            await store.end_unsent(connection, _unsent_rows(rows, now=now))
    return len(rows)


def _unsent_rows(rows: Sequence[Mapping[str, Any]], *, now: datetime) -> dict[str, Any]:
    owned = [row for row in rows if row["kind"] in {CommandKind.SUBMIT, CommandKind.CLOSE}]
    return {
        "ended": [{"command_id": row["command_id"]} for row in rows],
        "facts": [_unsent_fact(row, now=now) for row in rows],
        "states": [
            {
                "order_id": row["order_id"],
                "status": OrderStatus.EXPIRED_UNSENT.value,
                "effective_qty": decimal_text(row["qty"]),
            }
            for row in owned
        ],
        "reconcile": [{"trade_id": row["trade_id"], "account": row["account"]} for row in rows],
    }


def _unsent_fact(row: Mapping[str, Any], *, now: datetime) -> dict[str, Any]:
    return {
        "account": row["account"],
        "fact_id": fact_uuid(
            account=row["account"], kind=FactKind.UNSENT.value, key=f"{row['command_id']}:"
        ),
        "kind": FactKind.UNSENT.value,
        "order_id": row["order_id"],
        "command_id": row["command_id"],
        "command_kind": row["kind"],
        "at": moment_text(now),
        "node": None,
        "epoch": None,
        "body": {
            "code": "NODE_ABSENT",
            "text": f"no node took it before {moment_text(row['valid_until'])}",
        },
    }
