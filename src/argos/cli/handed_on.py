"""Commands that are programs of their own, since they need libraries that the others need not wait for.

Their words are handed on unread. What they are stands in `rehearsals`, `export` and `reference.write`.
"""

from collections.abc import Callable
from typing import Final

import typer

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import chosen_home

REHEARSALS: Final = "argos.cli.rehearsals"
EXPORT: Final = "argos.cli.stored.export"
RESEARCH: Final = "argos.cli.research.app"
REFERENCE: Final = "argos.cli.reference.write"
ALL_WORDS: Final = {"ignore_unknown_options": True, "allow_extra_args": True}


def register_care(app: typer.Typer) -> None:
    _hand_on(app, export, docs)


def register_rehearsals(app: typer.Typer) -> None:
    _hand_on(app, demo, torture)


def register_research(app: typer.Typer) -> None:
    _hand_on(app, backtest, optimize, walkforward)


def _hand_on(app: typer.Typer, *commands: Callable[[typer.Context], None]) -> None:
    for command in commands:
        app.command(context_settings=ALL_WORDS, add_help_option=False)(command)


def demo(context: typer.Context) -> None:
    """Show it: real prices, simulated brokers, real processes, a report. Takes some two and a half minutes."""
    become(chosen_home(context), REHEARSALS, ["demo", *context.args])


def torture(context: typer.Context) -> None:
    """Try it: kill, cut and stop everything at random, then compare all books."""
    become(chosen_home(context), REHEARSALS, ["torture", *context.args])


def backtest(context: typer.Context) -> None:
    """Play a strategy over past prices: what it made, what it cost, how often it was right."""
    become(chosen_home(context), RESEARCH, ["backtest", *context.args])


def optimize(context: typer.Context) -> None:
    """Search a strategy's parameters, and say how far to believe the best of them."""
    become(chosen_home(context), RESEARCH, ["optimize", *context.args])


def walkforward(context: typer.Context) -> None:
    """Choose parameters on the past, try them on what came next, and go on."""
    become(chosen_home(context), RESEARCH, ["walkforward", *context.args])


def export(context: typer.Context) -> None:
    """Write alerts, orders, executions or legs to a CSV or Parquet file."""
    become(chosen_home(context), EXPORT, ["export", *context.args])


def docs(context: typer.Context) -> None:
    """Write docs/reference from the code."""
    become(chosen_home(context), REFERENCE, ["docs", *context.args])
