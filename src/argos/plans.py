"""What runs on one machine: paper brokers, their nodes, the market, the sources. Each has its file in the home."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final

from argos.exchange.book import Character
from argos.node.file import read_node_file
from argos.paperbroker.presets import (
    BrokerKeys,
    harbor,
    meridian,
    paper_exchange,
    without_chance,
)
from argos.paperbroker.settings import BrokerSettings, read_settings, settings_json
from argos.rehearsal.compressed import (
    EVERYDAY,
    ReplayedDays,
    fixture_words,
    source_environment,
)
from argos.sources.settings import PROVIDERS, SourcesSettings
from argos.stack.free_ports import ports
from argos.stack.home import Home, write_atomically

PAPER_ROUTE: Final = "paper"
EXCHANGE_ACCOUNT: Final = "argo-alpaca"
SIGNALS_ROUTE: Final = "argo"
FIXTURE_PORT: Final = 8090
"""Where the fixture server listens if nothing is said and the port is free."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangePlan:
    """The paper exchange that is always open, and the node of its one account."""

    broker: BrokerSettings
    broker_path: Path
    node: PlannedNode


@dataclass(frozen=True, slots=True, kw_only=True)
class SignalsPlan:
    """The signal service, and the fixture server that its sources ask while they have no keys.

    fixture_url: None when every source has a key. environ: what the service is told beside its settings.
    """

    fixture_url: str | None
    fixture_words: tuple[str, ...]
    environ: Mapping[str, str]


def plan_signals(
    home: Home, sources: SourcesSettings, *, days: ReplayedDays = EVERYDAY
) -> SignalsPlan:
    """How the signal service of this home runs beside the replayed days."""
    if not any(sources.is_simulated(provider) for provider in PROVIDERS):
        return SignalsPlan(fixture_url=None, fixture_words=(), environ={})
    port = ports(home).port("fixture", preferred=FIXTURE_PORT)
    url = f"http://127.0.0.1:{port}"
    return SignalsPlan(
        fixture_url=url,
        fixture_words=fixture_words(days, port=port),
        environ=source_environment(sources, fixture_url=url, days=days),
    )


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


def plan_exchange(home: Home, *, gateway_url: str, seed: int) -> ExchangePlan:
    """Write the files of an exchange like Alpaca's that follows whoever feeds it prices, and of its node.

    It is asked for nothing but what Alpaca offers, by the node that trades at Alpaca.
    """
    settings = paper_exchange(
        ledger=home.brokers / "exchange.sqlite",
        feed_key=home.secret("feed_exchange"),
        control_key=home.secret("control_exchange"),
        secret=home.secret("account_exchange"),
        seed=seed,
        port=ports(home).port("broker-exchange"),
    )
    (account,) = settings.accounts
    broker = replace(
        settings,
        name="exchange",
        accounts=(replace(account, account=EXCHANGE_ACCOUNT),),
        always_open=True,
    )
    broker_path = home.brokers / "exchange.json"
    write_atomically(broker_path, settings_json(broker).decode())
    url = broker_url(broker)
    path = home.nodes / f"{EXCHANGE_ACCOUNT}.json"
    body = {
        "name": EXCHANGE_ACCOUNT,
        "account": EXCHANGE_ACCOUNT,
        "venue": "alpaca",
        "gateway_url": gateway_url,
        "api_url": url,
        "stream_url": f"{url.replace('http', 'ws', 1)}/stream",
        "data_url": url,
        "key_id": account.key_id,
        "secret_key": account.api_key,
    }
    write_atomically(path, json.dumps(body, indent=2))
    return ExchangePlan(broker=broker, broker_path=broker_path, node=_read_planned(path))


def with_exchange(paper: PaperPlan, exchange: ExchangePlan) -> PaperPlan:
    """Both, to be run together. The everyday market feeds the paper brokers alone."""
    return replace(
        paper,
        brokers=(*paper.brokers, exchange.broker),
        broker_paths=(*paper.broker_paths, exchange.broker_path),
        nodes=(*paper.nodes, exchange.node),
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
    body = read_node_file(path)
    return PlannedNode(name=body["name"], account=body["account"], venue=body["venue"], path=path)
