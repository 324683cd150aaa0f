from hypothesis import given
from hypothesis import strategies as st

from argos.prices.place import place_at


@given(
    since_s=st.floats(0, 4e9),
    days=st.integers(1, 3000),
    ticks_per_day=st.integers(4, 600),
    day_s=st.integers(1, 3600),
)
def test_the_place_is_always_on_the_calendar(since_s, days, ticks_per_day, day_s):
    place = place_at(since_s, days=days, ticks_per_day=ticks_per_day, day_s=day_s)
    assert 0 <= place.day < days
    assert 0 <= place.tick < ticks_per_day
    assert place.rest_s <= day_s / ticks_per_day + 1e-6


def test_days_follow_each_other_and_start_over():
    places = [place_at(60.0 * n, days=3, ticks_per_day=60, day_s=60) for n in range(7)]
    assert [place.day for place in places] == [0, 1, 2, 0, 1, 2, 0]
    assert {place.tick for place in places} == {0}


def test_within_a_day_ticks_are_evenly_spaced():
    places = [place_at(120.0 + 5 * n, days=9, ticks_per_day=12, day_s=60) for n in range(12)]
    assert [place.tick for place in places] == list(range(12))
    assert {place.rest_s for place in places} == {5.0}
