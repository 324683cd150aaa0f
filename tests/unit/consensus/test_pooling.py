"""Scores: what 40/25/20/15 at 75 % allows, and that no vote counts against its own side."""

import itertools
import math
import re
from decimal import Decimal
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from argos.consensus.ballots import ballots_of
from argos.consensus.log_odds import decay, log_odds, probability
from argos.consensus.pooling import METHODS, Pooled, tally_of
from argos.consensus.settings import SOURCES, ConsensusSettings, Method
from argos.consensus.vote import Direction, Vote
from unit.consensus.builders import NAMES, START, at, side, votes_of

PAGE = Path(__file__).resolve().parents[3] / "docs" / "concepts" / "consensus.md"
WEIGHTS = {rules.source: rules.weight for rules in SOURCES}
MASSIVE = "massive"
SETTINGS = {method: ConsensusSettings(method=method) for method in Method}

p_ups = (
    st.integers(0, 1000).filter(lambda mille: mille != 500).map(lambda m: str(Decimal(m) / 1000))
)
held = st.dictionaries(st.sampled_from(sorted(WEIGHTS)), p_ups)
methods = st.sampled_from(list(Method))


def pool(votes: list[Vote], method: Method, *, seconds: float = 0) -> Pooled:
    settings = SETTINGS[method]
    ballots = ballots_of(votes, settings, now=at(seconds))
    return METHODS[method](ballots, tally_of(ballots), settings)


def coalitions() -> dict[frozenset[str], Decimal]:
    return {
        frozenset(names): sum((WEIGHTS[name] for name in names), Decimal(0))
        for size in range(len(WEIGHTS) + 1)
        for names in itertools.combinations(sorted(WEIGHTS), size)
    }


def test_which_sources_can_give_a_signal_together() -> None:
    bar = ConsensusSettings().fire_at
    can = {names for names, weight in coalitions().items() if weight >= bar}
    assert can == {
        frozenset({MASSIVE, "alpha_vantage", "x_api"}),
        frozenset({MASSIVE, "alpha_vantage", "sonar"}),
        frozenset({MASSIVE, "x_api", "sonar"}),
        frozenset(WEIGHTS),
    }
    pairs = [weight for names, weight in coalitions().items() if len(names) == 2]
    assert max(pairs) == Decimal("0.65")
    without = [weight for names, weight in coalitions().items() if MASSIVE not in names]
    assert max(without) == Decimal("0.60")


def test_the_page_says_of_every_coalition_what_the_weights_say() -> None:
    rows = re.findall(
        r"^\| ([\w +]+?) \| ([\d.]+) \| (yes|no) \|$", PAGE.read_text("utf-8"), re.MULTILINE
    )
    told = {
        frozenset(names.split(" + ")): (Decimal(weight), fires == "yes")
        for names, weight, fires in rows
    }
    bar = ConsensusSettings().fire_at
    computed = {names: (weight, weight >= bar) for names, weight in coalitions().items() if names}
    assert told == computed


@pytest.mark.parametrize("fires", [True, False])
def test_massive_x_and_sonar_reach_the_bar_exactly_and_no_less(fires: bool) -> None:
    # 0.40 + 0.20 + 0.15 of binary floats is 0.75 by luck of rounding; of decimals it is by arithmetic.
    pooled = pool(votes_of("M+ X+ S+" if fires else "M+ X+", as_of=START), Method.WEIGHTED_VOTE)
    assert pooled.score == (Decimal("0.75") if fires else Decimal("0.60"))


# The table of the specification: probabilities of long, and what the pools make of them.
@pytest.mark.parametrize(
    ("words", "pooled", "bolder"),
    [
        ("M.7 A.7 X.7 S.7", "0.70", "0.845"),
        ("M.8 A.8 X.6 S.6", "0.739", "0.89"),
        ("M.9 A.9 X.9 S.3", "0.851", "0.97"),
        ("M.8 A.8", "0.711", "0.858"),
        ("M.8 A.8 X.2 S.2", "0.602", "0.697"),
    ],
)
def test_a_log_pool_gives_the_worked_figures(words: str, pooled: str, bolder: str) -> None:
    votes = votes_of(words, as_of=START)
    for exponent, expected in ((1, pooled), (2, bolder)):
        settings = ConsensusSettings(method=Method.LOG_POOL, exponent=Decimal(exponent))
        ballots = ballots_of(votes, settings, now=START)
        found = METHODS[Method.LOG_POOL](ballots, tally_of(ballots), settings)
        assert round(found.long_score, len(expected) - 2) == Decimal(expected)


