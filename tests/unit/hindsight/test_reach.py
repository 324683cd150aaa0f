"""Two sources alone never fire with the shipped weights, and the refusal says why."""

import json
from pathlib import Path

import pytest

from argos.backtest.strategy import Market
from argos.consensus.vote import Direction, vote_document
from argos.core.errors import InputError
from argos.hindsight.consensus import hearing_of
from argos.hindsight.sessions import sessions_of
from argos.hindsight.strategy import Consensus
from argos.hindsight.voting import Origin
from unit.hindsight.builders import bars_of_closes, side, walk

BARS = bars_of_closes(walk(90, seed=1))


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({}, "massive 40 % + alpha_vantage 25 % = 65 %: fire_at is 75 %"),
        ({"method": "log_pool"}, "weight_min is 75 %; sources_min is 3"),
        ({"fire_at": "0.6"}, "weight_min is 75 %"),
        ({"fire_at": "0.6", "weight_min": "0.6"}, "65 %: sources_min is 3"),
        ({"massive": 0, "alpha_vantage": 0}, "nobody else has a weight"),
    ],
)
def test_what_cannot_fire_is_refused_with_the_sum(given: dict[str, object], said: str) -> None:
    with pytest.raises(InputError, match="CONSENSUS_CANNOT_FIRE") as refused:
        hearing_of(BARS, Consensus(**given))  # type: ignore[arg-type]
    assert said in refused.value.message
    assert "x_api and sonar" in refused.value.message
    assert "--weights massive=60,alpha_vantage=40" in refused.value.fix


def test_stated_weights_of_the_two_that_read_prices_fire_and_nothing_is_simulated() -> None:
    hearing = hearing_of(BARS, Consensus(massive=60, alpha_vantage=40, x_api=0, sonar=0))  # type: ignore[arg-type]
    assert hearing.fired
    assert set(hearing.origins.values()) == {Origin.PRICES}
    assert hearing.consensus.simulated_sources() == ()


def test_a_source_without_history_abstains_with_its_reason_where_the_others_are_enough() -> None:
    consensus = Consensus(massive=50, alpha_vantage=35, x_api=0, sonar=15, sources_min=2)  # type: ignore[arg-type]
    heard = consensus.heard(Market(bars=BARS))
    silent = [vote for came in heard.votes for vote in came if vote.source == "sonar"]
    assert {(vote.direction, vote.reason) for vote in silent} == {(Direction.ABSTAIN, "NO_HISTORY")}


def test_stored_votes_of_the_two_others_are_history_enough(tmp_path: Path) -> None:
    path = tmp_path / "votes.jsonl"
    votes = [
        side(source, "0.8", session.closed_at)
        for session in sessions_of(BARS)
        for source in ("x_api", "sonar")
    ]
    path.write_text("".join(f"{_json(vote_document(vote))}\n" for vote in votes))
    hearing = hearing_of(BARS, Consensus(votes=str(path)))
    assert hearing.origins == {
        "massive": Origin.PRICES,
        "alpha_vantage": Origin.PRICES,
        "x_api": Origin.STORED,
        "sonar": Origin.STORED,
    }
    assert all(one.direction is Direction.LONG for one in hearing.fired)
    assert hearing.fired


def _json(document: object) -> str:
    return json.dumps(document)
