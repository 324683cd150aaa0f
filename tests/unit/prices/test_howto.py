"""The how-to page does what it shows, and refuses what it says is refused."""

import re
from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pytest

from argos.backtest.result import Result
from argos.core.errors import InputError
from argos.prices.read import read_bars
from argos.prices.signals import read_signals

PAGE = Path(__file__).resolve().parents[3] / "docs" / "how-to" / "bring-your-own-prices.md"
BLOCKS = re.findall(r"```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
MINUTES = 3 * 1440


def prices(times) -> pd.DataFrame:
    dice = np.random.default_rng(len(times))
    close = 100 + np.cumsum(dice.normal(0, 0.01, len(times)))
    opened = np.append(close[:1], close[:-1])
    high, low = np.maximum(opened, close), np.minimum(opened, close)
    return pd.DataFrame({"Date": times, "Open": opened, "High": high, "Low": low, "Close": close})


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    days = prices(pd.date_range("2019-12-30", "2023-01-03"))
    Path("prices").mkdir()
    for symbol in ("AAPL", "GOOG", "IBM"):
        days.to_csv(f"prices/{symbol}.csv", index=False)
    days.to_parquet("GOOG.parquet")
    prices(pd.date_range("2020-01-07", periods=MINUTES, freq="min")).to_csv(
        "EURUSD.csv", index=False
    )
    hours = pd.date_range("2020-01-07 02:30", periods=12, freq="4h")
    pd.DataFrame({"time": hours, "side": ["buy", "sell"] * 6, "confidence": 0.6}).to_csv(
        "signals.csv", index=False
    )
    return tmp_path


def test_its_code_runs_from_top_to_bottom(folder, capsys):
    daily = prices(pd.date_range("2020-01-01", periods=5))
    names = {"frame": daily, "first": pl.from_pandas(daily)}
    for block in BLOCKS:
        exec(compile(block, str(PAGE), "exec"), names)
    assert names["bars"].fine is not None
    assert len(names["bars"]) == MINUTES / 60
    assert names["claims"].bar.tolist() == [4 + 4 * n for n in range(12)]
    assert names["quality"].rated == 12 - sum(bar + 24 >= 72 for bar in names["claims"].bar)
    assert isinstance(names["result"], Result)
    assert "Date is local to Europe/Athens" in capsys.readouterr().out


def test_the_table_of_signal_times_is_true(folder):
    bars = read_bars("EURUSD.csv", zone="UTC", every="1h")
    for text, known_at_open, bar in (
        ("2020-01-07T05:30:00Z", False, 5),
        ("2020-01-07T05:00:00Z", False, 5),
        ("2020-01-07T05:00:00Z", True, 4),
    ):
        table = pl.DataFrame({"time": [text], "side": ["buy"]})
        assert read_signals(table, bars, known_at_open=known_at_open).bar.tolist() == [bar]


def test_its_refusals_are_worded_as_they_are(folder):
    shown = re.findall(r"^(?:BARS|PRICES)_\w+: .*$", PAGE.read_text("utf-8"), re.MULTILINE)
    header = "Date,<OPEN>,<HIGH>,<LOW>,<CLOSE>\n"
    good = "2026-01-30T09:{:02d}:00Z,1.15,1.17,1.14,1.16\n"
    bad = "2026-01-30T10:00:00Z,1.15,1.17,1.1620,1.16\n"
    for text in (header + good.format(0) + bad, header + "2026-01-30 09:00,1,1,1,1\n"):
        Path("EURUSD.csv").write_text(text, encoding="utf-8")
        with pytest.raises(InputError) as caught:
            read_bars("EURUSD.csv")
        said = re.sub(r"line \d+", "line N", str(caught.value))
        assert said in [re.sub(r"line \d+", "line N", line) for line in shown]
