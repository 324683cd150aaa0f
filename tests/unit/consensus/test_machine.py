"""From agreement to a signal: persistence, hysteresis, cooldown, lifetime, as stories and as properties."""

import itertools
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.consensus.decision import MEANINGS, Decision, Reason, Verdict
from argos.consensus.machine import FIRST, decide
from argos.consensus.settings import ConsensusSettings, Method
from argos.consensus.vote import Direction, Vote
from unit.consensus.builders import START, at, votes_of
from unit.consensus.conftest import Story

SHORT_LIVED = ConsensusSettings(ttl_s=20, cooldown_s=15)
POOLED = ConsensusSettings(method=Method.LOG_POOL)


def walk(
    ticks: list[tuple[datetime, list[Vote]]], settings: ConsensusSettings = SHORT_LIVED
) -> list[Decision]:
    standing, decisions = FIRST, []
    for now, votes in ticks:
        standing, decision = decide(standing, votes, settings, symbol="AAPL", now=now)
        decisions.append(decision)
    return decisions


def test_a_signal_fires_once_its_agreement_has_lasted(story: Story) -> None:
    story("""
        second votes        -> verdict  phase
        0   M+ A+ X+ S!     -> silent   building NOT_YET_LASTING
        5   M+ A+ X+ S!     -> fired    standing
        10  M+ A+ X+ S+     -> standing standing SIGNAL_STANDS
    """)


def test_a_score_at_the_bar_fires_and_one_below_does_not(story: Story) -> None:
    story("""
        second votes        -> verdict phase
        0   M+ X+ S+        -> silent  building NOT_YET_LASTING
        5   M+ X+ S+        -> fired   standing
    """)
    story(
        """
        second votes              -> verdict phase
        0   M.75 A.75 X.75 S.75   -> silent  building NOT_YET_LASTING
        5   M.749 A.75 X.75 S.75  -> silent  quiet    SCORE_TOO_LOW
        """,
        POOLED,
    )


@pytest.mark.parametrize("word", ["+", "-"])
def test_what_is_missing_is_said(story: Story, word: str) -> None:
    story(
        """
        second votes   -> verdict phase
        0              -> silent quiet SOURCES_TOO_FEW WEIGHT_TOO_LOW REQUIRED_SOURCE_SILENT SIDES_EQUAL SCORE_TOO_LOW
        5  M+ A+ X! S! -> silent quiet SOURCES_TOO_FEW WEIGHT_TOO_LOW SCORE_TOO_LOW
        10 M! A+ X+ S+ -> silent quiet WEIGHT_TOO_LOW REQUIRED_SOURCE_SILENT SCORE_TOO_LOW
        """.replace("+", word)
    )


def test_a_conflict_is_said_by_either_method(story: Story) -> None:
    told = """
        second votes             -> verdict phase
        0   M.98 A.98 X.4 S.4    -> silent  quiet CONFLICTED {}
    """
    story(told.format("SCORE_TOO_LOW"))
    story(told.format(""), POOLED)  # the pool is sure enough, and yet two sources are against it


def test_agreement_that_breaks_or_turns_begins_anew(story: Story) -> None:
    story("""
        second votes        -> verdict phase
        0   M+ A+ X+ S+     -> silent  building NOT_YET_LASTING
        5   M+ A+ X! S!     -> silent  quiet    SOURCES_TOO_FEW WEIGHT_TOO_LOW SCORE_TOO_LOW
        10  M+ A+ X+ S+     -> silent  building NOT_YET_LASTING
        15  M- A- X- S-     -> silent  building NOT_YET_LASTING
        20  M- A- X- S-     -> fired   standing
    """)


def test_ticks_with_too_long_a_gap_between_them_are_not_in_a_row(story: Story) -> None:
    story("""
        second votes        -> verdict phase
        0   M+ A+ X+        -> silent  building NOT_YET_LASTING
        16  M+ A+ X+        -> silent  building NOT_YET_LASTING
        31  M+ A+ X+        -> fired   standing
    """)


def test_between_the_two_bars_a_signal_stands_and_none_is_given(story: Story) -> None:
    story(
        """
        second votes              -> verdict  phase
        0   M.7 A.7 X.7 S.7       -> silent   quiet    SCORE_TOO_LOW
        5   M.76 A.76 X.76 S.76   -> silent   building NOT_YET_LASTING
        10  M.76 A.76 X.76 S.76   -> fired    standing
        15  M.7 A.7 X.7 S.7       -> standing standing SIGNAL_STANDS
        20  M.65 A.65 X.65 S.65   -> standing standing SIGNAL_STANDS
        25  M.64 A.65 X.65 S.65   -> ended    cooling  SCORE_FELL
        30  M.76 A.76 X.76 S.76   -> silent   cooling  COOLING_DOWN
        """,
        POOLED,
    )


