"""An alert in, the expert's fill and position out, through every process that a user would run."""

import asyncio
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from argos.exchange.book import Character
from argos.stack.free_ports import PortBook
from argos_command import ArgosCommand, RunningArgos
from eventually import eventually
from expert_process import Expert, built_host
from paper_process import PaperProcess, exact_settings

pytestmark = pytest.mark.acceptance

ACCOUNT, NODE = "prop-1", "node-prop-1"
SENT = ("send", "--route", "prop", "--symbol", "AAPL", "--trade-id")


@pytest.fixture
def gateway_port(tmp_path: Path) -> int:
    """Not 8000, which other stacks on this machine like too."""
    return PortBook(tmp_path / "ports.json").port("gateway")


@pytest.fixture
def argos(gateway_port: int) -> Iterator[ArgosCommand]:
    """A home with an MT5 account behind a route of its own."""
    with tempfile.TemporaryDirectory(prefix="argos-ea-") as directory:
        Path(directory).chmod(0o711)
        command = ArgosCommand(Path(directory) / "home")
        command.ask("init", "--yes", "--gateway-port", str(gateway_port))
        command.ask("accounts", "add", ACCOUNT, "--venue", "mt5", "--hedging")
        command.ask("routes", "add", "prop", "--leg", ACCOUNT, "--size", "units:10")
        yield command


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[PaperProcess]:
    settings = exact_settings(Character.MT5, ledger=tmp_path / "ledger.db", hedging=True)
    process = PaperProcess(settings).start()
    yield process
    process.stop()


def expert_at(url: str, broker: PaperProcess, directory: Path) -> Expert:
    arguments = [
        *("--broker", broker.url, "--key", "key-a0", "--allow", url, "--offset", "7200"),
        f"InpGatewayUrl={url}",
        f"InpAccount={ACCOUNT}",
        *("InpLotsMax=100", "InpSettleMs=0", "InpScanMs=500"),
    ]
    return Expert(program=built_host(), directory=directory, arguments=arguments)


async def test_an_alert_is_filled_by_the_expert_closed_and_reconciled(
    argos: ArgosCommand, gateway_port: int, broker: PaperProcess, tmp_path: Path
) -> None:
    await broker.feed("AAPL", "100")
    code = argos.ask("nodes", "add", NODE, "--account", ACCOUNT)["code"]
    expert = expert_at(f"http://127.0.0.1:{gateway_port}", broker, tmp_path / "terminal")
    running = await asyncio.to_thread(RunningArgos, argos)
    try:
        expert.start(InpEnrolCode=code)
        await eventually(lambda: "working in epoch" in expert.log, within_s=30, what="the hello")
        bought = await asyncio.to_thread(
            argos.ask, *SENT, "ea-1", "--side", "buy", "--size", "units:10", "--wait"
        )
        assert [leg["status"] for leg in bought["legs"]] == ["filled"], expert.log

        expert.kill()
        expert.start()
        sold = await asyncio.to_thread(argos.ask, *SENT, "ea-1", "--action", "close", "--wait")
        assert sold["settled"], expert.log
        story = await asyncio.to_thread(argos.ask, "trade", "ea-1")
    finally:
        expert.kill()
        await asyncio.to_thread(running.stop)
    assert "refused" not in expert.log, "the gateway takes every kind of fact that the expert tells"
    (leg,) = story["legs"]
    assert (leg["account"], leg["outcome"]) == (ACCOUNT, "loss"), "the spread was paid"
    stages = [entry["stage"] for entry in story["timeline"]]
    assert {"decided", "leased", "send_started", "reconciled"} <= set(stages)
    assert len(broker.ledger().deals) == 2
