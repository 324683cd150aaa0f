"""Gates that ask whether what we know is recent: the alert, the intent's validity, the account's snapshot."""

from datetime import timedelta
from typing import Final

from argos.core.decision import Approved, Denied, Verdict
from argos.core.denial import DenialCode
from argos.core.intent import SizeMode
from argos.risk.gate import GateInput, not_judged, snapshot_age

FUTURE_TOLERANCE: Final = timedelta(seconds=5)
"""How far a sender's clock may run ahead of ours."""


MEASURED_BY_TICKS: Final = frozenset(
    {SizeMode.RISK_FRACTION, SizeMode.EQUITY_FRACTION, SizeMode.CONSENSUS}
)
"""Sizes that depend on what a tick is worth in the account's currency."""


def _seconds(span: timedelta) -> str:
    return f"{span.total_seconds():.1f}"


def alert_not_from_future(given: GateInput) -> Verdict:
    intent = given.request.intent
    ahead = intent.timestamp_tv - intent.received_at
    if ahead <= FUTURE_TOLERANCE:
        return Approved()
    return Denied(
        code=DenialCode.ALERT_FROM_FUTURE,
        text=f"the alert says it fired {_seconds(ahead)} s after we received it;"
        f" {_seconds(FUTURE_TOLERANCE)} s is the most",
        values={"ahead_s": _seconds(ahead)},
    )


def alert_fresh(given: GateInput) -> Verdict:
    """Age counts up to now, so that time spent in our own queues makes an alert stale as well."""
    request = given.request
    age = request.now - request.intent.timestamp_tv
    age_s_max = request.route.alert_age_s_max
    if age <= timedelta(seconds=age_s_max):
        return Approved()
    return Denied(
        code=DenialCode.ALERT_STALE,
        text=f"the alert is {_seconds(age)} s old; {age_s_max} s is the most on route {request.route.route}",
        values={"age_s": _seconds(age), "age_s_max": str(age_s_max)},
    )


def intent_not_expired(given: GateInput) -> Verdict:
    request = given.request
    if request.valid_until is None or request.now <= request.valid_until:
        return Approved()
    late = request.now - request.valid_until
    return Denied(
        code=DenialCode.INTENT_EXPIRED,
        text=f"the entry was valid until {request.valid_until:%Y-%m-%dT%H:%M:%SZ}, {_seconds(late)} s ago",
        values={"late_s": _seconds(late)},
    )


def snapshot_known(given: GateInput) -> Verdict:
    request = given.request
    if request.snapshot is not None:
        return Approved()
    return Denied(
        code=DenialCode.SNAPSHOT_MISSING,
        text=f"nothing was ever heard of account {request.account.account}",
    )


def snapshot_fresh(given: GateInput) -> Verdict:
    request = given.request
    age = snapshot_age(request)
    age_s_max = request.account.limits.snapshot_age_s_max
    if age is None:
        return Approved(note="not judged: no snapshot")
    if age <= timedelta(seconds=age_s_max):
        return Approved()
    return Denied(
        code=DenialCode.SNAPSHOT_STALE,
        text=f"account {request.account.account} was last seen {_seconds(age)} s ago; {age_s_max} s is the most",
        values={"age_s": _seconds(age), "age_s_max": str(age_s_max)},
    )


def terms_fresh(given: GateInput) -> Verdict:
    """The value of a tick moves with the exchange rate: where a size is measured by it, it must not be of long ago.

    A symbol in the account's own currency passes when the node does not tell when it read the terms.
    """
    request, limits = given.request, given.request.account.limits
    snapshot, instrument = request.snapshot, request.instrument
    measured = given.size is not None and given.size.mode in MEASURED_BY_TICKS
    if snapshot is None or instrument is None:
        return not_judged("symbol unknown")
    if not measured and limits.notional_max is None:
        return not_judged("nothing is measured by the value of a tick")
    if snapshot.terms_at is None and instrument.quote_currency == snapshot.currency:
        return not_judged("the node does not say when it read them")
    age_s_max = limits.terms_age_s_max
    text = f"the node of {given.place} never told when it read the value of a tick"
    values = {"age_s_max": str(age_s_max)}
    if snapshot.terms_at is not None:
        age = request.now - snapshot.terms_at
        if age <= timedelta(seconds=age_s_max):
            return Approved()
        values["age_s"] = _seconds(age)
        text = f"the value of a tick of {given.place} was read {_seconds(age)} s ago; {age_s_max} s is the most"
    return Denied(code=DenialCode.TERMS_STALE, text=text, values=values)
