"""A day's signals, computed again from stored votes, have the hashes of the first time."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.decision import Decision, Verdict
from argos.consensus.documents import decision_document, signal_document
from argos.consensus.replay import Board, replay
from argos.consensus.settings import (
    ConsensusSettings,
    Method,
    parse_settings,
    settings_document,
)
from argos.consensus.vote import Vote, parse_vote, vote_document
from argos.core.canonical import canonical_bytes
from argos.core.errors import InputError
from argos.proofs.records import ChainEnd, record_after, verify_chain
from unit.consensus.builders import START, at, side, silent

SOURCES = ("massive", "alpha_vantage", "x_api", "sonar")


def day_of_votes() -> list[Vote]:
    """Four symbols that turn every minute, each with a source that fails now and then."""
    votes = []
    for index, symbol in enumerate(("AAPL", "GOOG", "IBM", "MSFT")):
        for step in range(60):
            now = at(5 * step + index / 10)
            up = (step // 12 + index) % 3 != 0
            for place, source in enumerate(SOURCES):
                if (step + place + index) % 11 == 0:
                    vote = silent(source, fetched_at=now)
                else:
                    p = Decimal(800 + 10 * place + step) / 1000
                    as_of = now - timedelta(seconds=place)
                    vote = side(source, str(p if up else 1 - p), as_of=as_of, fetched_at=now)
                votes.append(replace(vote, symbol=symbol))
    return votes


VOTES = day_of_votes()
TICKS = [START + timedelta(seconds=5 * number) for number in range(1, 61)]


def records_of(decisions: list[Decision]) -> list[dict[str, Any]]:
    end, records = ChainEnd(), []
    for decision in decisions:
        if decision.verdict is Verdict.FIRED:
            record, end = record_after(end, at=decision.at, signal=signal_document(decision))
            records.append(record)
    return records


@pytest.mark.parametrize("method", list(Method))
def test_stored_votes_and_settings_give_the_same_chain_again(method: Method) -> None:
    settings = ConsensusSettings(method=method, ttl_s=30, cooldown_s=10)
    first = records_of(replay(VOTES, TICKS, settings))
    assert len(first) >= 8
    assert verify_chain(first) == []

    stored_votes = json.loads(json.dumps([vote_document(vote) for vote in VOTES]))
    stored_settings = json.loads(json.dumps(settings_document(settings)))
    board, again = Board(), []
    for start in range(0, len(TICKS), 7):
        again += replay(
            [parse_vote(document) for document in reversed(stored_votes)],
            TICKS[start : start + 7],
            parse_settings(stored_settings),
            board=board,
        )
    assert [canonical_bytes(record) for record in records_of(again)] == [
        canonical_bytes(record) for record in first
    ]


def test_a_vote_that_is_changed_afterwards_gives_another_chain() -> None:
    settings = ConsensusSettings(ttl_s=30, cooldown_s=10)
    first = records_of(replay(VOTES, TICKS, settings))
    counted = first[0]["signal"]["ballots"][0]["vote"]
    bent = [
        replace(vote, p_up=vote.p_up + Decimal("0.001"))
        if vote.p_up is not None and vote_document(vote) == counted
        else vote
        for vote in VOTES
    ]
    assert bent != VOTES
    assert records_of(replay(bent, TICKS, settings))[0] != first[0]


def test_a_signal_says_all_that_it_was_made_of() -> None:
    settings = ConsensusSettings(method=Method.LOG_POOL, ticks_min=1)
    votes = [
        side("massive", "0.9", as_of=at(-15), fetched_at=START),
        side("alpha_vantage", "0.85"),
        side("x_api", "0.8"),
        silent("sonar"),
    ]
    (decision,) = replay(votes, [START], settings)
    signal = signal_document(decision)
    assert signal["settings_digest"] == settings.digest
    assert (signal["verdict"], signal["direction"], signal["reasons"]) == ("fired", "long", [])
    assert signal["probability"] is None
    assert signal["agreement"] == {"long": "0.85", "short": "0", "sources": 3}
    assert signal["valid_until"] == "2026-11-20T15:05:00.000000Z"
    massive, *_, sonar = signal["ballots"]
    # Half a half-life of 30 s.
    assert (massive["age_s"], massive["decay"]) == (15, str(round(Decimal("0.5").sqrt(), 9)))
    assert massive["vote"] == vote_document(votes[0])
    assert (sonar["counted"], sonar["abstention"]) == ("abstain", "ERROR")


def test_only_what_fired_is_a_signal_and_its_id_is_of_what_it_says() -> None:
    settings = ConsensusSettings(ttl_s=30, cooldown_s=10)
    decisions = replay(VOTES, TICKS, settings)
    ids = [record["signal"]["signal_id"] for record in records_of(decisions)]
    assert len(set(ids)) == len(ids)
    quiet = next(one for one in decisions if one.verdict is Verdict.SILENT)
    with pytest.raises(InputError) as caught:
        signal_document(quiet)
    assert caught.value.code == "SIGNAL_NOT_FIRED"
    assert decision_document(quiet)["reasons"]