def test_a_signal_ends_with_its_time_and_its_symbol_rests(story: Story) -> None:
    story(
        """
        second votes        -> verdict  phase
        0   M+ A+ X+        -> silent   building NOT_YET_LASTING
        5   M+ A+ X+        -> fired    standing
        24  M+ A+ X+        -> standing standing SIGNAL_STANDS
        25  M+ A+ X+        -> ended    cooling  TIME_IS_UP
        39  M+ A+ X+        -> silent   cooling  COOLING_DOWN
        40  M+ A+ X+        -> silent   building NOT_YET_LASTING
        45  M+ A+ X+        -> fired    standing
        """,
        SHORT_LIVED,
    )


def test_the_rest_of_a_signal_that_ran_out_begins_with_its_end_and_not_with_a_late_tick(
    story: Story,
) -> None:
    story(
        """
        second votes        -> verdict  phase
        0   M+ A+ X+        -> silent   building NOT_YET_LASTING
        5   M+ A+ X+        -> fired    standing
        38  M+ A+ X+        -> ended    cooling  TIME_IS_UP
        40  M+ A+ X+        -> silent   building NOT_YET_LASTING
        """,
        SHORT_LIVED,
    )


def test_a_turn_of_all_sources_ends_a_signal_before_the_other_side_is_given(story: Story) -> None:
    story(
        """
        second votes        -> verdict  phase
        0   M+ A+ X+        -> silent   building NOT_YET_LASTING
        5   M+ A+ X+        -> fired    standing
        10  M- A- X-        -> ended    cooling  SCORE_FELL
        15  M- A- X-        -> silent   cooling  COOLING_DOWN
        25  M- A- X-        -> silent   building NOT_YET_LASTING
        30  M- A- X-        -> fired    standing
        """,
        SHORT_LIVED,
    )


def test_an_outage_of_one_source_neither_ends_a_signal_nor_gives_it_again(story: Story) -> None:
    story(
        """
        second votes           -> verdict  phase
        0   M.9 A.9 X.9 S.9    -> silent   building NOT_YET_LASTING
        5   M.9 A.9 X.9 S.9    -> fired    standing
        10  M.9 A.9 X! S!      -> standing standing SIGNAL_STANDS
        15  M.9 A.9 X.9 S.9    -> standing standing SIGNAL_STANDS
        """,
        POOLED,
    )


def test_a_clock_that_stands_or_goes_back_moves_nothing(story: Story) -> None:
    story("""
        second votes        -> verdict  phase
        60  M+ A+ X+        -> silent   building NOT_YET_LASTING
        60  M+ A+ X+        -> silent   building TICK_NOT_NEW
        10  M+ A+ X+        -> silent   building TICK_NOT_NEW
        65  M+ A+ X+        -> fired    standing
        0   M- A- X-        -> silent   standing TICK_NOT_NEW
        70  M+ A+ X+        -> standing standing SIGNAL_STANDS
    """)


def test_every_reason_has_a_meaning() -> None:
    assert set(MEANINGS) == set(Reason)
    assert all(reason.meaning for reason in Reason)


def test_a_decision_names_its_settings_and_carries_its_votes() -> None:
    votes = votes_of("M+ A+ X+", as_of=START)
    first, second = walk([(START, votes), (at(5), votes)])
    assert first.settings_digest == SHORT_LIVED.digest
    assert first.probability is None
    assert second.valid_until == at(5 + SHORT_LIVED.ttl_s)
    assert [ballot.vote for ballot in second.ballots] == [*votes, None]
    assert (second.tally.long_weight, second.tally.sources) == (Decimal("0.85"), 3)


WORDS = st.sampled_from(
    [
        "M+ A+ X+ S+",
        "M- A- X- S-",
        "M+ A+ X+",
        "M+ A+",
        "M! A+ X+ S+",
        "M+ A- X- S-",
        "M.7 A.7 X.7",
        "",
    ]
)
PATHS = st.lists(st.tuples(WORDS, st.integers(1, 12)), max_size=30)
SETTINGS = st.builds(
    ConsensusSettings,
    method=st.sampled_from(list(Method)),
    ticks_min=st.integers(1, 4),
    ttl_s=st.integers(1, 60),
    cooldown_s=st.integers(0, 60),
)


