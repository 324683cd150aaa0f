"""The terminal that a node file names: MetaTrader 5 itself, or a stand-in, with the account's password."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

from argos.core.errors import InputError
from argos.stack.home import read_private
from argos.venues.mt5.package import Package, load_package
from argos.venues.mt5.settings import TerminalSettings, terminal_settings
from argos.venues.mt5.standin.faults import Fault
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.terminal import StandIn
from argos.venues.mt5.venue import Mt5Venue


def open_mt5(body: Mapping[str, Any], *, beside: Path) -> Mt5Venue:
    """The venue of a node file whose `venue` is mt5. Raises InputError."""
    settings = settings_of(body, beside=beside)
    return Mt5Venue(package_of(body), settings, account=body["account"])


def settings_of(body: Mapping[str, Any], *, beside: Path) -> TerminalSettings:
    """What the node file says under `mt5`; its password file is looked for beside the node file."""
    said = _part(body, "mt5")
    return terminal_settings(said, password=_password(said, beside=beside))


def package_of(body: Mapping[str, Any]) -> Package:
    """The package MetaTrader5, or the stand-in that the node file asks for in its place."""
    said = _part(body, "mt5")
    if "standin" not in said:
        return load_package()
    return cast(Package, StandIn(_standin(_part(said, "standin"))))


def _standin(said: Mapping[str, Any]) -> StandInSettings:
    chances = said.get("fault_probabilities", {})
    try:
        return StandInSettings(
            broker_url=str(said["broker_url"]),
            clock_offset_s=int(said.get("clock_offset_s", 0)),
            answer_timeout_s=float(said.get("answer_timeout_s", 10)),
            installed=said.get("installed", True) is True,
            trade_allowed=said.get("trade_allowed", True) is True,
            tradeapi_disabled=said.get("tradeapi_disabled", False) is True,
            hidden=frozenset(str(name) for name in said.get("hidden", ())),
            sends_file=Path(said["sends_file"]) if "sends_file" in said else None,
            seed=int(said.get("seed", 0)),
            fault_probabilities={Fault(name): float(value) for name, value in chances.items()},
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InputError(
            f"the stand-in's settings cannot be used: {error!r}",
            code="MT5_STANDIN_INVALID",
            field="standin",
            fix="give broker_url, and what else it shall play",
        ) from error


def _password(said: Mapping[str, Any], *, beside: Path) -> str:
    """From a private file, or from a variable of the environment; never from the node file itself."""
    if "password" in said:
        raise InputError(
            "a node file holds no password",
            code="MT5_PASSWORD_IN_FILE",
            field="mt5.password",
            fix="move it to a private file and name that by password_file",
        )
    if "password_file" in said:
        path = beside.parent / str(said["password_file"])
        try:
            return read_private(path).strip()
        except OSError as error:
            raise _no_password(f"{path}: {error.strerror}", "mt5.password_file") from error
    variable = str(said.get("password_variable", ""))
    if variable and variable not in os.environ:
        raise _no_password(f"the variable {variable} is not set", "mt5.password_variable")
    return os.environ.get(variable, "")


def _no_password(why: str, field: str) -> InputError:
    return InputError(
        f"no password: {why}",
        code="MT5_PASSWORD_MISSING",
        field=field,
        fix="write it there, or leave both out if the terminal is logged in already",
    )


def _part(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    part = body.get(name)
    if not isinstance(part, dict):
        raise InputError(
            f"the node file lacks the object {name!r}",
            code="MT5_SETTINGS_INVALID",
            field=name,
            fix="compare with docs/how-to/mt5-python-node.md",
        )
    return part
