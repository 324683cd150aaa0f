"""X: moods of posts, one author one voice, and that no text leaves the parser."""

import json
from dataclasses import fields
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.vote import Direction, Vote
from argos.sources.reasons import SourceReason
from argos.sources.voting import About
from argos.sources.x_api.judging import judge, mood, with_posts
from argos.sources.x_api.parsing import Found, ScoredPost, parse_search
from argos.sources.x_api.sentiment import TERMS, score

NOON = datetime(2026, 11, 24, 17, tzinfo=UTC)
LABELLED = [
    ("to the moon", 1),
    ("bullish breakout", 1),
    ("short squeeze incoming", 1),
    ("beats, raises guidance", 1),
    ("bought the dip", 1),
    ("upgraded, price target raised", 1),
    ("new all time high", 1),
    ("not bearish at all", 1),
    ("puts printing", -1),
    ("bearish, shorting", -1),
    ("downgraded to sell", -1),
    ("guidance cut, weak demand", -1),
    ("bagholders everywhere", -1),
    ("this isn't bullish", -1),
    ("dead cat bounce", -1),
    ("missed estimates", -1),
    ("set your stop loss", 0),
    ("conference call at five", 0),
    ("holding long term", 0),
    ("what is everybody doing today", 0),
    ("", 0),
]


def post(number: int, text: str, *, author: int | None = None, **metrics: int) -> dict[str, Any]:
    return {
        "id": str(number),
        "text": text,
        "author_id": str(number if author is None else author),
        "created_at": "2026-11-24T16:59:00.000Z",
        "public_metrics": metrics,
    }


def found_in(*posts: dict[str, Any]) -> tuple[ScoredPost, ...]:
    meta = {"result_count": len(posts), "newest_id": "99"}
    found = parse_search(json.dumps({"data": posts, "meta": meta}).encode())
    assert isinstance(found, Found)
    return found.posts


def vote_on(posts: tuple[ScoredPost, ...], authors_min: int = 2) -> Vote:
    about = About(source="x_api", symbol="AAPL", fetched_at=NOON, simulated=False)
    return judge(about, posts, authors_min=authors_min)


@pytest.mark.parametrize(("text", "side"), LABELLED, ids=[text or "-" for text, _ in LABELLED])
def test_the_terms_read_posts_as_traders_mean_them(text: str, side: int) -> None:
    found = score(text)
    assert (found > 0) - (found < 0) == side


def test_no_term_is_on_both_sides() -> None:
    assert len(TERMS) > 200
    assert all(-1 <= value <= 1 for value in TERMS.values())


def test_a_parsed_post_holds_no_text() -> None:
    (parsed,) = found_in(post(1, "unmistakable words, bullish"))
    assert "text" not in {field.name for field in fields(ScoredPost)}
    assert "unmistakable" not in repr(parsed)
    assert parsed.score == 1


def test_both_vocabularies_are_read() -> None:
    old, new = found_in(post(1, "x", retweet_count=4), post(2, "x", repost_count=4))
    assert old.engagement == new.engagement == 4


def test_nothing_found_is_no_error_and_an_error_is_not_nothing() -> None:
    assert parse_search(b'{"meta": {"result_count": 0}}') == Found(posts=(), newest_id=None)
    assert parse_search(b'{"errors": [{"title": "no"}]}') is SourceReason.REQUEST_REFUSED


def test_an_author_has_one_voice_however_often_he_writes() -> None:
    often = [post(number, "bullish", author=1) for number in range(1, 20)]
    assert mood(found_in(*often, post(50, "bearish", author=2))) == 0


def test_many_authors_of_one_mind_make_a_vote() -> None:
    vote = vote_on(found_in(*(post(number, "bearish") for number in range(1, 12))), authors_min=10)
    assert vote.direction is Direction.SHORT
    assert vote.p_up == Decimal("0.1")


def test_too_few_authors_make_none() -> None:
    vote = vote_on(found_in(*(post(number, "bullish", author=1) for number in range(1, 30))))
    assert vote.reason == SourceReason.TOO_FEW_AUTHORS.code


def test_posts_outside_the_window_or_from_the_future_are_dropped_and_none_counts_twice() -> None:
    def at(number: int, moment: datetime) -> ScoredPost:
        return ScoredPost(
            post_id=str(number), author_id="1", created_at=moment, engagement=0, score=Decimal(1)
        )

    inside = at(1, NOON - timedelta(seconds=1800))
    outside = [at(2, NOON - timedelta(seconds=1801)), at(3, NOON + timedelta(seconds=6))]
    assert with_posts([inside], [inside, *outside], now=NOON, window_s=1800) == (inside,)
