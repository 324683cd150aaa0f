"""Judging deliveries: every refusal, in the order of the checks, and no word of the secret in what is kept."""

import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.flows.accept_alert import (
    ApiKey,
    Delivery,
    Doors,
    Hook,
    Judgement,
    judge_api_delivery,
    judge_hook_delivery,
    secret_hash,
)

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
SECRET = "correct-horse-battery"
OLD_SECRET = "the-one-before-it"
HOOK = Hook(
    hook="tv",
    key_hash=secret_hash("hook-key"),
    needs_secret=True,
    networks=(),
    rate_per_minute=600,
    routes=frozenset(),
    secret_hashes=(secret_hash(SECRET), secret_hash(OLD_SECRET)),
)
KEY = ApiKey(name="bot", key_hash=secret_hash("api-key"), scopes=frozenset({"trade"}))
DOORS = Doors(
    hooks={HOOK.key_hash: HOOK},
    api_keys={KEY.key_hash: KEY},
    routes=frozenset({"paper", "other"}),
)
BODY: dict[str, Any] = {
    "event_id": "e-1",
    "trade_id": "t-1",
    "bot_version": "ema@3.2",
    "account_route": "paper",
    "symbol": "EURUSD",
    "side": "buy",
    "timestamp_tv": "2026-01-31T12:00:00Z",
    "secret": SECRET,
}


def delivery(raw: bytes | None = None, **fields: Any) -> Delivery:
    return Delivery(
        raw=json.dumps(BODY | fields).encode() if raw is None else raw,
        content_type="text/plain; charset=utf-8",
        remote="52.89.214.238",
        received_at=AT,
    )


def judge(given: Delivery, *, hook: Hook | None = HOOK) -> Judgement:
    return judge_hook_delivery(given, hook=hook, doors=DOORS)


def refusal(judgement: Judgement) -> tuple[int, str]:
    assert judgement.refusal is not None
    assert judgement.intent is None
    return judgement.refusal.status, judgement.refusal.code


def names(judgement: Judgement) -> list[str]:
    return [check["check"] for check in judgement.checks]


def test_a_good_alert_passes_every_check_and_is_an_intent() -> None:
    judgement = judge(delivery())
    assert judgement.refusal is None
    assert judgement.intent is not None
    assert judgement.intent.source == judgement.source == "hook:tv"
    assert judgement.intent.received_at == AT
    assert names(judgement) == ["hook", "size", "json", "secret", "intent"]
    assert all(check["ok"] for check in judgement.checks)


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"", 422, "JSON_MALFORMED"),
        (b"EURUSD buy", 422, "JSON_MALFORMED"),
        (b"\xff\xfe\x00", 422, "JSON_MALFORMED"),
        (b'{"a": 1', 422, "JSON_MALFORMED"),
        (b'{"a": NaN}', 422, "JSON_NOT_FINITE"),
        (b'{"a": 1, "a": 2}', 422, "JSON_DUPLICATE_KEY"),
        (rb'{"\ud800": 1, "\ud800": 2}', 422, "JSON_DUPLICATE_KEY"),
        (rb'{"a": "\u0000"}', 422, "JSON_TEXT_UNUSABLE"),
        (b'{"a": ' + b"1" * 500 + b"}", 422, "JSON_NUMBER_TOO_LARGE"),
        (b"[" * 70 + b"]" * 70, 422, "JSON_TOO_DEEP"),
        (b"[1]", 422, "INTENT_NOT_AN_OBJECT"),
        (b'"text"', 422, "INTENT_NOT_AN_OBJECT"),
        (b'{"symbol": "{{ticker}}"}', 422, "INTENT_PLACEHOLDER_UNRESOLVED"),
        (b"{}", 401, "UNAUTHORISED"),
    ],
)
def test_a_body_that_cannot_be_read_is_refused_with_its_code(
    raw: bytes, status: int, code: str
) -> None:
    assert refusal(judge(delivery(raw))) == (status, code)


@pytest.mark.parametrize(
    "secret", [None, "", "wrong", SECRET + " ", SECRET.upper(), 7, [SECRET], {"a": SECRET}, True]
)
def test_a_wrong_secret_is_refused_and_looks_like_an_unknown_hook(secret: object) -> None:
    judgement = judge(delivery(secret=secret))
    assert refusal(judgement) == (401, "UNAUTHORISED")
    assert judgement.refusal == judge(delivery(), hook=None).refusal


@pytest.mark.parametrize("secret", [SECRET, OLD_SECRET])
def test_two_secrets_may_be_live(secret: str) -> None:
    assert judge(delivery(secret=secret)).intent is not None


def test_a_hook_without_a_live_secret_lets_nobody_in() -> None:
    closed = replace(HOOK, secret_hashes=())
    for secret in ("", SECRET):
        assert refusal(judge(delivery(secret=secret), hook=closed)) == (401, "UNAUTHORISED")


def test_a_hook_that_asks_for_no_secret_takes_an_alert_without() -> None:
    open_hook = replace(HOOK, needs_secret=False, secret_hashes=())
    without = {name: value for name, value in BODY.items() if name != "secret"}
    judgement = judge(delivery(json.dumps(without).encode()), hook=open_hook)
    assert judgement.intent is not None


