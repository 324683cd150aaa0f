"""Legs in the database: read their stories in bulk, store results as revisions."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import Intent, OrderType, Side
from argos.core.order import FINAL_STATUSES, CommandKind, FactKind, Order, OrderRole
from argos.protocol.intent_store import decode_intent
from argos.reconcile.revision import Revision
from argos.reconcile.story import Denial, FactRecord, LegExecution, LegStory, OrderRecord
from argos.store.database import queries
from argos.store.lanes import transaction
from argos.store.outbox import postpone

LegKey = tuple[str, str]
"""(trade_id, account)"""

# A lookup takes a tenth of the time of an enumeration's call, and a leg has thirty of them.
_FACT_KIND: Final = {kind.value: kind for kind in FactKind}
_COMMAND_KIND: Final = {kind.value: kind for kind in CommandKind}
_SIDE: Final = {side.value: side for side in Side}
_ENTRY: Final = {entry.value: entry for entry in Entry}
_REASON: Final = {reason.value: reason for reason in FillReason}
_ROLE: Final = {role.value: role for role in OrderRole}
_ORDER_TYPE: Final = {kind.value: kind for kind in OrderType}
_FACT_KINDS: Final = list(_FACT_KIND)
_ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LegHead:
    """The newest stored revision of a leg."""

    revision: int
    digest: str


class LegStore:
    """Stories in, revisions out; all calls run in the caller's transaction."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("legs")

    def transaction(self) -> Any:
        return transaction(self._pool)

    async def claim(
        self, connection: asyncpg.Connection, *, limit: int
    ) -> tuple[list[int], list[LegKey]]:
        """Outbox ids, locked, and the legs they speak of, each once."""
        rows = await connection.fetch(self._sql["claim"], limit)
        keys = dict.fromkeys((row["trade_id"], row["account"]) for row in rows)
        return [row["outbox_id"] for row in rows], list(keys)

    async def stories(
        self, connection: asyncpg.Connection, keys: Sequence[LegKey]
    ) -> Iterator[LegStory]:
        """All that is known of each leg. A leg without orders and executions has its denials alone.

        Each is put together when it is asked for, so that no more than one stands in memory.
        """
        trades, accounts = [key[0] for key in keys], [key[1] for key in keys]
        orders = await connection.fetch(self._sql["orders"], trades, accounts)
        facts = await connection.fetch(
            self._sql["facts"], [row["order_id"] for row in orders], _FACT_KINDS
        )
        executions = await connection.fetch(self._sql["executions"], trades, accounts)
        intents = await connection.fetch(
            self._sql["intents"], list(set(trades)), list({row["intent_id"] for row in orders})
        )
        refusals = await connection.fetch(self._sql["refusals"], list(set(trades)))
        terms = await connection.fetch(self._sql["accounts"], list(set(accounts)))
        return _told(
            keys,
            orders=orders,
            facts=facts,
            executions=executions,
            intents=intents,
            refusals=refusals,
            terms={row["account"]: _Terms(row) for row in terms},
        )

    async def heads(
        self, connection: asyncpg.Connection, keys: Sequence[LegKey]
    ) -> dict[LegKey, LegHead]:
        rows = await connection.fetch(
            self._sql["heads"], [key[0] for key in keys], [key[1] for key in keys]
        )
        return {
            (row["trade_id"], row["account"]): LegHead(
                revision=row["revision"], digest=row["digest"]
            )
            for row in rows
        }

    async def sharing(self, connection: asyncpg.Connection, keys: Sequence[LegKey]) -> set[LegKey]:
        """Those that shared a net position with other trades."""
        rows = await connection.fetch(
            self._sql["sharing"], [key[0] for key in keys], [key[1] for key in keys]
        )
        return {(row["trade_id"], row["account"]) for row in rows}

    async def save(self, connection: asyncpg.Connection, revisions: Sequence[Revision]) -> None:
        """Store new revisions, each with its content digest."""
        legs = [revision.leg for revision in revisions]
        await connection.execute(
            self._sql["save"],
            [leg.trade_id for leg in legs],
            [leg.account for leg in legs],
            [leg.revision for leg in legs],
            [leg.symbol for leg in legs],
            [leg.bot_version for leg in legs],
            [leg.outcome.value for leg in legs],
            [revision.digest for revision in revisions],
            [orjson.Fragment(revision.document) for revision in revisions],
            [leg.reconciled_at for leg in legs],
        )

    async def finish(self, connection: asyncpg.Connection, outbox_ids: list[int]) -> None:
        await connection.execute(self._sql["finish"], outbox_ids)

    async def postpone(
        self, outbox_ids: list[int], *, error: str, delay_s: float, attempts_max: int
    ) -> bool:
        return await postpone(
            self._pool, outbox_ids, error=error, delay_s=delay_s, attempts_max=attempts_max
        )


