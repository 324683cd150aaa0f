"""How a whole node begins and ends: enrolment, keys, stops, bugs."""

import asyncio
from dataclasses import replace
from pathlib import Path

import pytest

from argos.node.enrolment import read_key, write_key
from argos.node.exit_codes import ExitCode
from argos.node.gateway_client import NodeKey
from argos.node.log import NodeLog
from argos.node.runtime import run_node
from argos.node.settings import NodeSettings
from argos.ports import VenueScan
from contract.node.gateway_stub import CODE, KEY, NODE, GatewayStub
from contract.node.live import LiveVenue, entry, running, until
from unit.node.fake_venue import ACCOUNT


async def test_a_stop_finishes_the_call_that_is_out_and_reports_it(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    first, *rest = (entry(f"order {seq}", seq=seq) for seq in range(100))
    async with running(settings, venue) as stop:
        gateway.lease(first, *rest)
        await until(lambda: gateway.kinds(first) == ["send_started"])
        stop.set()
        venue.gate.set()
    assert gateway.kinds(first) == ["send_started", "accepted", "fill"]
    assert venue.count("submit") < 1 + len(rest)
    assert sum("fill" in gateway.kinds(command) for command in (first, *rest)) == venue.count(
        "submit"
    )


async def test_a_stop_works_while_nothing_else_does(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.connect_failures = 10**9
    async with running(settings, venue):
        await until(lambda: venue.connect_failures < 10**9 - 2)
    assert gateway.requests == []


async def test_a_node_enrols_once_and_keeps_its_key(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue, tmp_path: Path
) -> None:
    gateway.faults["enrol"].append("away")
    path = tmp_path / "keys" / "node.key"
    settings = replace(settings, key=None, key_file=path, enrol_code=CODE, name="other")
    for _ in range(2):
        before = len(gateway.bodies("poll"))
        async with running(settings, venue):
            await until(lambda before=before: len(gateway.bodies("poll")) > before)
    assert gateway.bodies("enrol") == [{"code": CODE, "account": ACCOUNT, "venue": "fake"}]
    assert path.stat().st_mode & 0o077 == 0


@pytest.mark.parametrize("lack", ["no key", "used code", "broken file", "log in use"])
async def test_a_node_that_cannot_start_says_so_by_its_exit_code(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue, tmp_path: Path, lack: str
) -> None:
    path = tmp_path / "node.key"
    log = NodeLog.open(tmp_path / "other.db", account=ACCOUNT, now_ms=0)
    match lack:
        case "no key":
            settings = replace(settings, key=None)
        case "used code":
            settings = replace(settings, key=None, key_file=path, enrol_code="used")
        case "broken file":
            path.write_text("not json")
            settings = replace(settings, key=None, key_file=path)
        case "log in use":
            settings = replace(settings, log_path=tmp_path / "other.db")
    code = await run_node(settings, venue, stop=asyncio.Event())
    log.close()
    assert code == ExitCode.MISCONFIGURED
    assert venue.connected == 0


class BrokenVenue(LiveVenue):
    """A broker connection with a bug in it."""

    async def scan(self, *, cursor: str) -> VenueScan:
        if len(self.cursors) > 3:
            raise ZeroDivisionError
        return await super().scan(cursor=cursor)


async def test_a_bug_ends_the_process_and_frees_the_log(
    settings: NodeSettings, gateway: GatewayStub
) -> None:
    venue = BrokenVenue()
    with pytest.raises(ExceptionGroup):
        await run_node(settings, venue, stop=asyncio.Event())
    assert venue.closed
    NodeLog.open(settings.log_path, account=ACCOUNT, now_ms=0).close()


@pytest.fixture
def enrolled(settings: NodeSettings, tmp_path: Path) -> NodeSettings:
    """A node that finds its key in a file, as enrolment leaves it."""
    key_file = tmp_path / "node.key"
    write_key(key_file, NodeKey(node=NODE, key=KEY))
    return replace(settings, key=None, key_file=key_file)


async def test_a_node_takes_a_new_key_keeps_it_and_loses_no_work_over_it(
    enrolled: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.faults["rekey"].extend(["away", "foreign", "lost"])
    async with running(enrolled, venue):
        await until(lambda: gateway.polling)
        gateway.wants_rekey = True
        command = entry()
        gateway.lease(command)
        await until(lambda: not gateway.wants_rekey)
        await until(lambda: "fill" in gateway.kinds(command))
    assert [len(gateway.keys), gateway.keys[0] != KEY] == [1, True]
    assert enrolled.key_file is not None
    assert read_key(enrolled.key_file) == NodeKey(node=NODE, key=gateway.keys[0])
    assert [magic for _, magic in venue.calls] == [command.magic]
    async with running(enrolled, venue):
        await until(lambda: gateway.epoch == 2 and gateway.polling)


async def test_a_node_that_cannot_keep_a_new_key_goes_on_with_the_old_one(
    enrolled: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    assert enrolled.key_file is not None
    (enrolled.key_file.parent / "node.key.new").mkdir()
    async with running(enrolled, venue):
        gateway.wants_rekey = True
        await until(lambda: len(gateway.bodies("rekey")) > 1)
        command = entry()
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert gateway.keys[0] == KEY
    assert read_key(enrolled.key_file).key == KEY
