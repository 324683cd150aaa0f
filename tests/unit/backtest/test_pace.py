"""Rate and time left of a long piece of work."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.backtest.pace import HALF_LIFE_S, Pace


@given(st.integers(1, 10**6), st.floats(0.1, 50), st.integers(1, 40), st.integers(0, 10**6))
def test_a_steady_rate_is_told_whenever_it_is_asked_for(per_step, step_s, steps, before):
    total = before + per_step * 50
    pace = Pace(total, done=before, now_s=100.0)
    for step in range(1, steps + 1):
        told = pace.at(before + step * per_step, now_s=100.0 + step * step_s)
    assert told.rate_per_s == pytest.approx(per_step / step_s)
    assert told.left_s == pytest.approx((total - told.done) / (per_step / step_s))
    assert told.elapsed_s == pytest.approx(steps * step_s)


def test_what_a_journal_held_already_is_no_speed():
    pace = Pace(1000, done=900, now_s=0.0)
    assert pace.at(910, now_s=10.0).rate_per_s == pytest.approx(1.0)


def test_nothing_is_made_up_before_something_is_done():
    told = Pace(10, done=0, now_s=0.0).at(0, now_s=5.0)
    assert math.isnan(told.rate_per_s)
    assert math.isnan(told.left_s)


def test_the_end_is_the_end():
    told = Pace(10, done=10, now_s=0.0).at(10, now_s=0.0)
    assert told.left_s == 0.0


def test_a_slow_beginning_is_forgotten():
    pace = Pace(10_000, done=0, now_s=0.0)
    pace.at(1, now_s=10.0)
    for second in range(11, 11 + int(10 * HALF_LIFE_S)):
        told = pace.at(1 + (second - 10) * 100, now_s=float(second))
    assert told.rate_per_s == pytest.approx(100, rel=0.01)
