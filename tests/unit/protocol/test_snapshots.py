"""What a node may tell of its account besides money, and what one that does not know of it leaves open."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError
from argos.core.standing import MarketSession
from argos.protocol.snapshots import decode_snapshot, encode_snapshot

D = Decimal
NOW = datetime(2026, 11, 2, 15, tzinfo=UTC)
PLAIN = AccountSnapshot(
    account="demo",
    currency="USD",
    balance=D(100_000),
    equity=D(100_000),
    margin_free=D(100_000),
    hedging=False,
    taken_at=NOW,
)


def test_what_a_node_tells_of_blocks_money_and_session_comes_back_as_it_was():
    told = replace(
        PLAIN,
        blocks=("account_blocked", "status ACCOUNT_UPDATED"),
        buying_power=D("199999.50"),
        market=MarketSession(is_open=True, seen_at=NOW, changes_at=NOW + timedelta(hours=6)),
    )
    assert decode_snapshot(encode_snapshot(told)) == told


def test_a_node_that_may_trade_is_not_one_that_does_not_tell():
    free = decode_snapshot(encode_snapshot(replace(PLAIN, blocks=())))
    assert free.blocks == ()
    assert decode_snapshot(encode_snapshot(PLAIN)).blocks is None


def test_a_node_from_before_these_fields_is_read_as_unknown():
    body = encode_snapshot(PLAIN)
    for name in ("blocks", "buying_power", "market"):
        del body[name]
    assert decode_snapshot(body) == PLAIN


@pytest.mark.parametrize(
    "wrong", [{"blocks": "blocked"}, {"market": {"is_open": True}}, {"buying_power": "much"}]
)
def test_what_cannot_be_read_is_refused(wrong):
    with pytest.raises(InputError):
        decode_snapshot({**encode_snapshot(PLAIN), **wrong})
