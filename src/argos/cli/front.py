"""Where the command `argos` starts: the first word chooses what is loaded, and none waits for what others import."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Annotated, Final

import typer

from argos.cli.frame.entrance import Entrance, choose_home

PROGRAMS: Final[Mapping[str, str]] = {
    "backtest": "argos.cli.research.app",
    "optimize": "argos.cli.research.app",
    "walkforward": "argos.cli.research.app",
}
"""Commands that need no home and no server: modules with an `app` of their own."""

PANELS: Final[Mapping[str, Mapping[str, Sequence[str]]]] = {
    "Everyday": {
        "home.init:register": ["init"],
        "processes.up:register": ["up"],
        "send.command:register": ["send"],
        "brakes.command:register": ["halt", "resume", "brakes"],
    },
    "What happened": {
        "trades.story:register": ["trade"],
        "trades.reading:register": [
            "trades", "alerts", "alert", "orders", "positions", "alarms",
        ],
        "journal.command:register": ["journal", "performance"],
        "trades.doubt:register": ["doubt", "discrepancies"],
        "trades.given_up:register": ["retry"],
    },
    "What is set up": {
        "accounts.command:register": ["accounts"],
        "risk.command:register": ["risk"],
        "routes.command:register": ["routes"],
        "access.hooks:register": ["hooks"],
        "nodes.command:register": ["nodes"],
        "mt5.command:register": ["mt5"],
        "access.keys:register": ["keys"],
    },
    "Signals": {
        "signals.command:register": ["signals"],
        "config.command:register": ["config"],
        "signals.sources:register": ["sources"],
    },
    "Care": {
        "doctor.command:register": ["doctor"],
        "stored.db:register": ["db"],
        "stored.audit:register": ["audit"],
        "handed_on:register_care": ["export", "docs"],
    },
    "Research": {"handed_on:register_research": ["backtest", "optimize", "walkforward"]},
    "Processes on their own": {
        "processes.alone:register": ["gateway", "worker", "node", "paper-broker", "market"],
        "processes.paper_alpaca:register": ["paper-alpaca"],
    },
    "See it work": {"handed_on:register_rehearsals": ["demo", "torture"]},
}  # fmt: skip
"""What registers which commands, below `argos.cli`, in the order of `argos --help`."""


def main() -> None:
    words = sys.argv[1:]
    program = PROGRAMS.get(words[0]) if words else None
    app = import_module(program).app if program else app_of(words)
    app()


def app_of(words: Sequence[str]) -> typer.Typer:
    """The command `argos` as far as these words need it; all of it where they name no command."""
    app = typer.Typer(
        name="argos",
        cls=Entrance,
        help="Turns trading signals into audited fills. Every command takes --help, and --json for programs.",
        epilog="Exit codes: 0 done; 1 an error or a finding; 2 wrong usage; "
        "3 `send --wait`: not all legs went through.",
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(argos)
    for panel, place in _places(_command_in(words)):
        module, _, register = place.partition(":")
        seen = len(app.registered_commands), len(app.registered_groups)
        getattr(import_module(f"argos.cli.{module}"), register)(app)
        for command in app.registered_commands[seen[0] :]:
            command.rich_help_panel = panel
        for group in app.registered_groups[seen[1] :]:
            group.rich_help_panel = panel
    return app


def _places(name: str) -> list[tuple[str, str]]:
    """Panel and place of the command of that name, or of every command where none has it."""
    every = [
        (panel, place, names) for panel, places in PANELS.items() for place, names in places.items()
    ]
    chosen = [item for item in every if name in item[2]]
    return [(panel, place) for panel, place, _ in chosen or every]


def _command_in(words: Sequence[str]) -> str:
    """The first word that is no option and no option's value; empty if there is none."""
    rest = iter(words)
    for word in rest:
        if word == "--home":
            next(rest, None)
        elif not word.startswith("-"):
            return word
    return ""


def tell_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"argos {metadata.version('argos')}")
        raise typer.Exit


def argos(
    context: typer.Context,
    home: Annotated[
        Path | None,
        typer.Option(help="The Argos home; else $ARGOS_HOME, else ~/.argos.", metavar="PATH"),
    ] = None,
    version: Annotated[
        bool,
        typer.Option("--version", is_eager=True, callback=tell_version, help="Say it and end."),
    ] = False,
) -> None:
    choose_home(context, home)


if __name__ == "__main__":
    main()
