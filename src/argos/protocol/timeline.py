"""The story of a trade in order of time, from alert to reconciliation. Pure: in go the items that the API shows."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from argos.protocol.sentences import (
    Item,
    alarm_sentence,
    change_sentence,
    discrepancy_sentence,
    fact_sentence,
    fill_sentence,
    intent_sentence,
    leg_sentence,
    order_sentence,
    refusal_sentence,
    repeat_sentence,
    resolution_sentence,
)


class Stage(StrEnum):
    """What may stand in a timeline, in the order in which things happen when all goes well."""

    RECEIVED = "received"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    REFUSED = "refused"
    DENIED = "denied"
    DECIDED = "decided"
    LEASED = "leased"
    UNSENT = "unsent"
    SEND_STARTED = "send_started"
    IN_DOUBT = "in_doubt"
    NOT_FOUND = "not_found"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILL = "fill"
    MODIFIED = "modified"
    CANCELED = "canceled"
    EXPIRED = "expired"
    DISCREPANCY = "discrepancy"
    RESOLVED = "resolved"
    ALARM = "alarm"
    RECONCILED = "reconciled"


_RANK: Final = {stage: rank for rank, stage in enumerate(Stage)}
_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoryItems:
    """Everything that is known of one trade, in the shapes of the API. Order does not matter."""

    intents: Sequence[Item] = ()
    alerts: Sequence[Item] = ()
    orders: Sequence[Item] = ()
    commands: Sequence[Item] = ()
    facts: Sequence[Item] = ()
    fills: Sequence[Item] = ()
    legs: Sequence[Item] = ()
    refusals: Sequence[Item] = ()
    discrepancies: Sequence[Item] = ()
    alarms: Sequence[Item] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Moment:
    at: str
    stage: Stage
    account: str | None
    what: str
    intent_id: str | None
    order_id: str | None

    @property
    def when(self) -> datetime:
        return datetime.fromisoformat(self.at)


def timeline_of(story: StoryItems) -> list[dict[str, Any]]:
    """Entries in order of time. `ms_since_alert` counts from the trade's first alert, `ms_since_intent` from
    the alert of the intent behind the entry; each is None where there is no such alert.
    """
    moments = sorted(_moments(story), key=lambda entry: (entry.when, _RANK[entry.stage]))
    received = {
        intent["intent_id"]: datetime.fromisoformat(intent["received_at"])
        for intent in story.intents
    }
    first = min(received.values(), default=None)
    return [
        {
            "at": moment.at,
            "stage": moment.stage.value,
            "account": moment.account,
            "what": moment.what,
            "ms_since_alert": _ms(first, moment.when),
            "ms_since_intent": _ms(received.get(moment.intent_id or ""), moment.when),
            "intent_id": moment.intent_id,
            "order_id": moment.order_id,
        }
        for moment in moments
    ]


def _ms(start: datetime | None, end: datetime) -> float | None:
    return None if start is None else round((end - start) / _MILLISECOND, 3)


def _moments(story: StoryItems) -> Iterable[_Moment]:
    yield from _of_alerts(story)
    yield from _of_decisions(story)
    yield from _of_facts(story)
    yield from _of_results(story)


def _entry(
    item: Item,
    *,
    at: str,
    stage: Stage,
    tell: Callable[[Item], str],
    intents: Mapping[str, str | None] | None = None,
) -> _Moment:
    """`intents` names the intent of each order or command, for items that do not say it themselves."""
    order_id = item.get("order_id")
    known = intents or {}
    intent_id = item.get("intent_id") or known.get(item.get("command_id") or "")
    return _Moment(
        at=at,
        stage=stage,
        account=item.get("account"),
        what=tell(item),
        intent_id=intent_id or known.get(order_id or ""),
        order_id=order_id,
    )


def _of_alerts(story: StoryItems) -> Iterable[_Moment]:
    for intent in story.intents:
        yield _entry(intent, at=intent["received_at"], stage=Stage.RECEIVED, tell=intent_sentence)
    for alert in story.alerts:
        if alert["outcome"] in {Stage.DUPLICATE, Stage.CONFLICT}:
            stage = Stage(alert["outcome"])
            yield _entry(alert, at=alert["received_at"], stage=stage, tell=repeat_sentence)


def _of_decisions(story: StoryItems) -> Iterable[_Moment]:
    for order in story.orders:
        stage = Stage.DENIED if order["denial_code"] is not None else Stage.DECIDED
        yield _entry(order, at=order["planned_at"], stage=stage, tell=order_sentence)
    for command in story.commands:
        if command["kind"] in {"cancel", "modify"}:
            at = command["created_at"]
            yield _entry(command, at=at, stage=Stage.DECIDED, tell=change_sentence)
    for refusal in story.refusals:
        at = refusal["refused_at"]
        yield _entry(refusal, at=at, stage=Stage.REFUSED, tell=refusal_sentence)


def _of_facts(story: StoryItems) -> Iterable[_Moment]:
    intents = {order["order_id"]: order["intent_id"] for order in story.orders}
    intents |= {command["command_id"]: command["intent_id"] for command in story.commands}
    seen_at: dict[tuple[str, str | None], str] = {}
    for fact in story.facts:
        if fact["kind"] == Stage.FILL:
            seen_at[fact["account"], fact["body"].get("venue_exec_id")] = fact["at"]
        else:
            stage = Stage(fact["kind"])
            yield _entry(fact, at=fact["at"], stage=stage, tell=fact_sentence, intents=intents)
    for fill in story.fills:
        # the node's clock, as for all other facts; a fill that no order of ours asked for has no such fact here
        at = seen_at.get((fill["account"], fill["venue_exec_id"])) or fill["received_at"]
        yield _entry(fill, at=at, stage=Stage.FILL, tell=fill_sentence, intents=intents)


def _of_results(story: StoryItems) -> Iterable[_Moment]:
    for leg in story.legs:
        yield _entry(leg, at=leg["reconciled_at"], stage=Stage.RECONCILED, tell=leg_sentence)
    for found in story.discrepancies:
        at = found["found_at"]
        yield _entry(found, at=at, stage=Stage.DISCREPANCY, tell=discrepancy_sentence)
        if found["resolved_at"] is not None:
            at = found["resolved_at"]
            yield _entry(found, at=at, stage=Stage.RESOLVED, tell=resolution_sentence)
    for alarm in story.alarms:
        at = alarm["raised_at"]
        yield _entry(alarm, at=at, stage=Stage.ALARM, tell=alarm_sentence)
