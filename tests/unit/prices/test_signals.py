"""Past signals meet the bar after which they may be used, never an earlier one, and wrong rows are told."""

from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.backtest.bars import Bars, bars_of
from argos.backtest.layout import TRADE, Signal
from argos.backtest.run import run
from argos.backtest.signal_quality import outcomes_after, past_signals
from argos.backtest.strategy import Signals
from argos.core.errors import InputError
from argos.prices.signals import read_played_signals, read_signal_table, read_signals
from unit.backtest.random_markets import EXTRAS, random_run
from unit.prices.markets import YEAR_1980_NS, Row

HOUR_NS = 3_600_000_000_000
FEW = settings(max_examples=100, deadline=None)


def bars_at(opened, symbols=("A",)) -> Bars:
    ones = np.ones((len(symbols), len(opened)))
    return bars_of(
        opened_ns=np.array(opened), open=ones, high=ones, low=ones, close=ones, symbols=symbols
    )


def signals_at(*moments, **columns) -> pa.Table:
    return pa.table(
        {
            "time": pa.array(moments, pa.timestamp("ns", "UTC")),
            "side": ["long"] * len(moments),
            **columns,
        }
    )


@st.composite
def bars_and_moments(draw):
    opened = sorted(draw(st.lists(st.integers(0, 60), min_size=2, max_size=12, unique=True)))
    opened_ns = [YEAR_1980_NS + at * HOUR_NS // 4 for at in opened]
    inside = st.one_of(st.sampled_from(opened_ns[1:]), st.integers(opened_ns[0] + 1, opened_ns[-1]))
    return opened_ns, draw(st.lists(inside, min_size=1, max_size=8, unique=True))


@FEW
@given(bars_and_moments())
def test_a_signal_is_used_at_the_first_open_that_is_surely_after_it(case):
    opened_ns, moments = case
    found = read_signals(signals_at(*moments), bars_at(opened_ns))
    for bar, moment in zip(found.bar.tolist(), sorted(moments), strict=True):
        assert opened_ns[bar] <= moment
        later = [at for at in opened_ns if at > moment]
        assert opened_ns[bar + 1 : bar + 2] == later[:1]


@FEW
@given(bars_and_moments())
def test_a_signal_known_at_an_open_is_used_there_and_others_as_before(case):
    opened_ns, moments = case
    found = read_signals(signals_at(*moments), bars_at(opened_ns), known_at_open=True)
    for bar, moment in zip(found.bar.tolist(), sorted(moments), strict=True):
        assert opened_ns[bar] < moment
        assert opened_ns[bar + 1] == min(at for at in opened_ns if at >= moment)


@FEW
@given(bars_and_moments(), st.integers(1, HOUR_NS))
def test_a_later_signal_is_never_used_earlier(case, later_ns):
    opened_ns, moments = case
    moments = [at for at in moments if at + later_ns <= opened_ns[-1]]
    if not moments:
        return
    for known_at_open in (False, True):
        first, second = (
            read_signals(
                signals_at(*(at + shift for at in moments)),
                bars_at(opened_ns),
                known_at_open=known_at_open,
            )
            for shift in (0, later_ns)
        )
        assert (second.bar >= first.bar).all()


def written(played, bars: Bars, path: Path) -> None:
    """A strategy's signals as a table, each by the name of its bar; what says nothing is an empty cell."""
    names = ("target", "size", "confidence", "volatility", *EXTRAS)
    side = np.atleast_2d(played.side)
    found = []
    for bar in range(len(bars)):
        for index, symbol in enumerate(bars.symbols):
            if side[index, bar] == Signal.NONE:
                continue
            row = {
                "time": Row(YEAR_1980_NS + int(bars.opened_ns[bar]), *[1.0] * 5).time_text,
                "symbol": symbol,
                "side": {1: "Buy", -1: "short", 2: "EXIT", 3: "target"}[int(side[index, bar])],
            }
            for name in names:
                values = getattr(played, name)
                if values is not None:
                    value = float(np.atleast_2d(values)[index, bar])
                    row[name] = "" if np.isnan(value) else repr(value)
            found.append(row)
    pd.DataFrame(found).to_csv(path, index=False)


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 100_000), st.integers(1, 2))
def test_a_strategy_and_the_table_of_its_signals_make_the_same_trades(seed, symbols):
    played = random_run(seed, bars=40, symbols=symbols)
    if not played.signals.side.any():
        return
    later = Bars(
        symbols=played.bars.symbols,
        opened_ns=played.bars.opened_ns + YEAR_1980_NS,
        **{name: getattr(played.bars, name) for name in ("open", "high", "low", "close", "volume")},
    )
    with TemporaryDirectory() as folder:
        path = Path(folder, "signals.csv")
        written(played.signals, played.bars, path)
        table = read_played_signals(path, later)
        claims = read_signals(path, later)
    for name in ("symbol", "bar", "side"):
        expected = getattr(past_signals(played.signals, later), name)
        assert sorted(getattr(claims, name).tolist()) == sorted(expected.tolist())
    first = run(played.signals, later, settings=played.settings)
    second = run(table, later, settings=played.settings)
    for name in TRADE.names:
        assert np.array_equal(first.trades[name], second.trades[name], equal_nan=True), name
    assert np.array_equal(first.equity, second.equity)


HOURS = [YEAR_1980_NS + n * HOUR_NS for n in range(4)]


