"""The node as a task of Windows starts it, and its enrolment: real processes against a stub of the gateway."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from argos.entries.mt5_node import RotatedLog
from argos.exchange.book import Character
from argos.node.clock import SystemClock
from contract.node.gateway_stub import CODE, KEY, NODE, GatewayStub
from eventually import eventually
from paper_process import PaperProcess, exact_settings


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayStub]:
    async with GatewayStub(SystemClock()) as stub:
        yield stub


def node_file(folder: Path, gateway: GatewayStub, **mt5: Any) -> Path:
    body = {
        "name": NODE,
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": gateway.url,
        "mt5": {"login": 5001, **mt5},
    }
    for name, text in (("node-1.json", json.dumps(body)), ("password", "key-a0")):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    return folder / "node-1.json"


async def run(module: str, *words: str) -> tuple[int, str]:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", module, *words,
        stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    said, _ = await asyncio.wait_for(process.communicate(), 60)
    return process.returncode or 0, said.decode()


async def test_a_code_becomes_a_key_without_a_node_that_begins_to_work(
    tmp_path: Path, gateway: GatewayStub
) -> None:
    file = node_file(tmp_path, gateway)
    code, said = await run("argos.cli.front", "mt5", "enrol", str(file), CODE, "--json")
    assert (code, json.loads(said)["node"]) == (0, NODE)
    assert json.loads((tmp_path / "node-1.key").read_text()) == {"node": NODE, "key": KEY.hex()}
    assert [name for name, _ in gateway.requests] == ["enrol"]
    again, said = await run("argos.cli.front", "mt5", "enrol", str(file), "another", "--json")
    assert (again, json.loads(said)["node"]) == (0, NODE)
    (tmp_path / "node-1.key").unlink()
    refused, said = await run("argos.cli.front", "mt5", "enrol", str(file), "used", "--json")
    assert (refused, json.loads(said)["error"]["code"]) == (1, "NODE_ENROL_REFUSED")


async def test_the_task_runs_the_node_and_its_log_stands_beside_its_file(
    tmp_path: Path, gateway: GatewayStub
) -> None:
    settings = exact_settings(Character.MT5, ledger=tmp_path / "ledger.db", hedging=True)
    broker = PaperProcess(settings).start()
    try:
        file = node_file(
            tmp_path, gateway, password_file="password", standin={"broker_url": broker.url}
        )
        (tmp_path / "node-1.key").write_text(json.dumps({"node": NODE, "key": KEY.hex()}))
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "argos.entries.mt5_node", str(file)
        )
        try:
            await eventually(lambda: bool(gateway.bodies("poll")), what="a poll", within_s=30)
        finally:
            process.send_signal(signal.SIGTERM)
            assert await asyncio.wait_for(process.wait(), 30) == 0
        events = [json.loads(line) for line in (tmp_path / "node-1.log").read_text().splitlines()]
        assert {"node.working", "node.ended"} <= {event["event"] for event in events}
    finally:
        broker.stop()


async def test_what_asks_for_a_person_is_no_failure_that_windows_would_repeat(
    tmp_path: Path, gateway: GatewayStub
) -> None:
    file = node_file(tmp_path, gateway)  # no stand-in, and no package on this machine
    code, said = await run("argos.entries.mt5_node", str(file))
    assert (code, said) == (0, "")
    last = json.loads((tmp_path / "node-1.log").read_text().splitlines()[-1])
    assert (last["event"], last["code"]) == ("node.cannot_start", "MT5_PACKAGE_MISSING")
    assert "extra mt5" in last["fix"]


def test_a_log_is_set_aside_when_it_is_large_and_three_old_ones_are_kept(tmp_path: Path) -> None:
    log = RotatedLog(tmp_path / "node.log", size_bytes_max=50)
    for number in range(40):
        log.write(f"line {number:>4} of a long story\n")
    log.flush()
    names = sorted(os.listdir(tmp_path))
    assert names == ["node.log", "node.log.1", "node.log.2", "node.log.3"]
    newest = (tmp_path / "node.log").read_text() + (tmp_path / "node.log.1").read_text()
    assert "line   39" in newest
    assert all((tmp_path / name).stat().st_size <= 100 for name in names)
