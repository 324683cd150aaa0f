"""`argos mt5 install|enrol|start|stop|uninstall`: a terminal and its node on a Windows machine."""

import os
import sys
from collections.abc import Sequence
from pathlib import Path, PureWindowsPath
from typing import Annotated, Final

import typer
from rich.markup import escape

import argos
from argos.cli.frame.apart import become
from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.printing import AsJson, messages, print_json, screen
from argos.cli.mt5.install.debts import require_settled
from argos.cli.mt5.install.doing import carry_out
from argos.cli.mt5.install.options import Kind, require_name
from argos.cli.mt5.install.plan import plan_install, plan_start, plan_stop, plan_uninstall
from argos.cli.mt5.install.steps import ByHand, Step, step_document
from argos.cli.mt5.install.wishing import Given, installed, wishes_of
from argos.core.errors import InputError
from argos.node.file import read_node_file

NodeFile = Annotated[
    Path, typer.Argument(help="The node's file.", metavar="FILE", exists=True, dir_okay=False)
]
DryRun = Annotated[
    bool, typer.Option("--dry-run", help="Show every file, task and command, and do nothing.")
]
ENROLLING: Final = "argos.cli.mt5.install.enrolling"
INSTALLED: Final = r"C:\Program Files\MetaTrader 5"
_NOBODY: Final = r"C:\Users\you\AppData\Local"


def register(noun: typer.Typer) -> None:
    noun.command(
        "install",
        epilog="Examples: `argos mt5 install prop-1.json --dry-run`; `argos mt5 install prop-1.json --kind expert`.",
    )(install)
    noun.command("enrol", epilog="Example: `argos mt5 enrol prop-1.json CODE`.")(enrol)
    noun.command("start", epilog="Example: `argos mt5 start prop-1.json`.")(start)
    noun.command("stop", epilog="Example: `argos mt5 stop prop-1.json`.")(stop)
    noun.command("uninstall", epilog="Example: `argos mt5 uninstall prop-1.json --dry-run`.")(
        uninstall
    )


