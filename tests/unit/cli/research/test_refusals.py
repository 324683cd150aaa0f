"""What the research commands cannot use is told with a code, its place and a fix, before anything is played."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from argos.cli.research.app import app

Ask = Callable[..., Any]


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Ask:
    """The command's error; it must end with exit code 1."""
    monkeypatch.chdir(tmp_path)

    def asked(*words: str) -> Any:
        with pytest.raises(SystemExit) as ended:
            app([*words, "--json"])
        assert ended.value.code == 1
        return json.loads(capsys.readouterr().out)["error"]

    return asked


@pytest.mark.parametrize(
    ("words", "code", "field"),
    [
        (("backtest", "ema-cros", "--data", "demo"), "STRATEGY_UNKNOWN", "strategy"),
        (("backtest", "ema-cross", "--data", "demo", "--set", "fst=3"), "STRATEGY_PARAM", "fst"),
        (("backtest", "ema-cross", "--data", "demo", "--set", "fast=x"), "BACKTEST_VALUE", "fast"),
        (("backtest", "ema-cross", "--data", "demo", "--costs", "cheap"), "BACKTEST_SETTING", "--costs"),
        (("backtest", "ema-cross", "--data", "demo", "--session", "9"), "BACKTEST_HOURS", "--session"),
        (("backtest", "ema-cross", "--data", "demo", "--weights", "massive=1"), "USAGE", "--weights"),
        (("backtest", "consensus", "--data", "demo", "--weights", "massiv=1"), "CONSENSUS_SETTING", "--weights"),
        (("backtest", "consensus", "--data", "demo", "--weights", "massive=x"), "BACKTEST_VALUE", "massive"),
        (("backtest", "consensus", "--data", "demo", "--votes", "none.jsonl"), "CONSENSUS_VOTES", "votes"),
        (("backtest", "consensus", "--data", "demo", "--set", "fire_at=0.3"), "CONSENSUS_SETTING", "fire_at"),
        (("backtest", "consensus", "--data", "demo", "--set", "exits.stop=1"), "BACKTEST_SETTING", "exits.stop"),
        (("optimize", "ema-cross", "--data", "demo", "--space", "fast"), "SPACE_INVALID", "fast"),
        (("optimize", "ema-cross", "--data", "demo", "--space", "fst=1..3"), "STRATEGY_PARAM", "fst"),
        (
            ("walkforward", "ema-cross", "--data", "demo", "--space", "fast=5,9", "--train", "x", "--test", "9"),
            "SPAN_INVALID",
            "x",
        ),
    ],
)  # fmt: skip
def test_what_cannot_be_used_is_told_with_its_place_and_a_fix(
    ask: Ask, words: tuple[str, ...], code: str, field: str
) -> None:
    error = ask(*words)
    assert (error["code"], error["field"]) == (code, field)
    assert error["fix"]


def test_a_bad_row_of_a_file_is_named_as_its_owner_counts(ask: Ask, tmp_path: Path) -> None:
    (tmp_path / "p.csv").write_text(
        "Date,Open,High,Low,Close\n2024-01-02,1,2,1,2\n2024-01-03,2,1,2,2\n", encoding="utf-8"
    )
    error = ask("backtest", "ema-cross", "--data", "p.csv")
    assert "line 3" in error["message"]
    assert error["field"] == "High"


def test_the_consensus_says_why_it_could_never_fire_and_plays_stated_weights(
    ask: Ask, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [f"2024-{month:02}-{day:02}" for month in range(1, 5) for day in range(1, 29)]
    closes = [100 + (index * 7919 % 97) / 20 + index / 50 for index in range(len(days))]
    rows = "".join(
        f"{day},{close:.2f},{close + 1:.2f},{close - 1:.2f},{close + 0.5:.2f}\n"
        for day, close in zip(days, closes, strict=True)
    )
    (tmp_path / "own.csv").write_text(f"Date,Open,High,Low,Close\n{rows}", encoding="utf-8")
    words = ("backtest", "consensus", "--data", "own.csv")
    error = ask(*words)
    assert error["code"] == "CONSENSUS_CANNOT_FIRE"
    assert "massive 40 % + alpha_vantage 25 % = 65 %" in error["message"]
    stated = "massive=60,alpha_vantage=40"
    assert f"--weights {stated}" in error["fix"]
    with pytest.raises(SystemExit) as ended:
        app([*words, "--weights", stated, "--no-save", "--json"])
    assert not ended.value.code
    told = json.loads(capsys.readouterr().out)
    assert told["consensus"]["signals"] > 0
    assert told["consensus"]["simulated"] == []
    assert "simulated" not in told["provenance"]["data"]
