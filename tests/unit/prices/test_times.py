"""Local times come to UTC by their zone, and those that no clock showed, or twice, are refused."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.prices.read import read_bars
from argos.prices.zones import to_utc, utc_text

WALL_CLOCKS = st.datetimes(
    datetime.fromisoformat("1975-01-01"), datetime.fromisoformat("2035-01-01")
)
ZONES = (
    "Europe/Berlin",
    "America/New_York",
    "America/Sao_Paulo",
    "Asia/Kolkata",
    "Australia/Lord_Howe",
    "Asia/Beirut",
    "UTC",
)


def frame_of(*times):
    ones = [1.0] * len(times)
    return pa.table({"time": list(times), "o": ones, "h": ones, "l": ones, "c": ones})


def refusal(*times, **how) -> InputError:
    with pytest.raises(InputError) as caught:
        read_bars(frame_of(*times), **how)
    return caught.value


@settings(max_examples=200, deadline=None)
@given(
    st.lists(WALL_CLOCKS, min_size=1, max_size=8),
    st.sampled_from(ZONES),
)
def test_a_wall_clock_agrees_with_pythons_own(moments, zone):
    """Rows that exist once come out as `datetime` has them; the others are found."""
    where = ZoneInfo(zone)
    local = np.array(moments, "M8[us]").astype("M8[ns]").astype(np.int64)
    found = to_utc(local, where)
    absent = twice = None
    for row, moment in enumerate(moments):
        first, second = (moment.replace(tzinfo=where, fold=fold) for fold in (0, 1))
        back = first.astimezone(UTC).astimezone(where).replace(tzinfo=None)
        if back != moment:
            absent = row if absent is None else absent
        elif first.utcoffset() != second.utcoffset():
            twice = row if twice is None else twice
        passed = first.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
        assert found.utc_ns[row] == passed // timedelta(microseconds=1) * 1_000
    assert (found.absent, found.twice) == (absent, twice)


def test_hours_that_a_clock_left_out_or_showed_twice_are_told_by_row():
    error = refusal("2020-03-29 01:00", "2020-03-29 02:30", zone="Europe/Berlin")
    assert (error.code, error.field) == ("PRICES_TIME_ABSENT", "time")
    assert "row 1 " in error.message
    error = refusal("2020-10-25 01:00", "2020-10-25 02:30", zone="Europe/Berlin")
    assert (error.code, error.field) == ("PRICES_TIME_AMBIGUOUS", "time")
    assert "row 1 " in error.message


def test_a_time_of_day_without_a_zone_is_refused_and_told_how_to_say_it():
    error = refusal("2020-03-02", "2020-03-03 10:00")
    assert (error.code, error.field) == ("PRICES_TIME_NAIVE", "time")
    assert "row 1 " in error.message
    assert "zone=" in error.fix
    assert "--zone" in error.fix


def test_times_with_and_without_an_offset_do_not_mix():
    error = refusal("2020-03-02T10:00:00Z", "2020-03-03T10:00:00", zone="UTC")
    assert error.code == "PRICES_TIME_MIXED"
    assert "row 1 " in error.message
    error = refusal("2020-03-02T10:00:00", "2020-03-03T10:00:00+01:00", zone="UTC")
    assert error.code == "PRICES_TIME_MIXED"


def test_different_offsets_are_each_what_they_say():
    bars = read_bars(frame_of("2020-10-25T02:30:00+02:00", "2020-10-25T02:30:00+01:00"))
    assert np.diff(bars.opened_ns).tolist() == [3_600_000_000_000]


def test_days_are_midnights_of_the_zone_that_is_said_else_of_utc():
    assert utc_text(int(read_bars(frame_of("2020-07-01")).opened_ns[0])) == "2020-07-01T00:00:00Z"
    bars = read_bars(frame_of("2020-07-01"), zone="America/New_York")
    assert utc_text(int(bars.opened_ns[0])) == "2020-07-01T04:00:00Z"


def test_a_day_whose_midnight_was_left_out_begins_when_its_clocks_do():
    # In Beirut the clocks went from 00:00 to 01:00 on 29 March 2020, two hours ahead of UTC before.
    bars = read_bars(frame_of("2020-03-28", "2020-03-29", "2020-03-30"), zone="Asia/Beirut")
    assert [utc_text(int(at)) for at in bars.opened_ns] == [
        "2020-03-27T22:00:00Z",
        "2020-03-28T22:00:00Z",
        "2020-03-29T21:00:00Z",
    ]


def test_a_zone_that_is_none_is_refused():
    assert refusal("2020-07-01", zone="Berlin").code == "PRICES_ZONE"


@pytest.mark.parametrize(
    ("since", "until", "kept"),
    [
        (None, None, 4),
        ("2020-01-02", "2020-01-03", 2),
        (date(2020, 1, 2), date(2020, 1, 2), 1),
        ("2020-01-02T00:00:00Z", "2020-01-03T00:00:00Z", 1),
        (datetime(2020, 1, 2, 1, tzinfo=UTC), None, 2),
        ("2020-01-02T01:00:00+01:00", None, 3),
    ],
)
def test_since_is_included_until_is_not_but_for_a_day(since, until, kept):
    days = frame_of("2020-01-01", "2020-01-02", "2020-01-03", "2020-01-04")
    assert len(read_bars(days, since=since, until=until)) == kept


def test_bounds_are_days_of_the_zone():
    hours = frame_of("2020-01-01T22:00:00Z", "2020-01-01T23:00:00Z", "2020-01-02T22:59:00Z")
    bars = read_bars(hours, since="2020-01-02", until="2020-01-02", zone="Europe/Berlin")
    assert len(bars) == 2


@pytest.mark.parametrize(
    ("how", "code"),
    [
        ({"since": "2020-01-02T00:00:00"}, "PRICES_RANGE_NAIVE"),
        ({"until": "soon"}, "PRICES_RANGE"),
        ({"since": "2021-01-01"}, "PRICES_RANGE_EMPTY"),
        ({"until": "2019-01-01"}, "PRICES_RANGE_EMPTY"),
        ({"since": "2020-01-01", "until": "2019-01-01"}, "PRICES_RANGE_EMPTY"),
    ],
)
def test_bounds_that_cannot_be_are_refused(how, code):
    assert refusal("2020-01-01", **how).code == code


@given(st.integers(-(2**62), 2**62))
def test_a_moment_as_text_is_exact(at_ns):
    whole, rest = divmod(at_ns, 1_000_000_000)
    text = utc_text(at_ns).removesuffix("Z")
    seconds, _, fraction = text.partition(".")
    moment = datetime.fromisoformat(seconds).replace(tzinfo=UTC)
    assert (moment - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(seconds=1) == whole
    assert int(fraction.ljust(9, "0")) == rest
