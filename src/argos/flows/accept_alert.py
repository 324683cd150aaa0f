"""First step of every flow: judge what came in. Pure; the gateway hands in bytes, address and clock."""

import hashlib
import hmac
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import Any, Final

from argos.core.errors import InputError
from argos.core.intent import Intent
from argos.protocol.intent_body import (
    BODY_BYTES_MAX,
    IntentBody,
    find_unresolved_placeholder,
    parse_intent_body,
    to_intent,
    unknown_fields,
)
from argos.protocol.intent_store import IntentRecord, record_of
from argos.protocol.redaction import redact
from argos.protocol.values import parse_json

PLACEHOLDER_REACH: Final = 200
"""So far before an unresolved placeholder the name of its field is looked for."""
_PLACEHOLDER: Final = re.compile(r'\{\{[\w. ]{1,64}(?:\("[\w .-]{1,64}"\))?\}\}', re.ASCII)
_FIELD: Final = re.compile(r'"([\w.-]{1,64})"\s*:[^",]*"?[^",]*$', re.ASCII)
_NO_SECRET: Final = bytes(32)


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A door for alerts. `secret_hashes` holds the one or two secrets that are live."""

    hook: str
    key_hash: bytes
    needs_secret: bool
    networks: tuple[str, ...]
    rate_per_minute: int
    routes: frozenset[str]
    secret_hashes: tuple[bytes, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ApiKey:
    name: str
    key_hash: bytes
    scopes: frozenset[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Doors:
    """Who may come in and which routes exist: what alerts are judged by."""

    hooks: Mapping[bytes, Hook]
    api_keys: Mapping[bytes, ApiKey]
    routes: frozenset[str]

    def hook_of(self, key: str) -> Hook | None:
        return self.hooks.get(secret_hash(key))

    def api_key_of(self, key: str) -> ApiKey | None:
        return self.api_keys.get(secret_hash(key))


@dataclass(frozen=True, slots=True, kw_only=True)
class Delivery:
    """One HTTP delivery as it arrived. `remote` is the sender's address behind named proxies."""

    raw: bytes
    content_type: str
    remote: str
    received_at: datetime
    over_rate: bool = False
    too_large: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    """Why a delivery is no intent. `status` is the HTTP answer that contracts section 1 fixes."""

    status: int
    code: str
    message: str
    field: str | None
    fix: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """The verdict of every check that was made, and what follows: an intent, or a refusal."""

    source: str
    checks: tuple[dict[str, Any], ...]
    raw: bytes
    record: IntentRecord | None = None
    refusal: Refusal | None = None

    @property
    def intent(self) -> Intent | None:
        return self.record.intent if self.record else None


def secret_hash(text: str) -> bytes:
    """SHA-256 is enough: keys and secrets are generated with 256 bits."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).digest()


UNAUTHORISED: Final = Refusal(
    status=401,
    code="UNAUTHORISED",
    message="unknown hook or wrong secret",
    field=None,
    fix="copy the address and the secret from `argos hooks`; a rotated secret stops to work",
)


class _Refused(Exception):
    def __init__(self, refusal: Refusal) -> None:
        self.refusal = refusal


class _Checks:
    """Collects verdicts in the order in which they were reached."""

    def __init__(self) -> None:
        self.verdicts: list[dict[str, Any]] = []

    def passed(self, check: str, **notes: Any) -> None:
        self.verdicts.append({"check": check, "ok": True, **notes})

    def refuse(self, check: str, refusal: Refusal) -> _Refused:
        self.verdicts.append(
            {"check": check, "ok": False, "code": refusal.code, "why": refusal.message}
        )
        return _Refused(refusal)


def judge_hook_delivery(delivery: Delivery, *, hook: Hook | None, doors: Doors) -> Judgement:
    """Judge what arrived at a hook's address. `hook` is None when nobody knows the key."""
    checks = _Checks()
    if hook is None:
        _secret_matches("", (_NO_SECRET,))
        refused = checks.refuse("hook", UNAUTHORISED)
        return _refusal_of(delivery, "hook:unknown", checks, refused.refusal)
    source = f"hook:{hook.hook}"
    try:
        checks.passed("hook")
        _check_door(delivery, checks, hook=hook)
        document = _parse(delivery, checks)
        _check_secret(document, checks, hook=hook)
        return _judge_document(
            delivery, document, checks, source=source, doors=doors, allowed_routes=hook.routes
        )
    except _Refused as refused:
        return _refusal_of(delivery, source, checks, refused.refusal)


def judge_api_delivery(delivery: Delivery, *, key: ApiKey, doors: Doors) -> Judgement:
    """Judge an intent posted to the API by a caller whose key was already found good."""
    return _judge_known(delivery, source=f"api:{key.name}", known_by="api_key", doors=doors)


def judge_own_delivery(delivery: Delivery, *, source: str, doors: Doors) -> Judgement:
    """Judge an intent of our own service, known by its role in the database. No hook or key is called like `source`."""
    return _judge_known(delivery, source=source, known_by="role", doors=doors)


def _judge_known(delivery: Delivery, *, source: str, known_by: str, doors: Doors) -> Judgement:
    checks = _Checks()
    try:
        checks.passed(known_by)
        _check_size(delivery, checks)
        document = _parse(delivery, checks)
        return _judge_document(
            delivery, document, checks, source=source, doors=doors, allowed_routes=frozenset()
        )
    except _Refused as refused:
        return _refusal_of(delivery, source, checks, refused.refusal)


