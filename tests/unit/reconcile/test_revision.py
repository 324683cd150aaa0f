"""Legs as JSON, and when a new revision is due."""

import json
from dataclasses import fields, replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.intent import OrderType, Side
from argos.reconcile.latency import STAGES
from argos.reconcile.leg import reconcile_leg
from argos.reconcile.result import Divergence, Outcome, ReconciledLeg, SlippageReference
from argos.reconcile.revision import (
    content_digest,
    decode_leg,
    encode_leg,
    encoded_digest,
    next_revision,
    revision_of,
    same_result,
)
from unit.reconcile.stories import NOW, Teller

CONTRACT = {
    "trade_id",
    "account",
    "symbol",
    "side",
    "bot_version",
    "outcome",
    "intended_qty",
    "filled_qty",
    "fill_ratio",
    "entry_price_intended",
    "entry_price_filled",
    "exit_price_filled",
    "slippage_price",
    "slippage_bps",
    "slippage_cost",
    "slippage_signal_bps",
    "slippage_arrival_bps",
    "slippage_broker_bps",
    "latency_ms",
    "commission",
    "swap",
    "fee",
    "net_cost",
    "gross_pnl",
    "net_pnl",
    "r_multiple",
    "divergence",
    "revision",
    "reconciled_at",
}


@pytest.fixture
def leg() -> ReconciledLeg:
    teller = Teller()
    teller.open("buy", "10", ref="100", sl="99")
    teller.lease()
    teller.send("100.00", "100.02", arrival="99.98/100.00")
    teller.fill("10", "100.05", cost="0.35")
    teller.close("10", ref="101")
    teller.fill("10", "100.90", cost="0.35")
    return teller.leg()


def test_the_encoded_leg_has_every_field_of_the_contract(leg):
    encoded = encode_leg(leg)
    assert set(encoded) >= CONTRACT
    assert set(encoded) == {field.name for field in fields(ReconciledLeg)}


def test_decimals_travel_as_plain_strings_and_latencies_as_numbers(leg):
    encoded = json.loads(json.dumps(encode_leg(leg)))
    assert encoded["entry_price_filled"] == "100.05"
    assert encoded["filled_qty"] == "10"
    assert encoded["latency_ms"]["alert_to_receipt"] == 40
    assert set(encoded["latency_ms"]) == set(STAGES)
    assert encoded["reconciled_at"] == "2026-01-06T14:30:00.000000Z"
    texts = (value for value in encoded.values() if isinstance(value, str))
    assert not any("E+" in text or "E-" in text for text in texts)


def test_a_decoded_leg_is_the_leg_that_was_encoded(leg):
    assert decode_leg(json.loads(json.dumps(encode_leg(leg)))) == leg


def test_latencies_parsed_as_decimals_are_read_as_well(leg):
    text = json.dumps(encode_leg(leg))
    assert decode_leg(json.loads(text, parse_float=Decimal)) == leg


def test_when_and_how_often_it_was_found_is_no_part_of_the_content(leg):
    later = replace(leg, revision=7, reconciled_at=NOW + timedelta(hours=1))
    assert same_result(leg, later)
    assert content_digest(leg) == content_digest(later)
    assert encoded_digest(encode_leg(later)) == content_digest(leg)


def test_what_is_stored_of_a_revision_is_the_encoded_leg_under_the_digest_of_its_content(leg):
    second = revision_of(leg).numbered(2)
    assert json.loads(second.document) == encode_leg(replace(leg, revision=2))
    assert second.digest == content_digest(leg)


def test_a_number_written_otherwise_is_the_same_result(leg):
    padded = replace(leg, filled_qty=Decimal("10.000"))
    assert same_result(leg, padded)
    assert content_digest(leg) == content_digest(padded)


OTHERWISE = {
    Decimal: Decimal("12345"),
    Side: Side.SELL,
    OrderType: OrderType.LIMIT,
    Outcome: Outcome.EXTERNAL,
    SlippageReference: SlippageReference.BROKER,
    str: "another",
    tuple: (Divergence.LATE,),
    dict: dict.fromkeys(STAGES),
    type(None): "said",
    type(NOW): NOW,
}


@pytest.mark.parametrize(
    "name",
    [f.name for f in fields(ReconciledLeg) if f.name not in {"revision", "reconciled_at"}],
)
def test_a_change_in_any_other_field_is_another_result(leg, name):
    other = replace(leg, **{name: OTHERWISE[type(getattr(leg, name))]})
    assert not same_result(leg, other)
    assert content_digest(leg) != content_digest(other)


def test_a_revision_is_due_only_when_something_changed():
    teller = Teller()
    teller.open("buy", "10")
    first = next_revision(None, teller.leg())
    assert first is not None
    assert first.revision == 1
    assert next_revision(first, reconcile_leg(teller.story(), now=NOW + timedelta(1))) is None
    teller.fill("10", "100")
    second = next_revision(first, teller.leg())
    assert second is not None
    assert second.revision == 2
    assert second.filled_qty == 10
