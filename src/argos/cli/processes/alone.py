"""`argos gateway|worker|node|paper-broker|market`: the processes of the stack, each on its own."""

import os
from pathlib import Path
from typing import Annotated, Final

import typer

from argos.cli.frame.apart import become
from argos.cli.frame.entrance import chosen_home, known_home
from argos.core.errors import InputError
from argos.home_database import open_access
from argos.node.file import read_node_file
from argos.paperbroker.settings import read_settings
from argos.settings import load_settings
from argos.stack.free_ports import is_free
from argos.stack.home import read_private

SettingsFile = Annotated[
    Path,
    typer.Argument(
        help="The process's own settings.",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        readable=True,
    ),
]
ENROL_VARIABLE: Final = "ARGOS_ENROL_CODE"


def register(app: typer.Typer) -> None:
    app.command("gateway", epilog="Example: `argos gateway --port 8000`.")(gateway)
    app.command("worker", epilog="Example: `argos worker`.")(worker)
    app.command(
        "node",
        epilog="Examples: `argos node ~/.argos/nodes/demo-2.json --enrol CODE`, the first time; "
        "`argos node ~/.argos/nodes/demo-2.json`, ever after.",
    )(node)
    app.command(
        "paper-broker", epilog="Example: `argos paper-broker ~/.argos/brokers/meridian.json`."
    )(paper_broker)
    app.command("market", epilog="Example: `argos market ~/.argos/brokers/market.json`.")(market)


def gateway(
    context: typer.Context,
    host: Annotated[str | None, typer.Option(help="The address to listen on.")] = None,
    port: Annotated[int | None, typer.Option(min=1, max=65535, help="The port.")] = None,
) -> None:
    """Run a gateway: takes alerts, serves nodes, answers questions. Log lines go to stderr.

    Any number may run over one database. Settings: argos.toml and ARGOS_GATEWAY_...
    """
    home = known_home(context)
    env = {"ARGOS_GATEWAY_HOST": host, "ARGOS_GATEWAY_PORT": str(port) if port else None}
    given = {name: value for name, value in env.items() if value is not None}
    settings = load_settings(home, {**os.environ, **given})
    open_access(home, settings)
    if not is_free(settings.gateway.port):
        raise InputError(
            f"port {settings.gateway.port} is taken",
            code="PORT_TAKEN",
            field="--port",
            fix="choose another; `argos up` may be running a gateway already",
        )
    become(home, "argos.entries.gateway", env=given)


def worker(context: typer.Context) -> None:
    """Run a worker: decides, reconciles, sweeps. Any number may run. Log lines go to stderr."""
    home = known_home(context)
    open_access(home, load_settings(home, os.environ))
    become(home, "argos.entries.worker")


def node(
    context: typer.Context,
    file: SettingsFile,
    enrol: Annotated[
        str | None, typer.Option(help="The code that `argos nodes add` printed.", metavar="CODE")
    ] = None,
) -> None:
    """Run a node: it holds one account's broker connection, wherever that must run.

    FILE is JSON, readable by its owner alone: name, account, venue (paper-mt5, paper-alpaca, mt5, alpaca), gateway_url;
    for paper broker_url and api_key, for mt5 an object mt5 {login, server, path, password_file}, for alpaca key_id,
    secret_key, and api_url, data_url, stream_url, symbols where they are not the usual ones (`argos nodes add-alpaca`
    writes it); optional limits {qty_max, orders_per_minute_max, symbols} and timings {poll_wait_ms, scan_ms, ...}. The
    node's key (FILE with .key) and log (.sqlite) lie beside it: never delete the log, it is how a restarted node knows
    what it has sent.
    """
    read_node_file(file)
    key_path = file.with_suffix(".key")
    if enrol is None and not key_path.exists():
        raise InputError(
            f"this node has no key yet: {key_path} is not there",
            code="NODE_KEY_MISSING",
            field="--enrol",
            fix="make a code by `argos nodes add` or `argos nodes enrol`, and give it by --enrol",
        )
    env = {ENROL_VARIABLE: enrol} if enrol and not key_path.exists() else {}
    become(chosen_home(context), "argos.entries.node", [str(file)], env=env)


def paper_broker(context: typer.Context, file: SettingsFile) -> None:
    """Run a simulated broker with a ledger of its own."""
    read_settings(file)
    become(chosen_home(context), "argos.paperbroker", [str(file)])


def market(context: typer.Context, file: SettingsFile) -> None:
    """Replay real prices to paper brokers: one trading day a minute, around and around."""
    read_private(file)
    become(chosen_home(context), "argos.entries.market", [str(file)])
