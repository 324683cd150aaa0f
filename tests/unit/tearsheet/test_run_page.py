"""The page of a run: its parts, its safety, its size, and that it tells the figures that were computed."""

import base64
import hashlib
import math
import re
from dataclasses import replace
from decimal import Decimal
from itertools import pairwise

import numpy as np
import pytest

from argos.backtest.bars import bars_of
from argos.backtest.layout import Reason
from argos.backtest.metrics import metrics_of, r_by_trade
from argos.backtest.run import run
from argos.backtest.settings import Account, Exits, Settings, Sizing
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.backtest.strategies.ema_cross import EmaCross
from argos.backtest.strategy import Signals
from argos.core.costs import CostModel
from argos.core.errors import InputError
from argos.tearsheet import trade_tables, words
from argos.tearsheet.document import asset
from argos.tearsheet.run_page import SCRIPTS, run_sheet
from unit.backtest.arbiter import random_walk
from unit.backtest.random_markets import random_run
from unit.tearsheet.conftest import provenance_of
from unit.tearsheet.reading import read, unpacked


@pytest.fixture(scope="module")
def benchmark(market):
    return run(BuyAndHold(), market)


@pytest.fixture(scope="module")
def page(result, benchmark):
    return read(run_sheet(result, provenance_of(result), benchmark=benchmark))


def silent(bars):
    return run(Signals(side=np.zeros(bars.close.shape, np.int8)), bars)


