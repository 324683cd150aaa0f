"""Numbered migrations: applied once, in order, each in its own transaction, and held against tampering."""

import hashlib
from dataclasses import dataclass
from importlib import resources
from typing import Final

import asyncpg

from argos.core.errors import InputError, StoreError
from argos.core.order import TRANSITIONS

SCHEMA: Final = "argos"
OWNER: Final = "argos_owner"
ROLES: Final = (
    "argos_gateway",
    "argos_dispatch",
    "argos_worker",
    "argos_strategy",
    "argos_reader",
    "argos_control",
    "argos_audit",
)
_LOCK_KEY: Final = 0x41_52_47_4F_53
_PREPARE: Final = f"""
CREATE SCHEMA IF NOT EXISTS {SCHEMA} AUTHORIZATION {OWNER};
CREATE TABLE IF NOT EXISTS {SCHEMA}.schema_migrations (
    version     integer PRIMARY KEY,
    name        text NOT NULL,
    checksum    text NOT NULL,
    applied_at  timestamptz NOT NULL DEFAULT now()
);
GRANT SELECT ON {SCHEMA}.schema_migrations TO PUBLIC;
"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Migration:
    version: int
    name: str
    sql: str

    @property
    def checksum(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def known_migrations() -> tuple[Migration, ...]:
    """All migrations that this version of Argos carries, by number."""
    folder = resources.files("argos.store").joinpath("migrations")
    files = sorted(
        (item for item in folder.iterdir() if item.name.endswith(".sql")),
        key=lambda item: item.name,
    )
    return tuple(
        Migration(version=int(item.name[:4]), name=item.name[5:-4], sql=item.read_text("utf-8"))
        for item in files
    )


async def create_roles(connection: asyncpg.Connection, *, passwords: dict[str, str]) -> None:
    """Create the owner and the login roles, or set their passwords anew. Needs CREATEROLE."""
    names = {row["rolname"] for row in await connection.fetch("SELECT rolname FROM pg_roles")}
    if OWNER not in names:
        await connection.execute(f"CREATE ROLE {OWNER} NOLOGIN")
    await connection.execute(f"GRANT {OWNER} TO CURRENT_USER")
    for role in ROLES:
        verb = "ALTER" if role in names else "CREATE"
        literal = await connection.fetchval("SELECT quote_literal($1::text)", passwords[role])
        await connection.execute(f"{verb} ROLE {role} LOGIN PASSWORD {literal}")


async def applied_versions(connection: asyncpg.Connection) -> dict[int, str]:
    """Version -> checksum of what the database holds; empty when it was never set up."""
    exists = await connection.fetchval("SELECT to_regclass('argos.schema_migrations') IS NOT NULL")
    if not exists:
        return {}
    rows = await connection.fetch("SELECT version, checksum FROM argos.schema_migrations")
    return {row["version"]: row["checksum"] for row in rows}


async def upgrade(connection: asyncpg.Connection) -> tuple[Migration, ...]:
    """Apply what is missing and return it. Raises InputError when an applied migration was changed since."""
    await connection.execute("SELECT pg_advisory_lock($1)", _LOCK_KEY)
    try:
        database = await connection.fetchval("SELECT quote_ident(current_database())")
        await connection.execute(f"GRANT CREATE ON DATABASE {database} TO {OWNER}")
        await connection.execute(f"SET ROLE {OWNER}")
        await connection.execute(_PREPARE)
        done = await applied_versions(connection)
        missing = []
        for migration in known_migrations():
            if migration.version in done:
                _require_unchanged(migration, applied_checksum=done[migration.version])
                continue
            await _apply(connection, migration)
            missing.append(migration)
        await _write_transitions(connection)
        return tuple(missing)
    except asyncpg.PostgresError as error:
        raise StoreError(f"migration failed: {error}", code="MIGRATION_FAILED") from error
    finally:
        await connection.execute("RESET ROLE")
        await connection.execute("RESET search_path")
        await connection.execute("SELECT pg_advisory_unlock($1)", _LOCK_KEY)


def _require_unchanged(migration: Migration, *, applied_checksum: str) -> None:
    if migration.checksum != applied_checksum:
        raise InputError(
            f"migration {migration.version:04d} was changed after it had been applied",
            code="MIGRATION_CHANGED",
            fix="install the version of Argos that set up this database, or restore the file",
        )


async def _apply(connection: asyncpg.Connection, migration: Migration) -> None:
    async with connection.transaction():
        await connection.execute(f"SET LOCAL search_path = {SCHEMA}")
        await connection.execute(migration.sql)
        await connection.execute(
            "INSERT INTO schema_migrations (version, name, checksum) VALUES ($1, $2, $3)",
            migration.version,
            migration.name,
            migration.checksum,
        )


async def _write_transitions(connection: asyncpg.Connection) -> None:
    """The database's copy of the order's rule book follows the code's."""
    async with connection.transaction():
        await connection.execute("DELETE FROM argos.order_transitions")
        await connection.executemany(
            "INSERT INTO argos.order_transitions VALUES ($1, $2, $3)",
            [
                (before.value, event.value, after.value)
                for before, steps in TRANSITIONS.items()
                for event, afters in steps.items()
                for after in sorted(afters)
            ],
        )
