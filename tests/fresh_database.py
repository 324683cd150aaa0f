"""A PostgreSQL database with Argos's schema and roles for one test: copied from a template, dropped after it."""

import itertools
import os
from dataclasses import dataclass

import asyncpg

from argos.dsn import Dsn
from argos.store.migrate import ROLES, create_roles, upgrade

_numbers = itertools.count(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class FreshDatabase:
    """Where the database is, for each role. `superuser` may do what no process of Argos can."""

    superuser: Dsn
    passwords: dict[str, str]

    def dsn(self, role: str) -> Dsn:
        """The address for one of `argos.store.migrate.ROLES`."""
        return self.superuser.for_role(role, password=self.passwords[role])


async def _run(dsn: Dsn, *statements: str) -> None:
    connection = await asyncpg.connect(str(dsn))
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()


async def make_template(server: Dsn, *, name: str = "") -> FreshDatabase:
    """Create the roles and a migrated database; others are copied from it while nobody is connected."""
    name = name or f"argos_template_{os.getpid()}"
    await _run(server, f"CREATE DATABASE {name}")
    template = FreshDatabase(
        superuser=server.for_database(name),
        # roles belong to the whole server: whoever makes them again must give them the same passwords
        passwords={role: f"{role}-of-the-tests" for role in ROLES},
    )
    connection = await asyncpg.connect(str(template.superuser))
    try:
        await create_roles(connection, passwords=template.passwords)
        await upgrade(connection)
    finally:
        await connection.close()
    return template


async def copy_template(template: FreshDatabase, *, server: Dsn) -> FreshDatabase:
    name = f"argos_{os.getpid()}_{next(_numbers)}"
    await _run(server, f"CREATE DATABASE {name} TEMPLATE {template.superuser.database}")
    return FreshDatabase(superuser=server.for_database(name), passwords=template.passwords)


async def drop(database: FreshDatabase, *, server: Dsn) -> None:
    await _run(server, f"DROP DATABASE IF EXISTS {database.superuser.database} WITH (FORCE)")
