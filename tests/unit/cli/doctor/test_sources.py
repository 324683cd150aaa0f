"""What doctor makes of the sources' last votes."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.cli.doctor.finding import Finding, State
from argos.cli.doctor.sources import judge_source
from argos.consensus.vote import Direction, Vote
from argos.sources.reasons import SourceReason
from argos.sources.settings import SourcesSettings
from argos.sources.voting import About, abstention

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)
SYMBOLS = ("AAPL", "MSFT")


def votes(*reasons: SourceReason, source: str = "massive") -> list[Vote]:
    return [
        abstention(About(source=source, symbol=symbol, fetched_at=NOW, simulated=True), reason)
        for symbol, reason in zip(SYMBOLS, reasons, strict=True)
    ]


def judged(found: list[Vote], *, source: str = "massive", running: bool = True) -> Finding:
    return judge_source(
        source, found, settings=SourcesSettings(), now=NOW + timedelta(seconds=3), running=running
    )


@pytest.mark.parametrize(
    ("reasons", "state", "word"),
    [
        ((SourceReason.BODY_UNREADABLE,) * 2, State.FAIL, "BODY_UNREADABLE on 2 of 2"),
        ((SourceReason.UNREACHABLE,) * 2, State.FAIL, "UNREACHABLE"),
        ((SourceReason.UNREACHABLE, SourceReason.NO_LEAN), State.WARN, "1 of 2"),
        ((SourceReason.DOLLARS_SPENT,) * 2, State.WARN, "DOLLARS_SPENT"),
        ((SourceReason.NO_DATA, SourceReason.NO_LEAN), State.OK, "simulated source"),
    ],
)
def test_a_source_in_trouble_is_named_with_its_reason(reasons, state, word):
    finding = judged(votes(*reasons))
    assert (finding.check, finding.state) == ("source massive", state)
    assert word in finding.detail
    assert (finding.fix == "") is (state is State.OK)


def test_a_source_that_went_silent_is_told_only_while_the_stack_runs():
    old = [
        replace(vote, fetched_at=NOW - timedelta(minutes=10))
        for vote in votes(SourceReason.NO_LEAN, SourceReason.NO_LEAN)
    ]
    assert judged(old).state is State.WARN
    assert judged(old, running=False).state is State.OK


def test_a_series_of_yesterdays_close_is_not_silence():
    fresh = Vote(
        source="alpha_vantage",
        symbol="AAPL",
        direction=Direction.LONG,
        p_up=Decimal("0.7"),
        as_of=NOW - timedelta(hours=20),
        fetched_at=NOW - timedelta(hours=18),
        status=SourceReason.LEANS_UP.status,
        reason="LEANS_UP",
        inputs_hash="0" * 64,
    )
    assert judged([fresh], source="alpha_vantage").state is State.OK
    assert "simulated" not in judged([fresh], source="alpha_vantage").detail


def test_a_source_that_was_never_asked_says_what_asks_it():
    assert judged([]).state is State.WARN
