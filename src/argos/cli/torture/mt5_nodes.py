"""MT5 nodes on one machine, without Windows: the Python node on the stand-in, the expert advisor in its host.

Both stand before an MT5-like paper broker. For torture runs and benchmarks.
"""

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argos.paperbroker.settings import AccountSettings, BrokerSettings
from argos.plans import PlannedNode, broker_url
from argos.rehearsal.expert import journal_files
from argos.running import Wrap
from argos.stack.home import Home, read_private, write_atomically


@dataclass(frozen=True, slots=True, kw_only=True)
class Mt5Seat:
    """An account at a broker, under the number by which a terminal logs in, for one node of the same name."""

    broker: BrokerSettings
    terms: AccountSettings
    login: int
    gateway_url: str

    @property
    def name(self) -> str:
        return self.terms.account


def plan_python_node(
    home: Home, seat: Mt5Seat, *, terminal: Mapping[str, Any], standin: Mapping[str, Any]
) -> PlannedNode:
    """Writes its file. `terminal` are further settings of the part `mt5`, `standin` of the stand-in."""
    path = _path(home, seat)
    password = path.with_suffix(".password")
    write_atomically(password, seat.terms.api_key)
    mt5 = {
        "login": seat.login,
        "password_file": password.name,
        **terminal,
        "standin": {"broker_url": broker_url(seat.broker), **standin},
    }
    return _written(path, seat, {"mt5": mt5})


def plan_expert_node(
    home: Home, seat: Mt5Seat, *, host: Path, inputs: Mapping[str, Any], options: Mapping[str, Any]
) -> PlannedNode:
    """Writes its file. `inputs` are the expert's, `options` those of the `host` program."""
    path = _path(home, seat)
    body = {
        "host": str(host),
        "directory": str(path.with_suffix(".terminal")),
        "broker_url": broker_url(seat.broker),
        "api_key": seat.terms.api_key,
        "inputs": inputs,
        "options": {"--account": seat.login, **options},
    }
    return _written(path, seat, body)


def _path(home: Home, seat: Mt5Seat) -> Path:
    return home.nodes / f"{seat.name}.json"


def _written(path: Path, seat: Mt5Seat, more: Mapping[str, Any]) -> PlannedNode:
    body = {
        "name": seat.name,
        "account": seat.name,
        "venue": "mt5",
        "gateway_url": seat.gateway_url,
        **more,
    }
    write_atomically(path, json.dumps(body, indent=2))
    return PlannedNode(name=seat.name, account=seat.name, venue="mt5", path=path)


def is_expert(node: PlannedNode) -> bool:
    return node.venue == "mt5" and "host" in json.loads(read_private(node.path))


def started_as_experts(nodes: Iterable[PlannedNode]) -> Wrap:
    """How a stack starts its children: the experts among the nodes by their host, all else as it is."""
    files = {f"node-{node.name}": node.path for node in nodes if is_expert(node)}

    def wrap(name: str, argv: Sequence[str]) -> Sequence[str]:
        if name not in files:
            return argv
        return [sys.executable, "-m", "argos.rehearsal.expert", str(files[name])]

    return wrap


def log_files(node: PlannedNode) -> list[Path]:
    """The files of the node's own log."""
    if is_expert(node):
        directory = Path(json.loads(read_private(node.path))["directory"])
        return journal_files(directory, account=node.account)
    return [node.path.with_suffix(f".sqlite{tail}") for tail in ("", "-wal", "-shm")]
