"""MT5 nodes for measurements: any number of both kinds at one exact broker, an account for each."""

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Final

from argos.cli.torture.mt5_nodes import (
    Mt5Seat,
    plan_expert_node,
    plan_python_node,
    started_as_experts,
)
from argos.paperbroker.presets import BrokerKeys, meridian, without_chance
from argos.paperbroker.settings import AccountSettings, BrokerSettings, settings_json
from argos.plans import PaperPlan
from argos.rehearsal.expert import build_host
from argos.running import Wrap
from argos.stack.free_ports import ports
from argos.stack.home import Home, write_atomically
from street import MakePlan

LOGIN_FIRST: Final = 500_001
DEPOSIT: Final = Decimal(1_000_000)
EXPERT_INPUTS: Final = {"InpLotsMax": 0, "InpOrdersPerMinuteMax": 0, "InpSettleMs": 0}
"""Its limits are no part of what is measured; all its times but the first look's are as it is shipped."""


class Kind(StrEnum):
    PYTHON = "python"
    EA = "ea"


def sends_file(home: Home, account: str) -> Path:
    """Where the account's terminal notes when it was told to send."""
    return home.nodes / f"{account}.sends"


def mt5_plan(counts: Mapping[Kind, int], *, poll_ms: int = 100) -> MakePlan:
    """A broker, and so many nodes of each kind, named `python-1` and so on. Compiles the expert's host if needed.

    `poll_ms` is how often a Python node asks its terminal for news.
    """
    host = build_host() if counts.get(Kind.EA) else Path()
    return partial(_plan, counts=counts, terminal={"poll_ms": poll_ms}, host=host)


def mt5_wrap(plan: PaperPlan) -> Wrap:
    return started_as_experts(plan.nodes)


def _plan(
    home: Home,
    gateway_url: str,
    *,
    counts: Mapping[Kind, int],
    terminal: Mapping[str, int],
    host: Path,
) -> PaperPlan:
    names = [
        (kind, f"{kind}-{number}")
        for kind, count in counts.items()
        for number in range(1, count + 1)
    ]
    broker = _broker(home, [name for _, name in names])
    path = home.brokers / "meridian.json"
    write_atomically(path, settings_json(broker).decode())
    nodes = []
    for place, ((kind, name), terms) in enumerate(zip(names, broker.accounts, strict=True)):
        seat = Mt5Seat(
            broker=broker, terms=terms, login=LOGIN_FIRST + place, gateway_url=gateway_url
        )
        sends = str(sends_file(home, name))
        if kind is Kind.PYTHON:
            node = plan_python_node(home, seat, terminal=terminal, standin={"sends_file": sends})
        else:
            options = {"--sends": sends}
            node = plan_expert_node(home, seat, host=host, inputs=EXPERT_INPUTS, options=options)
        nodes.append(node)
    return PaperPlan(
        brokers=(broker,), broker_paths=(path,), nodes=tuple(nodes), market_path=home.brokers
    )


def _broker(home: Home, accounts: list[str]) -> BrokerSettings:
    unused = dict.fromkeys(("meridian-hedge", "meridian-net"), "")
    keys = BrokerKeys(feed=home.secret("feed"), control=home.secret("control"), accounts=unused)
    exact = without_chance(
        meridian(
            ledger=home.brokers / "meridian.sqlite",
            keys=keys,
            seed=1,
            port=ports(home).port("broker-meridian"),
        )
    )
    return replace(
        exact,
        accounts=tuple(
            AccountSettings(
                account=name,
                api_key=home.secret(f"account_{name}"),
                deposit=DEPOSIT,
                hedging=True,
                leverage=Decimal(5),
            )
            for name in accounts
        ),
    )
