"""What venues say of an account's permission to trade and of its market's session, in our words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.core.standing import MarketSession
from argos.venues.alpaca.words import blocks_of, session_of, snapshot_terms
from argos.venues.mt5.words import snapshot_of

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
MONEY = {
    "currency": "USD",
    "cash": "1000",
    "equity": "1000",
    "non_marginable_buying_power": "1000",
}


@pytest.mark.parametrize(
    ("row", "expected"),
    [
        ({"status": "ACTIVE", "trading_blocked": False, "account_blocked": False}, ()),
        ({"status": "ACTIVE", "trading_blocked": True}, ("trading_blocked",)),
        (
            {"status": "ACCOUNT_CLOSED", "account_blocked": True, "trade_suspended_by_user": True},
            ("status ACCOUNT_CLOSED", "account_blocked", "trade_suspended_by_user"),
        ),
        # Money that may not leave the account may still be traded with.
        ({"status": "ACTIVE", "transfers_blocked": True}, ()),
    ],
)
def test_alpaca_blocks_are_told_in_its_own_words(row, expected):
    assert blocks_of(row) == expected


def test_alpaca_tells_its_buying_power_where_it_has_one():
    assert snapshot_terms({**MONEY, "buying_power": "4000"})["buying_power"] == Decimal(4000)
    assert snapshot_terms(MONEY)["buying_power"] is None


@pytest.mark.parametrize(
    ("is_open", "changes"), [(True, timedelta(hours=6)), (False, timedelta(hours=18))]
)
def test_a_session_ends_with_its_close_and_a_pause_with_its_open(is_open, changes):
    clock = {
        "is_open": is_open,
        "next_close": (NOW + timedelta(hours=6)).isoformat(),
        "next_open": (NOW + timedelta(hours=18)).isoformat(),
    }
    expected = MarketSession(is_open=is_open, seen_at=NOW, changes_at=NOW + changes)
    assert session_of(clock, seen_at=NOW) == expected


@pytest.mark.parametrize(
    ("flags", "blocks"),
    [
        ({"trade_allowed": True, "trade_expert": True}, ()),
        ({"trade_allowed": False, "trade_expert": True}, ("trade_allowed is off",)),
        ({"trade_allowed": True, "trade_expert": False}, ("trade_expert is off",)),
        ({}, None),
    ],
)
def test_an_mt5_account_tells_its_permissions(flags, blocks):
    row = {"currency": "USD", "balance": 1, "equity": 1, "margin_free": 1, "margin_mode": 2}
    seen = snapshot_of(
        {**row, **flags},
        account="demo",
        taken_at=NOW,
        positions=(),
        open_orders=0,
        quotes={},
        instruments={},
    )
    assert seen.blocks == blocks