def install(
    file: NodeFile,
    kind: Annotated[
        Kind,
        typer.Option(
            help="What runs the account: python, beside the terminal, or expert, inside it."
        ),
    ] = Kind.PYTHON,
    terminal: Annotated[
        str,
        typer.Option(
            help="The folder of an installed terminal, which is copied.", metavar="FOLDER"
        ),
    ] = INSTALLED,
    into: Annotated[
        str | None,
        typer.Option(
            help="Where accounts are set up; else %LOCALAPPDATA%\\Argos.", metavar="FOLDER"
        ),
    ] = None,
    sources: Annotated[
        str | None, typer.Option(help="The clone's mt5\\MQL5; for an expert.", metavar="FOLDER")
    ] = None,
    symbol: Annotated[
        str, typer.Option(help="The chart that the expert is attached to.")
    ] = "EURUSD",
    enrol_code: Annotated[
        str,
        typer.Option("--enrol", help="The code that `argos nodes add` printed.", metavar="CODE"),
    ] = "",
    ask_password: Annotated[
        bool,
        typer.Option(
            "--ask-password", help="Ask for the account's password; else the node file's."
        ),
    ] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Set up one account on this Windows machine: a terminal of its own, its node, and its start with every logon.

    FILE is the node file (see `argos node --help`). Doing it again mends what is missing and takes new sources and
    settings; terminal, journal and key stay. Elsewhere than on Windows only --dry-run works.
    """
    _require_windows(dry_run)
    password = ""
    if ask_password and not dry_run:
        password = typer.prompt(
            "password of the account", hide_input=True, default="", show_default=False
        )
    given = Given(
        kind=kind,
        user=_user(),
        home=_home(into),
        interpreter=_interpreter(into),
        terminal=PureWindowsPath(terminal),
        sources=PureWindowsPath(sources) if sources else _own_sources(),
        symbol=symbol,
        password=password,
        enrol_code=enrol_code,
    )
    _carry_out(plan_install(wishes_of(file, given)), dry_run=dry_run, as_json=as_json)


def enrol(
    context: typer.Context,
    file: NodeFile,
    code: Annotated[
        str,
        typer.Argument(help="As `argos nodes add` or `enrol` printed it.", metavar="CODE"),
    ],
    as_json: AsJson = False,
) -> None:
    """Trade an enrolment code for the node's key, which is kept beside its file. A node that has a key keeps it."""
    read_node_file(file)
    words = ["enrol", str(file), code, *(["--json"] if as_json else [])]
    become(chosen_home(context), ENROLLING, words)


def start(file: NodeFile, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """Start the task of an installed node now, instead of with the next logon."""
    _require_windows(dry_run)
    _carry_out(plan_start(_name(file)), dry_run=dry_run, as_json=as_json)


def stop(file: NodeFile, dry_run: DryRun = False, as_json: AsJson = False) -> None:
    """End the task of an installed node at once; its journal is made for that. It starts again with the next logon."""
    _require_windows(dry_run)
    _carry_out(plan_stop(_name(file)), dry_run=dry_run, as_json=as_json)


def uninstall(
    file: NodeFile,
    force: Annotated[
        bool,
        typer.Option("--force", help="Even with orders in doubt, or facts that were not told."),
    ] = False,
    delete_journal: Annotated[
        bool,
        typer.Option(
            "--delete-journal", help="Journal and key, too: nobody then knows what was sent."
        ),
    ] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    dry_run: DryRun = False,
    as_json: AsJson = False,
) -> None:
    """Remove the task and the terminal of an installed node; its journal and key stay.

    Refused while its journal holds an order in doubt or a fact that the gateway has not been told.
    """
    _require_windows(dry_run)
    layout, kind = installed(file)
    if not force:
        require_settled(Path(layout.journal(kind).as_posix()))
    if not (yes or dry_run):
        if as_json:
            raise InputError(
                "with --json nobody can be asked",
                code="CONFIRMATION_MISSING",
                field="--yes",
                fix="say --yes, or look first by --dry-run",
            )
        what = "everything, the journal too," if delete_journal else "the terminal and its task"
        typer.confirm(f"remove {what} of {layout.name} below {layout.home}?", abort=True)
    steps = plan_uninstall(layout, kind=kind, force=force, delete_journal=delete_journal)
    _carry_out(steps, dry_run=dry_run, as_json=as_json)


def _carry_out(steps: Sequence[Step], *, dry_run: bool, as_json: bool) -> None:
    out = screen()
    if dry_run:
        if as_json:
            print_json({"done": False, "steps": [step_document(step) for step in steps]})
            return
        for number, step in enumerate(steps, start=1):
            out.print(f"{number:>3}  {escape(_line(step))}", soft_wrap=True)
            out.print(f"     [dim]{escape(step.why)}[/dim]", soft_wrap=True)
        out.print("nothing was done")
        return
    told = messages()
    left = carry_out(
        steps,
        tell=lambda step: None if as_json else told.print(escape(_line(step)), soft_wrap=True),
    )
    if as_json:
        clicks = [click for item in left for click in item.clicks]
        print_json(
            {"done": True, "steps": [step_document(step) for step in steps], "by_hand": clicks}
        )
        return
    _tell_by_hand(left)


def _tell_by_hand(left: Sequence[ByHand]) -> None:
    out = screen()
    out.print("done." if not left else "done; by hand is left:")
    for number, click in enumerate((click for item in left for click in item.clicks), start=1):
        out.print(f"{number:>3}  {escape(click)}", soft_wrap=True)


def _line(step: Step) -> str:
    """A step in one line; a by-hand one in several."""
    document = step_document(step)
    match document["do"]:
        case "copy":
            return f"copy {document['from']} to {document['to']}"
        case "run" | "compile":
            return "run " + " ".join(document["argv"])
        case "by_hand":
            return "by hand:" + "".join(f"\n       - {click}" for click in document["clicks"])
        case "require_settled":
            return f"go on only if nothing is open in {document['journal']}"
        case what:
            return f"{what.replace('_', ' ')} {document['path']}"


def _require_windows(dry_run: bool) -> None:
    if sys.platform != "win32" and not dry_run:
        raise InputError(
            "this sets up a Windows machine, and this is none",
            code="MT5_NOT_WINDOWS",
            fix="run it on the machine with the terminal; --dry-run shows here what it would do",
        )


def _name(file: Path) -> str:
    return require_name(str(read_node_file(file)["name"]))


def _home(into: str | None) -> PureWindowsPath:
    if into is not None:
        return PureWindowsPath(into)
    return PureWindowsPath(os.environ.get("LOCALAPPDATA", _NOBODY)) / "Argos"


def _interpreter(into: str | None) -> PureWindowsPath:
    if sys.platform == "win32":
        return PureWindowsPath(sys.executable)
    return _home(into) / "venv" / "Scripts" / "python.exe"


def _user() -> str:
    name = os.environ.get("USERNAME", "you")
    domain = os.environ.get("USERDOMAIN", "")
    return f"{domain}\\{name}" if domain else name


def _own_sources() -> PureWindowsPath | None:
    """The MQL5 sources of the clone that this Argos runs from, if it does."""
    package = argos.__file__
    if package is None:
        return None
    found = Path(package).resolve().parents[2] / "mt5" / "MQL5"
    return PureWindowsPath(found.as_posix()) if found.is_dir() else None
