"""Numbers as a person reads them."""

import math

import numpy as np
import pytest

from argos.tearsheet import words


@pytest.mark.parametrize(
    ("told", "expected"),
    [
        (words.number(1234.5), "1,234.50"),
        (words.number(-0.001), "0.00"),
        (words.number(-3.14159, 3), "\u22123.142"),
        (words.number(2, 0, sign=True), "+2"),
        (words.number(0, 1, sign=True), "0.0"),
        (words.number(math.nan), "\u2013"),
        (words.number(-math.inf), "\u2013"),
        (words.number(1.5e18), "1.5e+18"),
        (words.percent(0.1234), "12.3\u00a0%"),
        (words.percent(math.nan), "\u2013"),
        (words.share(0.07), "7\u00a0%"),
        (words.share(0.0025), "0.25\u00a0%"),
        (words.money(99_999.994), "99,999.99"),
        (words.money(-1_000_000.4), "\u22121,000,000"),
        (words.plain(100_000.0), "100,000"),
        (words.plain(0.015), "0.015"),
        (words.count(1, "entry", "entries"), "1\u00a0entry"),
        (words.count(1200, "trade"), "1,200\u00a0trades"),
        (words.duration(90_000), "1\u00a0day 1\u00a0hour"),
        (words.duration(86_400 * 365.25 * 8), "8.0\u00a0years"),
        (words.duration(86_400 * 40 + 3_600), "40\u00a0days"),
        (words.duration(0.25), "0.25\u00a0seconds"),
        (words.bar_width(86_400), "daily"),
        (words.bar_width(14_400), "4-hour"),
        (words.bar_width(60), "1-minute"),
        (words.bar_width(86_400 * 7), "7-day"),
        (words.bar_width(0), ""),
        (words.moment_of(1_583_280_000 * 10**9, daily=False), "2020-03-04 00:00"),
        (words.moment_of(1_583_280_000 * 10**9, daily=True), "2020-03-04"),
    ],
)
def test_words_are_those_that_people_use(told, expected):
    assert told == expected


def test_the_width_of_bars_is_that_of_most():
    assert words.step_of(np.array([0, 60, 120, 3_600, 3_660]) * 10**9) == 60.0
    assert words.step_of(np.array([7])) == 0.0
