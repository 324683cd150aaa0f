"""Day anchors and peaks: what is kept of an account as its snapshots come."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import AccountSnapshot
from argos.risk.anchors import AnchorBook, day_start, roll
from unit.core.builders import make_snapshot

PRAGUE = "Europe/Prague"


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


STARTS = [
    # moment (UTC), zone, reset -> the day's start (UTC)
    ("2026-03-04 22:59:59", PRAGUE, "00:00", "2026-03-03 23:00"),
    ("2026-03-04 23:00:00", PRAGUE, "00:00", "2026-03-04 23:00"),
    ("2026-03-29 12:00:00", PRAGUE, "00:00", "2026-03-28 23:00"),  # the clock goes on that night
    ("2026-03-29 22:00:00", PRAGUE, "00:00", "2026-03-29 22:00"),  # that day has 23 hours
    ("2026-10-25 22:59:00", PRAGUE, "00:00", "2026-10-24 22:00"),  # this one 25
    ("2026-03-04 20:59:00", "Etc/GMT-3", "00:00", "2026-03-03 21:00"),
    ("2026-03-04 00:29:00", "UTC", "00:30", "2026-03-03 00:30"),
    ("2026-03-04 00:30:00", "UTC", "00:30", "2026-03-04 00:30"),
    ("2026-03-04 21:59:00", "America/New_York", "17:00", "2026-03-03 22:00"),
]


@pytest.mark.parametrize(("moment", "zone", "reset", "start"), STARTS)
def test_a_day_starts_by_the_firms_own_clock(
    moment: str, zone: str, reset: str, start: str
) -> None:
    reset_at = time.fromisoformat(reset)
    assert day_start(at(moment), timezone=zone, reset_at=reset_at) == at(start)


@given(
    moment=st.datetimes(datetime(2020, 1, 1), datetime(2035, 1, 1)),  # noqa: DTZ001  # made aware below
    zone=st.sampled_from([PRAGUE, "UTC", "America/New_York", "Etc/GMT-3", "Australia/Lord_Howe"]),
    reset=st.times(),
)
def test_a_day_has_begun_and_not_ended(moment: datetime, zone: str, reset: time) -> None:
    now = moment.replace(tzinfo=UTC)
    start = day_start(now, timezone=zone, reset_at=reset)
    assert timedelta(0) <= now - start <= timedelta(hours=25)
    assert day_start(start, timezone=zone, reset_at=reset) == start


def seen(moment: str, balance: int, equity: int) -> AccountSnapshot:
    return make_snapshot(taken_at=at(moment), balance=Decimal(balance), equity=Decimal(equity))


def kept(*snapshots: AccountSnapshot) -> AnchorBook:
    book = None
    for snapshot in snapshots:
        book = roll(book, snapshot, timezone=PRAGUE)
    assert book is not None
    return book


BEFORE = seen("2026-03-04 22:59:50", 100_000, 99_000)


def test_the_first_snapshot_after_midnight_is_the_anchor() -> None:
    day = kept(BEFORE, seen("2026-03-04 23:00:01", 100_500, 99_500)).day
    assert (day.balance, day.equity, day.estimated) == (100_500, 99_500, False)
    assert day.opened_at == at("2026-03-04 23:00")


def test_the_last_one_before_midnight_does_where_none_came_near_after_it() -> None:
    day = kept(BEFORE, seen("2026-03-05 06:00", 90_000, 120_000)).day
    assert (day.balance, day.equity, day.estimated) == (100_000, 99_000, False)


def test_a_day_whose_start_nobody_saw_is_estimated_by_what_allows_less() -> None:
    day = kept(
        seen("2026-03-04 12:00", 100_000, 104_000), seen("2026-03-05 06:00", 101_000, 103_000)
    ).day
    assert (day.balance, day.equity, day.estimated) == (101_000, 104_000, True)


def test_the_first_snapshot_ever_is_an_estimate_but_at_the_days_start() -> None:
    assert kept(seen("2026-03-04 12:00", 1, 2)).day.estimated
    assert not kept(seen("2026-03-04 23:00:05", 1, 2)).day.estimated


def test_an_anchor_stands_all_day_and_peaks_never_fall() -> None:
    book = kept(
        BEFORE,
        seen("2026-03-04 23:00:01", 100_500, 99_500),
        seen("2026-03-05 10:00", 103_000, 108_000),
        seen("2026-03-05 11:00", 102_000, 90_000),
    )
    assert book.day.balance == 100_500
    assert (book.peaks.equity, book.peaks.balance, book.peaks.day_balance) == (
        108_000,
        103_000,
        100_500,
    )


@given(
    figures=st.lists(
        st.tuples(st.integers(0, 400_000), st.integers(0, 200_000), st.integers(0, 200_000)),
        min_size=1,
        max_size=30,
    )
)
def test_old_snapshots_change_nothing_and_new_ones_only_raise_peaks(
    figures: list[tuple[int, int, int]],
) -> None:
    book = None
    for second, balance, equity in figures:
        snapshot = make_snapshot(
            taken_at=at("2026-03-04 00:00") + timedelta(seconds=second),
            balance=Decimal(balance),
            equity=Decimal(equity),
        )
        after = roll(book, snapshot, timezone=PRAGUE)
        if book is not None:
            assert roll(after, snapshot, timezone=PRAGUE) == after
            assert after.peaks.equity >= book.peaks.equity
            assert after.peaks.day_balance >= book.peaks.day_balance
            assert after.day.opened_at >= book.day.opened_at
        book = after


def test_days_that_begin_at_another_time_from_now_on_are_estimated_from_all_that_is_known() -> None:
    """The account is put under a firm at noon: its midnight in Prague was an hour before that in UTC."""
    book = roll(None, seen("2026-03-04 00:00:10", 100, 108), timezone="UTC")
    book = roll(book, seen("2026-03-04 12:00:00", 103, 99), timezone="UTC")
    moved = roll(book, seen("2026-03-04 12:00:01", 101, 104), timezone=PRAGUE)
    assert (moved.day.opened_at, moved.day.estimated) == (at("2026-03-03 23:00"), True)
    assert (moved.day.balance, moved.day.equity) == (103, 108)
    again = roll(moved, seen("2026-03-04 12:00:02", 99, 99), timezone=PRAGUE)
    assert again.day == moved.day