def test_every_part_is_there_with_headings_in_order_and_ids_once(page):
    assert page.unclosed == []
    for name in ("equity", "months", "trades", "distribution", "costs", "figures", "made"):
        assert page.with_id(name) == ["section"]
        assert ("a", {"href": f"#{name}"}) in page.tags
    levels = [int(tag[1]) for tag, _ in page.tags if re.fullmatch(r"h[1-6]", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [given["id"] for _, given in page.tags if "id" in given]
    assert len(ids) == len(set(ids))


def test_figures_are_those_of_the_metrics(page, result, benchmark):
    found, other = metrics_of(result), metrics_of(benchmark)
    for figures in (found, other):
        for text in (
            words.percent(figures.total_return),
            words.number(figures.sharpe),
            words.percent(figures.psr),
            words.number(figures.sortino),
            words.percent(figures.drawdown),
            words.number(figures.profit_factor),
            words.money(figures.expectancy),
        ):
            assert text in page.text
    assert f"n\u00a0=\u00a0{found.sharpe_n:,}, PSR {words.percent(found.psr)}" in page.text
    for amount in (found.commission, found.spread_cost, found.slippage_cost):
        assert words.money(-amount, sign=True) in page.text
    ambiguous = f"{result.ambiguous_trades:,}\u00a0trade"
    assert result.ambiguous_trades > 0
    assert ambiguous in page.text


def test_a_short_sharpe_is_marked_wherever_it_stands(market):
    bars = market.head(60)
    short = run(EmaCross(fast=5, slow=20), bars)
    assert metrics_of(short).sharpe_too_short
    page = read(run_sheet(short, provenance_of(short)))
    assert page.text.count("too short to be read") >= 2
    assert "Too few days for a rolling Sharpe" in page.text


def test_all_trades_are_in_the_page_as_they_were(page, result):
    told, trades = unpacked(page.data["trades"]), result.trades
    assert len(told["net"]) == len(trades) > 100
    assert (told["entryBar"] == trades["entry_bar"]).all()
    assert (told["exitTime"] == result.bars.opened_ns[trades["exit_bar"]] / 1e9).all()
    assert told["net"] == pytest.approx(trades["net_pnl"], abs=0.005)
    assert told["exit"] == pytest.approx(trades["exit_price"], rel=1e-6)
    assert told["r"] == pytest.approx(r_by_trade(result), abs=0.001, nan_ok=True)
    assert told["stop"] == pytest.approx(trades["stop_price"], rel=1e-6, nan_ok=True)
    reasons = page.data["reasons"]
    assert len(reasons) == len(Reason)
    assert reasons[Reason.STOP] == "stop"


def test_the_first_trades_are_told_without_scripts(page, result):
    rows = [given for tag, given in page.tags if tag == "th" and given.get("scope") == "row"]
    assert len(rows) > trade_tables.ROWS
    for trade in result.trades[: trade_tables.ROWS]:
        assert words.number(float(trade["net_pnl"]), 2, sign=True) in page.text


def test_candles_are_the_true_bars_where_there_is_room(page, market):
    assert page.data["perCandle"] == 1
    for symbol, told in enumerate(page.data["symbols"]):
        found = unpacked(told["all"])
        there = ~np.isnan(market.open[symbol])
        assert (found["first"] == np.flatnonzero(there)).all()
        assert (found["bars"] == 1).all()
        close = found["close"]
        open_ = np.concatenate([[0.0], close[:-1]]) + found["gap"]
        step = market.close[symbol].min() * 1e-5
        assert close == pytest.approx(market.close[symbol, there], abs=step)
        assert open_ == pytest.approx(market.open[symbol, there], abs=step)
        high = np.maximum(open_, close) + found["up"]
        assert high == pytest.approx(market.high[symbol, there], abs=step)
        assert told["near"] is None


def test_what_users_wrote_is_text_and_nothing_else(market, result):
    evil = '</script><img src=x onerror="alert(1)">&{{7*7}}'
    named = replace(
        result,
        strategy=evil,
        bars=replace(result.bars, symbols=(evil, "B")),
        params={evil: evil, "slow": 20},
    )
    page = run_sheet(named, provenance_of(named, data=evil, command=evil, strategy=evil))
    found = read(page)
    assert found.unclosed == []
    assert "img" not in {tag for tag, _ in found.tags}
    assert not any(name.startswith("on") for _, given in found.tags for name in given)
    assert found.data["symbols"][0]["name"] == evil
    assert evil in found.text
    assert "49" not in found.text.split("alert(1)")[1][:12]


def test_nothing_can_be_loaded_and_only_these_scripts_run(page):
    policy = next(
        given["content"]
        for tag, given in page.tags
        if tag == "meta" and given.get("http-equiv") == "Content-Security-Policy"
    )
    assert policy.startswith("default-src 'none';")
    allowed = set(re.findall(r"'sha256-([^']+)'", policy))
    parts = [*page.scripts, *page.styles]
    assert allowed == {
        base64.b64encode(hashlib.sha256(part.encode()).digest()).decode() for part in parts
    }
    assert "unsafe" not in policy
    for tag, given in page.tags:
        assert "style" not in given, "the policy would drop it"
        assert "src" not in given
        assert tag not in ("link", "iframe", "object", "form")
        assert not given.get("href", "#").startswith("http") or tag == "a"


def test_the_drawers_of_the_charts_are_named_with_a_link(page):
    assert ("https://www.tradingview.com/") in [
        given.get("href") for tag, given in page.tags if tag == "a"
    ]
    for line in asset("lightweight-charts.NOTICE").split("https")[0].splitlines():
        assert line.strip() in page.text.replace("\u2122", "")


@pytest.mark.parametrize(
    "end",
    [1, 2, 30, 2000],
)
def test_without_trades_the_page_says_so(market, end):
    flat = silent(market.head(end))
    found = read(run_sheet(flat, provenance_of(flat)))
    assert "No trade was finished." in found.text
    assert found.with_id("distribution") == []
    assert found.data["trades"]["rows"] == 0
    assert "nan" not in re.findall(r"\w+", found.text.lower())
    assert ("There is a single bar" in found.text) == (end == 1)
    assert "There is no rolling Sharpe ratio" in found.text or end <= 30


def test_equity_that_came_to_nothing_has_no_logarithm_and_says_so(market):
    one = market.only(0)
    settings = Settings(
        sizing=Sizing(value=80.0, cap_fraction=math.inf), account=Account(cash=1000.0)
    )
    ruined = run(EmaCross(fast=3, slow=9), one, settings=settings)
    assert ruined.equity.min() <= 0
    found = read(run_sheet(ruined, provenance_of(ruined)))
    assert found.data["logarithmic"] is False
    assert "Equity came to nothing" in found.text
    assert "nan" not in re.findall(r"\w+", found.text.lower())


def test_a_benchmark_of_other_bars_is_refused(result, market):
    with pytest.raises(InputError, match="SHEET_BENCHMARK"):
        run_sheet(result, provenance_of(result), benchmark=silent(market.head(50)))


def test_confidences_are_judged_where_there_are_any(market, page):
    dice = np.random.default_rng(3)
    shape = market.close.shape
    side = np.where(dice.random(shape) < 0.1, dice.choice([-1, 1], shape), 0).astype(np.int8)
    sure = run(Signals(side=side, confidence=dice.uniform(0.4, 0.9, shape)), market)
    found = read(run_sheet(sure, provenance_of(sure)))
    assert found.with_id("quality") == ["section"]
    assert "Brier" in found.text
    assert page.with_id("quality") == []


def test_settings_are_told_in_words(page, result):
    for words_told in (
        "spread 2\u00a0bps",
        "stop at 0.5\u00a0%",
        "target at 1\u00a0%",
        "10\u00a0% of equity",
    ):
        assert words_told in page.text


@pytest.fixture(scope="module")
def large():
    """A million minutes with more than 14,000 trades, prices of all digits."""
    bars = bars_of(**random_walk(1_000_000))
    settings = Settings(
        costs=CostModel(spread_bps=Decimal(1), slippage_bps_mean=Decimal(1)),
        exits=Exits(stop_fraction=0.01, take_fraction=0.02),
    )
    return run(EmaCross(), bars, settings=settings)


def test_a_million_bars_fit_into_six_megabytes_with_true_bars_around_trades(large):
    html = run_sheet(large, provenance_of(large))
    assert len(html.encode()) <= 6_000_000
    found = read(html)
    assert len(large.trades) > 14_000
    per_candle = found.data["perCandle"]
    assert per_candle > 1
    assert f"Each candle here is {per_candle} 1-minute bars" in found.text
    near = unpacked(found.data["symbols"][0]["near"])
    first, bars = near["first"].astype(int), near["bars"].astype(int)
    assert first[0] == 0
    assert (first[1:] == (first + bars)[:-1]).all()
    for bar in (*large.trades["entry_bar"][::500], *large.trades["exit_bar"][::500]):
        row = int(np.searchsorted(first, bar, "right")) - 1
        assert bars[row - 2 : row + 3].max(initial=1) == 1
        assert near["close"][row] == pytest.approx(large.bars.close[0, bar], rel=2e-6)


def test_of_too_many_trades_the_last_are_told_and_the_page_says_so():
    bars = bars_of(**random_walk(trade_tables.TRADES_MAX + 500))
    side = np.where(np.arange(len(bars)) % 2, 1, -1).astype(np.int8)
    restless = run(Signals(side=side), bars)
    found = read(run_sheet(restless, provenance_of(restless)))
    told = unpacked(found.data["trades"])
    left_out = len(restless.trades) - trade_tables.TRADES_MAX
    assert left_out > 400
    assert (told["exitBar"] == restless.trades["exit_bar"][left_out:]).all()
    assert found.data["firstTrade"] == left_out
    assert (
        f"the last {trade_tables.TRADES_MAX:,}\u00a0trades of {len(restless.trades):,}"
        in found.text
    )


def test_scripts_are_short_and_the_library_is_the_one_that_is_told():
    for name in SCRIPTS[1:]:
        assert len(asset(name).splitlines()) < 250, name
    told = dict(line.split(" ", 1) for line in asset("lightweight-charts.txt").splitlines())
    library = asset("lightweight-charts.js")
    assert hashlib.sha512(library.encode()).hexdigest() == told["sha512"]
    assert f"v{told['version']}" in library[:200]
    assert "Apache License" in asset("lightweight-charts.LICENSE")


@pytest.mark.parametrize("seed", range(24))
def test_whatever_a_run_came_to_its_page_is_whole_and_no_figure_is_a_word_of_the_machine(seed):
    given = random_run(seed, bars=300 if seed % 3 else 12, symbols=1 + seed % 3)
    wild = run(given.signals, given.bars, settings=given.settings)
    page = read(run_sheet(wild, provenance_of(wild)))
    assert page.unclosed == []
    assert not {"nan", "inf", "infinity"} & set(re.findall(r"\w+", page.text.lower()))
    told = unpacked(page.data["trades"])
    assert told["net"] == pytest.approx(wild.trades["net_pnl"], abs=0.0051)
