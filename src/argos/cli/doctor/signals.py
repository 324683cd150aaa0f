"""Is the signal service alive, does its clock go forward, and is what it recorded told?"""

import os
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

from argos.cli.doctor.finding import Finding, fail, ok, skipped, warn
from argos.core.errors import ArgosError
from argos.core.texts import parse_moment
from argos.settings import load_config
from argos.signals.settings import SignalSettings
from argos.signals.status import STATUS_FILE, is_running, read_status
from argos.stack.home import Home
from argos.store.decoding import decode_limits

WAITING_S_MAX: Final = 30.0
LOG: Final = "see logs/signals.log"
CLOCK: Final = "TICK_NOT_NEW"
DELIVERY: Final = "signal delivery"
DRAWDOWN: Final = "signal drawdown"


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


def examine_drawdown(
    home: Home, *, routes: Sequence[Mapping[str, Any]], accounts: Sequence[Mapping[str, Any]]
) -> Finding:
    """`routes` and `accounts` as the operator configured them."""
    if read_status(home.root / STATUS_FILE) is None:
        return skipped(DRAWDOWN, "the signal service never ran in this home")
    try:
        settings = load_config(home, os.environ).signals
    except ArgosError as error:
        return skipped(DRAWDOWN, error.message)
    return judge_drawdown(settings, routes=routes, accounts=accounts)


def judge_drawdown(
    settings: SignalSettings,
    *,
    routes: Sequence[Mapping[str, Any]],
    accounts: Sequence[Mapping[str, Any]],
) -> Finding:
    """Whether a peak is kept wherever signals trade: without one, nothing is held to `max_drawdown_pct`."""
    most = settings.max_drawdown_fraction
    if not settings.auto_execute or most is None:
        return ok(DRAWDOWN, "signals trade nothing, or are held to no drawdown")
    limits = {row["account"]: decode_limits(row["limits"]) for row in accounts}
    legs = {
        leg["account"]
        for route in routes
        if route["route"] == settings.route
        for leg in route["legs"]
        if leg["enabled"] and leg["account"] in limits
    }
    bare = sorted(
        name for name in legs if not (limits[name].risk.keeps_anchors or limits[name].firm)
    )
    if bare:
        return warn(
            DRAWDOWN,
            f"max_drawdown_pct holds nothing back: no peak of equity is kept of {', '.join(bare)}",
            fix=f"argos risk set {bare[0]} drawdown_fraction_max={most.normalize():f}",
        )
    return ok(DRAWDOWN, f"{len(legs)} accounts, their peaks kept")
