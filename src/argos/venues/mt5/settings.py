"""What a node file says of its terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from argos.core.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSettings:
    """One terminal, one account. Without a password the terminal must be logged in already.

    `symbols` are those whose quotes are kept; empty means all that the terminal's Market Watch shows.
    """

    login: int
    server: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    portable: bool = False
    symbols: tuple[str, ...] = ()
    poll_ms: int = 100
    attach_timeout_ms: int = 60_000


def terminal_settings(body: Mapping[str, Any], *, password: str) -> TerminalSettings:
    """The object `mt5` of a node file. Raises InputError MT5_SETTINGS_INVALID."""
    try:
        return TerminalSettings(
            login=int(body["login"]),
            server=str(body.get("server", "")),
            password=password,
            path=str(body.get("path", "")),
            portable=body.get("portable") is True,
            symbols=tuple(str(name) for name in body.get("symbols", ())),
            poll_ms=int(body.get("poll_ms", 100)),
            attach_timeout_ms=int(body.get("attach_timeout_ms", 60_000)),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise InputError(
            f"the node file's mt5 settings cannot be used: {error!r}",
            code="MT5_SETTINGS_INVALID",
            field="mt5",
            fix="give login, and server, path, password_file or password_variable where needed",
        ) from error
