"""From a node file and the words of a command to what shall be set up, or which installation is meant."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path, PureWindowsPath
from typing import Any

from argos.cli.mt5.install.files import RUNS
from argos.cli.mt5.install.options import Kind, Layout, Wishes, require_line, require_name
from argos.core.errors import InputError
from argos.entries.mt5_terminal import settings_of
from argos.node.file import read_node_file


@dataclass(frozen=True, slots=True, kw_only=True)
class Given:
    """What the command line says beside the node file."""

    kind: Kind
    user: str
    home: PureWindowsPath
    interpreter: PureWindowsPath
    terminal: PureWindowsPath
    sources: PureWindowsPath | None
    symbol: str
    password: str
    enrol_code: str


def wishes_of(file: Path, given: Given) -> Wishes:
    """Raises InputError for a node file that is of no terminal, or says what no start-up file can hold."""
    body = read_node_file(file)
    if body["venue"] != "mt5":
        raise InputError(
            f"{file} is of the venue {body['venue']}, not of mt5",
            code="MT5_VENUE_OTHER",
            field="venue",
            fix="name the node file of a MetaTrader 5 account",
        )
    settings = settings_of(body, beside=file)
    if given.kind is Kind.EXPERT and given.sources is None:
        raise InputError(
            "the expert advisor's source is not beside this installation of Argos",
            code="MT5_SOURCE_MISSING",
            field="--sources",
            fix="name the folder mt5/MQL5 of a clone of Argos",
        )
    return Wishes(
        name=require_name(str(body["name"])),
        account=require_name(str(body["account"])),
        gateway_url=require_line(str(body["gateway_url"]), field="gateway_url").rstrip("/"),
        login=settings.login,
        server=require_line(settings.server, field="mt5.server"),
        kind=given.kind,
        user=given.user,
        home=given.home,
        interpreter=given.interpreter,
        terminal=given.terminal,
        sources=given.sources,
        node_file=body,
        symbol=require_line(given.symbol, field="--symbol"),
        password=require_line(given.password or settings.password, field="password"),
        enrol_code=require_line(given.enrol_code, field="--enrol"),
    )


def installed(file: Path) -> tuple[Layout, Kind]:
    """The installation that an installed node file belongs to.

    Raises InputError MT5_NOT_INSTALLED unless `argos mt5 install` made the folder: what it removes must be its own.
    """
    body: Mapping[str, Any] = read_node_file(file)
    folder, name = file.absolute().parent, str(body["name"])
    home = folder.parent
    is_ours = (
        folder.name == "node"
        and (file.stem, home.name) == (name, name)
        and (home / "task.xml").is_file()
        and body.get(RUNS) in {kind.value for kind in Kind}
    )
    if not is_ours:
        raise InputError(
            f"{file} is not a node file that `argos mt5 install` wrote",
            code="MT5_NOT_INSTALLED",
            field="FILE",
            fix="name the one below the folder of the installation: ...\\NAME\\node\\NAME.json",
        )
    layout = Layout(home=PureWindowsPath(home.as_posix()), name=name, account=str(body["account"]))
    return layout, Kind(body[RUNS])
