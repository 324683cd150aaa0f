"""`argos config`: the settings of sources, signals and Alpaca; what was in force when, and the way back."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.config.changes import init, rollback, set_value, unset
from argos.cli.config.shown import (
    SHOWN_DIGITS,
    change_rows,
    opened_history,
    origins_of,
    present,
    print_changes,
    print_notes,
    shown,
    summary,
)
from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.config.document import changes, leaves
from argos.config.loading import complete
from argos.settings import load_config
from argos.sources.settings import CONFIG
from argos.stack.home import Home, read_private

NOW: Final = "now"
"""In place of a digest: what file, environment and AWS make at this moment."""


def register(app: typer.Typer) -> None:
    noun = typer.Typer(
        help="Settings of sources, signals and Alpaca: what is in force, what was, and the way back.",
        epilog="Examples: `argos config`; `argos config --json`.",
    )

    @noun.callback(invoke_without_command=True)
    def alone(context: typer.Context, as_json: AsJson = False) -> None:
        if context.invoked_subcommand is None:
            show(context, as_json=as_json)

    for command, name, epilog in (
        (show, "show", "Examples: `argos config show`; `argos config show --all --json`."),
        (check, "check", "Examples: `argos config check`; `argos config check new.json --json`."),
        (init, "init", "Example: `argos config init`."),
        (
            set_value,
            "set",
            "Examples: `argos config set trading.min_confidence=80 sources.symbols=AAPL,MSFT`; "
            "`argos config set massive.api_key=- < key.txt`.",
        ),
        (unset, "unset", "Example: `argos config unset trading.min_confidence`."),
        (history, "history", "Examples: `argos config history`; `argos config history --json`."),
        (diff, "diff", "Examples: `argos config diff 3f9a`; `argos config diff 3f9a 77c0 --json`."),
        (
            rollback,
            "rollback",
            "Examples: `argos config rollback 3f9a`; `argos config rollback 3f9a --yes`.",
        ),
        (path, "path", "Example: `argos config path`."),
    ):
        noun.command(name, epilog=epilog)(command)
    app.add_typer(noun, name="config")


def show(
    context: typer.Context,
    everything: Annotated[bool, typer.Option("--all", help="Also what is as shipped.")] = False,
    as_json: AsJson = False,
) -> None:
    """The settings in force, where each comes from, the environment and why it is that one. No secret is shown."""
    home = chosen_home(context)
    config = load_config(home, os.environ)
    if as_json:
        print_json(
            {**summary(home, config), "document": config.document, "origins": config.origins}
        )
        return
    out = screen()
    out.print(f"environment  [bold]{config.environment}[/]  ({escape(config.reason)})")
    out.print(f"digest       {config.digest}")
    out.print(f"file         {escape(str(home.root / CONFIG))}", soft_wrap=True)
    origins = origins_of(config)
    rows = [
        (name, shown(name, value), origins.get(name, "as shipped"))
        for name, value in leaves(config.document)
        if everything or name in origins
    ]
    out.print(
        table("", ("setting", "value", "from"), rows, empty="all is as shipped; --all shows it")
    )
    print_notes(config)


def check(
    context: typer.Context,
    file: Annotated[
        Path | None, typer.Argument(help="Another file than that of the home.", metavar="FILE")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Whether the file, together with the environment, can be used; exit code 1 and the reason if not."""
    home = chosen_home(context)
    config = complete(read_private(file), os.environ) if file else load_config(home, os.environ)
    if as_json:
        print_json(summary(home, config))
        return
    screen().print(f"[bold green]good[/]  {config.environment}  {config.digest}")
    print_notes(config)


def history(
    context: typer.Context,
    limit: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
    as_json: AsJson = False,
) -> None:
    """The configurations that were in force, the newest first. A signal names its own by the digest."""
    home = chosen_home(context)
    config = present(home)
    now = config.digest if config else None
    with opened_history(home) as kept:
        entries = kept.entries(limit=limit)
    items: list[dict[str, Any]] = [
        {
            "number": entry.number,
            "at": entry.at,
            "digest": entry.digest,
            "by": entry.by,
            "note": entry.note,
            "is_now": entry.digest == now,
        }
        for entry in entries
    ]
    if as_json:
        print_json({"now": now, "items": items})
        return
    rows = [
        (
            item["number"],
            clock_time(item["at"]),
            item["digest"][:SHOWN_DIGITS],
            item["by"],
            item["note"],
            "as now" if item["is_now"] else "",
        )
        for item in items
    ]
    columns = (">number", "UTC", "digest", "by", "note", "")
    screen().print(table("", columns, rows, empty="none was in force yet"))
    if now is None:
        screen().print("now: it cannot be used; `argos config check` says why")
    elif not items or not items[0]["is_now"]:
        screen().print(f"now: {now[:SHOWN_DIGITS]}; processes take it when they start")


def diff(
    context: typer.Context,
    before: Annotated[str, typer.Argument(help="A digest's first digits, or now.", metavar="A")],
    after: Annotated[
        str, typer.Argument(help="The same; now if it is left out.", metavar="B")
    ] = NOW,
    as_json: AsJson = False,
) -> None:
    """What differs between two configurations, by setting; of secrets only whether they are set."""
    home = chosen_home(context)
    sides = [_named(home, name) for name in (before, after)]
    found = changes(sides[0][1], sides[1][1])
    if as_json:
        print_json({"before": sides[0][0], "after": sides[1][0], "changes": change_rows(found)})
        return
    print_changes(found, heading=f"{sides[0][0][:SHOWN_DIGITS]} -> {sides[1][0][:SHOWN_DIGITS]}")


def path(context: typer.Context, as_json: AsJson = False) -> None:
    """Where the file is."""
    place = chosen_home(context).root / CONFIG
    if as_json:
        print_json({"path": str(place), "exists": place.exists()})
        return
    typer.echo(str(place))


def _named(home: Home, name: str) -> tuple[str, Mapping[str, Any]]:
    if name == NOW:
        config = load_config(home, os.environ)
        return config.digest, config.document
    with opened_history(home) as kept:
        entry = kept.find(name)
    return entry.digest, entry.document