def _refusal_of(delivery: Delivery, source: str, checks: _Checks, refusal: Refusal) -> Judgement:
    return Judgement(
        source=source, checks=tuple(checks.verdicts), raw=redact(delivery.raw), refusal=refusal
    )


def _check_door(delivery: Delivery, checks: _Checks, *, hook: Hook) -> None:
    if hook.networks:
        if not _is_within(delivery.remote, hook.networks):
            raise checks.refuse("address", UNAUTHORISED)
        checks.passed("address", remote=delivery.remote)
    if delivery.over_rate:
        raise checks.refuse(
            "rate",
            Refusal(
                status=429,
                code="HOOK_RATE_EXCEEDED",
                message=f"more than {hook.rate_per_minute} alerts a minute at this hook",
                field=None,
                fix="send fewer alerts, or raise the hook's rate_per_minute",
            ),
        )
    _check_size(delivery, checks)


def _is_within(remote: str, networks: Sequence[str]) -> bool:
    try:
        address = ip_address(remote)
    except ValueError:  # a socket of another kind has no address
        return False
    return any(address in _network(network) for network in networks)


_network: Final = lru_cache(maxsize=1024)(ip_network)


def _check_size(delivery: Delivery, checks: _Checks) -> None:
    if delivery.too_large:
        raise checks.refuse(
            "size",
            Refusal(
                status=413,
                code="BODY_TOO_LARGE",
                message=f"the body is larger than {BODY_BYTES_MAX} bytes",
                field=None,
                fix="send fewer features",
            ),
        )
    checks.passed("size", bytes=len(delivery.raw))


def _unprocessable(error: InputError) -> Refusal:
    return Refusal(
        status=422, code=error.code, message=error.message, field=error.field, fix=error.fix
    )


def _parse(delivery: Delivery, checks: _Checks) -> dict[str, Any]:
    try:
        text = delivery.raw.decode("utf-8-sig")
        placeholder = find_unresolved_placeholder(text)
        if placeholder is not None:
            raise InputError(
                f"TradingView left {_shown(placeholder)} unresolved",
                code="INTENT_PLACEHOLDER_UNRESOLVED",
                field=_field_of(text, placeholder),
                fix="it works in other kinds of alert: see docs/how-to/tradingview-first-paper-fill.md",
            )
        document = parse_json(text)
        if not isinstance(document, dict):
            raise InputError(
                "the body must be a JSON object",
                code="INTENT_NOT_AN_OBJECT",
                fix='send {"trade_id": ..., "symbol": ...}',
            )
    except UnicodeDecodeError:
        error = InputError("the body is not UTF-8", code="JSON_MALFORMED", fix="send UTF-8")
        raise checks.refuse("json", _unprocessable(error)) from None
    except InputError as error:
        raise checks.refuse("json", _unprocessable(error)) from None
    checks.passed("json", content_type=delivery.content_type)
    return document


def _shown(placeholder: str) -> str:
    """The placeholder, if it looks like one: anything else between the braces may be a secret."""
    return placeholder if _PLACEHOLDER.fullmatch(placeholder) else "a placeholder"


def _field_of(text: str, placeholder: str) -> str | None:
    end = text.index(placeholder)
    match = _FIELD.search(text[max(0, end - PLACEHOLDER_REACH) : end])
    return match.group(1) if match else None


def _secret_matches(secret: str, hashes: tuple[bytes, ...]) -> bool:
    given = secret_hash(secret)
    # all are compared, so that the time does not tell which one, or whether any, matched
    return any([hmac.compare_digest(given, known) for known in hashes])  # noqa: C419


def _check_secret(document: dict[str, Any], checks: _Checks, *, hook: Hook) -> None:
    if not hook.needs_secret:
        checks.passed("secret", note="this hook asks for none")
        return
    secret = document.get("secret")
    if not _secret_matches(secret if isinstance(secret, str) else "", hook.secret_hashes):
        raise checks.refuse("secret", UNAUTHORISED)
    checks.passed("secret")


def _judge_document(
    delivery: Delivery,
    document: dict[str, Any],
    checks: _Checks,
    *,
    source: str,
    doors: Doors,
    allowed_routes: frozenset[str],
) -> Judgement:
    try:
        body = parse_intent_body(document)
        _check_route(body, doors=doors, allowed_routes=allowed_routes)
    except InputError as error:
        raise checks.refuse("intent", _unprocessable(error)) from None
    ignored = unknown_fields(document)
    checks.passed("intent", **({"ignored": ignored} if ignored else {}))
    intent = to_intent(body, source=source, received_at=delivery.received_at)
    return Judgement(
        source=source,
        checks=tuple(checks.verdicts),
        raw=redact(delivery.raw),
        record=record_of(intent),
    )


def _check_route(body: IntentBody, *, doors: Doors, allowed_routes: frozenset[str]) -> None:
    if body.account_route not in doors.routes:
        raise InputError(
            f"there is no route {body.account_route!r}",
            code="INTENT_ROUTE_UNKNOWN",
            field="account_route",
            fix="see `argos routes`, or add it with `argos routes add`",
        )
    if allowed_routes and body.account_route not in allowed_routes:
        raise InputError(
            f"this hook may not use the route {body.account_route!r}",
            code="INTENT_ROUTE_NOT_ALLOWED",
            field="account_route",
            fix="use a hook that is made for this route, or `argos hooks edit HOOK --route ROUTE`",
        )
