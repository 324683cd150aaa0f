import asyncio

import asyncpg
import pytest

from argos.core.errors import InputError
from argos.core.order import TRANSITIONS
from argos.dsn import Dsn
from argos.store.migrate import applied_versions, known_migrations, upgrade
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration


async def test_a_second_upgrade_changes_nothing(superuser: asyncpg.Connection) -> None:
    objects = """
        SELECT relname::text AS name, relkind::text AS text FROM pg_class WHERE relnamespace = 'argos'::regnamespace
        UNION ALL SELECT tgname, pg_get_triggerdef(oid) FROM pg_trigger WHERE NOT tgisinternal
        UNION ALL SELECT proname, prosrc FROM pg_proc WHERE pronamespace = 'argos'::regnamespace
        UNION ALL SELECT 'step', t::text FROM order_transitions t
        UNION ALL SELECT 'entry', stream || seq FROM audit_log
        UNION ALL SELECT 'applied', m::text FROM schema_migrations m
        ORDER BY 1, 2
    """
    before = await superuser.fetch(objects)
    assert await upgrade(superuser) == ()
    await superuser.execute("SET search_path = argos")
    assert await superuser.fetch(objects) == before


async def test_two_upgrades_at_once_wait_for_each_other(
    database: FreshDatabase, postgres_server: Dsn
) -> None:
    admin = await asyncpg.connect(str(postgres_server))
    name = f"{database.superuser.database}_empty"
    await admin.execute(f"CREATE DATABASE {name}")
    try:
        connections = [
            await asyncpg.connect(str(postgres_server.for_database(name))) for _ in range(2)
        ]
        first, second = await _both(connections)
        assert {first, second} == {0, len(known_migrations())}
    finally:
        await admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        await admin.close()


async def _both(connections: list[asyncpg.Connection]) -> list[int]:
    async with asyncio.TaskGroup() as group:
        tasks = [group.create_task(upgrade(connection)) for connection in connections]
    for connection in connections:
        await connection.close()
    return [len(task.result()) for task in tasks]


def test_migrations_are_numbered_from_one_without_gaps() -> None:
    versions = [migration.version for migration in known_migrations()]
    assert versions == list(range(1, len(versions) + 1))


async def test_a_migration_that_was_changed_after_it_had_been_applied_is_refused(
    superuser: asyncpg.Connection,
) -> None:
    await superuser.execute("UPDATE schema_migrations SET checksum = 'other' WHERE version = 2")
    with pytest.raises(InputError, match=r"MIGRATION_CHANGED: migration 0002"):
        await upgrade(superuser)
    assert await superuser.fetchval("SELECT current_user") == "postgres"
    assert (
        await superuser.fetchval(
            "SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND pid = pg_backend_pid()"
        )
        == 0
    )


async def test_what_was_never_set_up_has_no_versions(postgres_server: Dsn) -> None:
    connection = await asyncpg.connect(str(postgres_server))
    try:
        assert await applied_versions(connection) == {}
    finally:
        await connection.close()


async def test_the_database_s_rule_book_is_that_of_the_code(superuser: asyncpg.Connection) -> None:
    rows = await superuser.fetch("SELECT from_status, event, to_status FROM order_transitions")
    assert {tuple(row) for row in rows} == {
        (before.value, event.value, after.value)
        for before, steps in TRANSITIONS.items()
        for event, afters in steps.items()
        for after in afters
    }


async def test_an_upgrade_brings_a_tampered_rule_book_back(superuser: asyncpg.Connection) -> None:
    before = await superuser.fetch("SELECT * FROM order_transitions ORDER BY 1, 2, 3")
    await superuser.execute("INSERT INTO order_transitions VALUES ('denied', 'fill', 'filled')")
    await upgrade(superuser)
    after = await superuser.fetch("SELECT * FROM argos.order_transitions ORDER BY 1, 2, 3")
    assert after == before
