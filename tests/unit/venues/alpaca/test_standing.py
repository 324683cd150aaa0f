"""A blocked account is left alone and said to be blocked; a closed market blocks nothing by itself."""

from datetime import UTC, datetime, timedelta

import pytest

from argos.venues.alpaca.standing import standing_of

NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
MONEY = {
    "status": "ACTIVE",
    "currency": "USD",
    "cash": "1000",
    "equity": "1000",
    "non_marginable_buying_power": "1000",
    "buying_power": "4000",
}
CLOCK = {
    "is_open": True,
    "next_close": (NOW + timedelta(hours=6)).isoformat(),
    "next_open": (NOW + timedelta(hours=23)).isoformat(),
}


def standing(**account):
    return standing_of({**MONEY, **account}, CLOCK, seen_at=NOW, true=lambda told: told)


@pytest.mark.parametrize(
    ("account", "block"),
    [
        ({"trading_blocked": True}, "trading_blocked"),
        ({"account_blocked": True}, "account_blocked"),
        ({"trade_suspended_by_user": True}, "trade_suspended_by_user"),
        ({"status": "ACCOUNT_CLOSED"}, "status ACCOUNT_CLOSED"),
    ],
)
def test_whatever_blocks_trading_keeps_entries_and_exits_back(account, block):
    seen = standing(**account)
    assert (seen.venue.code, seen.venue.exits_wait) == (block, True)
    assert block in seen.venue.forbidden
    assert seen.shown["blocks"] == seen.venue.flags["blocks"] == [block]


def test_money_that_may_not_leave_may_be_traded_with():
    seen = standing(transfers_blocked=True)
    assert (seen.venue.forbidden, seen.venue.exits_wait) == ("", False)
    assert seen.venue.flags["transfers_blocked"] is True


def test_flags_change_with_the_market_and_not_with_time():
    first = standing()
    later = standing_of(MONEY, CLOCK, seen_at=NOW + timedelta(minutes=1), true=lambda told: told)
    closed = standing_of(MONEY, {**CLOCK, "is_open": False}, seen_at=NOW, true=lambda told: told)
    assert first.venue.flags == later.venue.flags != closed.venue.flags
    assert closed.venue.forbidden == ""


def test_the_next_change_is_told_in_true_time():
    seen = standing_of(MONEY, CLOCK, seen_at=NOW, true=lambda told: told - timedelta(days=1))
    assert seen.market.changes_at == NOW + timedelta(hours=6) - timedelta(days=1)
