"""The position monitor: what it closes, what it leaves to the venue, and that it closes each trade once."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.intent import Side
from argos.signals.monitor import (
    GRACE_S,
    LEG_GRACE_S,
    QUOTE_AGE_S_MAX,
    CloseReason,
    ExitRules,
    Holding,
    Level,
    Look,
    look,
)

NO_RULES = ExitRules()
START = datetime(2026, 11, 20, 15, tzinfo=UTC)
LONG = Holding(
    trade_id="t",
    account="a",
    route="main",
    bot_version="consensus@1",
    symbol="AAPL",
    side=Side.BUY,
    opened_at=START,
    stop=Decimal(98),
    target=Decimal(104),
    has_stop=False,
    has_target=False,
    exit_price=Decimal(100),
    quoted_at=START,
    is_closing=False,
    ended_early=False,
)
SHORT = replace(LONG, side=Side.SELL, stop=Decimal(102), target=Decimal(96))


def after(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def watch(
    holding: Holding, *, every_s: float = 2, until_s: float, rules: ExitRules = NO_RULES
) -> list[tuple[float, CloseReason]]:
    """When the monitor wants it closed, and why; quotes are fresh at each look."""
    beyond: dict[Level, datetime] = {}
    found = []
    moment = 0.0
    while moment <= until_s:
        seen = look(
            [replace(holding, quoted_at=after(moment))], rules, beyond=beyond, now=after(moment)
        )
        beyond = dict(seen.beyond)
        found += [(moment, wanted.reason) for wanted in seen.closes]
        moment += every_s
    return found


@pytest.mark.parametrize(
    ("holding", "price", "reason"),
    [
        (LONG, "97.99", CloseReason.STOP_PASSED),
        (LONG, "98", CloseReason.STOP_PASSED),
        (LONG, "104", CloseReason.TARGET_PASSED),
        (SHORT, "102.01", CloseReason.STOP_PASSED),
        (SHORT, "95", CloseReason.TARGET_PASSED),
    ],
)
def test_a_level_that_stays_passed_closes_after_the_grace(
    holding: Holding, price: str, reason: CloseReason
) -> None:
    found = watch(replace(holding, exit_price=Decimal(price)), until_s=20)
    assert found[0] == (GRACE_S, reason)


@pytest.mark.parametrize(("holding", "price"), [(LONG, "98.01"), (LONG, "103.99"), (SHORT, "97")])
def test_between_its_levels_a_trade_is_left_alone(holding: Holding, price: str) -> None:
    assert watch(replace(holding, exit_price=Decimal(price)), until_s=200) == []


def test_the_venue_gets_more_time_where_it_shows_the_leg() -> None:
    holding = replace(LONG, exit_price=Decimal(90), has_stop=True)
    assert watch(holding, until_s=60)[0] == (LEG_GRACE_S, CloseReason.STOP_PASSED)


def test_a_price_that_comes_back_begins_the_grace_anew() -> None:
    bad, good = replace(LONG, exit_price=Decimal(97)), LONG
    beyond: dict[Level, datetime] = {}
    for moment, holding in ((0, bad), (8, good), (9, bad), (18, bad)):
        seen = look([holding], ExitRules(), beyond=beyond, now=after(moment))
        beyond = dict(seen.beyond)
        assert seen.closes == ()
    seen = look([bad], ExitRules(), beyond=beyond, now=after(19))
    assert [wanted.reason for wanted in seen.closes] == [CloseReason.STOP_PASSED]


def test_an_old_quote_says_nothing() -> None:
    bad = replace(LONG, exit_price=Decimal(90))
    first = look([bad], ExitRules(), beyond={}, now=after(QUOTE_AGE_S_MAX))
    later = look([bad], ExitRules(), beyond=first.beyond, now=after(QUOTE_AGE_S_MAX + GRACE_S))
    assert first.beyond
    assert later == Look(closes=(), beyond={})


def test_no_quote_no_levels_no_close() -> None:
    assert watch(replace(LONG, exit_price=None), until_s=60) == []
    bare = replace(LONG, stop=None, target=None, exit_price=Decimal(1))
    assert watch(bare, until_s=60) == []


def test_the_time_stop_closes_whatever_the_price_and_not_before() -> None:
    rules = ExitRules(time_stop_s=60)
    silent = replace(LONG, exit_price=None)
    assert look([silent], rules, beyond={}, now=after(59.9)).closes == ()
    (wanted,) = look([silent], rules, beyond={}, now=after(60)).closes
    assert wanted.reason is CloseReason.TIME_STOP


def test_a_signal_that_ended_closes_only_when_that_is_wanted() -> None:
    ended = replace(LONG, ended_early=True)
    assert look([ended], ExitRules(), beyond={}, now=START).closes == ()
    (wanted,) = look([ended], ExitRules(close_when_ended=True), beyond={}, now=START).closes
    assert wanted.reason is CloseReason.SIGNAL_ENDED


def test_what_is_closing_already_is_not_closed_again() -> None:
    rules = ExitRules(time_stop_s=1, close_when_ended=True)
    closing = replace(LONG, is_closing=True, ended_early=True)
    assert look([closing], rules, beyond={}, now=after(100)).closes == ()
    other = replace(LONG, account="b")
    (wanted,) = look([closing, other], rules, beyond={}, now=after(100)).closes
    assert wanted.holding.account == "b"


holdings = st.lists(
    st.builds(
        replace,
        st.sampled_from([LONG, SHORT]),
        trade_id=st.sampled_from("tuv"),
        account=st.sampled_from("ab"),
        exit_price=st.none() | st.decimals("90", "110", places=2),
        quoted_at=st.just(START),
        opened_at=st.integers(-100, 100).map(after),
        is_closing=st.booleans(),
        ended_early=st.booleans(),
    ),
    max_size=6,
)


@given(
    held=holdings,
    time_stop_s=st.none() | st.integers(1, 100),
    ended=st.booleans(),
    moments=st.lists(st.integers(0, 60), min_size=1, max_size=6).map(sorted),
)
def test_each_trade_is_closed_once_a_look_and_never_without_its_reason(
    held: list[Holding], time_stop_s: int | None, ended: bool, moments: list[int]
) -> None:
    rules = ExitRules(time_stop_s=time_stop_s, close_when_ended=ended)
    beyond: dict[Level, datetime] = {}
    for moment in moments:
        seen = look(held, rules, beyond=beyond, now=after(moment))
        trades = [wanted.holding.trade_id for wanted in seen.closes]
        assert len(trades) == len(set(trades))
        for wanted in seen.closes:
            holding = wanted.holding
            assert not holding.is_closing
            age_s = (after(moment) - holding.opened_at).total_seconds()
            match wanted.reason:
                case CloseReason.TIME_STOP:
                    assert time_stop_s is not None
                    assert age_s >= time_stop_s
                case CloseReason.SIGNAL_ENDED:
                    assert ended
                    assert holding.ended_early
                case _:
                    key = (holding.trade_id, holding.account, wanted.reason)
                    assert after(moment) - seen.beyond[key] >= timedelta(seconds=GRACE_S)
        beyond = dict(seen.beyond)
