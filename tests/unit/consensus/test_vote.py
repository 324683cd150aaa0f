"""Votes at the door: what may count, and what is refused with a code."""

from dataclasses import replace
from typing import Any

import pytest

from argos.consensus.vote import Direction, VoteStatus, parse_vote, vote_document
from argos.core.errors import InputError

LONG: dict[str, Any] = {
    "source": "massive",
    "symbol": "BRK.B",
    "direction": "long",
    "p_up": "0.725",
    "as_of": "2026-11-20T15:00:00.000000Z",
    "fetched_at": "2026-11-20T15:00:01.250000Z",
    "status": "fresh",
    "reason": "",
    "inputs_hash": "ab" * 32,
}
ERROR: dict[str, Any] = {
    "source": "x_api",
    "symbol": "AAPL",
    "direction": "abstain",
    "p_up": None,
    "as_of": None,
    "fetched_at": "2026-11-20T15:00:01.000000Z",
    "status": "quota",
    "reason": "DAY_BUDGET_SPENT",
    "inputs_hash": None,
}


@pytest.mark.parametrize("document", [LONG, ERROR])
def test_a_vote_comes_back_as_it_was_written(document: dict[str, Any]) -> None:
    assert vote_document(parse_vote(document)) == document


def test_a_fresh_source_may_have_no_opinion() -> None:
    vote = parse_vote({**ERROR, "status": "fresh", "reason": "NO_TREND"})
    assert (vote.direction, vote.status) == (Direction.ABSTAIN, VoteStatus.FRESH)


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"p_up": None}, "VOTE_P_UP_INVALID", "p_up"),
        ({"p_up": "1.001"}, "VOTE_P_UP_INVALID", "p_up"),
        ({"p_up": "-0.1"}, "VOTE_P_UP_INVALID", "p_up"),
        ({"p_up": "0.7251"}, "VOTE_P_UP_INVALID", "p_up"),
        ({"p_up": 0.725}, "VALUE_NOT_DECIMAL", "p_up"),
        ({"p_up": "0.275"}, "VOTE_CONTRADICTS_ITSELF", "p_up"),
        ({"p_up": "0.5"}, "VOTE_CONTRADICTS_ITSELF", "p_up"),
        ({"direction": "short"}, "VOTE_CONTRADICTS_ITSELF", "p_up"),
        ({"status": "error"}, "VOTE_NOT_FRESH", "status"),
        ({"status": "stale"}, "VOTE_NOT_FRESH", "status"),
        ({"as_of": None}, "VOTE_AS_OF_MISSING", "as_of"),
        ({"as_of": "2026-11-20T15:00:06.250001Z"}, "VOTE_FROM_FUTURE", "as_of"),
        ({"as_of": "2026-11-20T15:00:00"}, "VALUE_NOT_MOMENT", "as_of"),
        ({"fetched_at": None}, "VALUE_NOT_MOMENT", "fetched_at"),
        ({"direction": "abstain", "reason": "NO_TREND"}, "VOTE_ABSTAINS_WITH_P_UP", "p_up"),
        ({"direction": "abstain", "p_up": None}, "VOTE_WITHOUT_REASON", "reason"),
        ({"direction": "up"}, "VOTE_WORD_UNKNOWN", "direction"),
        ({"status": ["fresh"]}, "VOTE_WORD_UNKNOWN", "status"),
        ({"source": None}, "VOTE_TEXT_INVALID", "source"),
        ({"inputs_hash": 7}, "VOTE_TEXT_INVALID", "inputs_hash"),
        ({"source": "Massive"}, "VOTE_TEXT_INVALID", "source"),
        ({"symbol": "BRK B"}, "VOTE_TEXT_INVALID", "symbol"),
        ({"reason": "your key is abc123"}, "VOTE_TEXT_INVALID", "reason"),
        ({"inputs_hash": "AB" * 32}, "VOTE_TEXT_INVALID", "inputs_hash"),
        ({"text": "to the moon"}, "VOTE_FIELD_UNKNOWN", "text"),
    ],
)
def test_what_cannot_be_a_vote_is_refused(change: dict[str, Any], code: str, field: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_vote({**LONG, **change})
    assert (caught.value.code, caught.value.field) == (code, field)
    assert caught.value.fix


@pytest.mark.parametrize("missing", sorted(LONG.keys() - {"inputs_hash"}))
def test_every_field_is_needed(missing: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_vote({name: value for name, value in LONG.items() if name != missing})
    assert caught.value.field == missing


def test_no_vote_contradicts_itself_wherever_it_is_made() -> None:
    vote = parse_vote(LONG)
    with pytest.raises(InputError) as caught:
        replace(vote, direction=Direction.ABSTAIN, reason="NO_TREND")
    assert caught.value.code == "VOTE_ABSTAINS_WITH_P_UP"
