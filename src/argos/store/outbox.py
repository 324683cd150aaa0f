"""Steps of the outbox that failed: tried again later, and at last set aside for a person."""

import asyncpg

from argos.store.database import queries
from argos.store.lanes import transaction


async def postpone(
    pool: asyncpg.Pool,
    outbox_ids: list[int],
    *,
    error: str,
    delay_s: float,
    attempts_max: int,
) -> bool:
    """Try these later; True when one was tried often enough: it is set aside, and an alarm says so."""
    async with transaction(pool) as connection:
        rows = await connection.fetch(
            queries("decisions")["postpone"], outbox_ids, error[:500], delay_s, attempts_max
        )
        dead = [row for row in rows if row["topic"].startswith("dead:")]
        for row in dead:
            await connection.execute(
                "INSERT INTO alarms (code, text) VALUES ('STEP_GIVEN_UP', $1)",
                f"outbox={row['outbox_id']}, topic={row['topic']}, error={error[:300]}",
            )
    return bool(dead)
