"""Looking never takes the requests that orders need, and a minute of both stays within what Alpaca allows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.venues.alpaca.budget import WINDOW_S, RequestBudget

LOOK = 6


def looks_done(
    budget: RequestBudget, *, until_s: float, idle: bool, step_s: float = 0.25
) -> list[float]:
    """When looks began that were tried all the time; each sends what it costs."""
    began, now_s = [], 1.0
    while now_s < until_s:
        if not budget.wait_s(LOOK, idle=idle, now_s=now_s):
            began.append(now_s)
            for _ in range(LOOK):
                budget.count(now_s=now_s)
        now_s += step_s
    return began


@pytest.mark.parametrize("idle", [True, False])
def test_looks_leave_orders_their_share_of_every_minute(idle):
    began = looks_done(RequestBudget(200), until_s=600, idle=idle)
    for start in began:
        in_window = sum(start <= moment < start + WINDOW_S for moment in began) * LOOK
        assert in_window <= 150
    assert len(began) * LOOK >= 100 * 9, "the pace is used"


def test_a_look_with_a_reason_begins_at_once_however_many_had_none():
    budget = RequestBudget(200)
    last = looks_done(budget, until_s=120, idle=True)[-1]
    assert budget.wait_s(LOOK, idle=False, now_s=last + 0.01) == 0
    assert budget.wait_s(LOOK, idle=True, now_s=last + 0.02) > 0


def test_after_a_no_nothing_is_looked_at_until_then():
    budget = RequestBudget(0)
    budget.hold(until_s=107)
    assert budget.wait_s(LOOK, idle=False, now_s=100) == 7
    assert budget.wait_s(LOOK, idle=False, now_s=107) == 0


def test_looks_wait_while_orders_use_up_the_minute():
    budget = RequestBudget(200)
    for _ in range(198):
        budget.count(now_s=10.0)
    assert budget.wait_s(LOOK, idle=False, now_s=20.0) == pytest.approx(50)
    assert budget.wait_s(LOOK, idle=False, now_s=71.0) == 0


def test_without_a_limit_nothing_waits():
    budget = RequestBudget(0)
    assert all(budget.wait_s(LOOK, idle=True, now_s=1.0) == 0 for _ in range(1_000))


@given(st.integers(1, 1_000), st.integers(1, 20))
def test_every_wait_comes_to_an_end(per_minute, requests):
    """However small the allowance: after the time it names, or a few times more, the look begins."""
    budget, now_s = RequestBudget(per_minute), 5.0
    for _ in range(3):
        for _ in range(5):
            wait_s = budget.wait_s(requests, idle=False, now_s=now_s)
            now_s += wait_s
            if not wait_s:
                break
        assert not wait_s
        for _ in range(requests):
            budget.count(now_s=now_s)
