"""Trading hours as people write them."""

from datetime import time

import pytest

from argos.cli.routes.hours import parse_hours
from argos.core.errors import InputError


@pytest.mark.parametrize(
    ("days", "numbers"),
    [
        ("mon", {0}),
        ("mon-fri", {0, 1, 2, 3, 4}),
        ("sat,sun", {5, 6}),
        ("fri-mon", {4, 5, 6, 0}),
        ("daily", {0, 1, 2, 3, 4, 5, 6}),
        ("MON-wed,sun", {0, 1, 2, 6}),
    ],
)
def test_days_may_be_ranges_lists_and_all(days: str, numbers: set[int]) -> None:
    assert parse_hours(f"{days} 09:30-16:00").days == numbers


def test_times_are_local_to_the_zone_and_utc_without_one() -> None:
    window = parse_hours("mon-fri 09:30-16:00 America/New_York")
    assert (window.start, window.end) == (time(9, 30), time(16, 0))
    assert window.timezone == "America/New_York"
    assert parse_hours("mon 22:00-06:00").timezone == "UTC"


@pytest.mark.parametrize(
    "text",
    ["", "mon", "9-17", "mon 9:30-16:00", "mon 09:30-25:00", "someday 09:30-16:00", "mon 09:30-16:00 Mars/Base"],
)  # fmt: skip
def test_what_is_no_window_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_hours(text)
    assert caught.value.code == "HOURS_INVALID"
    assert "mon-fri" in caught.value.fix
