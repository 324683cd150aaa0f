"""A search in a process of its own is killed, or told to stop, and goes on to the record of one that was not."""

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from eventually import eventually

pytestmark = pytest.mark.acceptance

PROGRAM = Path(__file__).with_name("a_search.py")
TOTALS = {"grid": 120, "optuna": 100, "random": 100}
RUN_S = 120
RECORD_BYTES = 600
"""Less than a trial takes in the journal."""


def start(method: str, journal: Path) -> subprocess.Popen[str]:
    words = [sys.executable, str(PROGRAM), method, str(journal)]
    return subprocess.Popen(words, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def told(method: str, journal: Path) -> dict[str, Any]:
    process = start(method, journal)
    out, err = process.communicate(timeout=RUN_S)
    assert process.returncode == 0, err
    return json.loads(out)


async def some_trials(journal: Path, process: subprocess.Popen[str]) -> None:
    def written() -> bool:
        assert process.poll() is None, "it ended before it could be interrupted"
        return journal.exists() and journal.stat().st_size > 4 * RECORD_BYTES

    await eventually(written, within_s=RUN_S, what="trials in the journal")


def record(found: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in found.items() if name != "resumed"}


@pytest.mark.parametrize("method", ["grid", "optuna"])
async def test_a_killed_search_goes_on_from_its_journal(method, tmp_path):
    whole = told(method, tmp_path / "whole")
    assert (whole["counted"], whole["resumed"], whole["interrupted"]) == (TOTALS[method], 0, False)
    journal = tmp_path / "killed"
    process = start(method, journal)
    await some_trials(journal, process)
    process.kill()
    process.communicate(timeout=RUN_S)
    assert process.returncode == -signal.SIGKILL
    found = told(method, journal)
    assert 0 < found["resumed"] < TOTALS[method]
    assert record(found) == record(whole)


async def test_ctrl_c_ends_a_search_with_what_was_played(tmp_path):
    journal = tmp_path / "stopped"
    process = start("random", journal)
    await some_trials(journal, process)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=RUN_S)
    assert process.returncode == 0, err
    first = json.loads(out)
    assert first["interrupted"]
    assert 0 < first["counted"] < TOTALS["random"]
    assert first["best"] is not None
    found = told("random", journal)
    assert found["resumed"] == first["counted"]
    assert record(found) == record(told("random", tmp_path / "whole"))
