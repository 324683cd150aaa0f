"""The week of Argo: what its sources tell before it begins, and what is said of it afterwards."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID

from argos.rehearsal.argo_results import ArgoResult, SignalBook, argo_json, told_lines
from argos.rehearsal.argo_week import WeekRun
from argos.rehearsal.checking import Findings
from argos.sources.fixture.replay import Replay

BEGAN_S = 1_795_000_000.0
BOOK = SignalBook(
    recorded=3,
    valid=2,
    simulated=3,
    by_symbol={"AAPL": {"valid": 2, "refused": 1}},
    refusals={"ALREADY_HELD": 1},
    outcomes={"intent: accepted": 2},
    handed_over={"s-1": UUID(int=1), "s-2": UUID(int=2)},
    ticks=40,
    votes=400,
    last_hash="ab" * 32,
    hashes={"s-1": "11", "s-2": "22", "s-3": "33"},
    faults=(),
)


def result(**changes: Any) -> ArgoResult:
    clean = ArgoResult(
        run=WeekRun(first_day=date(2009, 2, 23), days_done=5, all_closed=True),
        book=BOOK,
        journal=(),
        performance={
            "beside": [{"what": "legs", "outcome": "rejected", "code": "VENUE_REJECTED", "n": 1}]
        },
        findings=Findings(),
    )
    return replace(clean, **changes)


def test_before_the_first_day_its_first_price_stands():
    replay = Replay(seed=1, day_s=8, ticks=80, first_day=date(2009, 2, 23), began_s=BEGAN_S)
    early, first, later = (
        replay.at("AAPL", datetime.fromtimestamp(BEGAN_S + seconds, tz=UTC))
        for seconds in (-600.0, 0.0, 8.0)
    )
    assert early is not None
    assert first is not None
    assert later is not None
    assert early == first
    assert first.bar.date == date(2009, 2, 23)
    assert len(first.path) == 1
    assert later.bar.date == date(2009, 2, 24)


def test_a_clean_week_is_told_with_its_refusals_and_what_came_to_no_trade():
    told = " ".join(told_lines(result()))
    assert "3 signals, 3 of them from simulated sources" in told
    assert "ALREADY_HELD 1" in told
    assert "rejected VENUE_REJECTED 1" in told
    assert "nothing lost, nothing doubled" in told
    assert argo_json(result())["signals"]["handed_over"] == 2


def test_a_chain_that_does_not_hold_is_no_clean_week():
    spoiled = result(book=replace(BOOK, faults=("RECORD_TEXT record 2: differs",)))
    assert not spoiled.clean
    assert "does not hold in 1 places" in " ".join(told_lines(spoiled))


def test_a_lost_intent_is_no_clean_week():
    lost = result(findings=Findings(lost=["intent 1 came to nothing"]))
    assert not lost.clean
    assert "FINDINGS" in " ".join(told_lines(lost))
