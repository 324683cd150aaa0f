"""`argos risk closes`: the daily closes that correlations and volatilities are judged by."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import known_home
from argos.cli.frame.groups import group, show_rows, with_control
from argos.cli.frame.printing import AsJson, clock_time
from argos.store.closes import listed
from argos.store.control import ControlStore

IMPORT: Final = "argos.cli.risk.closes_import"
COLUMNS: Final = ("symbol", "source", "first day", "last day", ">days", "last written (UTC)")
NAMES: Final = ("symbol", "source", "first_day", "last_day", "days", "recorded_at")


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "closes",
        listing=list_closes,
        text="Daily closing prices, by which correlations and volatilities are judged: list, import.",
        parent="risk",
    )
    noun.command(
        "import",
        epilog="Examples: `argos risk closes import prices.csv`; `... AAPL.csv --source desk --zone America/New_York`.",
    )(import_closes)


def list_closes(context: typer.Context, as_json: AsJson = False) -> None:
    """Symbols and sources, with the days that are stored. A decision takes one source for a symbol: see docs."""

    async def work(control: ControlStore) -> Any:
        async with control.transaction() as connection:
            return await listed(connection)

    rows = with_control(context, work)
    if not as_json:
        rows = [{**row, "recorded_at": clock_time(str(row["recorded_at"]))} for row in rows]
    show_rows("daily closes", COLUMNS, rows, names=NAMES, as_json=as_json)


def import_closes(
    context: typer.Context,
    file: Annotated[
        str, typer.Argument(help="Bars as backtests read them, daily or shorter.", metavar="FILE")
    ],
    source: Annotated[
        str | None, typer.Option(help="What the closes are kept under; else the file's name.")
    ] = None,
    zone: Annotated[
        str | None, typer.Option(help="Whose days: an IANA time zone; else UTC.", metavar="ZONE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Add the closes of a CSV or Parquet file. What is stored of a symbol, source and day already stays as it is."""
    words = ["import", file, "--source", source or Path(file).stem]
    words += ["--zone", zone] if zone else []
    become(known_home(context), IMPORT, [*words, "--json"] if as_json else words)