def path(steps: list[tuple[str, int]]) -> list[tuple[datetime, list[Vote]]]:
    now, ticks = START, []
    for words, seconds in steps:
        now += timedelta(seconds=seconds)
        ticks.append((now, votes_of(words, as_of=now)))
    return ticks


@settings(max_examples=60, deadline=None)
@given(steps=PATHS, settings=SETTINGS)
def test_a_signal_fires_only_after_enough_ticks_in_a_row_without_an_objection(
    steps: list[tuple[str, int]], settings: ConsensusSettings
) -> None:
    decisions = walk(path(steps), settings)
    for index, decision in enumerate(decisions):
        if decision.verdict is not Verdict.FIRED:
            continue
        assert index + 1 >= settings.ticks_min
        run = decisions[index + 1 - settings.ticks_min : index]
        assert all(one.reasons == (Reason.NOT_YET_LASTING,) for one in run)
        assert {one.direction for one in run} <= {decision.direction}
        assert decision.score >= settings.fire_at
        assert decision.tally.sources >= settings.sources_min


@settings(max_examples=60, deadline=None)
@given(steps=PATHS, settings=SETTINGS)
def test_two_signals_of_a_symbol_are_parted_by_an_end_and_its_cooldown(
    steps: list[tuple[str, int]], settings: ConsensusSettings
) -> None:
    decisions = walk(path(steps), settings)
    last_end: datetime | None = None
    stands = False
    for decision in decisions:
        if decision.verdict is Verdict.FIRED:
            assert not stands
            assert last_end is None or decision.at >= last_end + timedelta(
                seconds=settings.cooldown_s
            )
            stands = True
        elif decision.verdict is Verdict.ENDED:
            assert stands
            assert decision.valid_until is not None
            last_end, stands = min(decision.at, decision.valid_until), False
        elif decision.verdict is Verdict.STANDING:
            assert stands


@settings(max_examples=60, deadline=None)
@given(words=WORDS, settings=SETTINGS, gaps=st.lists(st.integers(1, 12), min_size=1, max_size=40))
def test_at_a_constant_input_a_signal_ends_by_its_time_alone(
    words: str, settings: ConsensusSettings, gaps: list[int]
) -> None:
    decisions = walk(path([(words, gap) for gap in gaps]), settings)
    assert not [one for one in decisions if Reason.SCORE_FELL in one.reasons]
    fired = [one.at for one in decisions if one.verdict is Verdict.FIRED]
    for first, second in itertools.pairwise(fired):
        assert second - first >= timedelta(seconds=settings.ttl_s + settings.cooldown_s)
    assert len({one.score for one in decisions}) == 1


@settings(max_examples=60, deadline=None)
@given(
    settings=SETTINGS,
    scores=st.lists(st.sampled_from([".65", ".7", ".74", ".76", ".9"]), min_size=1, max_size=30),
)
def test_a_score_that_stays_at_or_above_the_lower_bar_ends_no_signal(
    settings: ConsensusSettings, scores: list[str]
) -> None:
    settings = replace(settings, method=Method.LOG_POOL)
    steps = [(f"M{p} A{p} X{p} S{p}", 5) for p in scores]
    decisions = walk(path(steps), settings)
    assert not [one for one in decisions if Reason.SCORE_FELL in one.reasons]


@settings(max_examples=60, deadline=None)
@given(steps=PATHS, settings=SETTINGS, later=WORDS, seconds=st.integers(1, 100))
def test_votes_from_the_future_change_no_decision(
    steps: list[tuple[str, int]], settings: ConsensusSettings, later: str, seconds: int
) -> None:
    ticks = path(steps)
    with_future = [
        (now, [*votes_of(later, as_of=now + timedelta(seconds=seconds)), *votes])
        for now, votes in ticks
    ]
    assert walk(with_future, settings) == walk(ticks, settings)


@settings(max_examples=60, deadline=None)
@given(steps=PATHS, settings=SETTINGS)
def test_a_silent_decision_says_why_and_a_signal_needs_no_reason(
    steps: list[tuple[str, int]], settings: ConsensusSettings
) -> None:
    for decision in walk(path(steps), settings):
        assert (decision.reasons == ()) is (decision.verdict is Verdict.FIRED)
        if decision.verdict is not Verdict.SILENT:
            assert decision.direction is not Direction.ABSTAIN
        assert Decimal(0) <= decision.score <= 1
