"""What doctor makes of what the signal service last said of itself."""

from datetime import UTC, datetime, timedelta
from typing import Any

from argos.cli.doctor.finding import Finding, State
from argos.cli.doctor.signals import judge_signals
from argos.signals.status import Health, health_document

NOW = datetime(2026, 11, 27, 15, 0, tzinfo=UTC)


def said(
    *, at: datetime = NOW, waiting: dict[str, Any] | None = None, **more: Any
) -> dict[str, Any]:
    health = Health(started_at=NOW - timedelta(hours=1), cycle_s=5.0, symbols=4, **more)
    return health_document(health, now=at) | {"waiting": waiting or {}}


def judged(status: dict[str, Any], *, running: bool = True) -> dict[str, Finding]:
    found = judge_signals(status, now=NOW, running=running)
    return {finding.check: finding for finding in found}


def test_a_service_at_work_is_well():
    findings = judged(said(tick_number=7))
    assert [finding.state for finding in findings.values()] == [State.OK, State.OK]


def test_a_service_that_fell_silent_is_a_failure_only_while_the_stack_runs():
    old = said(at=NOW - timedelta(minutes=2))
    assert judged(old)["signals"].state is State.FAIL
    assert judged(old, running=False)["signals"].state is State.SKIPPED


def test_a_clock_that_went_back_is_named():
    finding = judged(said(skipped="TICK_NOT_NEW", skipped_since=NOW))["signals"]
    assert finding.state is State.FAIL
    assert "went back" in finding.detail
    assert "NTP" in finding.fix


def test_ticks_that_never_were_are_told():
    assert judged(said(missed=12))["signals"].state is State.WARN


def test_signals_that_nobody_was_told_of_are_named_with_their_age():
    old = {"signal": {"rows": 3, "oldest_at": "2026-11-27T14:58:00.000000Z"}}
    finding = judged(said(waiting=old))["signal delivery"]
    assert finding.state is State.FAIL
    assert "3 waiting, the oldest for 120 s" in finding.detail
    young = {"signal": {"rows": 3, "oldest_at": "2026-11-27T14:59:59.000000Z"}}
    assert judged(said(waiting=young))["signal delivery"].state is State.OK
