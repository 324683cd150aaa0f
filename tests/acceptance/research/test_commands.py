"""`argos backtest`, `optimize` and `walkforward` as a user runs them: processes, files, exit codes."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

pytestmark = pytest.mark.acceptance

COMMAND_S = 120
CHEAT = """
from dataclasses import dataclass
import numpy as np
from argos.backtest.strategy import Signals

@dataclass(frozen=True)
class Cheat:
    def signals(self, market):
        side = np.zeros(len(market.close), np.int8)
        side[:-1] = np.sign(market.close[1:] - market.close[:-1])
        return Signals(side=side)
"""
SLOW = """
import time
from dataclasses import dataclass
from argos.backtest.strategies.ema_cross import EmaCross

@dataclass(frozen=True, kw_only=True)
class Slow(EmaCross):
    def signals(self, market):
        time.sleep(0.02)  # so that there is something to be interrupted
        return EmaCross.signals(self, market)
"""


def argv(*words: str) -> list[str]:
    return [sys.executable, "-m", "argos.cli.front", *words]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        argv(*words),
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )


def ask(folder: Path, *words: str, code: int = 0) -> Any:
    ran = run(folder, *words, "--json")
    assert ran.returncode == code, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return json.loads(ran.stdout)


def test_a_run_is_kept_whole_and_made_again_to_the_last_bit(tmp_path: Path) -> None:
    told = ask(
        tmp_path, "backtest", "ema-cross", "--data", "demo", "--set", "exits.stop_fraction=0.05"
    )
    folder = tmp_path / told["folder"]
    assert told["metrics"]["trades"] == len(pq.read_table(folder / "trades.parquet")) > 0
    assert told["metrics"]["sharpe_n"] == told["provenance"]["bars"]
    assert told["costs"]["spread"] > 0
    page = (folder / "sheet.html").read_text(encoding="utf-8")
    assert told["provenance"]["data_sha256"][:8] in page
    again = ask(tmp_path, "backtest", "--again", told["folder"])
    assert (again["same"], again["differences"]) == (True, [])
    # A table of another run in its place is seen by its digest.
    (folder / "trades.parquet").write_bytes((folder / "fills.parquet").read_bytes())
    refused = ask(tmp_path, "backtest", "--again", told["folder"], code=1)
    assert refused["error"]["code"] == "STUDY_CHANGED"


def test_a_strategy_that_sees_the_future_is_told_and_ends_with_1(tmp_path: Path) -> None:
    (tmp_path / "cheat.py").write_text(CHEAT, encoding="utf-8")
    words = ("cheat.py", "--data", "demo:IBM", "--no-save", "--lookahead-check")
    told = ask(tmp_path, "backtest", *words, code=1)
    assert told["lookahead"]["peeks"]
    assert told["folder"] is None
    assert [file.name for file in tmp_path.iterdir() if file.name != "__pycache__"] == ["cheat.py"]


def test_past_signals_are_judged_and_played(tmp_path: Path) -> None:
    (tmp_path / "past.csv").write_text(
        "time,symbol,side,confidence\n2005-01-03,AAPL,long,0.7\n2005-06-01,AAPL,exit,\n",
        encoding="utf-8",
    )
    words = ("--signals", "past.csv", "--data", "demo", "--hold-bars", "20")
    told = ask(tmp_path, "backtest", *words)
    assert told["metrics"]["trades"] == 1
    assert told["signals_alone"]["all"]["n"] == 1
    assert ask(tmp_path, "backtest", "--again", told["folder"])["same"]


def test_an_interrupted_search_keeps_what_is_done_and_goes_on(tmp_path: Path) -> None:
    (tmp_path / "slow.py").write_text(SLOW, encoding="utf-8")
    words = (
        "optimize",
        "slow.py:Slow",
        "--data",
        "demo:IBM",
        "--space",
        "fast=5..50:5",
        "--space",
        "slow=60..240:20",
    )
    process = subprocess.Popen(
        argv(*words, "--threads", "1"), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )  # fmt: skip
    journal: list[Path] = []
    while process.poll() is None and not (journal and journal[0].stat().st_size > 20_000):
        journal = list(tmp_path.glob("argos-studies/.journals/*"))
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=COMMAND_S)
    assert process.returncode == 130, out + err
    assert "the same command goes on" in out
    resumed = ask(tmp_path, *words)
    assert 0 < resumed["resumed"] < resumed["played"] == 100
    fresh = ask(tmp_path, *words, "--afresh")
    assert fresh["resumed"] == 0
    for name in ("best", "plateau", "deflated_sharpe", "overfitting_probability"):
        assert fresh[name] == resumed[name]


def test_a_walk_tests_only_what_it_was_not_trained_on(tmp_path: Path) -> None:
    words = (
        "--space",
        "fast=5,10,20",
        "--space",
        "slow=50,100",
        "--train",
        "4y",
        "--test",
        "1y",
        "--embargo",
        "3",
    )
    told = ask(tmp_path, "walkforward", "ema-cross", "--data", "demo", *words)
    assert told["trials"] == 6 * len(told["folds"]) > 0
    assert all(fold["train_to"] < fold["test_from"] for fold in told["folds"])
    assert told["metrics"]["sharpe_n"] > 0
    table = pq.read_table(tmp_path / told["folder"] / "folds.parquet")
    assert len(table) == len(told["folds"])
