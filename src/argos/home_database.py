"""The database of a home: where it is, who may enter it, and how it is made."""

from pathlib import Path
from typing import Final

import asyncpg

from argos.core.errors import InputError, StoreError
from argos.dsn import Access, Dsn, parse_dsn
from argos.settings import Settings
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home
from argos.store.database import CONNECTION_ERRORS
from argos.store.migrate import ROLES, Migration, create_roles, upgrade

DATABASE: Final = "argos"
_ADMIN_URL: Final = "database_admin_url"  # the name of the secret


def role_passwords(home: Home) -> dict[str, str]:
    """Password of each database role, generated at the first call."""
    return {role: home.secret(f"password_{role}") for role in ROLES}


def open_access(home: Home, settings: Settings) -> Access:
    """Access for a process. Raises InputError DATABASE_UNKNOWN before the home was set up."""
    url = settings.database.url or home.secrets().get(_ADMIN_URL, "")
    if not url:
        raise InputError(
            "this home has no database yet",
            code="DATABASE_UNKNOWN",
            fix="run `argos init`, or name one by ARGOS_DATABASE_URL",
        )
    return Access(dsn=parse_dsn(url).for_database(DATABASE), passwords=role_passwords(home))


def embedded_server(home: Home, settings: Settings) -> EmbeddedPostgres:
    binaries = settings.database.binaries
    return EmbeddedPostgres(home, bin_directory=Path(binaries) if binaries else None)


async def prepare_database(admin: Dsn, home: Home) -> tuple[Migration, ...]:
    """Create the database and the roles, apply what is missing, and remember where it is.

    `admin` must be allowed to create roles and databases. Returns the migrations that were applied now.
    """
    try:
        await _create_database(admin)
        connection = await asyncpg.connect(str(admin.for_database(DATABASE)), timeout=10)
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot prepare the database: {error}") from error
    try:
        await create_roles(connection, passwords=role_passwords(home))
        applied = await upgrade(connection)
    finally:
        await connection.close()
    home.set_secret(_ADMIN_URL, str(admin.for_database(DATABASE)))
    return applied


async def _create_database(admin: Dsn) -> None:
    try:
        connection = await asyncpg.connect(str(admin), timeout=10)
    except asyncpg.InvalidCatalogNameError:
        # the address names the database that is about to be made; every server has this one
        connection = await asyncpg.connect(str(admin.for_database("postgres")), timeout=10)
    try:
        known = await connection.fetchval(
            "SELECT count(*) FROM pg_database WHERE datname = $1", DATABASE
        )
        if not known:
            await connection.execute(f'CREATE DATABASE "{DATABASE}"')
    finally:
        await connection.close()
