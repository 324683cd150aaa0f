"""`argos export` as a program of its own: stored data into a file."""

import asyncio
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from argos.cli.frame.database import database_access
from argos.cli.frame.entrance import Entrance, choose_home, known_home
from argos.cli.frame.printing import AsJson, messages, print_json, screen
from argos.protocol.values import optional_moment
from argos.stack.home import Home
from argos.store.exporting import Dataset, ExportReport, FileFormat, export

READER: Final = "argos_reader"
app = typer.Typer(
    name="argos",
    cls=Entrance,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def choose(
    context: typer.Context,
    home: Annotated[Path | None, typer.Option(help="The Argos home.", metavar="PATH")] = None,
) -> None:
    """Stored data into a file."""
    choose_home(context, home)


@app.command(
    "export",
    epilog="Examples: `argos export legs --out legs.csv`; "
    "`argos export executions --format parquet --out fills.parquet --since 2026-11-01T00:00:00Z`.",
)
def export_command(
    context: typer.Context,
    dataset: Annotated[Dataset, typer.Argument(help="What to write.", metavar="DATASET")],
    out: Annotated[Path, typer.Option(help="The file, replaced as a whole.", metavar="FILE")],
    file_format: Annotated[
        FileFormat | None,
        typer.Option("--format", help="Else by the file's name: CSV unless .parquet."),
    ] = None,
    since: Annotated[
        str | None, typer.Option(help="From this moment on, such as 2026-11-20T00:00:00Z.")
    ] = None,
    until: Annotated[str | None, typer.Option(help="Before this moment.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write alerts, intents, orders, executions, execution_shares, legs, discrepancies or equity to a file.

    One moment's picture, streamed; the file is complete or not there. Decimals keep every digit.
    """
    home = known_home(context)
    chosen = file_format or (FileFormat.PARQUET if out.suffix == ".parquet" else FileFormat.CSV)
    moments = {
        "since": optional_moment(since, field="--since"),
        "until": optional_moment(until, field="--until"),
    }
    with _bar(shown=not as_json) as bar:
        report = asyncio.run(_export(home, bar, dataset=dataset, path=out, kind=chosen, **moments))
    document: dict[str, Any] = {
        "dataset": dataset.value,
        "format": chosen.value,
        "path": str(report.path),
        "rows": report.rows,
    }
    if as_json:
        print_json(document)
        return
    screen().print(f"{report.rows:,} rows of {dataset.value} in {report.path}", soft_wrap=True)


def _bar(*, shown: bool) -> Progress:
    """How many rows there will be is known at the end only."""
    return Progress(
        BarColumn(),
        TextColumn("{task.completed:,} rows"),
        TimeElapsedColumn(),
        console=messages(),
        disable=not shown,
        transient=True,
    )


async def _export(
    home: Home,
    bar: Progress,
    *,
    dataset: Dataset,
    path: Path,
    kind: FileFormat,
    since: datetime | None,
    until: datetime | None,
) -> ExportReport:
    task = bar.add_task("export", total=None)

    def tell(rows: int) -> None:
        bar.update(task, completed=rows)

    async with database_access(home) as access:
        return await export(
            access.as_role(READER),
            dataset=dataset,
            path=path,
            format=kind,
            since=since,
            until=until,
            progress=tell,
        )


if __name__ == "__main__":
    app()
