"""Commands, facts and snapshots: what is written reads back the same, and what cannot be read is refused."""

import json
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.account import AccountSnapshot
from argos.core.errors import InputError
from argos.core.execution import Entry, Execution, FillReason
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.order import CommandKind
from argos.core.position import Position
from argos.protocol.commands import Command, decode_command, encode_command
from argos.protocol.facts import (
    Report,
    ReportKind,
    command_fact_id,
    decode_execution,
    decode_report,
    encode_execution,
    encode_report,
    execution_fact_id,
)
from argos.protocol.snapshots import decode_snapshot, encode_snapshot
from argos.protocol.values import parse_json

moments = st.datetimes(
    min_value=datetime(1970, 1, 2),  # noqa: DTZ001 - hypothesis adds the zone itself
    max_value=datetime(8999, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
amounts = st.decimals(min_value=-(10**12), max_value=10**12, places=8)
quantities = st.decimals(min_value="0.00000001", max_value=10**12, places=8)
storable = st.characters(exclude_characters="\0", exclude_categories=["Cs"])
texts = st.text(storable, max_size=20)
magics = st.integers(0, 2**63 - 1)
symbols = st.text(storable, min_size=1, max_size=8)

commands = st.builds(
    Command,
    command_id=st.uuids(),
    order_id=st.uuids(),
    seq=st.integers(0, 2**63 - 1),
    kind=st.sampled_from(CommandKind),
    symbol=symbols,
    side=st.sampled_from(Side),
    order_type=st.sampled_from(OrderType),
    qty=quantities,
    price=st.none() | amounts,
    stop_limit_price=st.none() | amounts,
    sl=st.none() | amounts,
    tp=st.none() | amounts,
    deviation_points=st.integers(0, 10_000),
    position_id=st.none() | texts,
    magic=magics,
    client_order_id=texts,
    target_magic=magics,
    target_client_order_id=texts,
    comment=texts,
    valid_until=st.none() | moments,
    is_exit=st.booleans(),
    attempt=st.integers(1, 100),
    lease_ms=st.integers(1, 60_000),
    alert_received_at=moments,
)
executions = st.builds(
    Execution,
    venue_exec_id=texts,
    venue_order_id=texts,
    position_id=texts,
    symbol=symbols,
    side=st.sampled_from(Side),
    entry=st.sampled_from(Entry),
    price=amounts,
    qty=quantities,
    commission=amounts,
    swap=amounts,
    fee=amounts,
    profit=amounts,
    reason=st.sampled_from(FillReason),
    occurred_at=moments,
    magic=st.integers(-(2**63) + 1, 2**63 - 1),
    client_order_id=texts,
    comment=texts,
)
positions = st.builds(
    Position,
    symbol=symbols,
    side=st.sampled_from(Side),
    qty=quantities,
    price_open=amounts,
    position_id=texts,
    sl=st.none() | amounts,
    tp=st.none() | amounts,
    magic=magics,
    client_order_id=texts,
)
quotes = st.builds(Quote, symbol=symbols, bid=quantities, ask=quantities, at=moments)
instruments = st.builds(
    Instrument,
    symbol=symbols,
    quote_currency=texts,
    tradable=st.booleans(),
    contract_size=quantities,
    tick_size=quantities,
    qty_min=quantities,
    qty_max=quantities,
    qty_step=quantities,
    stops_distance_min=quantities,
    unit_value=quantities,
)
snapshots = st.builds(
    AccountSnapshot,
    account=texts,
    currency=texts,
    balance=amounts,
    equity=amounts,
    margin_free=amounts,
    hedging=st.booleans(),
    taken_at=moments,
    open_orders=st.integers(0, 1000),
    positions=st.lists(positions, max_size=2).map(tuple),
    quotes=st.lists(quotes, max_size=2).map(lambda items: {item.symbol: item for item in items}),
    instruments=st.lists(instruments, max_size=2).map(
        lambda items: {item.symbol: item for item in items}
    ),
)


def over_the_wire(body: dict[str, Any]) -> Any:
    """As the other side reads it; no number may have become a float on the way."""
    text = json.dumps(body)

    def refuse(number: str) -> None:
        raise AssertionError(f"{number} left as a number with a point")

    json.loads(text, parse_float=refuse)
    return json.loads(text)


@given(command=commands)
def test_a_command_reads_back_as_it_was(command: Command) -> None:
    assert decode_command(over_the_wire(encode_command(command))) == command


@given(execution=executions)
def test_an_execution_reads_back_as_it_was(execution: Execution) -> None:
    assert decode_execution(over_the_wire(encode_execution(execution))) == execution


@given(snapshot=snapshots)
def test_a_snapshot_reads_back_as_it_was(snapshot: AccountSnapshot) -> None:
    assert decode_snapshot(over_the_wire(encode_snapshot(snapshot))) == snapshot


@given(
    fact_id=st.uuids(),
    kind=st.sampled_from(ReportKind),
    order_id=st.none() | st.uuids(),
    command_id=st.none() | st.uuids(),
    at=moments,
    execution=executions,
)
def test_a_fact_reads_back_as_it_was(
    fact_id: UUID,
    kind: ReportKind,
    order_id: UUID | None,
    command_id: UUID | None,
    at: datetime,
    execution: Execution,
) -> None:
    report = Report(
        fact_id=fact_id,
        kind=kind,
        order_id=order_id,
        command_id=command_id,
        at=at,
        body=encode_execution(execution),
    )
    assert decode_report(over_the_wire(encode_report(report))) == report


FACT: dict[str, Any] = {
    "fact_id": "0197f0d2-5a4b-7c1d-9e2f-3a4b5c6d7e8f",
    "kind": "accepted",
    "order_id": None,
    "command_id": None,
    "at": "2026-01-31T12:00:00Z",
}
EXECUTION: dict[str, Any] = {
    "venue_exec_id": "x", "venue_order_id": "o", "position_id": "p", "symbol": "EURUSD", "side": "buy",
    "entry": "in", "price": "1.07", "qty": "1", "commission": "0", "swap": "0", "fee": "0", "profit": "0",
    "reason": "command", "occurred_at": "2026-01-31T12:00:00Z", "magic": "7", "client_order_id": "", "comment": "",
}  # fmt: skip


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"fact_id": "x"}, "FACT_MALFORMED"),
        ({"fact_id": 7}, "FACT_MALFORMED"),
        ({"fact_id": None}, "FACT_MALFORMED"),
        ({"kind": "rumour"}, "FACT_MALFORMED"),
        ({"order_id": "x"}, "FACT_MALFORMED"),
        ({"command_id": ["x"]}, "FACT_MALFORMED"),
        ({"at": "yesterday"}, "VALUE_NOT_MOMENT"),
        ({"at": None}, "VALUE_NOT_MOMENT"),
    ],
)
def test_a_fact_that_cannot_be_read_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as refused:
        decode_report(FACT | changed)
    assert refused.value.code == code


