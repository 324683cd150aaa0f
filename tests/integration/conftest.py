"""What integration tests stand on: `database`, a fresh PostgreSQL database with schema and roles."""

import asyncio
from collections.abc import Iterator

import pytest

from argos.dsn import Dsn
from fresh_database import FreshDatabase, copy_template, drop, make_template


@pytest.fixture(scope="session")
def database_template(postgres_server: Dsn) -> FreshDatabase:
    """The migrated database that each test gets a copy of. Leave it as it is."""
    return asyncio.run(make_template(postgres_server))


@pytest.fixture
def database(postgres_server: Dsn, database_template: FreshDatabase) -> Iterator[FreshDatabase]:
    """A database of the test's own: `database.dsn("argos_reader")`, `database.superuser`."""
    fresh = asyncio.run(copy_template(database_template, server=postgres_server))
    try:
        yield fresh
    finally:
        asyncio.run(drop(fresh, server=postgres_server))
