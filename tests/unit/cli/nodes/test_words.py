"""A node in words: alive or silent, what holds orders back, which key, how old."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from argos.cli.nodes.words import (
    age_text,
    enrolment_text,
    key_text,
    state_text,
    terminal_text,
)
from argos.protocol.values import moment_text

NOW = datetime(2026, 11, 20, 14, 30, tzinfo=UTC)
FLAGS = {
    "connected": True,
    "algo_trading": True,
    "expert_may_trade": True,
    "account_may_trade": True,
    "account_takes_experts": True,
    "ping_us": 21_400,
    "build": 5000,
}


def ago(seconds: float) -> str:
    return moment_text(NOW - timedelta(seconds=seconds))


def key(key_id: str, *, age_s: float, in_use: bool) -> dict[str, Any]:
    return {"key_id": key_id, "created_at": ago(age_s), "in_use": in_use, "replaces": None}


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (None, ""),
        (0.42, "0.4 s"),
        (12.4, "12 s"),
        (59.4, "59 s"),
        (60, "1 min"),
        (3_600 * 5, "5 h"),
        (86_400 * 12, "12 d"),
    ],
)
def test_an_age_has_one_unit(seconds: float | None, text: str) -> None:
    assert age_text(seconds) == text


@pytest.mark.parametrize(
    ("item", "text"),
    [
        ({"enabled": True, "status": "connected"}, "alive"),
        ({"enabled": True, "status": "silent"}, "silent"),
        ({"enabled": True, "status": "never_seen"}, "never seen"),
        ({"enabled": False, "status": "connected"}, "disabled"),
        ({"enabled": True, "status": None, "last_seen_at": None}, "never seen"),
        ({"enabled": True, "status": None, "last_seen_at": ago(5)}, "unknown"),
    ],
)
def test_a_state_is_one_word(item: dict[str, Any], text: str) -> None:
    assert state_text(item) == text


@pytest.mark.parametrize(
    ("changes", "age_s", "text"),
    [
        ({}, 1.0, "ok, 21 ms, build 5000"),
        ({"algo_trading": False}, 1.0, "Algo Trading is off, build 5000"),
        ({"connected": False}, 95.0, "2 min ago: no link to the broker, build 5000"),
        ({"account_may_trade": False}, 31.0, "31 s ago: the account may not trade, build 5000"),
        (
            {"not_permitted": "10032"},
            2.0,
            "the broker takes no orders (return code 10032), build 5000",
        ),
        (
            {"expert_may_trade": False, "account_takes_experts": False},
            None,
            "not allowed to trade in the terminal; the broker forbids algorithmic trading, build 5000",
        ),
    ],
)
def test_a_terminal_tells_what_holds_orders_back_and_when_it_was_seen(
    changes: dict[str, Any], age_s: float | None, text: str
) -> None:
    assert terminal_text({"terminal": FLAGS | changes, "looked_age_s": age_s}) == text


def test_a_paper_node_has_no_terminal() -> None:
    assert terminal_text({"terminal": {"connected": True}, "looked_age_s": 1.0}) == ""
    assert terminal_text({"terminal": None, "looked_age_s": None}) == ""


@pytest.mark.parametrize(
    ("blocks", "is_open", "text"),
    [
        ([], True, "ok, market open"),
        ([], False, "ok, market closed"),
        (["trading_blocked", "status INACTIVE"], True, "blocked: trading_blocked, status INACTIVE"),
    ],
)
def test_an_alpaca_account_tells_its_blocks_and_its_market(blocks, is_open, text) -> None:
    flags = {"account_status": "ACTIVE", "blocks": blocks, "market_open": is_open}
    assert terminal_text({"terminal": flags, "looked_age_s": 1.0}) == text


@pytest.mark.parametrize(
    ("keys", "wanted", "text"),
    [
        ([], None, "none: enrol it"),
        ([key("aa", age_s=7_200, in_use=True)], None, "aa, 2 h"),
        ([key("aa", age_s=5, in_use=False)], None, "aa, 5.0 s"),
        (
            [key("bb", age_s=5, in_use=False), key("aa", age_s=86_400, in_use=True)],
            ago(9),
            "aa, 1 d; a new one is wanted",
        ),
        (
            [key("bb", age_s=5, in_use=True), key("aa", age_s=86_400, in_use=False)],
            None,
            "bb, 5.0 s; 2 live",
        ),
    ],
)
def test_the_key_is_the_one_that_signs(
    keys: list[dict[str, Any]], wanted: str | None, text: str
) -> None:
    assert key_text({"keys": keys, "rekey_wanted_at": wanted}, now=NOW) == text


@pytest.mark.parametrize(
    ("code", "text"),
    [
        (None, "none was made"),
        ({"state": "open", "expires_at": ago(-300)}, "open for another 5 min, not used yet"),
        ({"state": "used", "expires_at": ago(0), "used_at": ago(120)}, "used 2 min ago"),
        ({"state": "expired", "expires_at": ago(3_600), "used_at": None}, "expired 1 h ago"),
    ],
)
def test_an_enrolment_code_tells_what_became_of_it(code: dict[str, Any] | None, text: str) -> None:
    assert enrolment_text(code, now=NOW) == text
