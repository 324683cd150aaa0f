"""The command `argos`."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module, metadata
from pathlib import Path
from typing import Annotated, Final, NamedTuple

import typer

from argos.cli.frame.entrance import Entrance, choose_home, command_word

EXIT_CODES: Final = (
    "Exit codes: 0 done; 1 an error or a finding; 2 wrong usage; "
    "3 `send --wait`: not all legs went through."
)


class Part(NamedTuple):
    """Some commands, by the names that a user types, and what registers them."""

    names: frozenset[str]
    module: str
    register: str = "register"


def _part(names: str, module: str, register: str = "register") -> Part:
    return Part(frozenset(names.split()), f"argos.cli.{module}", register)


PANELS: Final[Mapping[str, Sequence[Part]]] = {
    "Everyday": (
        _part("init", "home.init"),
        _part("up", "processes.up"),
        _part("send", "send.command"),
        _part("halt resume brakes", "brakes.command"),
    ),
    "What happened": (
        _part("trade", "trades.story"),
        _part("trades alerts alert orders positions alarms", "trades.reading"),
        _part("journal performance", "journal.command"),
        _part("doubt discrepancies", "trades.doubt"),
    ),
    "What is set up": (
        _part("accounts", "accounts.command"),
        _part("risk", "risk.command"),
        _part("routes", "routes.command"),
        _part("hooks", "access.hooks"),
        _part("nodes", "nodes.command"),
        _part("mt5", "mt5.command"),
        _part("keys", "access.keys"),
    ),
    "Signals": (
        _part("signals", "signals.command"),
        _part("config", "config.command"),
        _part("sources", "signals.sources"),
    ),
    "Care": (
        _part("doctor", "doctor.command"),
        _part("db", "stored.db"),
        _part("audit", "stored.audit"),
        _part("export docs", "handed_on", "register_care"),
    ),
    "Research": (_part("backtest optimize walkforward", "handed_on", "register_research"),),
    "Processes on their own": (
        _part("gateway worker node paper-broker market", "processes.alone"),
        _part("paper-alpaca", "processes.paper_alpaca"),
    ),
    "See it work": (_part("demo torture", "handed_on", "register_rehearsals"),),
}
"""All commands, in the order of `argos --help`."""


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


def application(words: Sequence[str] = ()) -> typer.Typer:
    """The program for these words: with the one part that their command is of, else with all of them.

    Loading the parts is most of what a command costs, and a user waits for it each time.
    """
    app = typer.Typer(
        name="argos",
        cls=Entrance,
        help="Turns trading signals into audited fills. Every command takes --help, and --json for programs.",
        epilog=EXIT_CODES,
        no_args_is_help=True,
        add_completion=False,
        pretty_exceptions_enable=False,
    )
    app.callback()(argos)
    wanted = command_word(words)
    every = [part for parts in PANELS.values() for part in parts]
    chosen = [part for part in every if wanted in part.names] or every
    for panel, parts in PANELS.items():
        for part in parts:
            if part in chosen:
                _register(app, part, panel)
    return app


def _register(app: typer.Typer, part: Part, panel: str) -> None:
    seen = len(app.registered_commands), len(app.registered_groups)
    getattr(import_module(part.module), part.register)(app)
    for command in app.registered_commands[seen[0] :]:
        command.rich_help_panel = panel
    for group in app.registered_groups[seen[1] :]:
        group.rich_help_panel = panel


if __name__ == "__main__":
    application(sys.argv[1:])()
