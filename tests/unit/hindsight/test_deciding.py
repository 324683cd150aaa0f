"""Spans are counted in bars, whatever lies between two closes."""

from argos.consensus.vote import Vote
from argos.hindsight.deciding import Spans, decisions_of
from argos.hindsight.strategy import Consensus
from unit.hindsight.builders import sessions, votes_of

SETTINGS = Consensus().settings()


def told(words: list[str], *, ttl: int, cooldown: int, ticks_min: int = 1) -> list[str]:
    """What was said at each close; each line's votes come at that close. The first bar is a Monday."""
    of_days = sessions(len(words))
    votes: list[list[Vote]] = [
        votes_of(line, session.closed_at) for line, session in zip(words, of_days, strict=True)
    ]
    settings = Consensus(ticks_min=ticks_min).settings()
    found = decisions_of("AAPL", of_days, votes, settings, Spans(ttl=ttl, cooldown=cooldown))
    return [decision.verdict.value for decision in found]


ALL = "M+ A+ X+ S+"


def test_a_signal_stands_for_its_bars_over_weekends_and_the_symbol_rests_for_its_own() -> None:
    """Fired on Monday for six bars: Tuesday to Friday and Monday it stands, on Tuesday it ends."""
    said = told([ALL] * 14, ttl=6, cooldown=2)
    assert said[:7] == ["fired", *["standing"] * 5, "ended"]
    assert said[7:10] == ["silent", "fired", "standing"]


def test_without_a_rest_it_may_fire_at_the_close_after_its_end() -> None:
    assert told([ALL] * 5, ttl=1, cooldown=0) == ["fired", "ended", "fired", "ended", "fired"]


def test_a_score_that_falls_ends_it_before_its_time_and_the_rest_counts_from_there() -> None:
    said = told([ALL, "M- A- X- S-", ALL, ALL, ALL], ttl=9, cooldown=2)
    assert said == ["fired", "ended", "silent", "fired", "standing"]


def test_closes_in_a_row_are_in_a_row_over_a_weekend() -> None:
    """Friday and Monday agree."""
    silent = ""
    said = told([silent] * 4 + [ALL, ALL], ttl=3, cooldown=0, ticks_min=2)
    assert said == ["silent"] * 5 + ["fired"]


def test_a_vote_that_is_not_repeated_grows_too_old_by_the_live_rules() -> None:
    """Massive's cut is a minute: on the next day it is silent, and nothing fires without it."""
    said = told(["M+", "A+ X+ S+"], ttl=3, cooldown=0)
    assert said == ["silent", "silent"]


def test_the_settings_in_force_are_those_that_every_decision_names() -> None:
    of_days = sessions(2)
    found = decisions_of("AAPL", of_days, [[], []], SETTINGS, Spans(ttl=5, cooldown=0))
    assert {decision.settings_digest for decision in found} == {SETTINGS.digest}