@pytest.mark.parametrize("name", sorted(FACT.keys() - {"order_id", "command_id"}))
def test_a_fact_that_lacks_a_field_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="FACT_MALFORMED"):
        decode_report({key: value for key, value in FACT.items() if key != name})


@pytest.mark.parametrize("name", EXECUTION)
def test_an_execution_that_lacks_a_field_is_refused(name: str) -> None:
    with pytest.raises(InputError, match="FACT_MALFORMED"):
        decode_execution({key: value for key, value in EXECUTION.items() if key != name})


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        ({"side": "up"}, "FACT_MALFORMED"),
        ({"entry": "through"}, "FACT_MALFORMED"),
        ({"reason": "whim"}, "FACT_MALFORMED"),
        ({"qty": "0"}, "FACT_MALFORMED"),
        ({"qty": "-1"}, "FACT_MALFORMED"),
        ({"magic": "x"}, "FACT_MALFORMED"),
        ({"magic": str(2**63)}, "FACT_MALFORMED"),
        ({"price": 1.07}, "VALUE_NOT_DECIMAL"),
        ({"price": "NaN"}, "VALUE_NOT_DECIMAL"),
        ({"occurred_at": "2026-01-31"}, "VALUE_NOT_MOMENT"),
    ],
)
def test_an_execution_that_cannot_be_is_refused(changed: dict[str, Any], code: str) -> None:
    with pytest.raises(InputError) as refused:
        decode_execution(EXECUTION | changed)
    assert refused.value.code == code


def test_a_price_may_be_negative_and_a_stranger_s_magic_too() -> None:
    execution = decode_execution(EXECUTION | {"price": "-37.63", "magic": "-5"})
    assert (execution.price, execution.magic) == (Decimal("-37.63"), -5)


@pytest.mark.parametrize(
    "body", [{}, {"account": "a"}, {"positions": 7}, {"positions": [{}], "quotes": []}]
)
def test_a_snapshot_that_cannot_be_read_is_refused(body: dict[str, Any]) -> None:
    with pytest.raises(InputError, match="SNAPSHOT_MALFORMED"):
        decode_snapshot(body)


def test_ids_of_facts_are_functions_of_what_is_stated() -> None:
    command = UUID(int=1)

    def answer(
        account: str = "a", kind: ReportKind = ReportKind.ACCEPTED, attempt: int = 1
    ) -> UUID:
        return command_fact_id(account=account, kind=kind, command_id=command, attempt=attempt)

    assert answer() == answer()
    ids = {answer(), answer(account="b"), answer(kind=ReportKind.REJECTED), answer(attempt=2)}
    assert len(ids) == 4
    fills = {
        execution_fact_id(account=account, venue_exec_id=key) for account in "ab" for key in "xy"
    }
    assert len(fills) == 4


def test_magic_travels_as_text_because_a_number_would_lose_its_last_bits() -> None:
    body = encode_execution(decode_execution(EXECUTION | {"magic": str(2**63 - 1)}))
    assert parse_json(json.dumps(body))["magic"] == str(2**63 - 1)


def test_a_venues_words_are_made_storable_before_they_travel() -> None:
    report = Report(
        fact_id=uuid4(),
        kind=ReportKind.REJECTED,
        order_id=None,
        command_id=None,
        at=datetime(2026, 3, 4, tzinfo=UTC),
        body={"text": "no\0 money \ud800!", "attempt": 1},
    )
    encoded = encode_report(report)
    assert (encoded["text"], encoded["attempt"]) == ("no\ufffd money ?!", 1)
    assert decode_report(encoded).body["text"] == encoded["text"]
