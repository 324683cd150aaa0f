"""The nodes of a torture run: paper nodes, and one of each MT5 kind, with links that can be troubled before them."""

import json
from collections.abc import Iterable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from random import Random
from typing import Any, Final

from argos.cli.torture.mt5_nodes import Mt5Seat, log_files, plan_expert_node, plan_python_node
from argos.paperbroker.settings import AccountSettings, BrokerSettings, settings_json
from argos.plans import PaperPlan, PlannedNode, plan_paper
from argos.rehearsal.torture.arena import NodeLinks
from argos.rehearsal.torture.kinds import NodeKind
from argos.rehearsal.torture.plan import TorturePlan
from argos.rehearsal.torture.proxies import Link
from argos.stack.free_ports import ports
from argos.stack.home import Home, read_private, write_atomically

MT5_ACCOUNTS: Final = {
    NodeKind.MT5_PYTHON: "meridian-python",
    NodeKind.MT5_EA: "meridian-expert",
}
"""Accounts of their own, which `argos up` does not have."""
NODE_TIMINGS: Final = {
    "poll_wait_ms": 2_000,
    "request_timeout_ms": 1_500,
    "retry_ms_max": 500,
    "contact_ms_max": 15_000,
    "scan_timeout_ms": 3_000,
    "flush_ms_max": 1_000,
}
EXPERT_INPUTS: Final = {
    "InpLotsMax": 0,
    "InpOrdersPerMinuteMax": 0,
    "InpSettleMs": 0,
    "InpRequestTimeoutMs": NODE_TIMINGS["request_timeout_ms"],
}
TERMINAL_POLL_MS: Final = 200
BROKER_CLOCK_S: Final = 7_200
"""The broker's clock minus UTC: where that is forgotten, times come out wrong by hours."""
DEPOSIT: Final = Decimal(100_000)
LOGIN_FIRST: Final = 500_001


def plan_nodes(
    home: Home, plan: TorturePlan, *, gateway_port: int, expert_host: Path | None
) -> PaperPlan:
    """The brokers that the mix names, with their faults and the MT5 accounts in their files, and all nodes.

    `expert_host` is the program that runs the expert advisor; needed where the mix has that kind.
    """
    gateway_url = f"http://127.0.0.1:{gateway_port}"
    whole = plan_paper(home, gateway_url=gateway_url, seed=plan.seed)
    extra = _mt5_accounts(home, plan)
    chosen = [
        (_troubled(broker, plan, extra=extra.values() if place == 0 else ()), path)
        for place, (broker, path) in enumerate(zip(whole.brokers, whole.broker_paths, strict=True))
        if broker.name in plan.mix.brokers
    ]
    paper = [
        node
        for node in whole.nodes
        if NodeKind.PAPER in plan.mix.kinds
        and any(_holds(item, node.account) for item, _ in chosen)
    ]
    made = []
    for number, (kind, terms) in enumerate(extra.items()):
        seat = Mt5Seat(
            broker=chosen[0][0], terms=terms, login=LOGIN_FIRST + number, gateway_url=gateway_url
        )
        made.append(_plan_mt5(home, plan, kind, seat, host=expert_host))
    served = {node.account for node in (*paper, *made)}
    kept = [(broker, path) for broker, path in chosen if any(_holds(broker, a) for a in served)]
    for broker, path in kept:
        write_atomically(path, settings_json(broker).decode())
    return replace(
        whole,
        brokers=tuple(broker for broker, _ in kept),
        broker_paths=tuple(path for _, path in kept),
        nodes=(*paper, *made),
    )


def _mt5_accounts(home: Home, plan: TorturePlan) -> dict[NodeKind, AccountSettings]:
    """Whether an account is hedging, chance decides: both kinds of node must do with both."""
    return {
        kind: AccountSettings(
            account=account,
            api_key=home.secret(f"account_{account}"),
            deposit=DEPOSIT,
            hedging=Random(f"{plan.seed}|hedging|{account}").random() < 0.5,
            leverage=Decimal(5),
        )
        for kind, account in MT5_ACCOUNTS.items()
        if kind in plan.mix.kinds
    }


def _troubled(
    broker: BrokerSettings, plan: TorturePlan, *, extra: Iterable[AccountSettings]
) -> BrokerSettings:
    return replace(
        broker,
        accounts=(*broker.accounts, *extra),
        fault_probabilities=dict(plan.mix.broker_faults),
        fault_delays_ms=dict(plan.mix.fault_delays_ms),
    )


def _holds(broker: BrokerSettings, account: str) -> bool:
    return account in {item.account for item in broker.accounts}


def _plan_mt5(
    home: Home, plan: TorturePlan, kind: NodeKind, seat: Mt5Seat, *, host: Path | None
) -> PlannedNode:
    if kind is NodeKind.MT5_PYTHON:
        standin = {
            "clock_offset_s": BROKER_CLOCK_S,
            "answer_timeout_s": plan.mix.send_timeout_ms / 1000,
            "seed": plan.seed,
            "fault_probabilities": dict(plan.mix.terminal_faults),
        }
        return plan_python_node(home, seat, terminal={"poll_ms": TERMINAL_POLL_MS}, standin=standin)
    assert host is not None, "built before, where the mix has the expert in it"
    options = {"--offset": BROKER_CLOCK_S, "--broker-timeout": plan.mix.send_timeout_ms}
    return plan_expert_node(home, seat, host=host, inputs=EXPERT_INPUTS, options=options)


def put_links(home: Home, node: PlannedNode, paper: PaperPlan, *, gateway_port: int) -> NodeLinks:
    """Put a link before each of the node's two addresses, and shorten its temper."""
    book = ports(home)
    broker = next(item for item in paper.brokers if _holds(item, node.account))
    gateway_link = Link(
        f"{node.name}-gateway",
        port=book.port(f"link-{node.name}-gateway"),
        target_port=gateway_port,
    )
    broker_link = Link(
        f"{node.name}-broker", port=book.port(f"link-{node.name}-broker"), target_port=broker.port
    )
    body: dict[str, Any] = json.loads(read_private(node.path))
    body |= {"gateway_url": gateway_link.url, "timings": NODE_TIMINGS}
    if "mt5" in body:
        body["mt5"]["standin"]["broker_url"] = broker_link.url
    else:
        body["broker_url"] = broker_link.url
    write_atomically(node.path, json.dumps(body, indent=2))
    return NodeLinks(
        node=node.name,
        kind=_kind_of(node),
        account=node.account,
        broker=broker.name,
        gateway_link=gateway_link,
        broker_link=broker_link,
        log_files=log_files(node),
    )


def _kind_of(node: PlannedNode) -> NodeKind:
    named = {account: kind for kind, account in MT5_ACCOUNTS.items()}
    return named.get(node.account, NodeKind.PAPER)
