"""`argos retry`: the steps that workers tried often enough, and what a person has tried again."""

from typing import Annotated, Any, Final

import typer

from argos.cli.frame.groups import show_rows, with_control
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen
from argos.core.errors import InputError
from argos.store.control import ControlStore

COLUMNS: Final = ("number", "step", "of", "since (UTC)", "attempts", "last error")
NAMES: Final = ("outbox_id", "step", "key", "since", "attempts", "last_error")


def register(app: typer.Typer) -> None:
    app.command(
        "retry", epilog="Examples: `argos retry`; `argos retry 4711`; `argos retry --all`."
    )(retry)


def retry(
    context: typer.Context,
    numbers: Annotated[
        list[int] | None, typer.Argument(help="As `argos retry` shows them.", metavar="[NUMBER]...")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that were given up.")] = False,
    as_json: AsJson = False,
) -> None:
    """Show what workers gave up after eight attempts; with numbers or --all, have it tried again.

    Nothing becomes young by that: an entry whose time is over is denied, and no order is sent twice.
    """
    chosen = set(numbers or ())

    async def work(control: ControlStore) -> tuple[list[dict[str, Any]], list[int]]:
        rows = await control.given_up()
        known = {row["outbox_id"] for row in rows}
        if chosen - known:
            missing = ", ".join(str(number) for number in sorted(chosen - known))
            raise InputError(
                f"no step {missing} was given up",
                code="STEP_UNKNOWN",
                field="NUMBER",
                fix="see `argos retry` for those there are",
            )
        wanted = sorted(known if every else chosen)
        return rows, await control.retry(wanted) if wanted else []

    rows, retried = with_control(context, work)
    acts = bool(retried) or every
    if as_json:
        print_json({"items": [] if acts else rows, "retried": retried})
    elif acts:
        _show_retried(retried)
    else:
        shown = [row | {"since": clock_time(row["created_at"])} for row in rows]
        show_rows("given up", COLUMNS, shown, names=NAMES, as_json=False)


def _show_retried(retried: list[int]) -> None:
    if not retried:
        screen().print("nothing was given up")
        return
    numbers = ", ".join(str(number) for number in retried)
    screen().print(
        f"workers try again: {numbers}; [bold]argos retry[/] shows what they give up anew"
    )
