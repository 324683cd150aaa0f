"""The command `argos`, all of it: what the reference pages are made from."""

from typing import Final

import typer

from argos.cli.front import app_of

app: Final[typer.Typer] = app_of(())
