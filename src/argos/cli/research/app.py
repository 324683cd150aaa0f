"""`argos backtest`, `argos optimize` and `argos walkforward` as a program of its own: no other command needs numpy."""

import typer

from argos.cli.frame.entrance import Entrance
from argos.cli.research import backtest, optimize, walkforward

app = typer.Typer(
    name="argos",
    cls=Entrance,
    add_completion=False,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)


@app.callback()
def research() -> None:
    """Strategies judged on past prices."""


for group in (backtest, optimize, walkforward):
    group.register(app)

if __name__ == "__main__":
    app()
