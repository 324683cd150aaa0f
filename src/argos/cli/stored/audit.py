"""`argos audit`: is what is stored what was written?"""

import asyncio
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn

from argos.cli.frame.database import database_access
from argos.cli.frame.entrance import EXIT_ERROR, known_home
from argos.cli.frame.printing import AsJson, messages, print_json, screen, table
from argos.core.errors import InputError
from argos.stack.home import Home
from argos.store.audit import AuditProgress, AuditReport, verify_chain, write_anchor

ROLE: Final = "argos_audit"


def register(app: typer.Typer) -> None:
    noun = typer.Typer(help="The audit chain: verify, anchor.", no_args_is_help=True)
    noun.command(
        "verify",
        epilog="Examples: `argos audit verify`; `argos audit verify --anchor /safe/place/anchor.json`.",
    )(verify)
    noun.command("anchor", epilog="Example: `argos audit anchor /safe/place/anchor.json`.")(anchor)
    app.add_typer(noun, name="audit")


def verify(
    context: typer.Context,
    anchor: Annotated[
        Path | None,
        typer.Option(help="Heads noted before by `argos audit anchor`.", metavar="FILE"),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Read all facts again and compute the whole chain anew: finds edited, deleted, inserted and swapped rows.

    Exit code 1 if anything differs. A chain whose end was cut off shows only against an anchor that was kept
    elsewhere.
    """
    home = known_home(context)
    with _bars(shown=not as_json) as bars:
        report = asyncio.run(_verify(home, anchor, bars))
    if as_json:
        print_json(_document(report))
    else:
        _show(report)
    if not report.clean:
        raise typer.Exit(EXIT_ERROR)


def _bars(*, shown: bool) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        console=messages(),
        disable=not shown,
        transient=True,
    )


async def _verify(home: Home, anchor: Path | None, bars: Progress) -> AuditReport:
    stages: dict[str, TaskID] = {}

    def tell(progress: AuditProgress) -> None:
        if progress.stage not in stages:
            stages[progress.stage] = bars.add_task(progress.stage, total=progress.total)
        bars.update(stages[progress.stage], completed=progress.done, total=progress.total)

    async with database_access(home) as access:
        return await verify_chain(access.as_role(ROLE), anchor=anchor, progress=tell)


def _document(report: AuditReport) -> dict[str, Any]:
    return {
        "clean": report.clean,
        "complete": report.complete,
        "entries": report.entries,
        "rows": report.rows,
        "streams": len(report.heads),
        "findings": [
            {
                "kind": item.kind.value,
                "stream": item.stream,
                "seq": item.seq,
                "subject": item.subject,
                "key": item.key,
                "what": item.what,
            }
            for item in report.findings
        ],
    }


def _show(report: AuditReport) -> None:
    out = screen()
    counted = f"{report.entries:,} entries in {len(report.heads)} streams, {report.rows:,} rows"
    if report.clean:
        out.print(f"[bold green]clean[/]  {counted}: everything is as it was written")
        return
    columns = ("kind", "stream", ">entry", "table", "row", "what")
    rows = (
        (item.kind.value, item.stream, item.seq, item.subject, item.key, item.what)
        for item in report.findings
    )
    out.print(table("findings", columns, rows))
    out.print(f"[bold red]{len(report.findings)} findings[/]  {counted}")
    if not report.complete:
        out.print("there are more; these are the first")


def anchor(
    context: typer.Context,
    file: Annotated[Path, typer.Argument(help="Where to note the heads.", metavar="FILE")],
    as_json: AsJson = False,
) -> None:
    """Note the newest entry of every stream. Keep the file where the database's owner cannot write."""
    home = known_home(context)

    async def run() -> int:
        async with database_access(home) as access:
            return len(await write_anchor(access.as_role(ROLE), file))

    try:
        streams = asyncio.run(run())
    except OSError as error:
        raise InputError(
            f"cannot write {file}: {error}",
            code="FILE_NOT_WRITABLE",
            field="FILE",
            fix="name a file in a directory you can write to",
        ) from None
    if as_json:
        print_json({"anchor": str(file), "streams": streams})
        return
    screen().print(f"the ends of {streams} streams are noted in {file}", soft_wrap=True)
