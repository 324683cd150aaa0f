"""A node from its file, at MetaTrader 5 by the stand-in: a link that loses an answer, and files that cannot be used."""

import asyncio
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from argos.core.errors import InputError
from argos.entries.node_file import node_settings, open_venue
from argos.exchange.book import Character
from argos.node.runtime import run_node
from contract.node.gateway_stub import CODE, NODE
from paper_process import PaperProcess, exact_settings
from unit.node.rig import entry

TIMINGS = {"poll_wait_ms": 200, "scan_ms": 50, "retry_ms_min": 1, "retry_ms_max": 20}


@pytest.fixture
def broker(tmp_path: Path):
    settings = exact_settings(Character.MT5, ledger=tmp_path / "ledger.db", hedging=True)
    process = PaperProcess(settings).start()
    yield process
    process.stop()


def private(path: Path, text: str) -> Path:
    path.touch(mode=0o600)
    path.write_text(text)
    return path


def node_file(folder: Path, *, gateway_url: str, mt5: dict[str, Any]) -> Path:
    body = {
        "name": NODE,
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": gateway_url,
        "timings": TIMINGS,
        "mt5": mt5,
    }
    return private(folder / "node.json", json.dumps(body))


def stand_in(broker: PaperProcess, **more: Any) -> dict[str, Any]:
    plays = {"broker_url": broker.url, "clock_offset_s": 7_200, **more}
    return {"login": 5001, "password_file": "password", "poll_ms": 20, "standin": plays}


async def until(is_so: Any) -> None:
    async with asyncio.timeout(15):
        while not is_so():
            await asyncio.sleep(0.005)


async def test_an_order_that_was_filled_without_an_answer_is_found_and_not_sent_twice(
    tmp_path, broker, gateway
):
    await broker.feed("AAPL", "100")
    private(tmp_path / "password", "key-a0")
    mishap = {"fault_probabilities": {"none_after_send": 1.0}}
    path = node_file(tmp_path, gateway_url=gateway.url, mt5=stand_in(broker, **mishap))
    stop = asyncio.Event()
    running = asyncio.create_task(
        run_node(node_settings(path, enrol_code=CODE), open_venue(path), stop=stop)
    )
    now = datetime.now(tz=UTC)
    times = {"valid_until": now + timedelta(minutes=1), "alert_received_at": now}
    gateway.lease(entry(symbol="AAPL", **times))
    await until(lambda: "fill" in [fact.kind for fact in gateway.facts.values()])
    stop.set()
    await running
    kinds = [str(fact.kind) for fact in gateway.facts.values()]
    assert "in_doubt" in kinds
    assert len(broker.ledger().deals) == 1


@pytest.mark.parametrize(
    ("mt5", "code"),
    [
        ({"login": 1, "password": "x"}, "MT5_PASSWORD_IN_FILE"),
        ({"login": 1, "password_file": "nowhere"}, "MT5_PASSWORD_MISSING"),
        ({"login": 1, "password_variable": "ARGOS_NO_SUCH"}, "MT5_PASSWORD_MISSING"),
        ({}, "MT5_SETTINGS_INVALID"),
        ({"login": 1, "standin": {}}, "MT5_STANDIN_INVALID"),
        ({"login": 1}, "MT5_PACKAGE_MISSING"),
    ],
)
def test_a_node_file_that_cannot_be_used_says_why(tmp_path, mt5, code):
    path = node_file(tmp_path, gateway_url="http://127.0.0.1:1", mt5=mt5)
    with pytest.raises(InputError) as error:
        open_venue(path)
    assert (error.value.code, bool(error.value.fix)) == (code, True)
