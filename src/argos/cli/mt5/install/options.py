"""What an installation is about: one account, its terminal, and where everything of it lies on the Windows machine."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import PureWindowsPath
from typing import Any, Final

from argos.core.errors import InputError

NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
"""Also the name of a folder and of a task; what the gateway takes as a node's name, but for a leading dot or dash."""


class Kind(StrEnum):
    PYTHON = "python"
    EXPERT = "expert"


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where things lie: one folder an account, its terminal in there with its own data (`/portable`)."""

    home: PureWindowsPath
    name: str
    account: str

    @property
    def task(self) -> str:
        return task_name(self.name)

    @property
    def terminal(self) -> PureWindowsPath:
        return self.home / "terminal"

    @property
    def program(self) -> PureWindowsPath:
        return self.terminal / "terminal64.exe"

    @property
    def editor(self) -> PureWindowsPath:
        return self.terminal / "metaeditor64.exe"

    @property
    def mql5(self) -> PureWindowsPath:
        return self.terminal / "MQL5"

    @property
    def node(self) -> PureWindowsPath:
        return self.home / "node"

    @property
    def node_file(self) -> PureWindowsPath:
        return self.node / f"{self.name}.json"

    @property
    def password(self) -> PureWindowsPath:
        return self.node / f"{self.name}.password"

    @property
    def start_file(self) -> PureWindowsPath:
        return self.home / "start.ini"

    @property
    def task_file(self) -> PureWindowsPath:
        return self.home / "task.xml"

    @property
    def first_start_file(self) -> PureWindowsPath:
        return self.home / "first-start.ini"

    def journal(self, kind: Kind) -> PureWindowsPath:
        """The node's own log: never deleted but by a person who says so."""
        if kind is Kind.EXPERT:
            return self.mql5 / "Files" / f"argos-{self.account}.sqlite"
        return self.node / f"{self.name}.sqlite"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What the operator asks for. `terminal` is the folder of an installed terminal, `sources` the clone's `mt5/MQL5`.

    `interpreter` runs Argos on that machine. `symbol` is the chart that the expert advisor is attached to.
    """

    name: str
    account: str
    gateway_url: str
    login: int
    server: str
    kind: Kind
    user: str
    home: PureWindowsPath
    interpreter: PureWindowsPath
    terminal: PureWindowsPath
    sources: PureWindowsPath | None
    node_file: Mapping[str, Any]
    symbol: str = "EURUSD"
    password: str = field(default="", repr=False)
    enrol_code: str = field(default="", repr=False)

    @property
    def layout(self) -> Layout:
        return Layout(home=self.home / self.name, name=self.name, account=self.account)

    @property
    def task(self) -> str:
        return task_name(self.name)


def task_name(name: str) -> str:
    return f"Argos {name}"


def require_name(name: str) -> str:
    """`name`, if a folder and a task can bear it. Raises InputError MT5_NAME_INVALID."""
    if NAME.fullmatch(name) is None or name.endswith("."):
        raise InputError(
            f"{name!r} cannot be the name of a folder and of a task",
            code="MT5_NAME_INVALID",
            field="name",
            fix="begin with a letter or digit; letters, digits, dot, dash and underscore after it, 64 at most",
        )
    return name


def require_line(text: str, *, field: str) -> str:
    """`text`, if it can stand in a line of a start-up file. Raises InputError MT5_VALUE_INVALID."""
    if any(ord(character) < 32 for character in text):
        raise InputError(
            f"{field} holds a line break or another control character",
            code="MT5_VALUE_INVALID",
            field=field,
            fix="give it without",
        )
    return text
