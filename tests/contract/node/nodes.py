"""The five kinds of nodes, and how one of each is set up over a broker account and a gateway."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from argos.exchange.book import Character
from contract.node.gateway_stub import KEY, NODE
from contract.node.node_process import ExpertNode, PythonNode
from expert_process import Expert, built_host

ACCOUNT = "prop-1"
LOGIN = 1001
BROKER_OFFSET_S = 3 * 3600
"""How far the clock of the MT5 nodes' broker is ahead of UTC."""
TIMINGS = {
    "poll_wait_ms": 300,
    "scan_ms": 100,
    "scan_gap_ms": 20,
    "scan_gap_awaited_ms": 10,
    "snapshot_gap_ms": 50,
    "report_gap_ms": 5,
    "report_rest_ms": 5,
    "retry_ms_min": 5,
    "retry_ms_max": 50,
    "flush_ms_max": 2_000,
}


class VenueKind(StrEnum):
    """The five nodes that one table of cards holds to one behaviour."""

    PAPER_MT5 = "paper-mt5"
    PAPER_ALPACA = "paper-alpaca"
    ALPACA = "alpaca"
    MT5_PYTHON = "mt5-python"
    MT5_EA = "mt5-ea"

    @property
    def character(self) -> Character:
        shares = {VenueKind.PAPER_ALPACA, VenueKind.ALPACA}
        return Character.ALPACA if self in shares else Character.MT5

    @property
    def is_mt5(self) -> bool:
        return self.character is Character.MT5


@dataclass(frozen=True, slots=True, kw_only=True)
class Wishes:
    """What a card wants of its desk besides the usual: all of it is the same for every kind of node.

    `linked`: with a broker link between. `limits`: the node's own. `answer_ms`: how long a call waits for the
    broker. `manners`: settings of the broker. `own_broker`: one that the card may kill. `symbol`: a special one of MT5.
    """

    linked: bool = False
    started: bool = True
    symbol: str = ""
    limits: Mapping[str, Any] = field(default_factory=dict)
    answer_ms: int = 20_000
    tuned: Mapping[str, int] = field(default_factory=dict)
    manners: Mapping[str, Any] = field(default_factory=dict)
    own_broker: bool = False
    enrolled: bool = True


@dataclass(frozen=True, slots=True)
class Place:
    kind: VenueKind
    folder: Path
    account: str
    broker_url: str
    gateway_url: str
    symbol: str


def _private(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text, encoding="utf-8")


def _key_text() -> str:
    return json.dumps({"node": NODE, "key": KEY.hex()})


def python_node(place: Place, wishes: Wishes) -> PythonNode:
    body: dict[str, Any] = {
        "name": NODE,
        "account": ACCOUNT,
        "gateway_url": place.gateway_url,
        "timings": TIMINGS,
        "limits": dict(wishes.limits),
    }
    if place.kind is VenueKind.MT5_PYTHON:
        plays = {
            "broker_url": place.broker_url,
            "clock_offset_s": BROKER_OFFSET_S,
            "answer_timeout_s": wishes.answer_ms / 1000,
        }
        _private(place.folder / "password", f"key-{place.account}")
        body |= {
            "venue": "mt5",
            "mt5": {
                "login": LOGIN,
                "password_file": "password",
                "poll_ms": 100,
                "symbols": [place.symbol],
                "standin": plays,
            },
        }
    elif place.kind is VenueKind.ALPACA:
        body |= {
            "venue": "alpaca",
            "api_url": place.broker_url,
            "data_url": place.broker_url,
            "key_id": place.account,
            "secret_key": f"key-{place.account}",
            "requests_per_minute": 0,
            "quotes_ms": 50,
        }
    else:
        body |= {
            "venue": place.kind.value,
            "broker_url": place.broker_url,
            "api_key": f"key-{place.account}",
        }
    file = place.folder / "node.json"
    _private(file, json.dumps(body))
    if wishes.enrolled:
        _private(file.with_suffix(".key"), _key_text())
    return PythonNode(file)


def expert_node(place: Place, wishes: Wishes) -> ExpertNode:
    expert = Expert(program=built_host(), directory=place.folder / "terminal")
    limits = wishes.limits
    expert.arguments = [
        *("--broker", place.broker_url, "--key", f"key-{place.account}"),
        *("--allow", place.gateway_url, "--offset", str(BROKER_OFFSET_S)),
        *("--broker-timeout", str(wishes.answer_ms)),
        f"InpGatewayUrl={place.gateway_url}",
        f"InpAccount={ACCOUNT}",
        *("InpTurnMs=5", "InpSettleMs=0", "InpPollWaitMs=300"),
        f"InpLotsMax={limits.get('qty_max', '100000')}",
        f"InpOrdersPerMinuteMax={limits.get('orders_per_minute_max', 0)}",
        f"InpSymbols={','.join(limits.get('symbols', ()))}",
    ]
    if wishes.enrolled:
        _private(expert.key_file, _key_text())
    return ExpertNode(expert)
