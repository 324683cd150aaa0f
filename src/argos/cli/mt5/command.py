"""`argos mt5`: what a node at a MetaTrader 5 terminal needs besides the node itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from argos.cli.doctor.finding import Finding, State, fail
from argos.cli.frame.entrance import EXIT_ERROR
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.cli.mt5.findings import examine_terminal
from argos.cli.mt5.install import command
from argos.core.errors import InputError
from argos.entries.mt5_terminal import package_of, settings_of
from argos.node.file import read_node_file

NodeFile = Annotated[
    Path, typer.Argument(help="The node's file.", metavar="FILE", exists=True, dir_okay=False)
]


def register(app: typer.Typer) -> None:
    noun = typer.Typer(
        help="MetaTrader 5 terminals of nodes.",
        epilog="Example: `argos mt5 check prop-1.json`.",
        no_args_is_help=True,
    )
    noun.command("check", epilog="Example: `argos mt5 check prop-1.json --json`.")(check)
    command.register(noun)
    app.add_typer(noun, name="mt5")


def check(file: NodeFile, as_json: AsJson = False) -> None:
    """Look at the terminal that a node file names: is it there, logged in, allowed to trade, its clock known?

    Nothing is sent. Each failure names its fix. Exit code 1 when something fails.
    """
    findings = examine(file)
    failed = any(finding.state is State.FAIL for finding in findings)
    if as_json:
        print_json({"ready": not failed, "findings": [_row(finding) for finding in findings]})
    else:
        rows = ([item.check, item.state.value, item.detail, item.fix] for item in findings)
        screen().print(table(f"{file.name}", ("check", "state", "detail", "fix"), rows))
    if failed:
        raise typer.Exit(EXIT_ERROR)


def examine(file: Path) -> Sequence[Finding]:
    """All findings, in the order in which things depend on each other. Raises InputError for a bad file."""
    body = read_node_file(file)
    settings = settings_of(body, beside=file)
    try:
        package = package_of(body)
    except InputError as error:
        return [fail("package", error.message, fix=error.fix)]
    return list(examine_terminal(package, settings))


def _row(finding: Finding) -> dict[str, str]:
    return {
        "check": finding.check,
        "state": finding.state.value,
        "detail": finding.detail,
        "fix": finding.fix,
    }
