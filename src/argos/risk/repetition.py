"""Gates that ask whether this was just done: the same signal again, too soon after a close, too often in a minute."""

from datetime import timedelta

from argos.core.decision import Approved, Denied, Verdict
from argos.core.denial import DenialCode
from argos.risk.gate import GateInput, not_judged
from argos.risk.holdings import holdings_of


def not_duplicate(given: GateInput) -> Verdict:
    """The same strategy, symbol and side under another intent. The same intent is found by its identity."""
    request = given.request
    span_s = request.account.limits.risk.duplicate_s
    if span_s is None:
        return not_judged("no duplicate_s")
    alike = [
        entry
        for entry in request.standing.entries
        if entry.symbol == request.symbol
        and entry.side is request.side
        and entry.bot_version == request.intent.bot_version
        and entry.intent_id != str(request.intent.intent_id)
    ]
    last = max(alike, key=lambda entry: entry.planned_at, default=None)
    if last is None:
        return Approved(values={"duplicate_s": str(span_s)})
    age_s = (request.now - last.planned_at).total_seconds()
    values = {"age_s": f"{age_s:.1f}", "duplicate_s": str(span_s), "intent_id": last.intent_id}
    if age_s >= span_s:
        return Approved(values=values)
    return Denied(
        code=DenialCode.DUPLICATE_ENTRY,
        text=f"{request.intent.bot_version} opened {request.side.value} {given.place} {age_s:.1f} s ago;"
        f" not again within {span_s} s",
        values=values,
    )


def flat(given: GateInput) -> Verdict:
    """Nothing of the symbol is held or on its way, on either side: a bracket is for a flat symbol."""
    request = given.request
    if not request.account.limits.risk.flat_only:
        return not_judged("flat_only is off")
    there = [item for item in holdings_of(request) if item.symbol == request.symbol]
    if not there:
        return Approved()
    told = ", ".join(f"{item.side.value} {item.qty.normalize():f}" for item in there)
    return Denied(
        code=DenialCode.POSITION_EXISTS,
        text=f"{given.place} is not flat: {told}",
        values={"held": told},
    )


def cooled_down(given: GateInput) -> Verdict:
    request = given.request
    span_s = request.account.limits.risk.cooldown_s
    if span_s is None:
        return not_judged("no cooldown_s")
    closed_at = request.standing.closed_at.get(request.symbol)
    if closed_at is None:
        return Approved(values={"cooldown_s": str(span_s)})
    age_s = (request.now - closed_at).total_seconds()
    values = {"closed_ago_s": f"{age_s:.1f}", "cooldown_s": str(span_s)}
    if age_s >= span_s:
        return Approved(values=values)
    return Denied(
        code=DenialCode.COOLDOWN,
        text=f"{given.place} was closed {age_s:.1f} s ago; {span_s} s is the least",
        values=values,
    )


def entry_rate(given: GateInput) -> Verdict:
    """Entries planned for the account in the last 60 s, whatever became of them, and this one."""
    request = given.request
    most = request.account.limits.risk.entries_per_minute_max
    if most is None:
        return not_judged("no entries_per_minute_max")
    since = request.now - timedelta(seconds=60)
    count = 1 + sum(entry.planned_at > since for entry in request.standing.entries)
    values = {"entries": str(count), "entries_per_minute_max": str(most)}
    if count <= most:
        return Approved(values=values)
    return Denied(
        code=DenialCode.ENTRY_RATE,
        text=f"{given.place} would be entry {count} of {request.account.account} within 60 s; {most} is the most",
        values=values,
    )
