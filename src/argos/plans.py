"""What runs on one machine: paper brokers, their nodes and the market, each from a file in the home."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from argos.core.errors import InputError
from argos.exchange.book import Character
from argos.node.settings import NodeLimits, NodeSettings, NodeTimings
from argos.paperbroker.presets import BrokerKeys, harbor, meridian, without_chance
from argos.paperbroker.settings import BrokerSettings, read_settings, settings_json
from argos.ports import Venue
from argos.stack.free_ports import PortBook
from argos.stack.home import Home, read_private, write_atomically
from argos.venues.paper.alpaca_like import AlpacaLikeVenue
from argos.venues.paper.mt5_like import Mt5LikeVenue

PAPER_ROUTE: Final = "paper"
VENUE_OF: Final = {Character.MT5: "paper-mt5", Character.ALPACA: "paper-alpaca"}
_ACCOUNTS: Final = {"meridian": ("meridian-hedge", "meridian-net"), "harbor": ("harbor-cash",)}


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedNode:
    """A node to run here: its file holds all of it but the enrolment code."""

    name: str
    account: str
    venue: str
    path: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperPlan:
    """Paper brokers with their nodes, and the file by which the market finds the brokers."""

    brokers: tuple[BrokerSettings, ...]
    broker_paths: tuple[Path, ...]
    nodes: tuple[PlannedNode, ...]
    market_path: Path


def ports(home: Home) -> PortBook:
    return PortBook(home.root / "ports.json")


def plan_paper(home: Home, *, gateway_url: str, seed: int, exact: bool = False) -> PaperPlan:
    """Write, or write anew, the files of the two paper brokers and their nodes. Ledgers and keys stay.

    `exact` takes all chance and latency out of the brokers, for benchmarks.
    """
    makers = {"meridian": meridian, "harbor": harbor}
    brokers = []
    for name, maker in makers.items():
        keys = BrokerKeys(
            feed=home.secret(f"feed_{name}"),
            control=home.secret(f"control_{name}"),
            accounts={account: home.secret(f"account_{account}") for account in _ACCOUNTS[name]},
        )
        settings = maker(
            ledger=home.brokers / f"{name}.sqlite",
            keys=keys,
            seed=seed,
            port=ports(home).port(f"broker-{name}"),
        )
        brokers.append(without_chance(settings) if exact else settings)
    paths = tuple(home.brokers / f"{broker.name}.json" for broker in brokers)
    for broker, path in zip(brokers, paths, strict=True):
        write_atomically(path, settings_json(broker).decode())
    nodes = [
        _plan_node(home, broker, account=account.account, gateway_url=gateway_url)
        for broker in brokers
        for account in broker.accounts
    ]
    market_path = home.brokers / "market.json"
    addresses = [{"url": broker_url(item), "feed_key": item.feed_key} for item in brokers]
    write_atomically(market_path, json.dumps({"brokers": addresses}, indent=2))
    return PaperPlan(
        brokers=tuple(brokers), broker_paths=paths, nodes=tuple(nodes), market_path=market_path
    )


def read_paper(home: Home) -> PaperPlan | None:
    """The plan that was written before; None when this home has no paper brokers."""
    market_path = home.brokers / "market.json"
    if not market_path.exists():
        return None
    paths = tuple(home.brokers / f"{name}.json" for name in _ACCOUNTS)
    nodes = [_read_planned(path) for path in sorted(home.nodes.glob("*.json"))]
    return PaperPlan(
        brokers=tuple(read_settings(path) for path in paths),
        broker_paths=paths,
        nodes=tuple(nodes),
        market_path=market_path,
    )


def broker_url(broker: BrokerSettings) -> str:
    return f"http://{broker.host}:{broker.port}"


def _plan_node(
    home: Home, broker: BrokerSettings, *, account: str, gateway_url: str
) -> PlannedNode:
    path = home.nodes / f"{account}.json"
    key = next(item.api_key for item in broker.accounts if item.account == account)
    body = {
        "name": account,
        "account": account,
        "venue": VENUE_OF[broker.character],
        "gateway_url": gateway_url,
        "broker_url": broker_url(broker),
        "api_key": key,
    }
    write_atomically(path, json.dumps(body, indent=2))
    return _read_planned(path)


def _read_planned(path: Path) -> PlannedNode:
    body = _read_node_file(path)
    return PlannedNode(name=body["name"], account=body["account"], venue=body["venue"], path=path)


def _read_node_file(path: Path) -> Mapping[str, Any]:
    try:
        body = json.loads(read_private(path))
        missing = {"name", "account", "venue", "gateway_url"} - body.keys()
    except (OSError, ValueError, AttributeError) as error:
        raise InputError(
            f"{path}: {error}", code="NODE_FILE_INVALID", fix="write it anew with `argos init`"
        ) from error
    if missing:
        raise InputError(
            f"{path} lacks {', '.join(sorted(missing))}",
            code="NODE_FILE_INVALID",
            fix="write it anew with `argos init`",
        )
    found: Mapping[str, Any] = body
    return found


def node_settings(path: Path, *, enrol_code: str | None) -> NodeSettings:
    """What a node file says, as the runtime wants it. Its log and key lie beside the file."""
    body = _read_node_file(path)
    limits = body.get("limits", {})
    qty_max = limits.get("qty_max")
    return NodeSettings(
        name=body["name"],
        account=body["account"],
        gateway_url=body["gateway_url"],
        log_path=path.with_suffix(".sqlite"),
        key_file=path.with_suffix(".key"),
        enrol_code=enrol_code,
        limits=NodeLimits(
            qty_max=Decimal(qty_max) if qty_max else None,
            orders_per_minute_max=limits.get("orders_per_minute_max"),
            symbols=frozenset(limits["symbols"]) if "symbols" in limits else None,
        ),
        timings=NodeTimings(**body.get("timings", {})),
    )


def open_venue(path: Path) -> Venue:
    """The connection that a node file asks for. Raises InputError VENUE_UNKNOWN."""
    body = _read_node_file(path)
    arguments = (body.get("broker_url", ""), body.get("api_key", ""), body["account"])
    match body["venue"]:
        case "paper-mt5":
            return Mt5LikeVenue(*arguments)
        case "paper-alpaca":
            return AlpacaLikeVenue(*arguments)
        case unknown:
            raise InputError(
                f"{path} names the venue {unknown!r}",
                code="VENUE_UNKNOWN",
                field="venue",
                fix="use paper-mt5 or paper-alpaca",
            )
