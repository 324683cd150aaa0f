"""Account states as they are stored: the terms of instruments are read once for as long as they stay the same."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError
from argos.protocol.snapshots import encode_instrument, encode_snapshot
from argos.store.decoding import decode_account_state
from unit.node.fake_venue import instrument

TAKEN_AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
EURUSD = instrument("EURUSD")
SNAPSHOT = AccountSnapshot(
    account="a",
    currency="USD",
    balance=Decimal(100),
    equity=Decimal(100),
    margin_free=Decimal(100),
    hedging=True,
    taken_at=TAKEN_AT,
    positions=(),
    open_orders=0,
    quotes={},
    instruments={},
)


def row(**instruments: Any) -> dict[str, Any]:
    """As the table holds it: the terms stand beside the snapshot."""
    body = encode_snapshot(SNAPSHOT)
    del body["instruments"]
    return {"snapshot": body, "instruments": instruments}


def state(**instruments: Any) -> AccountSnapshot:
    found = decode_account_state(row(**instruments))
    assert found is not None
    return found


def test_terms_that_stay_are_the_same_and_terms_that_move_are_read_anew() -> None:
    told = encode_instrument(EURUSD)
    first = state(EURUSD=told)
    assert first.instruments == {"EURUSD": EURUSD}
    assert state(EURUSD=told).instruments["EURUSD"] is first.instruments["EURUSD"]

    dearer = replace(EURUSD, unit_value=EURUSD.unit_value * 2)
    assert state(EURUSD=encode_instrument(dearer)).instruments == {"EURUSD": dearer}
    assert state().instruments == {}


def test_a_node_that_never_spoke_has_no_state() -> None:
    assert decode_account_state({"snapshot": None, "instruments": None}) is None


def test_terms_that_cannot_be_read_are_no_state() -> None:
    with pytest.raises(InputError) as caught:
        state(EURUSD={"symbol": "EURUSD"})
    assert caught.value.code == "SNAPSHOT_MALFORMED"
