"""What the OpenAPI document says of each operation, beside what its signature says already."""

from typing import Any, Final

from pydantic import BaseModel
from starlette.responses import Response

from argos.gateway.brakes import BrakeBody, HaltBody
from argos.gateway.openapi import Answers, answered, error_answers, operation, request_body
from argos.gateway.schemas.answers import (
    AlertTaken,
    HaltAnswer,
    HealthAnswer,
    LiveAnswer,
    ResumeAnswer,
    UnderwayAnswer,
    UnderwayItem,
)
from argos.gateway.schemas.node_calls import (
    EnrolAnswer,
    EnrolBody,
    HelloAnswer,
    HelloBody,
    PollAnswer,
    PollBody,
    RekeyAnswer,
    RekeyBody,
    ReportsAnswer,
    ReportsBody,
)
from argos.gateway.schemas.values import example_of
from argos.protocol.intent_body import IntentBody
from argos.protocol.signing import (
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
)

DESCRIPTION: Final = """\
Takes trading alerts, hands orders to broker nodes, tells what became of them. It cannot trade itself.

Decimals are strings, moments RFC 3339 in UTC with microseconds. On the way in numbers and Unix milliseconds are
taken too. Every error has one shape: `{"error": {"code", "message", "field", "fix"}}`.
"""
TAGS: Final = [
    {"name": "alerts", "description": "The two ways in: a hook's address, and the API."},
    {"name": "reading", "description": "What came in, what was decided, what the brokers did."},
    {"name": "brakes", "description": "Halt and resume: in force for every send after the answer."},
    {"name": "node protocol", "description": "For nodes: signed both ways, dialled by the node."},
    {"name": "health", "description": "For whoever watches over the process."},
]

INTENT_EXAMPLE: Final = {
    "event_id": "ema-AAPL-1763649000000-open",
    "trade_id": "ema-AAPL-20261120-1",
    "bot_version": "ema-cross@3.2",
    "account_route": "main",
    "action": "open",
    "symbol": "AAPL",
    "side": "buy",
    "order_type": "market",
    "entry_price": "12.34",
    "sl": "11.9",
    "tp": "13.2",
    "size": {"mode": "units", "value": "10"},
    "timestamp_tv": "2026-11-20T14:30:00Z",
}
_ALERT_TEXT: Final = (
    '{"trade_id":"ema-AAPL-20261120-1","bot_version":"ema-cross@3.2","account_route":"main","symbol":"AAPL",'
    '"side":"buy","entry_price":12.34,"timestamp_tv":1763649000000,"secret":"..."}'
)
_TAKEN: Final[Answers] = {
    202: answered(AlertTaken, "Stored for good. What becomes of it: GET /api/trades/{trade_id}."),
    200: answered(
        AlertTaken,
        "Known already, with the same content: nothing happens again.",
        example={"status": "duplicate"},
    ),
}
TAKE_ALERT: Final = operation(
    "take_alert",
    tag="alerts",
    summary="Take an alert at a hook's address",
    description="Answered after the commit. Whatever comes is kept, refused or not; only the secret is not.",
    answers={**_TAKEN, **error_answers(401, 409, 413, 422, 429, 503)},
    status=202,
    **request_body(
        IntentBody,
        INTENT_EXAMPLE | {"secret": "..."},
        **{
            "text/plain": {
                "schema": {"type": "string", "description": "the same JSON: TradingView does so"},
                "example": _ALERT_TEXT,
            }
        },
    ),
)
TAKE_INTENT: Final = operation(
    "take_intent",
    tag="alerts",
    summary="State an intent",
    description="The same body as a hook's, for programs; needs the scope `trade`. Answered after the commit.",
    answers={**_TAKEN, **error_answers(401, 403, 409, 413, 422, 503)},
    status=202,
    **request_body(IntentBody, INTENT_EXAMPLE),
)


def _brake(operation_id: str, model: type[BaseModel], **words: Any) -> dict[str, Any]:
    answer, example = words.pop("answer"), words.pop("example")
    return operation(
        operation_id,
        tag="brakes",
        answers={
            200: answered(answer, words.pop("done")),
            **error_answers(401, 403, 422, 503),
        },
        **words,
        **request_body(model, example),
    )


HALT: Final = _brake(
    "halt",
    HaltBody,
    summary="Set a brake",
    description="`reducing` lets exits through, `halted` nothing. Kept over restarts; needs the scope `control`.",
    answer=HaltAnswer,
    done="No entry in this scope begins to be sent any more.",
    example={
        "scope": "account",
        "key": "meridian-hedge",
        "mode": "halted",
        "reason": "news at 14:30",
    },
)
UNDERWAY: Final = operation(
    "list_underway",
    tag="brakes",
    summary="What is on its way past a brake",
    description="Commands that nodes were given before the brake and have not spoken of yet, newest first. Where "
    "`may_be_sent` is false the lease is over: the command was sent before, or never will be.",
    answers={
        200: answered(
            UnderwayAnswer, "Empty: nothing is.", example={"items": [example_of(UnderwayItem)]}
        ),
        **error_answers(401, 403, 422, 503),
    },
)
RESUME: Final = _brake(
    "resume",
    BrakeBody,
    summary="Take a brake off",
    description="What was denied meanwhile stays denied. Needs the scope `control`.",
    answer=ResumeAnswer,
    done="The brake is off, or there was none.",
    example={"scope": "account", "key": "meridian-hedge"},
)

