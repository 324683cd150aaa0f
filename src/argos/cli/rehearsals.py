"""`argos demo` and `argos torture` as a program of its own: they need more libraries than the other commands."""

import typer

from argos.cli.demo import command as demo
from argos.cli.frame.entrance import Entrance
from argos.cli.torture import command as torture

app = typer.Typer(
    name="argos",
    cls=Entrance,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def rehearsals() -> None:
    """Argos shown, and Argos tried."""


for group in (demo, torture):
    group.register(app)

if __name__ == "__main__":
    app()
