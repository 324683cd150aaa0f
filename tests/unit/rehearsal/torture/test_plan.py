"""Plans: all of a run follows from its seed, and no part of it goes without trouble."""

from hypothesis import given
from hypothesis import strategies as st

from argos.rehearsal.torture.plan import (
    DATABASE_TROUBLES,
    FULL_TROUBLES,
    KILL_WEIGHTS,
    LINK_TROUBLES,
    Trouble,
    choose_name,
    make_plan,
)

NAMES = ("broker-a", "gateway", "market", "node-a", "node-b", "worker")


@given(st.integers(), st.integers(1, 400))
def test_the_same_seed_gives_the_same_plan(seed: int, alerts: int) -> None:
    assert make_plan(alerts=alerts, seed=seed) == make_plan(alerts=alerts, seed=seed)


def test_another_seed_gives_another_plan() -> None:
    assert make_plan(alerts=100, seed=1).strikes != make_plan(alerts=100, seed=2).strikes


@given(st.integers())
def test_three_hundred_alerts_come_with_forty_kills_and_two_database_restarts(seed: int) -> None:
    plan = make_plan(alerts=300, seed=seed)
    assert plan.count(Trouble.KILL) >= 40
    assert plan.count(*DATABASE_TROUBLES) >= 2
    assert plan.count(*LINK_TROUBLES) >= 20


@given(st.integers(1, 50))
def test_even_a_short_run_knows_every_trouble(alerts: int) -> None:
    plan = make_plan(alerts=alerts, seed=1)
    assert {strike.trouble for strike in plan.strikes} == set(FULL_TROUBLES)


@given(st.integers(), st.integers(20, 600))
def test_strikes_come_in_order_and_are_spread_over_the_run(seed: int, alerts: int) -> None:
    plan = make_plan(alerts=alerts, seed=seed)
    moments = [strike.at_s for strike in plan.strikes]
    assert moments == sorted(moments)
    kills = [strike.at_s for strike in plan.strikes if strike.trouble is Trouble.KILL]
    parts = [int(at_s / plan.span_s * len(kills)) for at_s in kills]
    assert parts == list(range(len(kills)))


@given(st.floats(0, 1, exclude_max=True))
def test_a_name_is_always_found_while_somebody_lives(aim: float) -> None:
    assert choose_name(NAMES, aim=aim, weights=KILL_WEIGHTS) in NAMES


@given(st.floats(0, 1, exclude_max=True))
def test_only_sorts_with_a_weight_are_chosen(aim: float) -> None:
    chosen = choose_name(NAMES, aim=aim, weights={"node": 1.0})
    assert chosen in {"node-a", "node-b"}


def test_nobody_is_chosen_where_nobody_lives() -> None:
    assert choose_name((), aim=0.5, weights=KILL_WEIGHTS) is None
    assert choose_name(("market",), aim=0.5, weights={"node": 1.0}) is None