def test_an_unknown_hook_is_not_parsed() -> None:
    judgement = judge(delivery(b"not json"), hook=None)
    assert refusal(judgement) == (401, "UNAUTHORISED")
    assert judgement.source == "hook:unknown"


@pytest.mark.parametrize(
    ("remote", "allowed"),
    [
        ("52.89.214.238", True),
        ("52.89.215.1", False),
        ("2001:db8::7", True),
        ("2001:db9::7", False),
        ("", False),
        ("unknown", False),
    ],
)
def test_an_address_outside_the_hook_s_networks_is_refused(remote: str, allowed: bool) -> None:
    hook = replace(HOOK, networks=("52.89.214.0/24", "2001:db8::/32"))
    judgement = judge(replace(delivery(), remote=remote), hook=hook)
    assert (judgement.intent is not None) is allowed
    if not allowed:
        assert refusal(judgement) == (401, "UNAUTHORISED")
        assert names(judgement) == ["hook", "address"]


def test_what_comes_too_fast_or_too_large_is_refused_before_it_is_parsed() -> None:
    fast = judge(replace(delivery(b"not json"), over_rate=True))
    assert refusal(fast) == (429, "HOOK_RATE_EXCEEDED")
    large = judge(replace(delivery(b"not json"), too_large=True))
    assert refusal(large) == (413, "BODY_TOO_LARGE")


def test_a_route_must_exist_and_be_open_to_the_hook() -> None:
    assert refusal(judge(delivery(account_route="absent"))) == (422, "INTENT_ROUTE_UNKNOWN")
    narrow = replace(HOOK, routes=frozenset({"other"}))
    assert refusal(judge(delivery(), hook=narrow)) == (422, "INTENT_ROUTE_NOT_ALLOWED")
    assert judge(delivery(account_route="other"), hook=narrow).intent is not None


def test_an_api_key_needs_no_secret_and_no_hook() -> None:
    without = {name: value for name, value in BODY.items() if name != "secret"}
    judgement = judge_api_delivery(delivery(json.dumps(without).encode()), key=KEY, doors=DOORS)
    assert judgement.intent is not None
    assert judgement.source == "api:bot"


def test_one_event_at_two_doors_is_two_events() -> None:
    at_hook = judge(delivery()).record
    at_api = judge_api_delivery(delivery(), key=KEY, doors=DOORS).record
    assert at_hook is not None
    assert at_api is not None
    assert at_hook.intent.intent_id != at_api.intent.intent_id
    assert at_hook.content_hash == at_api.content_hash


def test_names_that_are_not_ours_are_told_in_the_checks() -> None:
    judgement = judge(delivery(comment="x", leverage=5))
    assert judgement.checks[-1]["ignored"] == ["comment", "leverage"]


@pytest.mark.parametrize(
    ("raw", "field", "shown"),
    [
        (b'{"a": "x", "price": {{close}}}', "price", "{{close}}"),
        (b'{"price": "about {{close}}, or so"}', "price", "{{close}}"),
        (b'{"price": {{plot("upper band")}}}', "price", '{{plot("upper band")}}'),
        (b"{{close}}", None, "{{close}}"),
        (b'{{"secret": "correct-horse-battery"}}', None, "a placeholder"),
        (b"{{\x00}}", None, "a placeholder"),
        (b'{"a":' + b" " * 60_000 + b"{{close}}", None, "{{close}}"),
    ],
)
def test_an_unresolved_placeholder_is_named_with_its_field(
    raw: bytes, field: str | None, shown: str
) -> None:
    judgement = judge(delivery(raw))
    assert refusal(judgement) == (422, "INTENT_PLACEHOLDER_UNRESOLVED")
    assert judgement.refusal is not None
    assert judgement.refusal.field == field
    assert judgement.refusal.message == f"TradingView left {shown} unresolved"


REFUSED_WITH_SECRET = {
    "wrong shape": json.dumps(["secret", {"secret": SECRET}]).encode(),
    "no JSON": b'{"secret": "correct-horse-battery", "side": buy}',
    "a stop on the wrong side": json.dumps(BODY | {"entry_price": 1, "sl": 2}).encode(),
    "an unknown route": json.dumps(BODY | {"account_route": "absent"}).encode(),
    "a placeholder": b'{"secret": "correct-horse-battery", "price": {{close}}}',
    "a good one": json.dumps(BODY).encode(),
    "an escaped one": rb'{"\u0073ecret": "correct-horse-battery"}',
}


@pytest.mark.parametrize("name", REFUSED_WITH_SECRET)
def test_nothing_that_is_kept_or_told_holds_the_secret(name: str) -> None:
    for hook in (HOOK, None, replace(HOOK, needs_secret=False)):
        judgement = judge(delivery(REFUSED_WITH_SECRET[name]), hook=hook)
        assert SECRET.encode() not in judgement.raw
        assert SECRET not in repr((judgement.checks, judgement.refusal, judgement.intent))


@given(raw=st.binary(max_size=300))
def test_any_bytes_get_a_verdict_that_can_be_stored(raw: bytes) -> None:
    judgement = judge(delivery(raw))
    assert (judgement.refusal is None) == (judgement.intent is not None)
    text = json.dumps(judgement.checks)
    assert "\\u0000" not in text
    assert "\\ud8" not in text
