"""Does what should run run, and is anything open that somebody must look at?"""

import http.client
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.cli.doctor.stored import Stored
from argos.cli.frame.gateway_client import GatewayAway, Reply
from argos.plans import PaperPlan, broker_url

HEARTBEAT_AGE_S_MAX: Final = 60.0
SNAPSHOT_AGE_S_MAX: Final = 60.0
PROBE_S: Final = 2.0
UP: Final = "argos up"


def judge_gateway(reply: Reply | GatewayAway) -> Finding:
    """What /health/ready said, or that nobody answered."""
    if isinstance(reply, GatewayAway):
        return warn("gateway", reply.message, fix=f"start it: {UP}")
    checks = (reply.body or {}).get("checks", {}) if isinstance(reply.body, dict) else {}
    bad = [f"{name}: {check['detail']}" for name, check in checks.items() if not check["ok"]]
    if reply.status != 200 or bad:
        return fail(
            "gateway", "; ".join(bad) or f"status {reply.status}", fix="see logs/gateway.log"
        )
    return ok("gateway", "ready")


def judge_nodes(stored: Stored, *, running: bool) -> Iterator[Finding]:
    """Heartbeats and snapshots; without a running gateway they are old by nature."""
    if not running:
        yield skipped("heartbeats", "the gateway is not running")
        yield skipped("snapshots", "the gateway is not running")
        yield skipped("venue links", "the gateway is not running")
        return
    yield _heartbeats(stored.nodes, stored.server["now"])
    yield _snapshots(stored.live_accounts)
    yield _venue_links(stored.live_nodes)


def _heartbeats(nodes: Sequence[Mapping[str, Any]], now: datetime) -> Finding:
    ages = {
        node["node"]: (now - node["last_seen_at"]).total_seconds() if node["last_seen_at"] else None
        for node in nodes
        if node["enabled"]
    }
    silent = [name for name, age_s in ages.items() if age_s is None or age_s > HEARTBEAT_AGE_S_MAX]
    if silent:
        return fail(
            "heartbeats", f"silent: {', '.join(silent)}",
            fix=f"start the node, and read logs/node-{silent[0]}.log",
        )  # fmt: skip
    oldest = max((age_s for age_s in ages.values() if age_s is not None), default=0.0)
    return ok("heartbeats", f"the oldest {oldest:.0f} s ago")


def _snapshots(accounts: Sequence[Mapping[str, Any]]) -> Finding:
    old = [
        row["account"]
        for row in accounts
        if row["enabled"]
        and (row["snapshot_age_s"] is None or row["snapshot_age_s"] > SNAPSHOT_AGE_S_MAX)
    ]
    if old:
        return fail(
            "snapshots", f"none, or too old: {', '.join(old)}",
            fix="the node runs but does not reach its broker: read its log",
        )  # fmt: skip
    return ok("snapshots", f"{len(accounts)} accounts seen")


def _venue_links(nodes: Sequence[Mapping[str, Any]]) -> Finding:
    """Streams of updates that nodes hear: without one, a fill is found by the next look only."""
    told = {
        node["account"]: node["terminal"].get("venue", {}).get("stream")
        for node in nodes
        if node["enabled"]
    }
    lost = [account for account, state in told.items() if state == "lost"]
    if lost:
        return warn(
            "venue links", f"stream lost: {', '.join(lost)}",
            fix="fills are found by looking meanwhile; it comes back by itself, else see the node's log",
        )  # fmt: skip
    heard = sum(state == "listening" for state in told.values())
    return ok("venue links", f"{heard} streams heard" if heard else "no node needs a stream")


def judge_open(stored: Stored) -> Iterator[Finding]:
    state = stored.state
    yield _brakes(state["halts"])
    yield _doubts(state["orders_unknown"], stored.doubts)
    found = state["discrepancies"]
    shown = ", ".join(f"{code} {count}" for code, count in sorted(found.items()))
    yield (
        warn("discrepancies", f"open: {shown}", fix="argos discrepancies")
        if found
        else ok("discrepancies", "none open")
    )
    yield (
        fail(
            "illegal transitions", str(state["illegal_transitions"]),
            fix="argos alarms shows them; please report it: it is a bug, or a broker that took its word back",
        )
        if state["illegal_transitions"]
        else ok("illegal transitions", "none")
    )  # fmt: skip


def _brakes(halts: Sequence[Mapping[str, str]]) -> Finding:
    if not halts:
        return ok("brakes", "none set")
    shown = ", ".join(f"{halt['mode']} {halt['key'] or halt['scope']}" for halt in halts)
    return warn("brakes", shown, fix="argos resume, when you are ready")


def _doubts(still_open: int, today: Mapping[str, int]) -> Finding:
    """What is open, and whose brokers left sends without a clear answer in the last day."""
    told = ", ".join(f"{account} {count}" for account, count in today.items())
    if still_open:
        shown = f"{still_open}; in the last day: {told}" if told else str(still_open)
        return warn(
            "orders in doubt", shown, fix="argos doubt says what is known and what comes next"
        )
    settled = f"; those of the last day are settled: {told}" if told else ""
    return ok("orders in doubt", f"none{settled}")


def examine_brokers(paper: PaperPlan | None, *, running: bool) -> Finding:
    """Whether the paper brokers of this home answer."""
    if paper is None:
        return ok("paper brokers", "none in this home")
    if not running:
        return skipped("paper brokers", "the stack is not running")
    away = [broker.name for broker in paper.brokers if not _answers(f"{broker_url(broker)}/health")]
    if away:
        return fail(
            "paper brokers", f"no answer: {', '.join(away)}", fix=f"read logs/broker-{away[0]}.log"
        )
    return ok("paper brokers", ", ".join(broker.name for broker in paper.brokers))


def _answers(url: str) -> bool:
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=PROBE_S)
    try:
        connection.request("GET", parts.path)
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
