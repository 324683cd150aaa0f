"""`argos sources`, as a user runs it."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from argos.sources.board import VoteStore
from argos.sources.ledger import SourceFile
from argos.sources.settings import PROVIDERS
from argos.stack.free_ports import is_free
from eventually import eventually
from fixture_process import FixtureProcess
from source_stand import SYMBOLS, settings_for, standing


def run(home: Path, *words: str, **env: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "argos.cli.front", *words],
        env={**os.environ, "ARGOS_HOME": str(home), **env},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def sources_of(done: subprocess.CompletedProcess[str]) -> dict[str, Any]:
    assert done.returncode == 0, done.stderr
    return {source["source"]: source for source in json.loads(done.stdout)["sources"]}


def voters(home: Path) -> set[str]:
    """Sources with a vote in the home's file."""
    path = home / "sources.sqlite"
    if not path.exists():
        return set()
    file = SourceFile.open(path)
    try:
        return {vote.source for vote in VoteStore(file).read()}
    finally:
        file.close()


def test_before_the_first_run_it_shows_the_budgets_and_makes_no_file(tmp_path: Path) -> None:
    shown = sources_of(run(tmp_path / "home", "sources", "--json"))
    assert set(shown) == set(PROVIDERS)
    assert all(source["simulated"] and not source["votes"] for source in shown.values())
    assert shown["alpha_vantage"]["calls_left_today"] == 25
    assert shown["x_api"]["usd_left_today"] == "1"
    assert not (tmp_path / "home").exists()


async def test_a_run_fills_the_board_and_the_screen_says_simulated(
    server: FixtureProcess, tmp_path: Path
) -> None:
    home, symbols = tmp_path / "home", ",".join(SYMBOLS)
    env = {"ARGOS_SOURCES_FIXTURE_URL": server.url, "ARGOS_SOURCES_SYMBOLS": symbols}
    process = subprocess.Popen(
        [sys.executable, "-m", "argos.cli.front", "sources", "run"],
        env={**os.environ, "ARGOS_HOME": str(home), **env},
        stderr=subprocess.DEVNULL,
    )
    try:
        await eventually(lambda: voters(home) == set(PROVIDERS), within_s=60, what="all votes")
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)
    assert process.returncode == 0
    shown = sources_of(run(home, "sources", "--json", **env))
    assert {vote["symbol"] for vote in shown["massive"]["votes"]} == set(SYMBOLS)
    for source in shown.values():
        assert source["calls_today"] >= 1
        assert all(vote["simulated"] for vote in source["votes"])
    assert shown["alpha_vantage"]["calls_left_today"] == 25 - shown["alpha_vantage"]["calls_today"]
    table = run(home, "sources", **env).stdout
    assert table.count("simulated source") >= len(PROVIDERS)
    assert "SIMULATED_" in table


async def test_spending_and_a_pause_are_shown(server: FixtureProcess, tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    async with standing(settings_for(server.url), path) as stand:
        server.fault("sonar", "too_many", retry_after_s=600)
        await stand.once("sonar")
    shown = sources_of(run(tmp_path, "sources", "--json"))
    assert shown["sonar"]["paused_until"] is not None
    assert shown["sonar"]["calls_without_end"] == 0
    assert {vote["reason"] for vote in shown["sonar"]["votes"]} == {"SIMULATED_RATE_LIMITED"}


def test_a_config_with_keys_that_others_can_read_is_refused(tmp_path: Path) -> None:
    config = tmp_path / "config.json"
    config.write_text('{"massive": {"api_key": "Q7X2SECRET9KEY1Z"}}')
    config.chmod(0o644)
    done = run(tmp_path, "sources", "--json")
    assert done.returncode == 1
    assert json.loads(done.stdout)["error"]["code"] == "SECRET_FILE_OPEN"
    config.chmod(0o600)
    shown = run(tmp_path, "sources", "--json")
    assert not sources_of(shown)["massive"]["simulated"]
    assert "Q7X2SECRET9KEY1Z" not in shown.stdout + shown.stderr


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--port", "PORT"), "PORT_TAKEN"),
        (("--port", "0", "--first-day", "soon"), "FIXTURE_FIRST_DAY"),
        (("--port", "0", "--first-day", "2000-03-02"), "FIXTURE_FIRST_DAY"),
    ],
)
def test_a_fixture_server_that_cannot_be_says_why(
    words: tuple[str, ...], code: str, server: FixtureProcess, tmp_path: Path
) -> None:
    port = server.url.rpartition(":")[2]
    assert not is_free(int(port))
    given = [word.replace("PORT", port) for word in words]
    done = run(tmp_path, "sources", "fixture", *given)
    assert done.returncode == 1
    assert code in done.stderr
