"""Is the signal service alive, does its clock go forward, and is what it recorded told?"""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.core.texts import parse_moment
from argos.signals.status import STATUS_FILE, is_running, read_status
from argos.stack.home import Home

WAITING_S_MAX: Final = 30.0
LOG: Final = "see logs/signals.log"
CLOCK: Final = "TICK_NOT_NEW"
DELIVERY: Final = "signal delivery"


def examine_signals(home: Home, *, running: bool) -> Iterator[Finding]:
    """`running`: whether an `argos up` holds the home."""
    status = read_status(home.root / STATUS_FILE)
    if status is None:
        yield skipped("signals", "the signal service never ran in this home")
        return
    yield from judge_signals(status, now=datetime.now(tz=UTC), running=running)


def judge_signals(status: Mapping[str, Any], *, now: datetime, running: bool) -> Iterator[Finding]:
    """What the service last said of itself."""
    alive = is_running(status, now=now)
    if not alive and not running:
        yield skipped("signals", f"not running; last heard of {status['at']}")
        yield skipped(DELIVERY, "the signal service is not running")
        return
    yield _life(status, alive=alive)
    yield _delivery(status["waiting"], now=now)


def _life(status: Mapping[str, Any], *, alive: bool) -> Finding:
    tick = status["tick"]
    if not alive:
        return fail("signals", f"silent since {status['at']}", fix=f"argos signals run; {LOG}")
    if status["skipped"] == CLOCK:
        shown = f"the clock stands or went back: no tick since {status['skipped_since']}"
        return fail("signals", shown, fix="let this machine follow NTP; ticks go on from there")
    if status["skipped"]:
        shown = f"{status['skipped']}: no tick is stored since {status['skipped_since']}"
        return fail("signals", shown, fix=LOG)
    shown = f"tick {tick['number']} took {tick['ms']} ms; {status['chain']['sequence']} records"
    if status["missed_ticks"]:
        missed = f"{shown}; {status['missed_ticks']} ticks were never made"
        return warn("signals", missed, fix="the machine slept, or has too little processor time")
    return ok("signals", shown)


def _delivery(waiting: Mapping[str, Any], *, now: datetime) -> Finding:
    rows = sum(item["rows"] for item in waiting.values())
    oldest = [parse_moment(item["oldest_at"], field="oldest_at") for item in waiting.values()]
    age_s = max(((now - at).total_seconds() for at in oldest), default=0.0)
    shown = f"{rows} waiting, the oldest for {max(age_s, 0):.0f} s"
    if age_s > WAITING_S_MAX:
        return fail(DELIVERY, shown, fix=f"is the database up? nothing is lost meanwhile; {LOG}")
    return ok(DELIVERY, shown)
