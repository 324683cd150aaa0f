"""`argos backtest consensus` as a user runs it: processes, a folder, and the same once more."""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from argos.hindsight.stored import NO_VOTES
from argos.hindsight.together import hear_together
from argos.hindsight.voting import Inputs, is_remembered, made_votes, votes_by_bar
from argos.prices.read import read_prices

pytestmark = pytest.mark.acceptance

COMMAND_S = 120
YEARS = ("--from", "2010-01-01", "--to", "2010-12-31")


def ask(folder: Path, *words: str, code: int = 0) -> Any:
    ran = subprocess.run(
        [sys.executable, "-m", "argos.cli.front", *words, "--json"],
        cwd=folder,
        env={**os.environ, "COLUMNS": "200"},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=COMMAND_S,
        check=False,
    )
    assert ran.returncode == code, f"{words}: {ran.returncode}\n{ran.stdout}\n{ran.stderr}"
    return json.loads(ran.stdout)


def test_the_consensus_is_played_judged_labelled_and_made_again(tmp_path: Path) -> None:
    words = ("backtest", "consensus", "--data", "demo:IBM", *YEARS)
    told = ask(tmp_path, *words, "--calibrate", "--lookahead-check")
    consensus, folder = told["consensus"], tmp_path / told["folder"]

    # Judged and played.
    assert consensus["signals"] > 0
    assert consensus["closes"] == told["provenance"]["bars"]
    assert sum(consensus["silence"].values()) + consensus["signals"] == consensus["closes"]
    assert told["metrics"]["trades"] == len(pq.read_table(folder / "trades.parquet")) > 0
    assert told["signals_alone"] is None
    judged = consensus["by_source"]["consensus"]
    assert 0 < judged["hits"]["n"] <= consensus["signals"]
    assert judged["hits"]["low"] < judged["hits"]["rate"] < judged["hits"]["high"]
    assert 0 < judged["brier"] < 1

    # No future in it, and no probability without a later stretch on which it held.
    assert told["lookahead"]["decisions"] > 0
    assert told["lookahead"]["peeks"] == []
    calibration = told["calibration"]
    assert (calibration["calibration"] is None) is (calibration["shortfall"] is not None)
    assert not (folder / "calibration.json").exists()
    of_simulated = folder / "calibration-of-simulated-votes.json"
    assert of_simulated.exists() is (calibration["shortfall"] is None)

    # Every place says what was simulated.
    words_of_it = "x_api, sonar: simulated source"
    assert words_of_it in told["provenance"]["data"]
    study = json.loads((folder / "study.json").read_text(encoding="utf-8"))
    assert words_of_it in study["provenance"]["data"]
    assert study["consensus"]["simulated"] == ["x_api", "sonar"]
    page = (folder / "sheet.html").read_text(encoding="utf-8")
    assert words_of_it in page
    assert "Simulated source: votes of x_api and sonar" in page

    # Again, bit for bit; and from its own votes.
    again = ask(tmp_path, "backtest", "--again", told["folder"])
    assert (again["same"], again["differences"]) == (True, [])
    votes = str(folder / "votes.parquet")
    stored = ask(tmp_path, *words, "--votes", votes)
    assert stored["metrics"] == told["metrics"]
    assert set(stored["consensus"]["origins"].values()) == {"stored votes"}
    assert words_of_it in stored["provenance"]["data"]
    assert ask(tmp_path, "backtest", "--again", stored["folder"])["same"]


def test_votes_made_by_two_processes_are_those_made_by_one() -> None:
    bars = read_prices("demo:MSFT,IBM", since="2013-01-02").bars
    each = [bars.only(symbol) for symbol in range(2)]
    asked = ("alpha_vantage", "massive", "sonar", "x_api")
    inputs = Inputs(stored=NO_VOTES, simulated=True, seed=5)
    told: list[int] = []
    heard = hear_together(
        each, asked, inputs, processes=2, progress=lambda done, _: told.append(done), closes_min=1
    )
    assert heard == 2
    assert told == [0, len(bars), 2 * len(bars)]
    for one in each:
        assert is_remembered(one, asked, inputs)
        assert votes_by_bar(one, asked, inputs) == made_votes(one, asked, inputs)
