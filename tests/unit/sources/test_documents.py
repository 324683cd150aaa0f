"""Whatever bytes a provider sends, parsing gives a value and raises nothing."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.consensus.vote import Vote, VoteStatus
from argos.sources.alpha_vantage import judging as alpha_vantage
from argos.sources.alpha_vantage.parsing import DailySeries, Refusal, parse_daily
from argos.sources.documents import moment_of_ns, number, object_of
from argos.sources.massive import judging as massive
from argos.sources.massive.parsing import parse_snapshots
from argos.sources.reasons import SourceReason
from argos.sources.sonar import judging as sonar
from argos.sources.sonar.parsing import Search, Word, cost_microdollars, parse_agent, parse_decision
from argos.sources.voting import About
from argos.sources.x_api import judging as x_api
from argos.sources.x_api.parsing import Found, parse_search, posts_billed

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
NAMES = st.sampled_from(
    (
        "status",
        "tickers",
        "ticker",
        "day",
        "min",
        "updated",
        "c",
        "t",
        "vw",
        "Time Series (Daily)",
        "2026-11-20",
        "4. close",
        "Note",
        "data",
        "meta",
        "result_count",
        "text",
        "id",
        "author_id",
        "created_at",
        "public_metrics",
        "like_count",
        "output",
        "type",
        "results",
        "date",
        "answers",
        "vote",
        "choice",
        "probabilities",
        "LONG",
        "usage",
        "cost",
        "total_cost",
    )
)
WORDS = st.sampled_from(
    (
        "OK",
        "completed",
        "search_results",
        "LONG",
        "2026-11-20",
        "AAPL",
        "12",
        "-1",
        "1e400",
        "\ud800",
        "",
    )
)
NUMBERS = st.one_of(
    st.integers(-(10**25), 10**25), st.floats(), st.sampled_from((0, 1, 1764150000, 10**18))
)
VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), NUMBERS, WORDS, st.text("ab\u20ac\U0001f600", max_size=4)),
    lambda inner: st.one_of(st.lists(inner, max_size=4), st.dictionaries(NAMES, inner, max_size=6)),
    max_leaves=12,
)
BODIES = st.one_of(
    st.binary(max_size=200),
    st.dictionaries(NAMES, VALUES, max_size=8).map(lambda value: json.dumps(value).encode()),
)


@given(body=BODIES)
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    assert isinstance(parse_snapshots(body), dict | SourceReason)
    assert isinstance(parse_daily(body, now=NOON), DailySeries | Refusal)
    assert isinstance(parse_search(body), Found | SourceReason)
    assert isinstance(parse_agent(body), Search | SourceReason)
    assert isinstance(parse_decision(body), Word | SourceReason)
    assert posts_billed(body) >= 0
    cost = cost_microdollars(body)
    assert cost is None or cost >= 0


@given(body=BODIES)
def test_whatever_was_read_is_a_vote_in_the_end(body: bytes) -> None:
    about = About(source="any", symbol="AAPL", fetched_at=NOON, simulated=True)
    snapshots = parse_snapshots(body)
    if isinstance(snapshots, dict):
        for snapshot in snapshots.values():
            minutes = massive.with_minute((), snapshot)
            assert isinstance(massive.judge(about, snapshot, minutes, stale_s=60), Vote)
    series = parse_daily(body, now=NOON)
    if isinstance(series, DailySeries):
        assert isinstance(alpha_vantage.judge(about, series), Vote)
    found = parse_search(body)
    if isinstance(found, Found):
        posts = x_api.with_posts((), found.posts, now=NOON, window_s=1800)
        assert isinstance(x_api.judge(about, posts, authors_min=1), Vote)
    search = parse_agent(body)
    if isinstance(search, Search):
        assert isinstance(sonar.judge(about, search, search.news, decided=None), Vote)


def test_half_a_surrogate_pair_in_the_news_does_no_harm() -> None:
    about = About(source="any", symbol="AAPL", fetched_at=NOON, simulated=True)
    document = {
        "status": "completed",
        "created_at": int(NOON.timestamp()),
        "output": [
            {"type": "search_results", "results": [{"title": "\ud800", "date": "2026-11-24"}]},
            {"type": "message", "content": [{"type": "output_text", "text": "\ud800"}]},
        ],
    }
    search = parse_agent(json.dumps(document).encode())
    assert isinstance(search, Search)
    decided = Word(choice="LONG", lean=Decimal(1))
    assert sonar.judge(about, search, search.news, decided=decided).reason == "SIMULATED_LEANS_UP"
    assert sonar.judge(about, search, search.news, decided=None).status is VoteStatus.ERROR


@pytest.mark.parametrize(
    "body",
    [b"[" * 200_000, b'{"a":' * 100_000, b'{"a": NaN}', b"[1]", b"\xff\xfe", b"", b'"x"'],
    ids=["brackets", "nested", "nan", "list", "utf16", "empty", "text"],
)
def test_what_is_no_object_is_none(body: bytes) -> None:
    assert object_of(body) is None


@pytest.mark.parametrize(
    ("value", "found"),
    [
        ("189.55", Decimal("189.55")),
        (7, Decimal(7)),
        (True, None),
        (None, None),
        ("1_000", None),
        ("٣", None),
        ("NaN", None),
        ("1e999999", None),
        ("9" * 41, None),
        (10**30, None),
        (Decimal("1e-30"), None),
        ("0", Decimal(0)),
    ],
)
def test_a_number_is_finite_and_of_usable_size(value: Any, found: Decimal | None) -> None:
    assert number(value) == found


def test_a_moment_keeps_its_microseconds() -> None:
    assert moment_of_ns(1_764_150_000_123_456_789) == datetime(
        2025, 11, 26, 9, 40, 0, 123_456, tzinfo=UTC
    )
    assert moment_of_ns(0) is None
    assert moment_of_ns(10**25) is None
