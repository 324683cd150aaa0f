"""Alpha Vantage: errors under status 200, keys in its texts, and what its series speaks for."""

import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.vote import Direction, Vote
from argos.sources.alpha_vantage.judging import (
    BARS_MIN,
    averages_lean,
    judge,
    last_publication,
    macd_lean,
    rsi_lean,
)
from argos.sources.alpha_vantage.parsing import DailySeries, Refusal, close_at, parse_daily
from argos.sources.indicators import Macd
from argos.sources.masking import MASK, mask
from argos.sources.reasons import SourceReason
from argos.sources.voting import About

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)  # a Tuesday, before the session
MONDAY = date(2026, 11, 23)
KEY = "Q7X2SECRET9KEY1Z"
BURST = (
    "Please consider spreading out your free API requests more sparingly (1 request per second). You may subscribe "
    "to any of the premium plans to lift the free key rate limit (25 requests per day)"
)
DAY_LIMIT = f"We have detected your API key as {KEY} and our standard API rate limit is 25 requests per day."


def series_of(closes: list[Decimal], last: date = MONDAY) -> DailySeries:
    days = tuple(last - timedelta(days=back) for back in reversed(range(len(closes))))
    return DailySeries(dates=days, closes=tuple(closes))


def vote_on(series: DailySeries) -> Vote:
    about = About(source="alpha_vantage", symbol="AAPL", fetched_at=NOW, simulated=False)
    return judge(about, series)


def rows(*days: str, close: str = "101.5000") -> bytes:
    row = {"1. open": "1", "2. high": "1", "3. low": "1", "4. close": close, "5. volume": "7"}
    return json.dumps({"Meta Data": {}, "Time Series (Daily)": dict.fromkeys(days, row)}).encode()


@pytest.mark.parametrize(
    ("document", "reason"),
    [
        ({}, SourceReason.NO_DATA),
        ({"Error Message": "Invalid API call."}, SourceReason.SYMBOL_UNKNOWN),
        ({"Error Message": "the parameter apikey is invalid"}, SourceReason.KEY_REFUSED),
        ({"Note": "call frequency is 5 calls per minute"}, SourceReason.RATE_LIMITED),
        ({"Information": BURST}, SourceReason.RATE_LIMITED),
        ({"Information": DAY_LIMIT}, SourceReason.DAY_LIMIT_REACHED),
        ({"Information": "This is a premium endpoint."}, SourceReason.NOT_ENTITLED),
        ({"Information": "something new"}, SourceReason.REQUEST_REFUSED),
        ({"Meta Data": {}}, SourceReason.BODY_UNREADABLE),
        ({"Time Series (Daily)": {"2026-11-20": {"4. close": "0"}}}, SourceReason.BODY_UNREADABLE),
        ({"Time Series (Daily)": {"2026-13-01": {"4. close": "1"}}}, SourceReason.BODY_UNREADABLE),
    ],
)
def test_an_error_under_200_is_told_by_its_keys(
    document: dict[str, Any], reason: SourceReason
) -> None:
    found = parse_daily(json.dumps(document).encode(), now=NOW)
    assert isinstance(found, Refusal)
    assert found.reason is reason


@pytest.mark.parametrize("said", [DAY_LIMIT, DAY_LIMIT.lower(), "x" + KEY + KEY + "y"])
def test_the_key_that_a_provider_echoes_is_masked(said: str) -> None:
    masked = mask(said, key=KEY)
    assert KEY.lower() not in masked.lower()
    assert MASK in masked


def test_a_key_is_masked_as_a_url_spells_it() -> None:
    assert mask("apikey=a%2Fb%2Bc&x", key="a/b+c") == f"apikey={MASK}&x"


def test_the_newest_key_of_the_series_may_carry_a_note() -> None:
    body = rows("2026-11-20").replace(b"(Daily)", b"(Daily) - DATA DELAYED BY 15 MINUTES")
    assert isinstance(parse_daily(body, now=NOW), DailySeries)


def test_a_session_that_is_not_over_does_not_count() -> None:
    found = parse_daily(rows("2026-11-24", "2026-11-20", "2026-11-23"), now=NOW)
    assert isinstance(found, DailySeries)
    assert found.dates == (date(2026, 11, 20), MONDAY)


def test_a_close_is_at_four_in_new_york_in_summer_and_winter() -> None:
    assert close_at(date(2026, 11, 23)) == datetime(2026, 11, 23, 21, tzinfo=UTC)
    assert close_at(date(2026, 7, 1)) == datetime(2026, 7, 1, 20, tzinfo=UTC)


def test_a_slow_rise_that_quickens_is_long_as_of_the_last_close() -> None:
    closes = [Decimal(100) + Decimal((i * i) % 7) / 10 for i in range(BARS_MIN)]
    closes += [Decimal(101) + Decimal(i % 3) / 10 for i in range(20)]
    closes += [
        Decimal("101.2"),
        Decimal("100.9"),
        Decimal("101.6"),
        Decimal("101.1"),
        Decimal("102"),
    ]
    vote = vote_on(series_of(closes))
    assert vote.direction is Direction.LONG
    assert vote.as_of == close_at(MONDAY)


@pytest.mark.parametrize(
    ("series", "reason"),
    [
        (series_of([]), SourceReason.NO_DATA),
        (series_of([Decimal(1)] * (BARS_MIN - 1)), SourceReason.TOO_FEW_BARS),
        (series_of([Decimal(2)] * 40 + [Decimal(1)] * 40), SourceReason.JUMP_IN_SERIES),
        (series_of([Decimal(1)] * 80, last=date(2026, 11, 16)), SourceReason.DATA_TOO_OLD),
    ],
)
def test_a_series_that_cannot_be_judged_says_why(series: DailySeries, reason: SourceReason) -> None:
    vote = vote_on(series)
    assert (vote.reason, vote.status) == (reason.code, reason.status)


def test_each_indicator_leans_to_its_side() -> None:
    assert [rsi_lean(Decimal(v)) for v in (30, 31, 69, 70)] == [1, 0, 0, -1]
    quarters = [(2, 1), (1, 2), (-1, -2), (-2, -1), (0, 1)]
    leans = [
        macd_lean(Macd(histogram=Decimal(now), histogram_before=Decimal(before)))
        for now, before in quarters
    ]
    assert leans == [1, Decimal("0.5"), Decimal("-0.5"), -1, 0]
    assert averages_lean(Decimal(3), short=Decimal(2), long=Decimal(1)) == 1
    assert averages_lean(Decimal(3), short=Decimal(2), long=Decimal(2)) == Decimal("0.5")


@pytest.mark.parametrize(
    ("now", "published"),
    [
        (datetime(2026, 11, 24, 12, tzinfo=UTC), datetime(2026, 11, 23, 23, tzinfo=UTC)),
        (datetime(2026, 11, 24, 23, tzinfo=UTC), datetime(2026, 11, 24, 23, tzinfo=UTC)),
        (datetime(2026, 11, 29, 23, tzinfo=UTC), datetime(2026, 11, 27, 23, tzinfo=UTC)),
    ],
)
def test_closes_are_published_on_weekdays_at_six_in_new_york(
    now: datetime, published: datetime
) -> None:
    assert last_publication(now) == published
