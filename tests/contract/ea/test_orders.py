"""What only the expert does with orders: it refuses by itself what its terminal shows to be wrong.

What every node does with them stands in the cards of tests/contract/node.
"""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from argos.core.intent import OrderType
from argos.core.order import CommandKind
from contract.ea.conftest import Desk, MakeDesk, order
from unit.node.rig import change_of


async def test_the_host_notes_when_it_was_told_to_send(make_desk: MakeDesk) -> None:
    desk: Desk = await make_desk()
    notes = desk.expert.directory / "sends"
    desk.expert.arguments += ["--sends", str(notes)]
    desk.expert.start()
    await desk.working()
    before_us = datetime.now(tz=UTC).timestamp() * 1e6
    command = order()
    await desk.do(command, "fill")
    magic, at_us = notes.read_text().split()
    assert int(magic) == command.magic
    assert int(at_us) >= before_us


async def test_a_cancel_whose_work_was_done_says_so_also_after_the_journal_was_lost(
    desk: Desk,
) -> None:
    """The order is nobody's in the new journal, so its end would never be told."""
    command = order(order_type=OrderType.LIMIT, price=Decimal(90))
    facts = await desk.do(command, "accepted")
    desk.expert.kill()
    for path in desk.expert.directory.glob("argos-*.sqlite*"):
        path.unlink()
    ticket = int(facts["accepted"].body["venue_order_id"])
    _, answer = await desk.broker.call(
        "POST",
        "/mt5/order_send",
        key=f"key-{desk.broker_account}",
        body={"action": 8, "order": ticket},
    )
    assert answer["retcode"] == 10009
    desk.expert.start()
    await desk.working()
    cancel = change_of(command, CommandKind.CANCEL, str(uuid4()))
    await desk.do(cancel, "canceled")


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"qty": Decimal("0.5")}, "NODE_TERMS"),
        ({"sl": Decimal("99.97")}, "NODE_TERMS"),
        ({"order_type": OrderType.LIMIT, "price": Decimal("100.5")}, "NODE_TERMS"),
        ({"symbol": "NOPE"}, "NODE_SYMBOL_UNKNOWN"),
    ],
    ids=["off the step", "stop too near", "on the wrong side", "unknown symbol"],
)
async def test_what_the_broker_would_surely_refuse_is_not_sent(
    desk: Desk, changes: dict[str, Any], code: str
) -> None:
    facts = await desk.do(order(**changes), "unsent")
    assert facts["unsent"].body["code"] == code
    assert "send_started" not in facts
