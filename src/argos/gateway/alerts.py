"""The two ways in for intents: a hook's address, and the API. Stored first, answered after the commit."""

import secrets
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final

from prometheus_client import Counter, Histogram
from starlette.responses import Response
from starlette.types import Receive, Scope

from argos.core.errors import StoreError
from argos.core.ids import uuid7
from argos.flows.accept_alert import (
    UNAUTHORISED,
    ApiKey,
    Delivery,
    Hook,
    Judgement,
    Refusal,
    judge_api_delivery,
    judge_hook_delivery,
)
from argos.gateway.answers import answer, error_answer, error_body
from argos.gateway.client_address import Network, client_address
from argos.gateway.doors import DoorsCopy
from argos.gateway.rate import RateLimit
from argos.protocol.intent_body import BODY_BYTES_MAX
from argos.protocol.values import moment_text
from argos.store.alerts import AlertOutcome, AlertWriter, NewAlert

UNKNOWN_HOOK_RATE: Final = 60
"""Deliveries to hooks that nobody knows are kept too, but only so many a minute: the door is open to all."""

OVER_RATE_KEPT: Final = 60
"""Of the alerts above a hook's rate, so many a minute are stored; the others are refused all the same."""

DELIVERIES: Final = Counter(
    "argos_webhook_requests_total", "Deliveries by outcome", ["source", "outcome"]
)
ANSWER_SECONDS: Final = Histogram(
    "argos_webhook_commit_seconds",
    "Time from receipt to the answer, commit included",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5),
)

NOBODY: Final = "0.0.0.0"  # noqa: S104 - the name of a peer that has none


@cache
def _deliveries(source: str, outcome: str) -> Counter:
    """The counter's child; sources are hooks and keys, so there are few."""
    return DELIVERIES.labels(source, outcome)


@dataclass(slots=True)
class AlertDesk:
    """What taking alerts in needs: the doors, the writer, the rates, and whose proxies are believed."""

    doors: DoorsCopy
    writer: AlertWriter
    proxies: Sequence[Network]
    rates: RateLimit

    async def take_hook(self, scope: Scope, receive: Receive, *, hook_key: str) -> Response:
        """One delivery at a hook's address."""
        started_s = time.perf_counter()
        doors = self.doors.doors
        hook = doors.hook_of(hook_key)
        delivery = await self._receive(
            scope, receive, over_rate=self._is_over_rate(hook, now_s=started_s)
        )
        if hook is None and delivery.over_rate:
            return _refused(UNAUTHORISED)
        judgement = judge_hook_delivery(delivery, hook=hook, doors=doors)
        if hook is not None and judgement.refusal is not None and delivery.over_rate:
            # kept like every refusal, but only so many: the limit is there to spare the database
            name = f"over:{hook.hook}"
            if not self.rates.allows(name, rate_per_minute=OVER_RATE_KEPT, now_s=started_s):
                return _refused(judgement.refusal)
        response = await self._store(delivery, judgement)
        ANSWER_SECONDS.observe(time.perf_counter() - started_s)
        return response

    async def take_api(self, scope: Scope, receive: Receive, *, key: ApiKey) -> Response:
        """One intent posted by the holder of an API key."""
        delivery = await self._receive(scope, receive, over_rate=False)
        judgement = judge_api_delivery(delivery, key=key, doors=self.doors.doors)
        return await self._store(delivery, judgement)

    def _is_over_rate(self, hook: Hook | None, *, now_s: float) -> bool:
        name, rate = (hook.hook, hook.rate_per_minute) if hook else ("", UNKNOWN_HOOK_RATE)
        return not self.rates.allows(name, rate_per_minute=rate, now_s=now_s)

    async def _receive(self, scope: Scope, receive: Receive, *, over_rate: bool) -> Delivery:
        raw, too_large = await _bounded_body(receive)
        content_type, forwarded_for = _telling_headers(scope)
        return Delivery(
            raw=raw,
            content_type=content_type[:128],
            remote=client_address(
                scope["client"][0] if scope["client"] else NOBODY,
                forwarded_for=forwarded_for,
                proxies=self.proxies,
            ),
            received_at=datetime.now(UTC),
            over_rate=over_rate,
            too_large=too_large,
        )

    async def _store(self, delivery: Delivery, judgement: Judgement) -> Response:
        refusal = judgement.refusal
        alert = NewAlert(
            alert_id=uuid7(
                unix_ms=int(delivery.received_at.timestamp() * 1000),
                random_bits=secrets.randbits(74),
            ),
            received_at=delivery.received_at,
            source=judgement.source,
            remote=delivery.remote,
            content_type=delivery.content_type,
            raw=judgement.raw,
            checks=judgement.checks,
            refusal_code=refusal.code if refusal else None,
            record=judgement.record,
        )
        try:
            outcome = await self.writer.store(alert)
        except StoreError as error:
            _deliveries(judgement.source, "not_stored").inc()
            return error_answer(error)
        _deliveries(judgement.source, outcome.value).inc()
        if refusal is not None:
            return _refused(refusal, alert_id=str(alert.alert_id))
        return _taken(alert, outcome)


async def _bounded_body(receive: Receive) -> tuple[bytes, bool]:
    """The body, or its beginning when it is too large; the rest is not read. A sender who leaves ends it, too."""
    body = b""
    while True:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > BODY_BYTES_MAX:
            return body[:1024], True
        if not message.get("more_body", False):
            return body, False


def _telling_headers(scope: Scope) -> tuple[str, list[str]]:
    """Content-Type ('' when there is none) and the values of X-Forwarded-For."""
    content_type = ""
    forwarded_for = []
    for name, value in scope["headers"]:
        if name == b"content-type":
            content_type = value.decode("latin-1")
        elif name == b"x-forwarded-for":
            forwarded_for.append(value.decode("latin-1"))
    return content_type, forwarded_for


def _refused(refusal: Refusal, *, alert_id: str | None = None) -> Response:
    body = error_body(
        code=refusal.code, message=refusal.message, field=refusal.field, fix=refusal.fix
    )
    return answer(body | ({"alert_id": alert_id} if alert_id else {}), status=refusal.status)


def _taken(alert: NewAlert, outcome: AlertOutcome) -> Response:
    assert alert.record is not None, "what is taken has an intent"
    intent = alert.record.intent
    ids: dict[str, Any] = {
        "intent_id": str(intent.intent_id),
        "event_id": str(intent.event_id),
        "trade_id": intent.trade_id,
        "received_at": moment_text(alert.received_at),
        "alert_id": str(alert.alert_id),
    }
    if outcome is AlertOutcome.CONFLICT:
        body = error_body(
            code="INTENT_EVENT_CONFLICT",
            message="this event id was used before with other content; both are kept",
            field="event_id",
            fix="give every event an id of its own: the Pine library does",
        )
        return answer({**body, **ids}, status=409)
    status = 202 if outcome is AlertOutcome.ACCEPTED else 200
    return answer({"status": outcome.value, **ids, "weak_id": intent.weak_id}, status=status)