@pytest.mark.parametrize(("p_up", "fires"), [("0.80", True), ("0.79", False)])
def test_at_usual_ages_a_log_pool_needs_four_votes_of_80_percent(p_up: str, fires: bool) -> None:
    ages_s = {"massive": 5, "alpha_vantage": 63_000, "x_api": 120, "sonar": 600}
    left = [rules.weight * decay(ages_s[rules.source], rules.half_life_s) for rules in SOURCES]
    assert round(sum(left), 2) == Decimal("0.81")
    votes = [side(source, p_up, as_of=at(-age_s)) for source, age_s in ages_s.items()]
    assert (pool(votes, Method.LOG_POOL).score >= SETTINGS[Method.LOG_POOL].fire_at) is fires


@settings(deadline=None)
@given(votes=held, data=st.data(), method=methods)
def test_the_order_of_votes_does_not_matter(
    votes: dict[str, str], data: st.DataObject, method: Method
) -> None:
    cast = [side(source, p_up) for source, p_up in votes.items()]
    cast += [side(source, "0.9", as_of=at(-1)) for source in votes]  # older: they are not counted
    assert pool(data.draw(st.permutations(cast)), method) == pool(cast, method)


@settings(deadline=None)
@given(votes=held, source=st.sampled_from(sorted(WEIGHTS)), p_up=p_ups, method=methods)
def test_one_more_agreeing_vote_never_lowers_a_side_s_score(
    votes: dict[str, str], source: str, p_up: str, method: Method
) -> None:
    others = [side(name, p) for name, p in votes.items() if name != source]
    more = side(source, p_up)
    assert pool([*others, more], method).score_of(more.direction) >= pool(others, method).score_of(
        more.direction
    )


@settings(deadline=None)
@given(votes=held, method=methods)
def test_the_other_way_round_gives_the_other_side_the_same_score(
    votes: dict[str, str], method: Method
) -> None:
    cast = pool([side(name, p) for name, p in votes.items()], method)
    turned = pool([side(name, str(1 - Decimal(p))) for name, p in votes.items()], method)
    assert (turned.long_score, turned.short_score) == (cast.short_score, cast.long_score)


@settings(deadline=None)
@given(votes=held, method=methods)
def test_silence_is_never_bolder_than_the_weight_that_spoke(
    votes: dict[str, str], method: Method
) -> None:
    """No renormalising: whoever voted cannot reach more than their weight times the surest of them."""
    cast = [side(name, p) for name, p in votes.items()]
    weight = sum((WEIGHTS[name] for name in votes), Decimal(0))
    surest = Decimal("0.98")
    most = weight if method is Method.WEIGHTED_VOTE else probability(weight * log_odds(surest))
    assert pool(cast, method).score <= most


@settings(deadline=None)
@given(votes=held, seconds=st.integers(0, 60))
def test_a_log_pool_of_older_votes_for_one_side_is_never_surer(
    votes: dict[str, str], seconds: int
) -> None:
    longs = [side(name, p) for name, p in votes.items() if Decimal(p) > Decimal("0.5")]
    fresh, older = (pool(longs, Method.LOG_POOL, seconds=s) for s in (0, seconds))
    assert older.long_score <= fresh.long_score
    assert older.long_score >= Decimal("0.5")


def test_equal_weights_against_each_other_have_no_direction() -> None:
    assert pool([], Method.WEIGHTED_VOTE).direction is Direction.ABSTAIN
    assert pool([], Method.LOG_POOL).direction is Direction.ABSTAIN
    even = pool(votes_of("M+ X- S- A-", as_of=START), Method.WEIGHTED_VOTE)
    assert even.direction is Direction.SHORT  # 0.60 against 0.40


@pytest.mark.parametrize(
    ("age_s", "half_life_s", "left"),
    [
        (5, 30, "0.891"),
        (15, 30, "0.707"),
        (60, 30, "0.25"),
        (60, 300, "0.871"),
        (300, 900, "0.794"),
    ],
)
def test_decay_halves_with_every_half_life(age_s: int, half_life_s: int, left: str) -> None:
    assert round(decay(age_s, half_life_s), 3) == Decimal(left)


@settings(deadline=None)
@given(mille=st.integers(20, 980))
def test_log_odds_and_probability_undo_each_other(mille: int) -> None:
    p = Decimal(mille) / 1000
    assert probability(log_odds(p)) == p
    assert math.isclose(log_odds(p), math.log(mille / (1000 - mille)), abs_tol=1e-12)


def test_no_source_is_taken_for_surer_than_98_percent() -> None:
    assert log_odds(Decimal(1)) == log_odds(Decimal("0.98"))
    assert log_odds(Decimal(0)) == -log_odds(Decimal(1)) == log_odds(Decimal("0.02"))
    assert set(NAMES.values()) == set(WEIGHTS)
