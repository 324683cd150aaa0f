"""Which accounts doctor names as those where nothing goes through, from what became of their newest orders."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.cli.doctor.finding import Finding, State
from argos.cli.doctor.refusals import LOOKED_AT, STREAK_MIN, judge_outcomes, streaks

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
FILLED = (None, False)
REFUSED, NO_MONEY, BRAKED, TOO_MANY, DISABLED, HOURS = (
    ("10027", True),
    ("10019", True),
    ("REDUCING", False),
    ("POSITIONS_MAX", False),
    ("LEG_DISABLED", False),
    ("OUTSIDE_HOURS", False),
)


def orders(
    *outcomes: tuple[str | None, bool], account: str = "a", role: str = "entry", route: str = "main"
) -> list[Mapping[str, Any]]:
    """Newest first, a minute apart."""
    return [
        {
            "account": account, "role": role, "route": route, "trade_id": f"T-{number}",
            "planned_at": NOW - number * timedelta(minutes=1), "by_venue": by_venue, "code": code,
            "said": f"because of {code}" if code else None,
        }
        for number, (code, by_venue) in enumerate(outcomes)
    ]  # fmt: skip


def found(rows: Sequence[Mapping[str, Any]], *, braked: bool = True) -> tuple[Finding, Finding]:
    venue, denials = judge_outcomes(rows, any_brake=braked)
    return venue, denials


@pytest.mark.parametrize(
    ("outcomes", "venue", "denials"),
    [
        ((), State.OK, State.OK),
        ((FILLED,) * 5, State.OK, State.OK),
        ((REFUSED,) * 2, State.OK, State.OK),
        ((REFUSED,) * 3, State.WARN, State.OK),
        ((REFUSED,) * 3 + (FILLED,), State.WARN, State.OK),
        ((FILLED,) + (REFUSED,) * 9, State.OK, State.OK),
        ((REFUSED, REFUSED, NO_MONEY), State.OK, State.OK),
        ((REFUSED, BRAKED, REFUSED, TOO_MANY, REFUSED), State.WARN, State.OK),
        ((BRAKED,) * 3, State.OK, State.WARN),
        ((BRAKED,) * 3 + (REFUSED,) * 3, State.WARN, State.WARN),
        ((BRAKED, BRAKED, FILLED, BRAKED), State.OK, State.OK),
        ((BRAKED, TOO_MANY, BRAKED), State.OK, State.OK),
        ((TOO_MANY,) * 3, State.OK, State.WARN),
        ((DISABLED,) * 9, State.OK, State.OK),
        ((HOURS,) * 9, State.OK, State.OK),
    ],
)
def test_a_streak_of_one_code_is_named(
    outcomes: Sequence[tuple[str | None, bool]], venue: State, denials: State
) -> None:
    told = found(orders(*outcomes))
    assert (told[0].state, told[1].state) == (venue, denials)
    assert all(item.fix for item in told if item.state is State.WARN)


def test_a_refusing_venue_is_told_with_account_code_count_and_since_when() -> None:
    rows = [
        *orders(FILLED, account="a"),
        *orders(*(REFUSED,) * 4, FILLED, account="b", route="live"),
    ]
    venue, _ = found(rows)
    assert venue.detail == (
        "b: the last 4 entries (route live) with 10027, from 2026-11-20 14:27:00Z to 2026-11-20 14:30:00Z;"
        " the last: because of 10027"
    )
    assert "argos trade T-0" in venue.fix


def test_a_forgotten_brake_is_told_with_the_way_to_lift_it_and_not_after_it_was() -> None:
    rows = orders(*(BRAKED,) * 3)
    _, denials = found(rows)
    assert "a: the last 3 entries (route main) with REDUCING" in denials.detail
    assert "argos resume" in denials.fix
    assert "argos risk explain T-0" in denials.fix
    assert found(rows, braked=False)[1].state is State.OK


def test_exits_are_counted_for_themselves() -> None:
    rows = [*orders(*(FILLED,) * 3), *orders(*(REFUSED,) * 3, role="exit")]
    venue, _ = found(rows)
    assert "the last 3 exits" in venue.detail


def test_more_than_is_looked_at_is_told_as_or_more() -> None:
    venue, _ = found(orders(*(REFUSED,) * LOOKED_AT))
    assert f"the last {LOOKED_AT} or more entries" in venue.detail


@given(st.lists(st.sampled_from([FILLED, REFUSED, NO_MONEY, BRAKED]), max_size=12), st.booleans())
def test_no_streak_outlives_an_order_that_went_through(
    outcomes: list[tuple[str | None, bool]], by_venue: bool
) -> None:
    assert streaks(orders(FILLED, *outcomes), by_venue=by_venue) == []
    for streak in streaks(orders(*outcomes), by_venue=by_venue):
        assert STREAK_MIN <= streak.count <= len(outcomes)
        assert (
            streak.since
            <= streak.last
            == max(row["planned_at"] for row in orders(*outcomes) if row["code"] == streak.code)
        )
