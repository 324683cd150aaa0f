"""What doctor makes of what it saw. Each failure names its fix."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from argos.cli.doctor import machine, places, running
from argos.cli.doctor.finding import Finding, State
from argos.cli.doctor.stored import Stored, judge_database, judge_setup
from argos.cli.frame.gateway_client import GatewayAway, Reply
from argos.settings import Settings
from argos.stack.home import Home
from argos.store.migrate import known_migrations

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
GIB = 1 << 30


@pytest.fixture
def healthy() -> Stored:
    """A database in which nothing is wrong."""
    return Stored(
        looked_at=NOW,
        failed={},
        server={
            "version": "PostgreSQL 18.1 on x86_64", "now": NOW, "fsync": "on", "synchronous_commit": "on",
            "full_page_writes": "on", "connections_max": 100, "connections": 20, "replica": False,
        },
        streams=10,
        broken_streams=(),
        state={
            "migrations": {str(item.version): item.checksum for item in known_migrations()},
            "outbox": {}, "orders_unknown": 0, "halts": [], "discrepancies": {}, "illegal_transitions": 0,
        },
        accounts=[{"account": "a", "enabled": True}],
        routes=[{"route": "r", "legs": [{"account": "a", "enabled": True}]}],
        hooks=[{"hook": "h", "enabled": True, "needs_secret": True, "secrets": [{"slot": 1}], "networks": []}],
        nodes=[{"node": "n", "account": "a", "enabled": True, "keys": 1, "last_seen_at": NOW}],
        keys=[{"name": "operator", "revoked_at": None}],
        live_accounts=[{"account": "a", "enabled": True, "snapshot_age_s": 0.5}],
        live_nodes=[{"node": "n", "account": "a", "enabled": True, "terminal": {}}],
        doubts={},
    )  # fmt: skip


def judge(stored: Stored) -> Mapping[str, Finding]:
    findings = [
        *judge_database(stored),
        *judge_setup(stored),
        *running.judge_nodes(stored, running=True),
        *running.judge_open(stored),
    ]
    return {finding.check: finding for finding in findings}


def test_nothing_is_found_where_nothing_is_wrong(healthy: Stored) -> None:
    assert {finding.state for finding in judge(healthy).values()} == {State.OK}


def server(**changes: Any) -> dict[str, Any]:
    return {"server": changes}


def state(**changes: Any) -> dict[str, Any]:
    return {"state": changes}


def nodes(**changes: Any) -> dict[str, Any]:
    held = {"node": "n", "account": "a", "enabled": True, "keys": 1, "last_seen_at": NOW}
    return {"nodes": [held | changes]}


TROUBLES: list[tuple[str, State, dict[str, Any]]] = [
    ("database roles", State.FAIL, {"failed": {"argos_worker": "no password"}}),
    ("migrations", State.FAIL, state(migrations={"1": "x"})),
    ("clock and database", State.FAIL, server(now=NOW + timedelta(seconds=5))),
    ("durability", State.FAIL, server(fsync="off")),
    ("durability", State.FAIL, server(synchronous_commit="local")),
    ("durability", State.FAIL, server(replica=True)),
    ("connections", State.WARN, server(connections=95)),
    ("audit heads", State.FAIL, {"broken_streams": ["facts:a"]}),
    ("outbox", State.FAIL, state(outbox={"decide": {"depth": 3, "oldest_age_s": 90}})),
    ("work given up", State.FAIL, state(outbox={"dead:decide": {"depth": 1, "oldest_age_s": 9}})),
    ("hooks", State.WARN, {"hooks": []}),
    ("API keys", State.FAIL, {"keys": [{"name": "operator", "revoked_at": NOW}]}),
    ("routes", State.WARN, {"routes": [{"route": "r", "legs": []}]}),
    ("legs", State.WARN, {"accounts": [{"account": "a", "enabled": False}]}),
    ("accounts", State.FAIL, {"nodes": []}),
    ("node keys", State.WARN, nodes(keys=0)),
    ("heartbeats", State.FAIL, nodes(last_seen_at=None)),
    ("snapshots", State.FAIL, {"live_accounts": [{"account": "a", "enabled": True, "snapshot_age_s": None}]}),
    ("brakes", State.WARN, state(halts=[{"scope": "global", "key": "", "mode": "halted"}])),
    ("orders in doubt", State.WARN, state(orders_unknown=1)),
    ("discrepancies", State.WARN, state(discrepancies={"POSITION_DRIFT": 2})),
    ("illegal transitions", State.FAIL, state(illegal_transitions=1)),
]  # fmt: skip


@pytest.mark.parametrize(("check", "expected", "changes"), TROUBLES)
def test_each_trouble_is_found_by_its_check_and_names_a_fix(
    healthy: Stored, check: str, expected: State, changes: dict[str, Any]
) -> None:
    changes = dict(changes)
    for part in ("server", "state"):
        if part in changes:
            changes[part] = {**getattr(healthy, part), **changes[part]}
    found = judge(replace(healthy, **changes))[check]
    assert found.state is expected
    assert found.fix


def test_a_hook_without_a_live_secret_is_a_failure(healthy: Stored) -> None:
    bare = {**healthy.hooks[0], "secrets": []}
    found = judge(replace(healthy, hooks=[bare]))["hooks"]
    assert found.state is State.FAIL
    assert "argos hooks rotate h" in found.fix


def test_without_a_gateway_heartbeats_are_not_judged(healthy: Stored) -> None:
    old = {**healthy.nodes[0], "last_seen_at": NOW - timedelta(days=1)}
    found = list(running.judge_nodes(replace(healthy, nodes=[old]), running=False))
    assert {finding.state for finding in found} == {State.SKIPPED}


def test_a_gateway_that_is_away_is_a_warning_and_one_that_is_unwell_a_failure() -> None:
    assert running.judge_gateway(GatewayAway("no answer")).state is State.WARN
    unwell = {"checks": {"database": {"ok": False, "detail": "away"}}}
    assert running.judge_gateway(Reply(503, unwell)).state is State.FAIL
    well = {"checks": {"database": {"ok": True, "detail": "reachable"}}}
    assert running.judge_gateway(Reply(200, well)).state is State.OK


@pytest.mark.parametrize(
    ("free_gib", "expected"), [(0.5, State.FAIL), (3, State.WARN), (50, State.OK)]
)
def test_little_disk_space_warns_before_it_fails(free_gib: float, expected: State) -> None:
    assert machine.disk(int(free_gib * GIB)).state is expected


@pytest.mark.parametrize(
    ("year", "expected"), [(1970, State.FAIL), (2026, State.OK), (2100, State.FAIL)]
)
def test_an_impossible_clock_is_noticed(year: int, expected: State) -> None:
    assert machine.clock(NOW.replace(year=year)).state is expected


@pytest.mark.parametrize(
    ("networks", "host", "expected"),
    [
        ((), "127.0.0.1", State.OK),
        ((), "0.0.0.0", State.WARN),
        (("127.0.0.1/32", "10.0.0.0/24"), "127.0.0.1", State.OK),
        (("0.0.0.0/0",), "127.0.0.1", State.FAIL),
        (("::/0",), "127.0.0.1", State.FAIL),
    ],
)
def test_a_trusted_network_that_holds_everybody_is_a_failure(
    networks: tuple[str, ...], host: str, expected: State
) -> None:
    assert places.proxies(networks, host=host).state is expected


def test_a_home_that_others_can_read_is_a_failure(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.secret("api_key")

    def findings() -> dict[str, Finding]:
        found = places.examine_home(home, settings=Settings(), problem=None, running=False)
        return {finding.check: finding for finding in found}

    assert findings()["home is private"].state is State.OK
    home.nodes.chmod(0o755)
    home.secrets_path.chmod(0o644)
    assert findings()["home is private"].state is State.FAIL
    assert "chmod 600" in findings()["secrets"].fix


def test_doubts_that_were_settled_are_still_told_of_for_a_day(healthy):
    finding = {item.check: item for item in running.judge_open(replace(healthy, doubts={"a": 2}))}
    assert finding["orders in doubt"].state is State.OK
    assert "settled: a 2" in finding["orders in doubt"].detail


def test_a_stream_that_a_node_has_lost_is_named_with_its_account(healthy):
    node = {"node": "n", "account": "a", "enabled": True, "terminal": {"venue": {"stream": "lost"}}}
    lost = replace(healthy, live_nodes=[node])
    findings = {item.check: item for item in running.judge_nodes(lost, running=True)}
    assert findings["venue links"].state is State.WARN
    assert "a" in findings["venue links"].detail
