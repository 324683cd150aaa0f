"""Attacks on rows, with the triggers switched off as the owner of a database could: each must be named."""

import asyncpg
import pytest

from argos.store.audit import verify_chain
from argos.store.audit_chain import FindingKind
from fresh_database import FreshDatabase
from truth_rows import KEY_COLUMNS, ROWS, content_columns

pytestmark = pytest.mark.integration

TABLES = sorted(KEY_COLUMNS)
OTHER_VALUE = {
    "text": "coalesce({c}, '') || '!'",
    "uuid": "gen_random_uuid()",
    "timestamp with time zone": "coalesce({c}, now()) + interval '1 microsecond'",
    "numeric": "coalesce({c}, 0) + 0.01",
    "bigint": "coalesce({c}, 0) + 1000",
    "integer": "coalesce({c}, 0) + 1000",
    "jsonb": "jsonb_build_object('was', {c})",
    "bytea": "{c} || '\\x00'",
    "boolean": "NOT {c}",
}
Found = set[tuple[str, str | None, FindingKind]]


async def found(database: FreshDatabase) -> Found:
    report = await verify_chain(database.dsn("argos_audit"))
    return {(finding.subject, finding.key, finding.kind) for finding in report.findings}


async def rows_of(connection: asyncpg.Connection, table: str) -> list[tuple[str, str]]:
    """(ctid, key as the log names it) of every row."""
    columns = KEY_COLUMNS[table]
    if table in {"facts", "executions", "execution_shares"}:
        columns = columns[1:]  # the account is in the stream's name
    key = (
        f"{columns[0]}::text"
        if len(columns) == 1
        else f"json_build_array({', '.join(columns)})::text"
    )
    rows = await connection.fetch(
        f"SELECT ctid::text, {key} AS key FROM {table} ORDER BY {table}.ctid"
    )
    return [(row["ctid"], row["key"]) for row in rows]


async def test_an_edit_of_any_column_of_any_table_is_found(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    edited: Found = set()
    for table in TABLES:
        columns = await content_columns(attacker, table)
        assert 0 < len(columns) <= ROWS
        rows = await rows_of(attacker, table)
        for (row, key), (column, kind) in zip(rows, columns.items(), strict=False):
            changed = OTHER_VALUE[kind].format(c=column)
            await attacker.execute(
                f"UPDATE {table} SET {column} = {changed} WHERE ctid = '{row}'::tid"
            )
            edited.add((table, key, FindingKind.EDITED))
    assert await found(database) == edited


async def test_a_deleted_row_of_any_table_is_found(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    deleted: Found = set()
    for table in TABLES:
        row, key = (await rows_of(attacker, table))[3]
        await attacker.execute(f"DELETE FROM {table} WHERE ctid = '{row}'::tid")
        deleted.add((table, key, FindingKind.DELETED))
    assert await found(database) == deleted


async def test_a_row_put_in_behind_the_triggers_is_found_in_any_table(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    inserted: Found = set()
    for table in TABLES:
        await attacker.execute(f"CREATE TEMP TABLE forged AS SELECT * FROM {table} LIMIT 1")
        await attacker.execute("UPDATE forged SET " + FORGED_KEYS[table])
        await attacker.execute(f"INSERT INTO {table} SELECT * FROM forged; DROP TABLE forged")
        _, key = (await rows_of(attacker, table))[-1]
        inserted.add((table, key, FindingKind.INSERTED))
    assert await found(database) == inserted


async def test_two_rows_that_were_exchanged_are_found_in_any_table(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    swapped: Found = set()
    for table in TABLES:
        # rows 2 and 4 of the facts belong to one account
        _, one, _, other, *_ = await rows_of(attacker, table)
        await drop_unique_constraints(attacker, table)
        await attacker.execute(f"CREATE TEMP TABLE before AS SELECT ctid AS place, * FROM {table}")
        columns = await content_columns(attacker, table)
        assignments = ", ".join(f"{column} = b.{column}" for column in columns)
        for (to, _), (of, _) in ((one, other), (other, one)):
            await attacker.execute(
                f"UPDATE {table} SET {assignments} FROM before b "
                f"WHERE {table}.ctid = '{to}'::tid AND b.place = '{of}'::tid"
            )
        await attacker.execute("DROP TABLE before")
        swapped |= {(table, key, FindingKind.SWAPPED) for _, key in (one, other)}
    assert await found(database) == swapped


async def test_a_row_that_changed_its_account_is_found_at_both(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    await attacker.execute("UPDATE executions SET account = 'two' WHERE venue_exec_id = 'exec,5'")
    report = await verify_chain(database.dsn("argos_audit"))
    assert {(finding.stream, finding.kind) for finding in report.findings} == {
        ("executions:one", FindingKind.DELETED),
        ("executions:two", FindingKind.INSERTED),
    }


async def drop_unique_constraints(connection: asyncpg.Connection, table: str) -> None:
    names = await connection.fetch(
        "SELECT conname FROM pg_constraint WHERE contype = 'u' AND conrelid = $1::text::regclass",
        table,
    )
    for row in names:
        await connection.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{row["conname"]}" CASCADE')


FORGED_KEYS = {
    "alerts": "alert_id = gen_random_uuid()",
    "intents": "intent_id = gen_random_uuid(), event_id = gen_random_uuid(), sequence = 1000",
    "orders": "order_id = gen_random_uuid(), magic = 1000, client_order_id = 'forged'",
    "leg_refusals": "code = 'FORGED'",
    "facts": "fact_id = gen_random_uuid()",
    "executions": "venue_exec_id = 'forged'",
    "execution_shares": "share = 1000",
    "reconciled_legs": "revision = 1000",
    "discrepancies": "discrepancy_id = gen_random_uuid(), occurrence = 1000",
    "discrepancy_resolutions": "discrepancy_id = gen_random_uuid()",
    "alarms": "alarm_id = 1000",
    "manual_decisions": "decision_id = gen_random_uuid()",
}


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("""'{"a": 1, "b": null}'""", """'{"a": 1}'"""),
        ("""'{"a": 1.5}'""", """'{"a": 1.50}'"""),
        ("""'{"a": "1"}'""", """'{"a": 1}'"""),
    ],
)
async def test_json_that_says_nearly_the_same_is_an_edit(
    attacker: asyncpg.Connection, database: FreshDatabase, before: str, after: str
) -> None:
    await attacker.execute("SET session_replication_role = origin")
    await attacker.execute(
        "INSERT INTO facts (account, fact_id, kind, at, body) "
        f"VALUES ('one', gen_random_uuid(), 'accepted', now(), {before})"
    )
    assert (await verify_chain(database.dsn("argos_audit"))).clean
    await attacker.execute("SET session_replication_role = replica")
    await attacker.execute(f"UPDATE facts SET body = {after} WHERE body = {before}")
    assert {
        finding.kind for finding in (await verify_chain(database.dsn("argos_audit"))).findings
    } == {FindingKind.EDITED}


async def test_a_number_that_gets_a_trailing_zero_is_an_edit(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    await attacker.execute("UPDATE orders SET qty = 1.5 WHERE magic = 7")
    assert [
        finding.kind for finding in (await verify_chain(database.dsn("argos_audit"))).findings
    ] == [FindingKind.EDITED]