class _Terms:
    """What an account's own terms and its positions say about its legs."""

    def __init__(self, row: Mapping[str, Any]) -> None:
        self.currency: str = row["currency"]
        self._instruments: Mapping[str, Any] = row["instruments"] or {}
        self.positions = {item["position_id"]: item for item in row["positions"] or ()}
        self.positions_at = row["positions_at"]

    def unit_value(self, symbol: str) -> Decimal:
        found = self._instruments.get(symbol)
        return Decimal(found["unit_value"]) if found else _ONE


def _told(
    keys: Sequence[LegKey],
    *,
    orders: Sequence[Any],
    facts: Sequence[Any],
    executions: Sequence[Any],
    intents: Sequence[Any],
    refusals: Sequence[Any],
    terms: Mapping[str, _Terms],
) -> Iterator[LegStory]:
    facts_of = _grouped(facts, "order_id")
    executions_of = _grouped(executions, "trade_id")
    orders_of = _grouped(orders, "trade_id")
    by_id: dict[UUID, Intent] = {}
    by_trade: dict[str, list[UUID]] = defaultdict(list)
    for row in intents:
        by_id[row["intent_id"]] = decode_intent(row["body"], sequence=row["sequence"])
        by_trade[row["trade_id"]].append(row["intent_id"])
    denials: dict[LegKey, list[Denial]] = defaultdict(list)
    for row in refusals:
        denials[row["trade_id"], row["account"]].append(
            Denial(intent_id=row["intent_id"], code=row["code"], text=row["text"])
        )
    for key in keys:
        trade_id, account = key
        rows, own_terms = orders_of.get(key, ()), terms[account]
        fills = [read_execution(row) for row in executions_of.get(key, ())]
        positions = _settled_positions(rows, fills, own_terms)
        wanted = dict.fromkeys([*by_trade[trade_id], *[row["intent_id"] for row in rows]])
        symbol = rows[0]["symbol"] if rows else (fills[0].execution.symbol if fills else "")
        yield LegStory(
            trade_id=trade_id,
            account=account,
            currency=own_terms.currency,
            unit_value=own_terms.unit_value(symbol),
            intents=tuple([by_id[intent_id] for intent_id in wanted]),
            orders=tuple(
                [
                    _order_record(row, facts=_facts(facts_of, row), positions=positions)
                    for row in rows
                ]
            ),
            executions=tuple(fills),
            denials=tuple(denials[key]),
        )


_Grouped = Mapping[tuple[Any, str], Sequence[Any]]
"""Rows by something and their account."""


def _grouped(rows: Sequence[Any], name: str) -> _Grouped:
    groups: dict[tuple[Any, str], list[Any]] = {}
    for row in rows:
        key = (row[name], row["account"])
        group = groups.get(key)
        if group is None:
            groups[key] = [row]
        else:
            group.append(row)
    return groups


def _facts(facts_of: _Grouped, order: Mapping[str, Any]) -> tuple[FactRecord, ...]:
    return tuple(
        [read_fact(row) for row in facts_of.get((order["order_id"], order["account"]), ())]
    )


