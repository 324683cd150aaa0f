"""An exchange that replays other days is told in true time; one that lives in true time is taken at its word."""

from datetime import UTC, datetime, timedelta

from argos.venues.alpaca.exchange_time import ExchangeTime

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
THEN = datetime(2012, 3, 9, 17, tzinfo=UTC)
SECOND = timedelta(seconds=1)


def test_the_real_exchanges_moments_are_left_alone():
    time = ExchangeTime()
    time.observe(NOW + timedelta(minutes=5), now=NOW)
    assert not time.is_replayed
    assert time.true(NOW - timedelta(days=3)) == NOW - timedelta(days=3)


def test_between_two_readings_time_passed_evenly():
    time = ExchangeTime()
    time.observe(THEN, now=NOW)
    time.observe(THEN + 600 * SECOND, now=NOW + 10 * SECOND)
    assert time.is_replayed
    assert time.true(THEN + 300 * SECOND) == NOW + 5 * SECOND
    assert time.true(THEN + 600 * SECOND) == NOW + 10 * SECOND


def test_beyond_the_readings_it_goes_on_as_fast():
    time = ExchangeTime()
    time.observe(THEN, now=NOW)
    assert time.true(THEN - 7 * SECOND) == NOW - 7 * SECOND
    time.observe(THEN + 600 * SECOND, now=NOW + 10 * SECOND)
    assert time.true(THEN + 660 * SECOND) == NOW + 11 * SECOND
    assert time.true(THEN - 60 * SECOND) == NOW - SECOND


def test_a_night_that_is_left_out_does_not_move_the_day_before():
    time = ExchangeTime()
    time.observe(THEN, now=NOW)
    time.observe(THEN + 60 * SECOND, now=NOW + SECOND)
    before = time.true(THEN + 30 * SECOND)
    time.observe(THEN + timedelta(hours=17), now=NOW + 3 * SECOND)
    assert time.true(THEN + 30 * SECOND) == before


def test_a_replay_that_was_begun_anew_is_a_new_time():
    time = ExchangeTime()
    time.observe(THEN, now=NOW)
    time.observe(THEN + 60 * SECOND, now=NOW + SECOND)
    time.observe(THEN - timedelta(days=300), now=NOW + 2 * SECOND)
    assert time.true(THEN - timedelta(days=300)) == NOW + 2 * SECOND