_SIGNED: Final = [
    {
        "name": name,
        "in": "header",
        "required": True,
        "description": description,
        "schema": {"type": "string"},
        "example": example,
    }
    for name, description, example in (
        (HEADER_NODE, "the node's name", "node-meridian-hedge"),
        (HEADER_EPOCH, "its session's epoch; 0 in hello", "7"),
        (HEADER_COUNTER, "strictly rising for ever", "1042"),
        (HEADER_TIME, "Unix milliseconds, within 30 s of ours", "1763649000021"),
        (HEADER_SIGNATURE, "hex HMAC-SHA-256, see docs/reference", "9f" * 32),
    )
]


def _signed(operation_id: str, model: type[BaseModel], *refusals: int, **words: Any) -> Any:
    answer, done = words.pop("answer"), words.pop("done")
    return operation(
        operation_id,
        tag="node protocol",
        answers={
            200: answered(answer, f"{done} The answer is signed."),
            **error_answers(401, 413, 422, 503, *refusals),
        },
        parameters=_SIGNED,
        **words,
        **request_body(model, example_of(model)),
    )


NODE_ENROL: Final = operation(
    "node_enrol",
    tag="node protocol",
    summary="Change a code for a key",
    description="The code works once, within ten minutes, for the account and venue it was made for.",
    answers={
        200: answered(EnrolAnswer, "The node's key, told this once."),
        **error_answers(401, 422, 503),
    },
    **request_body(EnrolBody, example_of(EnrolBody)),
)
NODE_HELLO: Final = _signed(
    "node_hello",
    HelloBody,
    summary="Begin a session",
    description="A new epoch ends the old one's right to send, never its right to report.",
    answer=HelloAnswer,
    done="The session's epoch.",
)
NODE_REKEY: Final = _signed(
    "node_rekey",
    RekeyBody,
    409,
    summary="Take a new key",
    description="When a poll's answer says `rekey`. Both keys are good until the new one is used; that ends the old.",
    answer=RekeyAnswer,
    done="A key in the place of the one that signed.",
)
NODE_POLL: Final = _signed(
    "node_poll",
    PollBody,
    409,
    summary="Ask for work",
    description="Answers at once when there is some, else after `wait_ms`.",
    answer=PollAnswer,
    done="Commands to carry out, and the brake in force.",
)
NODE_REPORTS: Final = _signed(
    "node_reports",
    ReportsBody,
    summary="Report facts",
    description="Any number of times, in any order; a fact known already is accepted and changes nothing.",
    answer=ReportsAnswer,
    done="What was kept, and what could not be read.",
)

_NOT_READY: Final = {
    "status": "not_ready",
    "checks": {
        "database": {"ok": False, "detail": "cannot read: connection refused"},
        "migrations": {"ok": False, "detail": "unknown: the database is away"},
        "doors": {"ok": True, "detail": "hooks: 1, API keys: 2, routes: 1"},
    },
    "signals": {"ok": False, "detail": "unknown: the database is away"},
}
_READINESS: Final[Answers] = {
    200: answered(HealthAnswer, "Alerts are taken."),
    503: answered(HealthAnswer, "Do not send here now; the checks say why.", example=_NOT_READY),
}
HEALTH: Final[dict[str, Any]] = {
    "tags": ["health"],
    "summary": "Is it ready?",
    "description": "Reachable database, all migrations applied, hooks and keys loaded.",
    "responses": _READINESS,
    "response_model": None,
}
HEALTH_LIVE: Final = operation(
    "health_live",
    tag="health",
    summary="Is the process alive?",
    description="Needs no database.",
    answers={200: answered(LiveAnswer, "It is.")},
)
_METRICS_TEXT: Final = "# TYPE argos_outbox_depth gauge\nargos_outbox_depth 0.0\n"
METRICS: Final = {
    **operation(
        "metrics",
        tag="health",
        summary="Figures for Prometheus",
        description="Of this process, and of the spine as the database shows it, not older than two seconds. "
        "For keys with the scope `metrics` or `read`: labels name hooks, keys and nodes.",
        answers={
            200: {
                "description": "Prometheus text format.",
                "content": {"text/plain": {"schema": {"type": "string"}, "example": _METRICS_TEXT}},
            },
            **error_answers(401, 403),
        },
    ),
    "response_class": Response,  # without a media type of its own: errors are JSON
}
