"""`argos risk closes import` as a program of its own: reading prices needs libraries that others need not wait for."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer
from rich.markup import escape

from argos.cli.frame.database import control_store
from argos.cli.frame.entrance import Entrance, choose_home, known_home
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.core.closes import SIMULATED
from argos.core.errors import InputError
from argos.prices.daily import daily_closes
from argos.prices.read import read_bars
from argos.prices.zones import zone_of
from argos.stack.home import Home
from argos.store.closes import CloseRow, put

app = typer.Typer(name="argos", cls=Entrance, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def choose(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The Argos home.", metavar="PATH")] = None,
) -> None:
    """Closing prices out of a file."""
    choose_home(context, home)


@app.command("import")
def import_closes(
    context: typer.Context,
    file: Annotated[str, typer.Argument()],
    source: Annotated[str, typer.Option()],
    zone: Annotated[str | None, typer.Option()] = None,
    as_json: AsJson = False,
) -> None:
    """Closing prices of a file into the database."""
    home = known_home(context)
    if source.startswith(SIMULATED) or not 0 < len(source) <= 64:
        raise InputError(
            f"{source!r} cannot name a source",
            code="CLOSES_SOURCE",
            field="--source",
            fix=f"1 to 64 characters that do not begin with {SIMULATED}",
        )
    where = None if zone is None else zone_of(zone)
    found = daily_closes(read_bars(file, zone=zone), zone=where)
    rows = [
        CloseRow(symbol, day, close, source)
        for symbol, closes in found.items()
        for day, close in closes.items()
    ]
    added = asyncio.run(_put(home, rows))
    document = {"source": source, "symbols": sorted(found), "rows": len(rows), "added": added}
    if as_json:
        print_json(document)
        return
    told = f"{added} closes of {len(found)} symbols added as [bold]{escape(source)}[/]"
    kept = len(rows) - added
    screen().print(f"{told}; {kept} were there already" if kept else told)


async def _put(home: Home, rows: list[CloseRow]) -> int:
    async with control_store(home) as control, control.transaction() as connection:
        return await put(connection, rows)


if __name__ == "__main__":
    app()
