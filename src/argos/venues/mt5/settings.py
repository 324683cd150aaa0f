"""What a node file says of its terminal."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from argos.core.errors import InputError
from argos.venues.mt5.words import MARGIN_MODE_HEDGING

KINDS: Final = {0: "demo", 1: "contest", 2: "real"}
"""`account_info().trade_mode` in words. Prop firms' challenges are mostly demo or contest accounts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TerminalSettings:
    """One terminal, one account. Without a password the terminal must be logged in already.

    `symbols` are those whose quotes are kept; empty means all that the terminal's Market Watch shows. `kind` and
    `hedging` say what the account must be, where that is said: no order shall reach a real account by mistake.
    """

    login: int
    server: str = ""
    password: str = field(default="", repr=False)
    path: str = ""
    portable: bool = False
    kind: str = ""
    hedging: bool | None = None
    symbols: tuple[str, ...] = ()
    poll_ms: int = 100
    attach_timeout_ms: int = 60_000


def account_objection(
    settings: TerminalSettings, *, login: int, trade_mode: int, margin_mode: int
) -> str:
    """Why the account that a terminal holds is not the one meant; empty if it is."""
    kind, hedging = KINDS.get(trade_mode, str(trade_mode)), margin_mode == MARGIN_MODE_HEDGING
    if login != settings.login:
        return f"the terminal holds account {login}, not {settings.login}"
    if settings.kind and kind != settings.kind:
        return f"account {login} is a {kind} account, not a {settings.kind} one"
    if settings.hedging is not None and hedging != settings.hedging:
        kept = "hedging" if hedging else "netting"
        return f"account {login} is a {kept} account"
    return ""


def terminal_settings(body: Mapping[str, Any], *, password: str) -> TerminalSettings:
    """The object `mt5` of a node file. Raises InputError MT5_SETTINGS_INVALID."""
    try:
        kind = str(body.get("kind", ""))
        if kind not in {"", *KINDS.values()}:
            raise ValueError(f"kind {kind!r}")
        return TerminalSettings(
            kind=kind,
            hedging=body.get("hedging"),
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
