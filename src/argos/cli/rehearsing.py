"""`argos demo`, `torture` and `docs` as the everyday commands see them: programs of their own."""

from typing import Final

import typer

from argos.cli.apart import become
from argos.cli.entrance import chosen_home

MODULE: Final = "argos.cli.rehearsals"
REFERENCE: Final = "argos.cli.reference.write"
ALL_WORDS: Final = {"ignore_unknown_options": True, "allow_extra_args": True}
"""Their options are their own affair, --help and --home included."""


def register(app: typer.Typer) -> None:
    for name, command in (("demo", demo), ("torture", torture), ("docs", docs)):
        app.command(name, context_settings=ALL_WORDS, add_help_option=False)(command)


def demo(context: typer.Context) -> None:
    """Show it: real prices, simulated brokers, real processes, a report. Takes about a minute."""
    become(chosen_home(context), MODULE, ["demo", *context.args])


def torture(context: typer.Context) -> None:
    """Try it: kill, cut and stop everything at random, then compare all books."""
    become(chosen_home(context), MODULE, ["torture", *context.args])


def docs(context: typer.Context) -> None:
    """Write docs/reference from the code."""
    become(chosen_home(context), REFERENCE, ["docs", *context.args])
