"""Statements are planned once, often while the tables are empty: such a plan must still find rows by their keys."""

import asyncpg
import pytest

from argos.store.database import queries

pytestmark = pytest.mark.integration

# (file, statement, its parameters' types, the index to use, one that would read all rows of an account or a table)
CASES = [
    ("collecting", "order_facts", "text, uuid[], uuid[]", "orders_pkey", "orders_account_magic_key"),
    ("decisions", "open_entries", "text[]", "orders_pkey", "orders_by_time"),
    ("legs", "heads", "text[], text[]", "leg_heads_pkey", "leg_heads_by_time"),
    ("legs", "orders", "text[], text[]", "orders_by_trade", "orders_by_time"),
]  # fmt: skip


@pytest.mark.parametrize(("file", "name", "types", "wanted", "unwanted"), CASES)
async def test_rows_are_found_by_their_keys(
    superuser: asyncpg.Connection, file: str, name: str, types: str, wanted: str, unwanted: str
) -> None:
    await superuser.execute(
        "SET search_path = argos; SET plan_cache_mode = force_generic_plan; SET enable_seqscan = off;"
        " SET enable_hashjoin = off; SET enable_mergejoin = off"
    )
    await superuser.execute(f"PREPARE probe({types}) AS {queries(file)[name]}")
    values = ", ".join("NULL" for _ in types.split(","))
    rows = await superuser.fetch(f"EXPLAIN (COSTS OFF) EXECUTE probe({values})")
    plan = "\n".join(row[0] for row in rows)
    assert wanted in plan
    assert unwanted not in plan


async def test_what_doctor_asks_of_the_newest_orders_reads_no_table_whole(
    superuser: asyncpg.Connection,
) -> None:
    await superuser.execute("SET search_path = argos; SET enable_seqscan = off")
    rows = await superuser.fetch(f"EXPLAIN (COSTS OFF) {queries('inspection')['outcomes']}")
    plan = "\n".join(row[0] for row in rows)
    assert "Seq Scan" not in plan
    assert {"orders_by_time", "order_states_pkey", "facts_by_order"} <= set(plan.split())


async def test_no_index_by_time_serves_lookups_of_keys(superuser: asyncpg.Connection) -> None:
    columns = await superuser.fetch(
        "SELECT c.relname, i.indnkeyatts FROM pg_index i JOIN pg_class c ON c.oid = i.indexrelid"
        " WHERE c.relnamespace = 'argos'::regnamespace AND c.relname LIKE '%_by_time'"
    )
    assert {row["relname"]: row["indnkeyatts"] for row in columns if row["indnkeyatts"] > 1} == {}
