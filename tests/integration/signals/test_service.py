"""`argos signals run` as a user runs it, over a fixture server of which two providers hang."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from argos.signals.file import FILE, SignalFile
from argos.signals.replaying import replay_day
from argos.signals.status import STATUS_FILE, read_status
from argos.signals.vote_rows import VoteReader
from argos_command import ArgosCommand
from eventually import eventually
from fixture_process import FixtureProcess
from signal_stage import at, stage, votes_for


class Service:
    """`argos signals run`, until it is stopped."""

    def __init__(self, home: Path, url: str) -> None:
        self.home = home
        env = {
            "ARGOS_SOURCES_FIXTURE_URL": url,
            "ARGOS_SOURCES_SYMBOLS": "AAPL,MSFT",
            "ARGOS_HOME": str(home),
        }
        self.process = subprocess.Popen(
            [sys.executable, "-m", "argos.cli.front", "signals", "run"],
            env={**os.environ, **env},
            stderr=subprocess.PIPE,
            text=True,
        )

    @property
    def status(self) -> dict[str, Any]:
        return read_status(self.home / STATUS_FILE) or {}

    def ticks(self) -> int:
        return int(self.status.get("ticks", 0))

    def stop(self, by: signal.Signals = signal.SIGTERM) -> list[dict[str, Any]]:
        """Its log, line by line."""
        self.process.send_signal(by)
        _, errors = self.process.communicate(timeout=60)
        return [json.loads(line) for line in errors.splitlines() if line]


@pytest.fixture
def service(server: FixtureProcess, tmp_path: Path) -> Iterator[Service]:
    running = Service(tmp_path / "home", server.url)
    yield running
    if running.process.poll() is None:
        running.stop(signal.SIGKILL)


async def test_it_ticks_beside_hanging_sources_and_leaves_a_file_that_is_whole(
    server: FixtureProcess, service: Service
) -> None:
    for provider in ("x_api", "sonar"):
        server.fault(provider, "slow", delay_s=30)
    await eventually(lambda: service.ticks() >= 2, within_s=60, what="two ticks")
    argos = ArgosCommand(service.home)
    told = argos.ask("signals", "status")
    assert told["running"] is True
    assert told["status"]["missed_ticks"] == 0
    assert told["status"]["skipped"] == ""
    assert told["status"]["simulated_sources"] == ["alpha_vantage", "massive", "sonar", "x_api"]
    second = argos.run("signals", "run", "--seconds", "1")
    assert second.code == 1
    assert "HOME_IN_USE" in second.err
    log = service.stop()
    assert service.process.returncode == 0
    assert "signals run" in {line["event"] for line in log[:2]}
    assert argos.ask("signals", "status", code=1)["running"] is False
    assert argos.ask("signals", "verify")["findings"] == []
    file = SignalFile.look(service.home / FILE)
    with file.reading() as connection:
        ((day, ticks),) = connection.execute("SELECT day, count(*) FROM ticks GROUP BY day LIMIT 1")
        replayed = replay_day(connection, day)
        votes = [vote for _, vote in VoteReader(connection).between(0)]
    file.close()
    assert replayed.findings == []
    assert replayed.ticks == ticks
    assert {"massive", "alpha_vantage"} <= {vote.source for vote in votes}
    assert all(vote.reason.startswith("SIMULATED_") for vote in votes)


def test_calibrate_judges_by_prices_of_ones_own(tmp_path: Path) -> None:
    set_up = stage(tmp_path / FILE)
    set_up.publish(*votes_for("AAPL", now=at(0)))
    set_up.tick(0)
    set_up.tick(5)
    set_up.file.close()
    rows = [
        f"{at(60 * place).isoformat()},{10 + place},{11 + place},9,{10 + place},5"
        for place in range(4)
    ]
    prices = tmp_path / "AAPL.csv"
    prices.write_text("\n".join(["time,open,high,low,close,volume", *rows]))
    argos = ArgosCommand(tmp_path)
    found = argos.ask("signals", "calibrate", str(prices), "--horizon-s", "60")
    assert set(found["scores"]) == {"massive", "alpha_vantage", "x_api", "sonar", "consensus"}
    assert (found["scores"]["massive"]["n"], found["scores"]["massive"]["brier"]) == (1, 0.04)
    assert found["calibration"]["shortfall"] == "TOO_FEW_FITTED"
