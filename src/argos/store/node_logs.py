"""Which log a node's session was held with, and how far the gateway has heard of it."""

from typing import Final
from uuid import UUID

import asyncpg

from argos.store.database import queries

_SQL: Final = queries("node_logs")


async def is_copy_of_log(
    connection: asyncpg.Connection, node: str, *, log_id: UUID, log_counter: int | None
) -> bool:
    """Whether requests were made under this log's id of which this log knows nothing: it is a copy, or an old state.

    `log_counter` is the highest counter that the log has given out; None says nothing. The session is locked until the
    commit, so that no further request comes between.
    """
    held = await connection.fetchrow(_SQL["lock_session"], node)
    if held is None or log_counter is None:
        return False
    return bool(held["log_id"] == log_id and held["counter"] > log_counter)


async def newest_epoch(connection: asyncpg.Connection, node: str) -> int:
    """The epoch of the node's newest session; 0 when it has none."""
    epoch: int | None = await connection.fetchval(_SQL["session"], node)
    return epoch or 0


async def commit_durably(connection: asyncpg.Connection) -> None:
    """Let the commit wait for the disk, whatever was said in this transaction before."""
    await connection.execute(_SQL["commit_durably"])
