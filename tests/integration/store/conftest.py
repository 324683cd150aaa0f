from collections.abc import AsyncIterator

import asyncpg
import pytest

from fresh_database import FreshDatabase
from truth_rows import write_truth


@pytest.fixture
async def superuser(database: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    """Whoever owns the server: may do everything, triggers hold for them as for anybody."""
    connection = await asyncpg.connect(str(database.superuser))
    await connection.execute("SET search_path = argos")
    yield connection
    await connection.close()


@pytest.fixture
async def truth(superuser: asyncpg.Connection) -> asyncpg.Connection:
    """The superuser, in a database with rows in every table under the audit chain."""
    await write_truth(superuser)
    return superuser


@pytest.fixture
async def attacker(truth: asyncpg.Connection) -> asyncpg.Connection:
    """A superuser who has switched the triggers off and taken constraints and identities away."""
    await truth.execute("SET session_replication_role = replica")
    await truth.execute("""
        DO $$ DECLARE c record; BEGIN
            FOR c IN SELECT conrelid::regclass AS name, conname FROM pg_constraint
                     WHERE contype = 'c' AND connamespace = 'argos'::regnamespace LOOP
                EXECUTE format('ALTER TABLE %s DROP CONSTRAINT %I', c.name, c.conname);
            END LOOP;
        END $$;
        ALTER TABLE intents ALTER sequence DROP IDENTITY;
        ALTER TABLE alarms ALTER alarm_id DROP IDENTITY;
    """)
    return truth
