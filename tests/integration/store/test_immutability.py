"""Facts are appended, never edited: not by the owner either, nor by the superuser."""

import asyncpg
import pytest

from argos.store.migrate import OWNER, ROLES
from fresh_database import FreshDatabase
from truth_rows import CHAINED_APART, KEY_COLUMNS

pytestmark = pytest.mark.integration

APPEND_ONLY = (*sorted(KEY_COLUMNS), *CHAINED_APART, "audit_log", "audit_subjects")
AUDITED_CONFIGURATION = (
    "accounts", "routes", "route_legs", "hooks", "hook_secrets", "api_keys", "halts", "nodes", "node_keys",
    "enrolment_codes",
)  # fmt: skip


async def attempts(connection: asyncpg.Connection, table: str) -> dict[str, str]:
    column = await connection.fetchval(
        """SELECT attname FROM pg_attribute
           WHERE attrelid = $1::text::regclass AND attnum > 0 AND attidentity = '' LIMIT 1""",
        f"argos.{table}",
    )
    return {
        "update": f"UPDATE argos.{table} SET {column} = {column}",
        "update of nothing": f"UPDATE argos.{table} SET {column} = {column} WHERE false",
        "delete": f"DELETE FROM argos.{table}",
        "truncate": f"TRUNCATE argos.{table} CASCADE",
    }


@pytest.mark.parametrize("who", ["postgres", OWNER])
async def test_triggers_refuse_every_change_to_whoever_has_the_rights(
    truth: asyncpg.Connection, who: str
) -> None:
    if who == OWNER:
        await truth.execute(f"SET ROLE {OWNER}")
    for table in APPEND_ONLY:
        before = await truth.fetchval(f"SELECT count(*) FROM argos.{table}")
        assert before > 0
        for statement in (await attempts(truth, table)).values():
            with pytest.raises(asyncpg.RestrictViolationError, match="FACT_IMMUTABLE"):
                await truth.execute(statement)
        assert await truth.fetchval(f"SELECT count(*) FROM argos.{table}") == before


@pytest.mark.parametrize("role", ROLES)
async def test_every_login_role_is_refused_every_change(
    truth: asyncpg.Connection, database: FreshDatabase, role: str
) -> None:
    connection = await asyncpg.connect(str(database.dsn(role)))
    try:
        for table in APPEND_ONLY:
            for statement in (await attempts(truth, table)).values():
                with pytest.raises(asyncpg.InsufficientPrivilegeError):
                    await connection.execute(statement)
    finally:
        await connection.close()


async def test_an_insert_that_would_overwrite_is_refused(truth: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="FACT_IMMUTABLE"):
        await truth.execute(
            """INSERT INTO facts SELECT * FROM facts
               ON CONFLICT (account, fact_id) DO UPDATE SET body = '{}'"""
        )


async def test_a_merge_that_would_overwrite_is_refused(truth: asyncpg.Connection) -> None:
    with pytest.raises(asyncpg.RestrictViolationError, match="FACT_IMMUTABLE"):
        await truth.execute(
            "MERGE INTO facts f USING facts g ON f.fact_id = g.fact_id WHEN MATCHED THEN UPDATE SET body = '{}'"
        )


async def test_the_heads_of_the_chain_cannot_be_taken_away(truth: asyncpg.Connection) -> None:
    for statement in ("DELETE FROM audit_heads", "TRUNCATE audit_heads"):
        with pytest.raises(asyncpg.RestrictViolationError, match="FACT_IMMUTABLE"):
            await truth.execute(statement)


async def test_configuration_cannot_be_emptied_without_a_trace(truth: asyncpg.Connection) -> None:
    for table in AUDITED_CONFIGURATION:
        with pytest.raises(asyncpg.RestrictViolationError, match="FACT_IMMUTABLE"):
            await truth.execute(f"TRUNCATE {table} CASCADE")


async def test_every_table_is_append_only_or_known_to_change(truth: asyncpg.Connection) -> None:
    """A new table must be thought about: under the chain, audited as configuration, or a projection or queue."""
    changing = {
        "account_anchors", "account_states", "commands", "leg_heads", "node_sessions", "order_states",
        "order_transitions", "outbox", "position_totals", "signal_services",
        "audit_heads", "schema_migrations",
    }  # fmt: skip
    rows = await truth.fetch(
        "SELECT relname FROM pg_class WHERE relnamespace = 'argos'::regnamespace AND relkind = 'r'"
    )
    # append-only outside the chain, or audited row by row
    feeds = {"daily_closes", "account_equity", "news_events"}
    assert {row["relname"] for row in rows} == {
        *APPEND_ONLY, *AUDITED_CONFIGURATION, *changing, *feeds,
    }  # fmt: skip