async def order_records(
    connection: asyncpg.Connection, rows: Sequence[Mapping[str, Any]]
) -> list[OrderRecord]:
    """Orders, as `SELECT o.*, effective_qty` gave them, with all their facts."""
    ids = [row["order_id"] for row in rows]
    facts = await connection.fetch(queries("legs")["facts"], ids, _FACT_KINDS)
    facts_of = _grouped(facts, "order_id")
    return [_order_record(row, facts=_facts(facts_of, row), positions={}) for row in rows]


def _settled_positions(
    rows: Sequence[Mapping[str, Any]], executions: Sequence[LegExecution], terms: _Terms
) -> dict[UUID, Mapping[str, Any]]:
    """The position that each order opened, where a scan shows it that came after all fills of the leg.

    While an exit is on its way the position is not settled: a venue may take its stop off first.
    """
    seen_at = terms.positions_at
    if seen_at is None or any(item.received_at >= seen_at for item in executions):
        return {}
    closing = {row["closes_order_id"] for row in rows if row["status"] not in FINAL_STATUSES}
    return {
        item.order_id: terms.positions[item.execution.position_id]
        for item in executions
        if item.order_id is not None
        and item.order_id not in closing
        and item.execution.entry is Entry.IN
        and item.execution.position_id in terms.positions
    }


def read_order(row: Mapping[str, Any]) -> Order:
    """An order from its columns."""
    return Order(
        order_id=row["order_id"],
        intent_id=row["intent_id"],
        trade_id=row["trade_id"],
        account=row["account"],
        route=row["route"],
        role=_ROLE[row["role"]],
        symbol=row["symbol"],
        side=_SIDE[row["side"]],
        order_type=_ORDER_TYPE[row["order_type"]],
        qty=row["qty"],
        price=row["price"],
        stop_limit_price=row["stop_limit_price"],
        sl=row["sl"],
        tp=row["tp"],
        valid_until=row["valid_until"],
        magic=row["magic"],
        client_order_id=row["client_order_id"],
        planned_at=row["planned_at"],
        denial_code=row["denial_code"],
        denial_text=row["denial_text"],
        closes_order_id=row["closes_order_id"],
    )


def _order_record(
    row: Mapping[str, Any],
    *,
    facts: tuple[FactRecord, ...],
    positions: Mapping[UUID, Mapping[str, Any]],
) -> OrderRecord:
    position = positions.get(row["order_id"])
    return OrderRecord(
        order=read_order(row),
        effective_qty=row["effective_qty"],
        facts=facts,
        position_seen=position is not None,
        position_sl=_level(position, "sl"),
        position_tp=_level(position, "tp"),
    )


def _level(position: Mapping[str, Any] | None, name: str) -> Decimal | None:
    return Decimal(position[name]) if position and position.get(name) else None


def read_fact(row: Mapping[str, Any]) -> FactRecord:
    return FactRecord(
        _FACT_KIND[row["kind"]],
        _COMMAND_KIND[row["command_kind"] or "submit"],
        row["command_id"],
        row["at"],
        row["recorded_at"],
        row["body"],
    )


def read_execution(row: Mapping[str, Any]) -> LegExecution:
    return LegExecution(
        execution=Execution(
            venue_exec_id=row["venue_exec_id"],
            venue_order_id=row["venue_order_id"],
            position_id=row["position_id"],
            symbol=row["symbol"],
            side=_SIDE[row["side"]],
            entry=_ENTRY[row["entry"]],
            price=row["fill_price"],
            qty=row["fill_qty"],
            commission=row["commission"],
            swap=row["swap"],
            fee=row["fee"],
            profit=row["profit"],
            reason=_REASON[row["reason"]],
            occurred_at=row["timestamp_broker"],
            magic=row["magic"],
            client_order_id=row["client_order_id"],
            comment=row["comment"],
        ),
        order_id=row["order_id"],
        opening_order_id=row["opening_order_id"],
        received_at=row["received_at"],
        bid_at_send=row["bid_at_send"],
        ask_at_send=row["ask_at_send"],
    )
