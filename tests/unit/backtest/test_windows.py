"""Windows of a walk: where they lie, in bars and in time, and which are refused."""

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.backtest.bars import Bars, bars_of
from argos.backtest.spans import Months, moved, span_of
from argos.backtest.windows import Windows
from argos.core.errors import InputError

DAY_NS = 86_400_000_000_000


def days(count: int, start: str = "2020-01-01", step_ns: int = DAY_NS) -> Bars:
    flat = np.ones(count)
    opened = np.datetime64(start, "ns").astype(np.int64) + np.arange(count) * step_ns
    return bars_of(opened_ns=opened, open=flat, high=flat, low=flat, close=flat)


def places(windows: Windows, bars: Bars) -> list[tuple[int, int, int, int]]:
    return [(w.train_first, w.train_last, w.test_first, w.test_last) for w in windows.split(bars)]


def test_rolling_windows_follow_each_other_and_a_short_last_test_is_dropped_or_kept():
    rolling = [(0, 10, 12, 17), (5, 15, 17, 22)]
    assert places(Windows(train=10, test=5, embargo=2), days(24)) == rolling
    kept = Windows(train=10, test=5, embargo=2, keep_last=True)
    assert places(kept, days(24)) == [*rolling, (10, 20, 22, 24)]


def test_anchored_windows_begin_with_the_first_bar_and_a_step_may_leave_bars_untested():
    windows = Windows(train=10, test=3, step=6, anchored=True)
    assert places(windows, days(22)) == [(0, 10, 10, 13), (0, 16, 16, 19)]


def test_an_embargo_may_be_a_fraction_of_all_bars_rounded_up():
    assert places(Windows(train=10, test=5, embargo=0.11), days(20)) == [(0, 10, 13, 18)]


def test_windows_in_months_end_with_the_month():
    # 2020: January has 31 days, February 29, March 31.
    windows = Windows(train=Months(1), test=Months(1), embargo=2)
    assert places(windows, days(31 + 29 + 31 + 5)) == [(0, 29, 31, 60), (31, 58, 60, 91)]


def test_a_test_in_time_is_whole_when_the_next_bar_would_open_after_it():
    windows = Windows(train=timedelta(days=10), test=timedelta(days=5))
    assert places(windows, days(15)) == [(0, 10, 10, 15)]
    assert places(windows, days(19)) == [(0, 10, 10, 15)]
    assert len(places(windows, days(20))) == 2


def test_time_in_which_the_market_was_closed_has_no_fold():
    opened = np.concatenate([np.arange(20), np.arange(40, 60)]) * DAY_NS
    flat = np.ones(40)
    bars = bars_of(opened_ns=opened, open=flat, high=flat, low=flat, close=flat)
    windows = Windows(train=timedelta(days=10), test=timedelta(days=10))
    # Days 20 to 39 have no bars: a test without bars, and a training without bars, are no fold.
    assert places(windows, bars) == [(0, 10, 10, 20), (20, 30, 30, 40)]


@given(
    bars=st.integers(3, 400),
    train=st.integers(1, 80),
    test=st.integers(1, 80),
    extra=st.integers(0, 20),
    embargo=st.one_of(st.integers(0, 20), st.floats(0, 0.2)),
    anchored=st.booleans(),
    keep_last=st.booleans(),
)
def test_no_bar_is_tested_twice_and_none_that_trains_is_near_its_test(
    bars, train, test, extra, embargo, anchored, keep_last
):
    windows = Windows(
        train=train,
        test=test,
        step=test + extra,
        embargo=embargo,
        anchored=anchored,
        keep_last=keep_last,
    )
    market = days(bars)
    between = int(np.ceil(embargo * bars)) if isinstance(embargo, float) else embargo
    if train + between + (1 if keep_last else test) > bars:
        with pytest.raises(InputError, match="WINDOWS_NONE"):
            windows.split(market)
        return
    found = windows.split(market)
    tested = np.concatenate([np.arange(w.test_first, w.test_last) for w in found])
    assert len(set(tested.tolist())) == len(tested)
    for window in found:
        assert 0 <= window.train_first < window.train_last == window.test_first - between
        assert window.test_first < window.test_last <= bars
        assert anchored or window.train_last - window.train_first == train
        assert window.train_first == 0 or not anchored
        assert window.test_last - window.test_first == test or keep_last


@given(bars=st.integers(30, 5000), folds=st.integers(1, 12), ratio=st.floats(0.5, 8))
def test_folds_by_number_use_all_bars(bars, folds, ratio):
    if bars < folds + ratio:
        with pytest.raises(InputError, match="WINDOWS_NONE"):
            Windows.of_folds(bars, folds, train_per_test=ratio)
        return
    found = Windows.of_folds(bars, folds, train_per_test=ratio).split(days(bars))
    assert len(found) == folds
    assert found[-1].test_last == bars
    assert found[0].train_first == 0


@pytest.mark.parametrize(
    ("wrong", "code", "field"),
    [
        ({"train": 0}, "WINDOWS_INVALID", "train"),
        ({"test": timedelta(0), "train": timedelta(1)}, "WINDOWS_INVALID", "test"),
        ({"test": timedelta(1)}, "WINDOWS_INVALID", "test"),
        ({"step": 0}, "WINDOWS_INVALID", "step"),
        ({"step": 4}, "WINDOWS_OVERLAP", "step"),
        ({"embargo": -1}, "WINDOWS_INVALID", "embargo"),
        ({"embargo": 1.0}, "WINDOWS_INVALID", "embargo"),
        ({"warm_up": -1}, "WINDOWS_INVALID", "warm_up"),
        ({"train": 100}, "WINDOWS_NONE", "train"),
    ],
)
def test_windows_that_cannot_be_are_refused(wrong, code, field):
    with pytest.raises(InputError) as caught:
        Windows(**{"train": 10, "test": 5, **wrong}).split(days(40))
    assert (caught.value.code, caught.value.field) == (code, field)


@pytest.mark.parametrize(
    ("text", "span"),
    [
        ("250", 250),
        ("250 bars", 250),
        ("90d", timedelta(days=90)),
        ("2 w", timedelta(weeks=2)),
        ("18mo", Months(18)),
        ("2y", Months(24)),
        ("6h", timedelta(hours=6)),
        ("30min", timedelta(minutes=30)),
    ],
)
def test_a_span_is_written_as_people_write_it(text, span):
    assert span_of(text) == span


@pytest.mark.parametrize("text", ["", "d", "-3d", "1.5y", "3 months", "5m"])
def test_a_span_that_could_mean_two_things_is_refused(text):
    with pytest.raises(InputError, match="SPAN_INVALID"):
        span_of(text)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2020-01-31T12:00", 1, "2020-02-29T12:00"),
        ("2021-01-31", 1, "2021-02-28"),
        ("2020-11-30T23:59", 3, "2021-02-28T23:59"),
        ("1969-12-31T06:00", 2, "1970-02-28T06:00"),
        ("2020-05-15", 12, "2021-05-15"),
    ],
)
def test_a_month_later_is_the_same_day_or_the_last(start, months, end):
    begin = int(np.datetime64(start, "ns").astype(np.int64))
    assert moved(begin, Months(months)) == int(np.datetime64(end, "ns").astype(np.int64))
