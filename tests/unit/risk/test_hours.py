"""Trading hours: days and local times, over midnight, over a change of the clocks."""

from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import TradingHours
from argos.risk.hours import is_inside

MON, TUE, WED, THU, FRI, SAT, SUN = range(7)


def window(*days: int, start: str, end: str, timezone: str = "UTC") -> TradingHours:
    return TradingHours(
        days=frozenset(days),
        start=time.fromisoformat(start),
        end=time.fromisoformat(end),
        timezone=timezone,
    )


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


NEW_YORK = window(MON, TUE, WED, THU, FRI, start="09:30", end="16:00", timezone="America/New_York")
OVERNIGHT = window(SUN, MON, start="22:00", end="05:00")
WHOLE_DAY = window(WED, start="17:00", end="17:00")


@pytest.mark.parametrize(
    ("name", "hours", "at", "inside"),
    [
        ("before the bell, winter", NEW_YORK, "2026-01-07 14:29:59", False),
        ("at the bell, winter", NEW_YORK, "2026-01-07 14:30:00", True),
        ("at the bell, summer", NEW_YORK, "2026-07-08 13:30:00", True),
        ("an hour before the bell, winter", NEW_YORK, "2026-01-07 13:30:00", False),
        ("the end is not inside", NEW_YORK, "2026-01-07 21:00:00", False),
        ("the last second is", NEW_YORK, "2026-01-07 20:59:59", True),
        ("a Saturday", NEW_YORK, "2026-01-10 15:00:00", False),
        ("the evening it begins", OVERNIGHT, "2026-03-01 22:00:00", True),
        ("the morning after belongs to the day before", OVERNIGHT, "2026-03-02 04:59:59", True),
        ("Tuesday morning belongs to Monday", OVERNIGHT, "2026-03-03 03:00:00", True),
        ("Sunday morning belongs to Saturday", OVERNIGHT, "2026-03-01 03:00:00", False),
        ("Tuesday evening", OVERNIGHT, "2026-03-03 23:00:00", False),
        ("noon", OVERNIGHT, "2026-03-02 12:00:00", False),
        ("a whole day begins", WHOLE_DAY, "2026-03-04 17:00:00", True),
        ("and ends a day later", WHOLE_DAY, "2026-03-05 16:59:59", True),
        ("not sooner", WHOLE_DAY, "2026-03-04 16:59:59", False),
        ("nor later", WHOLE_DAY, "2026-03-05 17:00:00", False),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_a_moment_is_inside_or_not(name: str, hours: TradingHours, at: str, inside: bool) -> None:
    assert is_inside([hours], at=utc(at)) is inside, name


def test_no_hours_mean_always_and_any_of_several_is_enough() -> None:
    at = utc("2026-03-02 12:00:00")
    assert is_inside([], at=at)
    assert is_inside([OVERNIGHT, window(MON, start="12:00", end="12:01")], at=at)


def test_a_time_zone_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(KeyError):
        is_inside(
            [window(MON, start="00:00", end="01:00", timezone="Mars/Olympus")], at=utc("2026-03-02")
        )


moments = st.integers(0, 3 * 366 * 24 * 60).map(
    lambda minutes: datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)
times = st.times().map(lambda moment: moment.replace(microsecond=0))


@given(at=moments, start=times, end=times, day=st.integers(0, 6))
def test_a_window_and_its_complement_share_no_moment(
    at: datetime, start: time, end: time, day: int
) -> None:
    every_day = frozenset(range(7))
    zone = "Europe/Berlin"
    one = TradingHours(days=every_day, start=start, end=end, timezone=zone)
    other = TradingHours(days=every_day, start=end, end=start, timezone=zone)
    if start == end:
        assert is_inside([one], at=at)
    else:
        assert is_inside([one], at=at) is not is_inside([other], at=at)


@given(at=moments)
def test_the_zone_of_the_clock_that_asks_does_not_matter(at: datetime) -> None:
    elsewhere = at.astimezone(ZoneInfo("Asia/Tokyo"))
    assert is_inside([NEW_YORK], at=at) is is_inside([NEW_YORK], at=elsewhere)
