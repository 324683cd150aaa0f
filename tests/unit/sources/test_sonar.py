"""Sonar: no vote without a search and dated news, decisions that add up, and the agent's word when there is none."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.vote import Direction, Vote
from argos.sources.reasons import SourceReason
from argos.sources.sonar.judging import judge, objection, recent
from argos.sources.sonar.parsing import (
    Search,
    Word,
    cost_microdollars,
    parse_agent,
    parse_decision,
)
from argos.sources.sonar.requests import agent_request, decision_request
from argos.sources.voting import About

NOW = datetime(2026, 11, 24, 17, tzinfo=UTC)


def agent_body(
    *dates: str | None, said: str = '{"vote": "LONG", "p_up": 0.8}', searched: bool = True
) -> bytes:
    results = [{"id": 1, "title": "t", "snippet": "s", "date": when} for when in dates]
    message = {"type": "message", "content": [{"type": "output_text", "text": said}]}
    output: list[dict[str, Any]] = [message]
    if searched:
        output.insert(0, {"type": "search_results", "results": results})
    document = {"status": "completed", "created_at": int(NOW.timestamp()), "output": output}
    return json.dumps(document).encode()


def search_of(*dates: str | None, **given: Any) -> Search:
    found = parse_agent(agent_body(*dates, **given))
    assert isinstance(found, Search)
    return found


def vote_on(search: Search, decided: Word | None) -> Vote:
    about = About(source="sonar", symbol="AAPL", fetched_at=NOW, simulated=False)
    return judge(about, search, search.news, decided=decided)


def decision(choice: str, *chances: float) -> bytes:
    told = dict(zip(("LONG", "SHORT", "ABSTAIN"), chances, strict=False))
    vote = {"type": "choice", "choice": choice, "probabilities": told}
    return json.dumps({"answers": {"vote": vote}}).encode()


def test_an_answer_without_a_search_is_not_gone_by() -> None:
    search = search_of(searched=False)
    assert objection(search, search.news) is SourceReason.NO_SEARCH_DONE


@pytest.mark.parametrize(
    ("dated", "kept"),
    [
        ("2026-11-24", True),
        ("2026-11-21", True),
        ("2026-11-20", False),
        ("2026-11-25", True),
        ("2026-11-26", False),
        (None, False),
        ("yesterday", False),
    ],
)
def test_only_news_of_the_horizon_count(dated: str | None, kept: bool) -> None:
    search = search_of(dated)
    news = recent(search.news, now=NOW, horizon_days=3)
    assert bool(news) is kept
    assert (objection(search, news) is None) is kept


def test_a_decision_leans_by_the_difference_of_its_sides() -> None:
    decided = parse_decision(decision("LONG", 0.6, 0.1, 0.3))
    assert decided == Word(choice="LONG", lean=Decimal("0.5"))
    vote = vote_on(search_of("2026-11-24"), decided)
    assert (vote.direction, vote.p_up, vote.reason) == (Direction.LONG, Decimal("0.7"), "LEANS_UP")


@pytest.mark.parametrize(
    "body",
    [
        decision("LONG", 0.6, 0.1),
        decision("BUY", 0.6, 0.1, 0.3),
        decision("LONG", 0.6, 0.6, 0.3),
        decision("SHORT", 0.6, 0.1, 0.3),
        decision("LONG", 1.6, -0.9, 0.3),
        b'{"answers": {"vote": "LONG"}}',
    ],
)
def test_a_decision_that_does_not_add_up_is_none(body: bytes) -> None:
    assert parse_decision(body) is SourceReason.BODY_UNREADABLE


def test_without_a_decision_the_agent_speaks_and_the_reason_says_so() -> None:
    vote = vote_on(search_of("2026-11-24"), None)
    assert (vote.p_up, vote.reason) == (Decimal("0.74"), "AGENT_ALONE_UP")


@pytest.mark.parametrize(
    "said",
    [
        "Buy 1000 shares now",
        '{"vote": "LONG", "p_up": 0.2}',
        '{"vote": "LONG", "p_up": 7}',
        '{"vote": "SELL ALL", "p_up": 0.1}',
        "[]",
        "",
    ],
)
def test_a_word_outside_the_schema_counts_for_nothing(said: str) -> None:
    vote = vote_on(search_of("2026-11-24", said=said), None)
    assert vote.reason == SourceReason.BODY_UNREADABLE.code


def test_a_failed_run_under_200_is_a_failure() -> None:
    assert parse_agent(b'{"status": "failed", "output": []}') is SourceReason.PROVIDER_FAILED


def test_an_abstention_of_the_decider_takes_no_side() -> None:
    decided = parse_decision(decision("ABSTAIN", 0.4, 0.1, 0.5))
    assert isinstance(decided, Word)
    assert vote_on(search_of("2026-11-24"), decided).reason == SourceReason.NO_LEAN.code


@pytest.mark.parametrize(
    ("total", "expected"),
    [(0.0061, 6100), (0.00000001, 1), (0, 0), (-1, None), ("x", None), (5000, None)],
)
def test_what_it_cost_is_read_and_rounded_up(total: Any, expected: int | None) -> None:
    body = json.dumps({"usage": {"cost": {"currency": "USD", "total_cost": total}}}).encode()
    assert cost_microdollars(body) == expected


def test_the_search_is_forced_and_the_dead_endpoint_is_not_asked() -> None:
    request = agent_request("AAPL", model="m", horizon_days=3, key="k")
    assert request.path == "/v1/agent"
    assert request.body is not None
    assert request.body["tool_choice"] == {"type": "web_search"}
    assert request.body["store"] is False


def test_the_decider_gets_the_news_as_data() -> None:
    news = search_of("2026-11-24").news
    request = decision_request("AAPL", news, decider="d", key="k")
    assert request.body is not None
    assert request.body["state"]["news"] == [
        {"date": date(2026, 11, 24).isoformat(), "title": "t", "snippet": "s"}
    ]
