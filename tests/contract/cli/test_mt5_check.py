"""`argos mt5 check` at terminals that lack something, each played by the stand-in over a real broker."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from argos.cli.main import app
from argos.exchange.book import Character
from paper_process import PaperProcess, exact_settings

LOGIN = 5001


@pytest.fixture(scope="module")
def broker(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PaperProcess]:
    folder = tmp_path_factory.mktemp("check")
    settings = exact_settings(Character.MT5, ledger=folder / "ledger.db", hedging=True)
    process = PaperProcess(settings).start()
    yield process
    process.stop()


def checked(folder: Path, mt5: dict[str, Any]) -> tuple[int, dict[str, dict[str, str]]]:
    """The exit code, and the findings by what they looked at."""
    body = {
        "name": "n",
        "account": "prop-1",
        "venue": "mt5",
        "gateway_url": "http://127.0.0.1:1",
        "mt5": mt5,
    }
    for name, text in (("node.json", json.dumps(body)), ("password", "key-a0")):
        (folder / name).touch(mode=0o600)
        (folder / name).write_text(text)
    result = CliRunner().invoke(app, ["mt5", "check", str(folder / "node.json"), "--json"])
    document = json.loads(result.stdout.splitlines()[-1])
    assert document["ready"] is (result.exit_code == 0)
    return result.exit_code, {finding["check"]: finding for finding in document["findings"]}


def settings(broker: PaperProcess, *, plays: dict[str, Any] | None = None, **more: Any) -> Any:
    stand_in = {"broker_url": broker.url, "clock_offset_s": 10_800, **(plays or {})}
    return {"login": LOGIN, "password_file": "password", "standin": stand_in, **more}


async def test_a_terminal_that_is_ready_has_nothing_to_mend(tmp_path, broker):
    await broker.feed("AAPL", "100")
    code, found = checked(tmp_path, settings(broker, symbols=["AAPL"]))
    assert code == 0
    assert {finding["state"] for finding in found.values()} == {"ok"}
    assert found["clock"]["detail"].startswith("the broker's clock is +3 h")


@pytest.mark.parametrize(
    ("plays", "more", "check", "state"),
    [
        ({"installed": False}, {}, "terminal", "fail"),
        ({}, {"password_file": "empty"}, "account", "fail"),
        ({"trade_allowed": False}, {}, "algo trading", "fail"),
        ({"tradeapi_disabled": True}, {}, "algo trading", "fail"),
        ({}, {"kind": "real"}, "account", "fail"),
        ({}, {"hedging": False}, "account", "fail"),
        ({}, {"symbols": ["AAPL", "NOPE"]}, "symbol NOPE", "fail"),
        ({"hidden": ["AAPL"]}, {"symbols": ["AAPL"]}, "symbol AAPL", "warn"),
        ({"clock_offset_s": 400}, {"symbols": ["AAPL"]}, "clock", "warn"),
        ({}, {"symbols": ["IBM"]}, "clock", "warn"),
    ],
)
async def test_what_is_wrong_is_named_with_its_fix(tmp_path, broker, plays, more, check, state):
    await broker.feed("AAPL", "100")
    (tmp_path / "empty").touch(mode=0o600)
    code, found = checked(tmp_path, settings(broker, plays=plays, **more))
    assert found[check]["state"] == state
    assert found[check]["fix"]
    assert code == (1 if state == "fail" else 0)


def test_a_missing_package_is_a_finding(tmp_path):
    code, found = checked(tmp_path, {"login": LOGIN})
    assert code == 1
    assert "extra mt5" in found["package"]["fix"]
