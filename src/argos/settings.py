"""Settings of all processes: environment first (ARGOS_...), then a file in the home, then defaults.

The spine's stand in `argos.toml`, those of sources, signals and Alpaca in `config.json` (`argos.config`).
"""

import os
import tomllib
from collections.abc import Mapping
from datetime import UTC, datetime
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from argos.config.config import Config
from argos.config.history import FILE as HISTORY
from argos.config.history import History
from argos.config.loading import complete
from argos.core.errors import InputError
from argos.sources.settings import CONFIG
from argos.stack.home import Home, home_path, read_private

SECTIONS: Final = ("gateway", "worker", "node", "database")


class GatewaySettings(BaseModel):
    """Where the gateway listens and whose X-Forwarded-For it believes. equity_s: what accounts are worth is kept once
    in so many seconds.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    host: str = "127.0.0.1"
    port: Annotated[int, Field(ge=0, le=65535)] = 8000
    trusted_proxies: tuple[str, ...] = ()
    ingest_connections: Annotated[int, Field(ge=1, le=32)] = 2
    node_connections: Annotated[int, Field(ge=2, le=64)] = 8
    reader_connections: Annotated[int, Field(ge=1, le=32)] = 4
    equity_s: Literal[1, 5, 10, 15, 20, 30, 60] = 60

    @field_validator("equity_s", mode="before")
    @classmethod
    def _is_number(cls, value: object) -> object:
        return int(value) if isinstance(value, str) and value.isdecimal() else value

    @field_validator("trusted_proxies")
    @classmethod
    def _are_networks(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        for network in value:
            ip_network(network)
        return value


class WorkerSettings(BaseModel):
    """How a worker sweeps. Thresholds say after how long silence becomes a discrepancy."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    sweep_s: Annotated[float, Field(gt=0)] = 5.0
    unclaimed_s_max: Annotated[float, Field(gt=0)] = 30.0
    unheard_s_max: Annotated[float, Field(gt=0)] = 15.0
    doubt_s_max: Annotated[float, Field(gt=0)] = 120.0
    unfilled_s_max: Annotated[float, Field(gt=0)] = 60.0


class NodeTunables(BaseModel):
    """What the gateway tells nodes in its answer to hello."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    send_timeout_ms: Annotated[int, Field(gt=0)] = 5_000
    scan_ms: Annotated[int, Field(gt=0)] = 1_000
    doubt_looks_min: Annotated[int, Field(gt=0)] = 3
    doubt_window_ms: Annotated[int, Field(gt=0)] = 60_000


class DatabaseSettings(BaseModel):
    """`url` empty means: the embedded server. `binaries` names a directory of PostgreSQL programs for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: str = ""
    binaries: str = ""


class Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    gateway: GatewaySettings = GatewaySettings()
    worker: WorkerSettings = WorkerSettings()
    node: NodeTunables = NodeTunables()
    database: DatabaseSettings = DatabaseSettings()


def _from_environment(environ: Mapping[str, str]) -> dict[str, dict[str, Any]]:
    """ARGOS_GATEWAY_PORT -> {"gateway": {"port": ...}}; lists are separated by commas."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in environ.items():
        parts = name.lower().split("_", 2)
        if len(parts) == 3 and parts[0] == "argos" and parts[1] in SECTIONS:
            is_list = parts[2] == "trusted_proxies"
            found.setdefault(parts[1], {})[parts[2]] = value.split(",") if is_list else value
    return found


def load_settings(home: Home, environ: Mapping[str, str]) -> Settings:
    """The settings in force. Raises InputError SETTINGS_INVALID naming file or variable, field and fix."""
    merged: dict[str, dict[str, Any]] = {}
    if home.settings_path.exists():
        try:
            merged = tomllib.loads(home.settings_path.read_text("utf-8"))
        except tomllib.TOMLDecodeError as error:
            raise InputError(
                f"{home.settings_path}: {error}",
                code="SETTINGS_INVALID",
                fix="mend the file, or move it away for defaults",
            ) from None
    for section, values in _from_environment(environ).items():
        merged[section] = {**merged.get(section, {}), **values}
    try:
        return Settings.model_validate(merged)
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        field = ".".join(str(part) for part in first["loc"])
        raise InputError(
            f"{field}: {first['msg']}",
            code="SETTINGS_INVALID",
            field=field,
            fix=f"mend it in {home.settings_path} or in the environment (ARGOS_...)",
        ) from None


def open_home(path: Path | None = None) -> Home:
    """The home named by `path`, else by the environment, made if it is not there."""
    return Home.at(path or home_path(os.environ))


def config_text(home: Home) -> str | None:
    """What `config.json` holds, if there is one. Raises InputError SECRET_FILE_OPEN."""
    path = home.root / CONFIG
    return read_private(path) if path.exists() else None


def load_config(home: Home, environ: Mapping[str, str]) -> Config:
    """The configuration as file, environment and, in production, AWS make it now. May block for seconds.

    Raises InputError SECRET_FILE_OPEN and what `argos.config.loading.complete` raises.
    """
    return complete(config_text(home), environ)


def config_in_force(home: Home, environ: Mapping[str, str], *, by: str) -> Config:
    """As `load_config`, for a process that goes by it from now on: it is kept in the history, under its digest."""
    config = load_config(home, environ)
    history = History.open(home.root / HISTORY)
    try:
        history.remember(config, by=f"{by} (process {os.getpid()})", at=datetime.now(tz=UTC))
    finally:
        history.close()
    return config
