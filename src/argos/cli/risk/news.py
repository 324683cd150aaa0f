"""`argos risk news`: the calendar of releases around which firms forbid trading."""

from pathlib import Path
from typing import Annotated, Any, Final

import typer

from argos.cli.frame.groups import group, show_rows, with_control
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.protocol.news_file import parse_news
from argos.protocol.values import optional_moment
from argos.store import news
from argos.store.control import ControlStore

COLUMNS: Final = ("at (UTC)", "title", "currencies", "past")
NAMES: Final = ("at", "title", "currencies", "is_past")


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "news",
        listing=list_news,
        text="Releases around which prop firms forbid trading: list, import, clear.",
        parent="risk",
    )
    noun.command("import", epilog="Example: `argos risk news import calendar.csv`.")(import_news)
    noun.command(
        "clear",
        epilog="Examples: `argos risk news clear`; `argos risk news clear --since 2026-12-01T00:00:00Z`.",
    )(clear)


def list_news(context: typer.Context, as_json: AsJson = False) -> None:
    """All events. They count for accounts under a plan with a news window (`argos risk firms`)."""

    async def work(control: ControlStore) -> Any:
        async with control.transaction() as connection:
            return await news.listed(connection)

    show_rows("news", COLUMNS, with_control(context, work), names=NAMES, as_json=as_json)


def import_news(
    context: typer.Context,
    file: Annotated[
        Path,
        typer.Argument(
            help="CSV with the columns at, title and currencies (USD;EUR; none means all).",
            metavar="FILE",
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Add the events of a file, in one step; audited. What is no longer in it stays: `clear` takes it away."""
    events = parse_news(file.read_text("utf-8"))

    async def work(control: ControlStore) -> None:
        async with control.transaction() as connection:
            await news.put(connection, events)

    with_control(context, work)
    if as_json:
        print_json({"events": len(events)})
        return
    screen().print(f"{len(events)} events are in the calendar")


def clear(
    context: typer.Context,
    since: Annotated[
        str | None,
        typer.Option(help="Only events from this moment on, such as 2026-12-01T00:00:00Z."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Take events away; audited."""
    moment = optional_moment(since, field="--since")

    async def work(control: ControlStore) -> int:
        async with control.transaction() as connection:
            return await news.clear(connection, since=moment)

    gone = with_control(context, work)
    if as_json:
        print_json({"cleared": gone})
        return
    screen().print(f"{gone} events taken away")
