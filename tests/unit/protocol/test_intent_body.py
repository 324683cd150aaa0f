"""The order intent on the wire: what is taken, what is refused and how, and what counts as the same content."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InputError
from argos.core.intent import Action, Intent, OrderType, Side, Size, SizeMode
from argos.protocol.intent_body import (
    EXPIRY_SECONDS_MAX,
    FEATURES_BYTES_MAX,
    find_unresolved_placeholder,
    parse_intent_body,
    to_intent,
    unknown_fields,
)
from argos.protocol.intent_store import decode_intent, record_of
from argos.protocol.values import decimal_text, parse_json

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
RECEIVED_AT = datetime(2026, 1, 31, 12, 0, 1, 500, tzinfo=UTC)
LEAST: dict[str, Any] = {
    "trade_id": "t-1",
    "bot_version": "ema@3.2",
    "account_route": "paper",
    "symbol": "EURUSD",
    "side": "buy",
    "timestamp_tv": "2026-01-31T12:00:00Z",
}


def read(**fields: Any) -> Intent:
    """The intent of a least body with these fields, as it would arrive: through JSON."""
    document = parse_json(json.dumps(LEAST | fields))
    return to_intent(parse_intent_body(document), source="hook:h", received_at=RECEIVED_AT)


def hash_of(text: str) -> bytes:
    body = parse_intent_body(parse_json(text))
    return record_of(to_intent(body, source="s", received_at=RECEIVED_AT)).content_hash


def test_the_least_that_is_an_intent_has_the_documented_defaults() -> None:
    intent = read()
    assert intent.action is Action.OPEN
    assert intent.order_type is OrderType.MARKET
    assert intent.close_fraction == 1
    assert intent.weak_id
    assert (intent.size, intent.sl, intent.tp, intent.expires_at) == (None, None, None, None)


MISSING = object()
REFUSALS = [
    ("INTENT_TRADE_ID_MISSING", {"trade_id": MISSING}),
    ("INTENT_TRADE_ID_INVALID", {"trade_id": ""}),
    ("INTENT_TRADE_ID_INVALID", {"trade_id": "x" * 129}),
    ("INTENT_TRADE_ID_INVALID", {"trade_id": 7}),
    ("INTENT_TRADE_ID_INVALID", {"trade_id": None}),
    ("INTENT_EVENT_ID_INVALID", {"event_id": "x" * 129}),
    ("INTENT_EVENT_ID_INVALID", {"event_id": ""}),
    ("INTENT_BOT_VERSION_MISSING", {"bot_version": MISSING}),
    ("INTENT_BOT_VERSION_INVALID", {"bot_version": "x" * 65}),
    ("INTENT_ACCOUNT_ROUTE_MISSING", {"account_route": MISSING}),
    ("INTENT_ACTION_INVALID", {"action": "hold"}),
    ("INTENT_SYMBOL_MISSING", {"symbol": MISSING}),
    ("INTENT_SYMBOL_INVALID", {"symbol": ""}),
    ("INTENT_SYMBOL_DELAYED", {"symbol": "NASDAQ_DLY:AAPL"}),
    ("INTENT_SYMBOL_DELAYED", {"symbol": "CME_MINI_DL:ES1!"}),
    ("INTENT_SIDE_MISSING", {"side": MISSING}),
    ("INTENT_SIDE_MISSING", {"side": MISSING, "action": "reverse"}),
    ("INTENT_SIDE_INVALID", {"side": "up"}),
    ("INTENT_ORDER_TYPE_INVALID", {"order_type": "iceberg"}),
    ("INTENT_ENTRY_PRICE_MISSING", {"order_type": "limit"}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": 0}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": "-1"}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": "1_000"}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": True}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": "1e999999999"}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": "0." + "1" * 500}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": "1e400"}),
    ("INTENT_ENTRY_PRICE_INVALID", {"entry_price": "1e16"}),
    ("INTENT_SL_INVALID", {"sl": "1e-16"}),
    ("INTENT_STOP_LIMIT_PRICE_INVALID", {"order_type": "stop_limit", "entry_price": 1}),
    ("INTENT_STOP_LIMIT_PRICE_INVALID", {"stop_limit_price": 1}),
    ("INTENT_SL_INVALID", {"sl": "NaN"}),
    ("INTENT_TP_INVALID", {"tp": "Infinity"}),
    ("INTENT_SL_WRONG_SIDE", {"entry_price": "1.1", "sl": "1.2"}),
    ("INTENT_SL_WRONG_SIDE", {"entry_price": "1.1", "sl": "1.10"}),
    ("INTENT_SL_WRONG_SIDE", {"entry_price": "1.1", "sl": "1.0", "side": "sell"}),
    ("INTENT_TP_WRONG_SIDE", {"entry_price": "1.1", "tp": "1.0"}),
    ("INTENT_TP_WRONG_SIDE", {"entry_price": "1.1", "tp": "1.2", "side": "short"}),
    ("INTENT_SIZE_INVALID", {"size": {"mode": "lots"}}),
    ("INTENT_SIZE_INVALID", {"size": {"mode": "many", "value": 1}}),
    ("INTENT_SIZE_INVALID", {"size": {"mode": "lots", "value": 0}}),
    ("INTENT_SIZE_INVALID", {"size": {"mode": "units", "value": "1e300"}}),
    ("INTENT_SIZE_INVALID", {"size": {"mode": "risk_fraction", "value": "1.01"}}),
    ("INTENT_SIZE_INVALID", {"size": {"mode": "lots", "value": 1, "unit": "x"}}),
    ("INTENT_SIZE_INVALID", {"size": "0.1"}),
    ("INTENT_CLOSE_FRACTION_INVALID", {"action": "close", "close_fraction": 0}),
    ("INTENT_CLOSE_FRACTION_INVALID", {"action": "close", "close_fraction": "1.1"}),
    ("INTENT_CLOSE_FRACTION_INVALID", {"close_fraction": "0.5"}),
    ("INTENT_CONFIDENCE_INVALID", {"confidence": 75}),
    ("INTENT_CONFIDENCE_INVALID", {"confidence": "-0.1"}),
    ("INTENT_EXPIRY_INVALID", {"expiry": 0}),
    ("INTENT_EXPIRY_INVALID", {"expiry": -5}),
    ("INTENT_EXPIRY_INVALID", {"expiry": "soon"}),
    ("INTENT_EXPIRY_INVALID", {"expiry": "9" * 5_000}),
    ("INTENT_EXPIRY_INVALID", {"expiry": True}),
    ("INTENT_FEATURES_INVALID", {"features": [1]}),
    ("INTENT_FEATURES_TOO_LARGE", {"features": {"a": "x" * FEATURES_BYTES_MAX}}),
    ("INTENT_TIMESTAMP_TV_MISSING", {"timestamp_tv": MISSING}),
    ("INTENT_TIMESTAMP_TV_INVALID", {"timestamp_tv": "2026-01-31T12:00:00"}),
    ("INTENT_TIMESTAMP_TV_INVALID", {"timestamp_tv": "9999-12-31T23:59:59Z"}),
    ("INTENT_SECRET_INVALID", {"secret": "x" * 257}),
    ("INTENT_FIELD_UNKNOWN", {"stop_loss": "1.0"}),
    ("INTENT_FIELD_UNKNOWN", {"qty": 1}),
]  # fmt: skip


@pytest.mark.parametrize(("code", "fields"), REFUSALS)
def test_what_is_no_intent_is_refused_by_name(code: str, fields: dict[str, Any]) -> None:
    document = {name: value for name, value in (LEAST | fields).items() if value is not MISSING}
    with pytest.raises(InputError) as refused:
        parse_intent_body(parse_json(json.dumps(document)))
    assert refused.value.code == code
    assert refused.value.field
    assert refused.value.fix


@pytest.mark.parametrize("document", [[], "text", None, 1, [LEAST]])
def test_what_is_no_object_is_refused(document: object) -> None:
    with pytest.raises(InputError, match="INTENT_NOT_AN_OBJECT"):
        parse_intent_body(document)


def test_no_refusal_tells_the_secret() -> None:
    secret = "hunter2-hunter2"
    for _, fields in REFUSALS:
        document = {
            name: value
            for name, value in (LEAST | {"secret": secret} | fields).items()
            if value is not MISSING
        }
        with pytest.raises(InputError) as refused:
            parse_intent_body(document)
        assert secret not in f"{refused.value} {refused.value.field} {refused.value.fix}"


@pytest.mark.parametrize(
    ("given_as", "side"),
    [("buy", Side.BUY), ("LONG", Side.BUY), ("Sell", Side.SELL), ("short", Side.SELL)],
)
def test_sides_have_aliases_in_any_case(given_as: str, side: Side) -> None:
    assert read(side=given_as).side is side


@pytest.mark.parametrize("action", ["close", "modify", "cancel"])
def test_an_exit_needs_no_side_and_its_levels_are_not_held_against_a_price(action: str) -> None:
    intent = read(action=action, side=None, entry_price="1.1", sl="1.2", tp="1.0")
    assert intent.side is None
    assert not intent.is_entry


@pytest.mark.parametrize(
    ("expiry", "expires_at"),
    [
        (30, AT + timedelta(seconds=30)),
        ("30", AT + timedelta(seconds=30)),
        (EXPIRY_SECONDS_MAX, AT + timedelta(seconds=EXPIRY_SECONDS_MAX)),
        (1769860830000, AT + timedelta(seconds=30)),
        ("2026-01-31T12:00:30Z", AT + timedelta(seconds=30)),
        (None, None),
    ],
)
def test_an_expiry_is_seconds_from_the_alert_or_a_moment(
    expiry: object, expires_at: datetime | None
) -> None:
    assert read(expiry=expiry).expires_at == expires_at


def test_a_name_that_we_do_not_know_is_told_and_not_kept() -> None:
    document = LEAST | {"comment": "x", "Secret": "y"}
    assert unknown_fields(document) == ["Secret", "comment"]
    parse_intent_body(document)


def test_an_event_id_that_is_a_uuid_is_kept_and_any_other_belongs_to_its_source() -> None:
    event = "0197f0d2-5a4b-7c1d-9e2f-3a4b5c6d7e8f"
    assert read(event_id=event).event_id == UUID(event)
    body = parse_intent_body(LEAST | {"event_id": "bar-17"})
    one, other = (
        to_intent(body, source=source, received_at=RECEIVED_AT) for source in ("hook:a", "hook:b")
    )
    assert one.event_id != other.event_id
    assert one.intent_id != other.intent_id


def test_without_an_event_id_the_content_is_the_identity() -> None:
    assert read().intent_id == read().intent_id
    assert read().intent_id != read(symbol="GBPUSD").intent_id
    assert read().weak_id


SAME_CONTENT = [
    ('"entry_price": 1.10', '"entry_price": "1.1"'),
    ('"entry_price": 11e-1', '"entry_price": 1.1'),
    ('"side": "long"', '"side": "buy"'),
    ('"timestamp_tv": 1769860800000', '"timestamp_tv": "2026-01-31T13:00:00+01:00"'),
    ('"secret": "one"', '"secret": "other"'),
    ('"comment": "unknown names do not count"', '"comment": "x"'),
    ('"features": {"a": 1, "b": 2.50}', '"features": {"b": 2.5, "a": 1.0}'),
    ('"sl": null', '"tp": null'),
]
OTHER_CONTENT = [
    ('"entry_price": 1.1', '"entry_price": 1.2'),
    ('"entry_price": 0.1234567890123456781', '"entry_price": 0.1234567890123456782'),
    ('"side": "buy"', '"side": "sell"'),
    ('"expiry": 30', '"expiry": 31'),
    ('"features": {"a": 1}', '"features": {"a": "1"}'),
    ('"features": {"a": 1.5}', '"features": {"a": "1.5"}'),
    ('"size": {"mode": "lots", "value": 1}', '"size": {"mode": "units", "value": 1}'),
]


def with_field(field: str) -> str:
    name = field.split('"')[1]
    rest = {key: value for key, value in LEAST.items() if key != name}
    return json.dumps(rest)[:-1] + f", {field}}}"


@pytest.mark.parametrize(("one", "other"), SAME_CONTENT)
def test_another_spelling_is_the_same_content(one: str, other: str) -> None:
    assert hash_of(with_field(one)) == hash_of(with_field(other))


@pytest.mark.parametrize(("one", "other"), OTHER_CONTENT)
def test_another_meaning_is_other_content(one: str, other: str) -> None:
    assert hash_of(with_field(one)) != hash_of(with_field(other))


prices = st.decimals(min_value="0.0000000001", max_value="9999999999", places=10)
json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)  # fmt: skip


def _storable(value: object) -> bool:
    text = json.dumps(value)
    return "\\u0000" not in text and "\\ud" not in text


@given(
    entry_price=prices,
    distance=st.decimals(min_value="0.00000000001", max_value="0.00000000005", places=11),
    side=st.sampled_from(Side),
    size=st.none() | st.builds(Size, mode=st.just(SizeMode.LOTS), value=prices),
    features=st.none() | st.dictionaries(st.text(max_size=5), json_values, max_size=4).filter(_storable),
    expiry=st.none() | st.integers(1, EXPIRY_SECONDS_MAX),
)  # fmt: skip
def test_a_stored_intent_reads_back_as_it_was(
    entry_price: Decimal,
    distance: Decimal,
    side: Side,
    size: Size | None,
    features: dict[str, Any] | None,
    expiry: int | None,
) -> None:
    intent = read(
        side=side.value,
        entry_price=str(entry_price),
        sl=decimal_text(entry_price - side.sign * distance),
        tp=decimal_text(entry_price + side.sign * distance),
        size={"mode": "lots", "value": str(size.value)} if size else None,
        features=features,
        expiry=expiry,
    )
    assert intent.entry_price == entry_price
    stored = parse_json(record_of(intent).document)
    assert decode_intent(stored, sequence=0) == intent


def test_numbers_in_features_stay_as_they_were_sent() -> None:
    text = with_field('"features": {"a": 0.10, "b": 1e300, "c": 123456789012345678901234567890}')
    intent = to_intent(parse_intent_body(parse_json(text)), source="s", received_at=RECEIVED_AT)
    stored = parse_json(record_of(intent).document)["features"]
    assert [str(stored[name]) for name in "abc"] == [
        "0.10",
        "1E+300",
        "123456789012345678901234567890",
    ]
    assert b'"a":0.10,' in record_of(intent).document


@given(st.decimals(min_value="0.000000001", max_value="1e15", places=9))
def test_a_price_never_goes_through_a_float(price: Decimal) -> None:
    text = json.dumps(LEAST)[:-1] + f', "entry_price": {price:f}}}'
    body = parse_intent_body(parse_json(text))
    assert body.entry_price == price


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ('{"a": "{{close}}"}', "{{close}}"),
        ('{"a": {{strategy.order.price}}}', "{{strategy.order.price}}"),
        ('{"a": {"b": {}}}', None),
        ('{"a": "{x}"}', None),
    ],
)
def test_a_placeholder_that_was_left_is_found(text: str, found: str | None) -> None:
    assert find_unresolved_placeholder(text) == found


def test_the_stored_intent_has_no_secret() -> None:
    assert b"hunter2" not in record_of(read(secret="hunter2-hunter2")).document
