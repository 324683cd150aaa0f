"""The same stored votes and ticks give the same decisions, in whatever pieces they are played."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

from hypothesis import given, settings
from hypothesis import strategies as st

from argos.consensus.decision import Decision
from argos.consensus.replay import Board, replay
from argos.consensus.settings import ConsensusSettings, Method
from argos.consensus.vote import Vote
from unit.consensus.builders import START, at, side, silent

SYMBOLS = ("AAPL", "IBM", "MSFT")
SETTINGS = st.sampled_from(
    [
        ConsensusSettings(method=method, ttl_s=20, cooldown_s=10, ticks_min=ticks)
        for method in Method
        for ticks in (1, 2)
    ]
)


@st.composite
def days(draw: st.DrawFn) -> tuple[list[Vote], list[datetime]]:
    """Votes in any order, leaning to one side so that signals come about, and ticks of uneven lengths."""
    votes = []
    for _ in range(draw(st.integers(0, 60))):
        source = draw(st.sampled_from(["massive", "alpha_vantage", "x_api", "sonar"]))
        fetched_at = at(draw(st.integers(0, 600)) / 10)
        if draw(st.integers(0, 9)) == 0:
            vote = silent(source, fetched_at=fetched_at)
        else:
            p_up = draw(st.sampled_from(["0.9", "0.8", "0.8", "0.7", "0.2"]))
            as_of = fetched_at - timedelta(seconds=draw(st.integers(0, 70)))
            vote = side(source, p_up, as_of=as_of, fetched_at=fetched_at)
        votes.append(replace(vote, symbol=draw(st.sampled_from(SYMBOLS))))
    gaps = draw(st.lists(st.integers(1, 10), min_size=1, max_size=15))
    ticks = [START + timedelta(seconds=sum(gaps[: index + 1])) for index in range(len(gaps))]
    return votes, ticks


def of_symbols_with_votes(decisions: list[Decision]) -> list[Decision]:
    return [one for one in decisions if any(ballot.vote for ballot in one.ballots)]


@settings(max_examples=40, deadline=None)
@given(day=days(), settings=SETTINGS, data=st.data())
def test_any_pieces_of_a_day_give_the_decisions_of_the_whole(
    day: tuple[list[Vote], list[datetime]], settings: ConsensusSettings, data: st.DataObject
) -> None:
    votes, ticks = day
    whole = replay(votes, ticks, settings)
    cuts = sorted(data.draw(st.sets(st.integers(0, len(ticks)), max_size=4)))
    board, pieces = Board(), []
    for start, end in zip([0, *cuts], [*cuts, len(ticks)], strict=True):
        # A piece may be handed the votes of earlier pieces and of later ones as well.
        handed = data.draw(st.permutations(votes))
        pieces += replay(handed, ticks[start:end], settings, board=board)
    assert pieces == whole


@settings(max_examples=40, deadline=None)
@given(day=days(), settings=SETTINGS, data=st.data())
def test_the_order_of_what_is_stored_and_repeats_of_votes_do_not_matter(
    day: tuple[list[Vote], list[datetime]], settings: ConsensusSettings, data: st.DataObject
) -> None:
    votes, ticks = day
    shuffled = data.draw(st.permutations([*votes, *votes[:5]]))
    turned = data.draw(st.permutations(ticks))
    assert replay(shuffled, turned, settings) == replay(votes, ticks, settings)


@settings(max_examples=40, deadline=None)
@given(day=days(), settings=SETTINGS, more=days())
def test_what_comes_later_changes_nothing_that_was_decided(
    day: tuple[list[Vote], list[datetime]],
    settings: ConsensusSettings,
    more: tuple[list[Vote], list[datetime]],
) -> None:
    votes, ticks = day
    shift = ticks[-1] - START + timedelta(seconds=1)
    later = [
        replace(
            vote,
            fetched_at=vote.fetched_at + shift,
            as_of=None if vote.as_of is None else vote.as_of + shift,
        )
        for vote in more[0]
    ]
    before = replay(votes, ticks, settings)
    after = replay([*later, *votes], [*ticks, *(tick + shift for tick in more[1])], settings)
    assert after[: len(before)] == before


@settings(max_examples=40, deadline=None)
@given(day=days(), settings=SETTINGS)
def test_the_live_board_decides_as_the_replay_does(
    day: tuple[list[Vote], list[datetime]], settings: ConsensusSettings
) -> None:
    votes, ticks = day
    board, live = Board(), []
    board.watch(SYMBOLS)
    waiting = sorted(votes, key=lambda vote: vote.fetched_at)
    for now in ticks:
        while waiting and waiting[0].fetched_at <= now:
            board.take(waiting.pop(0))
        live += board.tick(now, settings)
    assert of_symbols_with_votes(live) == replay(votes, ticks, settings)


@settings(max_examples=60, deadline=None)
@given(
    settings=SETTINGS,
    course=st.lists(
        st.tuples(
            st.sampled_from(["tick", "massive", "alpha_vantage", "x_api", "sonar"]),
            st.integers(-3, 8),
            st.sampled_from(["0.9", "0.8", "0.2"]),
        ),
        max_size=60,
    ),
)
def test_a_replay_sees_what_the_live_board_saw_though_its_clock_jumped(
    settings: ConsensusSettings, course: list[tuple[str, int, str]]
) -> None:
    board, live = Board(), []
    clock, stored_votes, stored_ticks = START, [], []
    for what, seconds, p_up in course:
        clock += timedelta(seconds=seconds)
        if what == "tick":
            decisions = board.tick(clock, settings)
            live += decisions
            stored_ticks += [clock] if decisions else []
        else:
            vote = side(what, p_up, as_of=clock)
            stored_votes += [vote] if board.take(vote) else []
    assert replay(stored_votes, stored_ticks, settings) == live


def test_while_the_clock_is_back_nothing_is_decided() -> None:
    rules, board = ConsensusSettings(), Board()
    assert board.take(side("massive", "0.9", as_of=at(10)))
    assert board.tick(at(9), rules) == []
    assert len(board.tick(at(10), rules)) == 1
    assert board.tick(at(10), rules) == []
    assert not board.take(side("x_api", "0.9", as_of=at(10)))
    assert board.take(side("x_api", "0.9", as_of=at(10.5)))
    assert len(board.tick(at(11), rules)) == 1


def test_one_tick_decides_on_every_watched_symbol_in_the_order_of_names() -> None:
    board = Board()
    board.watch(["MSFT", "AAPL"])
    board.take(replace(side("massive", "0.9"), symbol="IBM"))
    decisions = board.tick(START, ConsensusSettings())
    assert [one.symbol for one in decisions] == ["AAPL", "IBM", "MSFT"]
    assert [one.tally.weight for one in decisions] == [0, Decimal("0.40"), 0]
