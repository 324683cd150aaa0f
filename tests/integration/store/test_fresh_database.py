import asyncpg
import pytest

from argos.store.migrate import ROLES, applied_versions, known_migrations
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration


async def test_a_fresh_database_is_migrated_and_every_role_can_log_in(
    database: FreshDatabase,
) -> None:
    for role in ROLES:
        connection = await asyncpg.connect(str(database.dsn(role)))
        try:
            assert await connection.fetchval("SELECT session_user") == role
            versions = await applied_versions(connection)
        finally:
            await connection.close()
        assert sorted(versions) == [migration.version for migration in known_migrations()]


async def test_what_one_test_writes_the_next_does_not_see(database: FreshDatabase) -> None:
    connection = await asyncpg.connect(str(database.superuser))
    try:
        assert await connection.fetchval("SELECT count(*) FROM argos.accounts") == 0
        await connection.execute(
            "INSERT INTO argos.accounts (account, venue) VALUES ('one', 'paper')"
        )
    finally:
        await connection.close()
