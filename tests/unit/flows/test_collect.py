"""The pure parts of collecting: what a stored fact says of its order, and which facts can be used at all."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from argos.core.errors import InputError
from argos.core.order import CommandKind, FactKind, OrderFact
from argos.flows.collect import effective_qty, order_facts_of, require_usable
from argos.protocol.facts import Report, ReportKind

ORDER, COMMAND = UUID(int=1), UUID(int=2)
EXECUTION = {
    "venue_exec_id": "x", "venue_order_id": "o", "position_id": "p", "symbol": "EURUSD", "side": "buy",
    "entry": "in", "price": "1.07", "qty": "1", "commission": "0", "swap": "0", "fee": "0", "profit": "0",
    "reason": "command", "occurred_at": "2026-01-31T12:00:00Z", "magic": "7", "client_order_id": "", "comment": "",
}  # fmt: skip


def report(kind: ReportKind, *, order_id: UUID | None = ORDER, **body: Any) -> Report:
    return Report(
        fact_id=UUID(int=9),
        kind=kind,
        order_id=order_id,
        command_id=COMMAND,
        at=datetime(2026, 1, 31, 12, tzinfo=UTC),
        body=body,
    )


def test_stored_facts_are_read_in_words_of_the_core() -> None:
    rows = [
        {"kind": "fill", "command_kind": "close", "command_id": str(COMMAND), "qty": "2.5", "venue_exec_id": "x"},
        {"kind": "accepted", "command_kind": None, "command_id": None, "qty": None, "venue_exec_id": None},
        {"kind": "heartbeat", "command_kind": None, "command_id": None, "qty": None, "venue_exec_id": None},
        {"kind": "deal", "command_kind": None, "command_id": None, "qty": "1", "venue_exec_id": "y"},
    ]  # fmt: skip
    assert order_facts_of(rows) == [
        OrderFact(
            kind=FactKind.FILL,
            command_kind=CommandKind.CLOSE,
            command_id=COMMAND,
            qty=Decimal("2.5"),
            venue_exec_id="x",
        ),
        OrderFact(kind=FactKind.ACCEPTED),
    ]


def fact(kind: FactKind, qty: str, command_kind: CommandKind = CommandKind.CLOSE) -> OrderFact:
    return OrderFact(kind=kind, qty=Decimal(qty), command_kind=command_kind)


@pytest.mark.parametrize(
    ("facts", "expected"),
    [
        ([], "10"),
        ([fact(FactKind.LEASED, "6")], "6"),
        ([fact(FactKind.LEASED, "6"), fact(FactKind.LEASED, "5")], "5"),
        ([fact(FactKind.LEASED, "6"), fact(FactKind.ACCEPTED, "4")], "4"),
        ([fact(FactKind.ACCEPTED, "0"), fact(FactKind.LEASED, "6")], "6"),
        ([fact(FactKind.FILL, "3")], "10"),
        ([fact(FactKind.ACCEPTED, "4", CommandKind.MODIFY)], "10"),
    ],
)
def test_an_order_is_for_what_was_leased_or_for_less_if_the_node_found_less(
    facts: list[OrderFact], expected: str
) -> None:
    assert effective_qty(facts, planned_qty=Decimal(10)) == Decimal(expected)
    assert effective_qty(facts[::-1], planned_qty=Decimal(10)) == Decimal(expected)


@pytest.mark.parametrize(
    "good",
    [
        report(ReportKind.FILL, **EXECUTION),
        report(ReportKind.FILL, **EXECUTION, bid_at_send="1.0", ask_at_send=None),
        report(ReportKind.DEAL, order_id=None, **EXECUTION),
        report(ReportKind.ACCEPTED),
        report(ReportKind.ACCEPTED, qty="1"),
        report(ReportKind.POSITION, order_id=None, positions=[]),
    ],
)
def test_a_fact_that_can_be_used_passes(good: Report) -> None:
    require_usable(good)


@pytest.mark.parametrize(
    ("bad", "code"),
    [
        (report(ReportKind.FILL, order_id=None, **EXECUTION), "FACT_MALFORMED"),
        (report(ReportKind.FILL), "FACT_MALFORMED"),
        (report(ReportKind.FILL, **EXECUTION | {"qty": "0"}), "FACT_MALFORMED"),
        (report(ReportKind.FILL, **EXECUTION, bid_at_send="high"), "VALUE_NOT_DECIMAL"),
        (
            report(ReportKind.DEAL, order_id=None, **EXECUTION | {"position_id": "9" * 257}),
            "FACT_MALFORMED",
        ),
        (report(ReportKind.ACCEPTED, qty="0"), "FACT_MALFORMED"),
        (report(ReportKind.ACCEPTED, qty="many"), "VALUE_NOT_DECIMAL"),
        (report(ReportKind.POSITION), "FACT_MALFORMED"),
        (report(ReportKind.POSITION, positions=[{}]), "FACT_MALFORMED"),
        (report(ReportKind.POSITION, positions=7), "FACT_MALFORMED"),
    ],
)
def test_a_fact_that_would_stop_its_readers_is_refused(bad: Report, code: str) -> None:
    with pytest.raises(InputError) as refused:
        require_usable(bad)
    assert refused.value.code == code
