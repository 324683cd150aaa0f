"""Lanes and node sessions in the database."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import asyncpg
import orjson

from argos.core.account import AccountSnapshot, Halt, HaltScope, TradingMode
from argos.core.errors import InputError, StoreError
from argos.protocol.snapshots import encode_instrument, encode_snapshot
from argos.store.database import CONNECTION_ERRORS, queries


def as_rows(rows: Mapping[str, Any]) -> orjson.Fragment:
    """Rows for `jsonb_to_recordset`: UUIDs and moments as text."""
    return orjson.Fragment(orjson.dumps(rows, default=str))


def read_halts(rows: Sequence[Mapping[str, Any]]) -> list[Halt]:
    return [
        Halt(
            scope=HaltScope(row["scope"]),
            key=row["key"],
            mode=TradingMode(row["mode"]),
            reason=row["reason"],
        )
        for row in rows
    ]


@asynccontextmanager
async def transaction(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """One transaction on a pooled connection. A database that is away becomes StoreError."""
    async with statements(pool) as connection, connection.transaction():
        yield connection


@asynccontextmanager
async def statements(pool: asyncpg.Pool) -> AsyncIterator[asyncpg.Connection]:
    """A pooled connection on which each statement is a transaction of its own. Errors as in `transaction`."""
    try:
        async with pool.acquire(timeout=5) as connection:
            yield connection
    except asyncpg.ForeignKeyViolationError as error:
        raise InputError(
            f"it refers to something that is not there: {error.detail}",
            code="REFERENCE_UNKNOWN",
            fix="add what it refers to first",
        ) from error
    except (asyncpg.DataError, asyncpg.IntegrityConstraintViolationError) as error:
        raise InputError(
            f"the database cannot hold this value: {error}",
            code="VALUE_UNSTORABLE",
            fix="send a value of the documented kind and size",
        ) from error
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"the transaction failed: {error}") from error


async def _roll_back(connection: asyncpg.Connection) -> None:
    """Ends a transaction of our own making; a connection on which that fails is not used again."""
    try:
        await connection.execute("ROLLBACK")
    except BaseException:
        connection.terminate()
        raise


@asynccontextmanager
async def opened_by(pool: asyncpg.Pool, begin: str) -> AsyncIterator[asyncpg.Connection]:
    """A transaction whose BEGIN travels in one message with what else `begin` says. Errors as in `transaction`."""
    async with statements(pool) as connection:
        try:
            await connection.execute(begin)
            yield connection
            await connection.execute("COMMIT")
        except BaseException:
            await _roll_back(connection)
            raise


@dataclass(frozen=True, slots=True, kw_only=True)
class KeyChanges:
    """Keys, by node and id, that are being exchanged: `unwanted` ones, and `successors` whose use ends another."""

    unwanted: frozenset[tuple[str, str]] = frozenset()
    successors: frozenset[tuple[str, str]] = frozenset()


NO_CHANGES: Final = KeyChanges()


class LaneStore:
    """Leases of commands, and the sessions of the nodes that ask for them."""

    def __init__(self, pool: asyncpg.Pool) -> None:
        self._pool = pool
        self._sql = queries("lanes")

    def transaction(self) -> Any:
        return transaction(self._pool)

    def statements(self) -> Any:
        return statements(self._pool)

    def leasing(self, *, patient: bool = True) -> AbstractAsyncContextManager[asyncpg.Connection]:
        """A transaction that a brake set meanwhile waits for, and that sees every brake set before."""
        begin = self._sql["begin_lease" if patient else "begin_lease_together"]
        return opened_by(self._pool, begin)

    async def node_keys(self) -> dict[str, tuple[str, tuple[bytes, ...]]]:
        """Node -> (account, its one or two live keys)."""
        async with self.transaction() as connection:
            rows = await connection.fetch(self._sql["node_keys"])
        return {row["node"]: (row["account"], tuple(row["keys"])) for row in rows}

    async def touch_node(
        self,
        connection: asyncpg.Connection,
        node: str,
        *,
        counter: int,
        in_flight: Sequence[UUID] = (),
        key_id: str | None = None,
    ) -> Mapping[str, Any] | None:
        """Note a request, signed by the key `key_id`; None when its counter does not rise or the node is not enabled.

        `anything_waits` in the row is as in `glance`.
        """
        row: Mapping[str, Any] | None = await connection.fetchrow(
            self._sql["touch_node"], node, counter, list(in_flight), key_id
        )
        return row

    async def hello(
        self,
        connection: asyncpg.Connection,
        node: str,
        *,
        log_id: UUID,
        version: str,
        terminal: Mapping[str, Any],
    ) -> int:
        """Begin a new session; returns its epoch, which fences all earlier ones."""
        epoch: int = await connection.fetchval(
            self._sql["hello"], node, log_id, version, dict(terminal)
        )
        return epoch

    async def save_state(
        self, connection: asyncpg.Connection, snapshot: AccountSnapshot, *, received_at: datetime
    ) -> None:
        instruments = {
            symbol: encode_instrument(item) for symbol, item in snapshot.instruments.items()
        }
        body = encode_snapshot(snapshot)
        del body["instruments"]
        await connection.execute(
            self._sql["save_state"],
            snapshot.account,
            body,
            instruments,
            snapshot.taken_at,
            received_at,
        )

    async def glance(self, session: Any, *, in_flight: Sequence[UUID]) -> Mapping[str, Any]:
        """The node's newest epoch, and whether its account has a command that it does not hold already."""
        async with self.statements() as connection:
            row: Mapping[str, Any] = await connection.fetchrow(
                self._sql["glance"], session.node, session.account, list(in_flight)
            )
        return row

    async def head_of_lanes(
        self, connection: asyncpg.Connection, askers: Sequence[Any], *, lease_s: float
    ) -> Mapping[str, Mapping[str, Any]]:
        """By account: its node's `epoch`, the `halts` in force, and the `commands`. Without those that have none."""
        asked = [
            {
                "account": asker.session.account,
                "node": asker.session.node,
                "log_id": asker.session.log_id,
                "in_flight": asker.in_flight,
            }
            for asker in askers
        ]
        rows = await connection.fetch(
            self._sql["head_of_lanes"], orjson.Fragment(orjson.dumps(asked, default=str)), lease_s
        )
        found: dict[str, dict[str, Any]] = {}
        for row in rows:
            if row["account"] not in found:
                halts = read_halts(row["halts"])
                found[row["account"]] = {"epoch": row["epoch"], "halts": halts, "commands": []}
            found[row["account"]]["commands"].append(row)
        return found

    async def save_lease(self, connection: asyncpg.Connection, rows: Mapping[str, Any]) -> None:
        await connection.execute(self._sql["save_lease"], as_rows(rows))

    async def enrol(self, code_hash: bytes, *, account: str, venue: str, key: bytes) -> str:
        """Use up a code and give its node this key. Raises InputError with ENROLMENT_REFUSED."""
        async with self.transaction() as connection:
            node = await connection.fetchval(self._sql["use_code"], code_hash, account, venue)
            slot = node and await connection.fetchval(self._sql["add_key"], node, key)
            if slot is None:
                raise InputError(
                    "the code is unknown, used, expired, or for another account or venue",
                    code="ENROLMENT_REFUSED",
                    fix="make a new one with `argos nodes enrol NODE`; a node has two keys at most",
                )
            await connection.execute(self._sql["begin_sessions"], node)
        return str(node)

    async def key_changes(self) -> KeyChanges:
        async with self.statements() as connection:
            rows = await connection.fetch(self._sql["key_changes"])
        return KeyChanges(
            unwanted=frozenset((row["node"], row["key_id"]) for row in rows if row["is_unwanted"]),
            successors=frozenset(
                (row["node"], row["key_id"]) for row in rows if row["is_successor"]
            ),
        )

    async def give_successor(self, node: str, *, key_id: str, key: bytes) -> str:
        """Make `key` the one that shall take the place of `key_id`; gives its id. Both work until it is used.

        Raises InputError NODE_REKEY_UNWANTED: the operator did not ask for it, or it has been done.
        """
        async with self.transaction() as connection:
            await connection.execute(self._sql["drop_other_keys"], node, key_id)
            successor: str | None = await connection.fetchval(
                self._sql["put_successor"], node, key_id, key
            )
            if successor is None:
                raise InputError(
                    f"no new key is wanted for {node}",
                    code="NODE_REKEY_UNWANTED",
                    fix="ask for one with `argos nodes rotate-key NODE`",
                )
        return successor

    async def end_replaced_key(self, node: str, *, key_id: str) -> str | None:
        """The successor `key_id` was used: what it replaces ends. Gives the ended key's id."""
        async with self.statements() as connection:
            ended: str | None = await connection.fetchval(
                self._sql["end_replaced_key"], node, key_id
            )
        return ended

    async def read_halts(self) -> list[Halt]:
        """The brakes in force."""
        async with self.statements() as connection:
            return read_halts(await connection.fetch(self._sql["halts"]))