def refusal(source, bars=None, *, played=False, **how) -> InputError:
    read = read_played_signals if played else read_signals
    with pytest.raises(InputError) as caught:
        read(source, bars or bars_at(HOURS), **how)
    return caught.value


@pytest.mark.parametrize(
    ("text", "code", "field", "line"),
    [
        ("1980-01-01T00:30:00Z,A,long,0.5\n1980-01-01T01:30:00Z,B,long,", "SYMBOL", "symbol", 3),
        ("1980-01-01T00:30:00Z,A,hold,0.5", "SIDE", "side", 2),
        ("1980-01-01T00:30:00Z,A,0,0.5", "SIDE", "side", 2),
        ("1980-01-01T00:30:00Z,A,,0.5", "SIDE", "side", 2),
        ("1980-01-01T00:30:00Z,A,target,0.5", "TARGET", "target", 2),
        ("1980-01-01T00:30:00Z,A,long,0.5\n1979-12-31T23:59:59Z,A,long,", "OUTSIDE", "time", 3),
        ("1980-01-01T04:00:01Z,A,long,0.5", "OUTSIDE", "time", 2),
        ("1980-01-01T00:30:00Z,A,long,1.5", "NUMBER", "confidence", 2),
        ("1980-01-01T00:30:00Z,A,long,\n1980-01-01T00:30:00Z,A,exit,", "DUPLICATE", "time", 3),
    ],
)
def test_a_row_that_cannot_be_is_told_by_line_and_column(tmp_path, text, code, field, line):
    path = tmp_path / "signals.csv"
    path.write_text(f"time,symbol,side,confidence\n{text}\n", encoding="utf-8")
    error = refusal(path)
    assert error.code == f"SIGNALS_{code}"
    assert error.field == field
    assert f"signals.csv, line {line}" in error.message


@pytest.mark.parametrize("name", ["stop_distance", "take_distance", "limit_price", "size"])
def test_what_must_be_above_0_is_told(name):
    error = refusal(signals_at(HOURS[1], HOURS[2], **{name: [1.0, -1.0]}))
    assert (error.code, error.field) == ("SIGNALS_NUMBER", name)
    assert "row 1 " in error.message


def test_a_word_in_a_column_of_numbers_is_told():
    error = refusal(signals_at(HOURS[1], HOURS[2], confidence=["0.5", "high"]))
    assert (error.code, error.field) == ("PRICES_CELL", "confidence")


def test_two_signals_in_one_bar_are_judged_apart_but_cannot_both_be_played():
    source = signals_at(HOURS[1] + 1, HOURS[1] + 2)
    assert read_signals(source, bars_at(HOURS)).bar.tolist() == [1, 1]
    error = refusal(source, played=True)
    assert error.code == "SIGNALS_BAR_TWICE"
    assert "row 1 " in error.message
    assert "row 0 " in error.message


def test_exits_and_targets_are_played_and_not_judged():
    source = pa.table(
        {
            "time": pa.array(HOURS[:3], pa.timestamp("ns", "UTC")),
            "Signal": ["1", "flat", "target"],
            "Target": [None, None, -0.5],
        }
    )
    assert read_signals(source, bars_at(HOURS)).bar.tolist() == [0]
    played = read_played_signals(source, bars_at(HOURS))
    assert played.side.tolist() == [[Signal.LONG, Signal.EXIT, Signal.TARGET, Signal.NONE]]
    assert played.target[0, 2] == -0.5


def test_one_symbol_needs_no_column_several_do():
    source = signals_at(HOURS[1])
    assert read_signals(source, bars_at(HOURS)).symbol.tolist() == [0]
    several = bars_at(HOURS, symbols=("A", "B"))
    assert refusal(source, several).code == "SIGNALS_SYMBOL"
    assert read_signals({"B": source}, several).symbol.tolist() == [1]
    assert refusal({"C": source}).code == "SIGNALS_SYMBOL"


def test_an_empty_table_is_refused():
    assert refusal(signals_at()).code == "SIGNALS_EMPTY"


@pytest.mark.parametrize("side", [[1, -1], [1.0, -1.0], ["1", "-1"], ["BUY", " sell "]])
def test_sides_may_be_numbers_or_words_in_any_frame(side):
    columns = {"time": np.array(HOURS[:2], "M8[ns]"), "side": side}
    for frame in (pl.DataFrame(columns), pd.DataFrame(columns)):
        assert read_signals(frame, bars_at(HOURS), zone="UTC").side.tolist() == [1, -1]


def test_signals_at_opens_are_told_of_since_their_times_may_mean_two_things():
    notes = read_signal_table(signals_at(HOURS[1], HOURS[2] + 1), bars_at(HOURS)).notes
    assert any(note.startswith("1 of 2 signals are at a bar's open") for note in notes)


def test_judging_a_table_gives_what_the_market_did_after_it():
    close = np.array([[10.0, 11.0, 12.1, 12.1]])
    bars = bars_of(
        opened_ns=np.array(HOURS), open=close, high=close, low=close, close=close, symbols=["A"]
    )
    outcomes = outcomes_after(read_signals(signals_at(HOURS[0] + 5), bars), bars, hold_bars=2)
    # In at the second open, out at the third close.
    assert outcomes.outcome.tolist() == [close[0, 2] / close[0, 1] - 1]


def test_signals_of_a_class_of_ones_own_are_what_is_given_back():
    assert isinstance(read_played_signals(signals_at(HOURS[1]), bars_at(HOURS)), Signals)
