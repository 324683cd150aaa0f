"""A vote comes back from its row as it was, to the last digit, and takes little room."""

from datetime import timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.consensus.vote import Direction, Vote, VoteStatus, vote_document
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from signal_stage import SOURCES, at, stage, vote

VOTE_BYTES_MAX = 64
"""Of the file, index and all; a vote as a document took some 430."""


@st.composite
def any_vote(draw: st.DrawFn) -> Vote:
    as_of = at(0) - draw(st.integers(-5_000_000, 10**15)) * timedelta(microseconds=1)
    hash_of = draw(st.none() | st.binary(min_size=32, max_size=32))
    mille = draw(st.integers(0, 1000))
    silent = mille == 500 or draw(st.booleans())
    side = Direction.LONG if mille > 500 else Direction.SHORT
    return Vote(
        source=draw(st.sampled_from(SOURCES)),
        symbol=draw(st.from_regex(r"[!-~]{1,64}", fullmatch=True)),
        direction=Direction.ABSTAIN if silent else side,
        p_up=None if silent else Decimal(mille).scaleb(-3),
        as_of=None if silent and draw(st.booleans()) else as_of,
        fetched_at=at(0),
        status=draw(st.sampled_from(VoteStatus)) if silent else VoteStatus.FRESH,
        reason=draw(st.from_regex(r"[A-Z][A-Z0-9_]{0,9}", fullmatch=True)),
        inputs_hash=None if hash_of is None else hash_of.hex(),
    )


@settings(max_examples=150, deadline=None)
@given(one=any_vote())
def test_a_vote_comes_back_as_it_was(one: Vote) -> None:
    set_up = stage(symbols=(one.symbol,))
    set_up.publish(one)
    assert set_up.tick(3600).votes == 1
    (stored,) = set_up.votes()
    came = {"fetched_at": "2026-11-20T16:00:00.000000Z", "number": 1}
    assert stored == vote_document(one) | came


def test_a_vote_takes_little_room() -> None:
    symbols = tuple(f"S{number:03}" for number in range(250))
    set_up = stage(symbols=symbols)
    set_up.tick(0)
    ((before,),) = set_up.rows("PRAGMA page_count")
    for tick in range(1, 21):
        now = at(5 * tick)
        set_up.publish(*(vote("massive", one, f"0.{500 + tick}", now=now) for one in symbols))
        set_up.tick(5 * tick)
    ((after,),) = set_up.rows("PRAGMA page_count")
    assert set_up.rows("SELECT count(*) FROM votes") == [(20 * 250,)]
    # voters and standings come once, and are not a vote's
    assert (after - before - 16) * 4096 / (20 * 250) < VOTE_BYTES_MAX


def test_words_of_a_tick_that_failed_are_not_taken_for_stored() -> None:
    set_up = stage()
    set_up.publish(*(vote(source, "AAPL", "0.8", now=at(0)) for source in SOURCES))
    set_up.tick(0)
    set_up.publish(*(vote(source, "IBM", "0.2", now=at(5)) for source in SOURCES))
    set_up.fails = True
    with pytest.raises(Exception, match="SIGNAL_FILE_UNUSABLE"):
        set_up.tick(5)
    assert set_up.rows("SELECT count(*) FROM voters WHERE symbol = 'IBM'") == [(0,)]
    set_up.fails = False
    set_up.tick(10)
    assert {one["symbol"] for one in set_up.votes()} == {"AAPL", "IBM"}
    assert set_up.replay("2026-11-20").findings == []


def test_a_voter_that_is_gone_is_named() -> None:
    set_up = stage()
    set_up.publish(vote("massive", "AAPL", "0.8", now=at(0)))
    set_up.tick(0)
    set_up.change("DELETE FROM wordings")
    with pytest.raises(InputError, match="SIGNAL_ROWS_GONE"):
        set_up.votes()


def test_votes_are_found_by_symbol_and_source_newest_first() -> None:
    set_up = stage()
    for tick in range(3):
        set_up.publish(
            *(vote(source, "AAPL", f"0.8{tick}", now=at(tick)) for source in SOURCES),
            vote("sonar", "IBM", f"0.7{tick}", now=at(tick)),
        )
        set_up.tick(tick)
    assert [one["p_up"] for one in set_up.votes(symbol="IBM")] == ["0.72", "0.71", "0.7"]
    assert len(set_up.votes(source="sonar")) == 6
    assert len(set_up.votes(source="sonar", symbol="AAPL", limit=2)) == 2
    assert set_up.votes(source="massive", symbol="IBM") == []
    assert len({sha256_of(one) for one in set_up.votes()}) == 15
