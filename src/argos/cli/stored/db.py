"""`argos db`: the schema of the database."""

import asyncio
import os
from typing import Any, Final

import asyncpg
import typer

from argos.cli.frame.database import database_access
from argos.cli.frame.entrance import EXIT_ERROR, chosen_home, known_home
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.core.errors import StoreError
from argos.dsn import parse_dsn
from argos.home_database import embedded_server, prepare_database
from argos.settings import load_settings
from argos.stack.home import Home
from argos.store.database import open_connection
from argos.store.migrate import Migration, known_migrations

READER: Final = "argos_reader"


def register(app: typer.Typer) -> None:
    noun = typer.Typer(help="The database's schema: status, upgrade.", no_args_is_help=True)
    noun.command("status", epilog="Example: `argos db status`.")(status)
    noun.command("upgrade", epilog="Example: `argos db upgrade`.")(upgrade)
    app.add_typer(noun, name="db")


def status(context: typer.Context, as_json: AsJson = False) -> None:
    """Which migrations are applied. Exit code 1 if any is missing or was changed."""
    rows = asyncio.run(_states(known_home(context)))
    healthy = all(row["state"] == "applied" for row in rows)
    if as_json:
        print_json({"up_to_date": healthy, "items": rows})
    else:
        columns = (">version", "name", "state", "applied (UTC)")
        names = ("version", "name", "state", "applied_at")
        screen().print(
            table("migrations", columns, ([row[name] for name in names] for row in rows))
        )
    if not healthy:
        raise typer.Exit(EXIT_ERROR)


async def _states(home: Home) -> list[dict[str, Any]]:
    async with database_access(home) as access:
        connection = await open_connection(access.as_role(READER), name="cli")
        try:
            found = await connection.fetch(
                "SELECT version, name, checksum, applied_at FROM argos.schema_migrations"
            )
        except asyncpg.PostgresError as error:
            raise StoreError(f"cannot read the schema: {error}") from error
        finally:
            await connection.close()
    applied = {row["version"]: row for row in found}
    known = {item.version: item for item in known_migrations()}
    return [_state(version, known, applied) for version in sorted(known | applied)]


def _state(version: int, known: dict[int, Migration], applied: dict[int, Any]) -> dict[str, Any]:
    migration = known.get(version)
    if version not in applied:
        assert migration is not None, "a version is known, or applied"
        return {"version": version, "name": migration.name, "state": "missing", "applied_at": None}
    row = applied[version]
    if migration is None:
        state = "from a newer Argos"
    else:
        state = "applied" if row["checksum"] == migration.checksum else "changed since"
    return {
        "version": version,
        "name": row["name"],
        "state": state,
        "applied_at": f"{row['applied_at']:%Y-%m-%d %H:%M:%S}",
    }


def upgrade(context: typer.Context, as_json: AsJson = False) -> None:
    """Create the database and its roles if they are not there, and apply what is missing.

    With a PostgreSQL of your own this is the one command that uses the administrator's login
    (ARGOS_DATABASE_URL). Stop the other processes first.
    """
    home = Home.at(chosen_home(context).root)
    applied = asyncio.run(_upgrade(home))
    if as_json:
        print_json({"applied": [{"version": item.version, "name": item.name} for item in applied]})
        return
    names = ", ".join(f"{item.version:04d} {item.name}" for item in applied)
    screen().print(f"applied {names}" if names else "nothing was missing")


async def _upgrade(home: Home) -> tuple[Migration, ...]:
    settings = load_settings(home, os.environ)
    with home.lock():
        if settings.database.url:
            return await prepare_database(parse_dsn(settings.database.url), home)
        server = embedded_server(home, settings)
        try:
            return await prepare_database(await server.start(), home)
        finally:
            await server.stop()
