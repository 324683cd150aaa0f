"""Orders of every kind through the expert: sent once, reported as the broker really did them."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import pytest

from argos.core.intent import OrderType
from argos.core.order import CommandKind
from argos.protocol.facts import decode_execution
from contract.ea.conftest import ACCOUNT, SYMBOL, Desk, MakeDesk, order
from eventually import eventually
from unit.node.rig import change_of, exit_of


async def test_a_market_order_is_sent_and_its_fill_is_told_in_utc(desk: Desk) -> None:
    command = order()
    before = datetime.now(tz=UTC)
    facts = await desk.do(command, "send_started", "accepted", "fill")
    execution = decode_execution(facts["fill"].body)
    assert (execution.qty, execution.magic) == (Decimal(10), command.magic)
    assert Decimal(facts["send_started"].body["ask"]) == execution.price
    assert abs(execution.occurred_at - before) < timedelta(seconds=5)
    assert facts["fill"].body["broker_offset_ms"] == 3 * 3_600_000
    assert facts["fill"].order_id == command.order_id
    assert len(await desk.deals()) == 1
    assert desk.gateway.bodies("hello")[0]["info"]["account"] == ACCOUNT


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


async def test_a_pending_order_rests_is_changed_and_is_canceled(desk: Desk) -> None:
    for order_type, price, more in (
        (OrderType.LIMIT, "90", {}),
        (OrderType.STOP, "110", {}),
        (OrderType.STOP_LIMIT, "110", {"stop_limit_price": Decimal(109)}),
    ):
        command = order(order_type=order_type, price=Decimal(price), sl=Decimal(80), **more)
        facts = await desk.do(command, "accepted")
        assert facts["accepted"].body["state"] == "working"
        (row,) = await desk.broker_rows("orders")
        assert (int(row["magic"]), row["price_open"], row["sl"]) == (command.magic, price, "80")

        changed = change_of(
            command, CommandKind.MODIFY, str(uuid4()), price=Decimal(price) + 1, tp=Decimal(150)
        )
        facts = await desk.do(changed, "modified")
        (row,) = await desk.broker_rows("orders")
        assert (row["price_open"], row["tp"]) == (str(Decimal(price) + 1), "150")

        cancel = change_of(command, CommandKind.CANCEL, str(uuid4()))
        await desk.do(cancel, "canceled")
        assert await desk.broker_rows("orders") == []


async def test_a_pending_order_that_the_market_reaches_is_filled(desk: Desk) -> None:
    command = order(order_type=OrderType.LIMIT, price=Decimal("99"))
    await desk.do(command, "accepted")
    await desk.broker.feed(SYMBOL, "98.5")
    facts = await desk.told(command, "fill")
    assert Decimal(facts["fill"].body["price"]) <= Decimal(99)
    await desk.broker.feed(SYMBOL, "100")


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


async def test_a_position_is_protected_and_closed_in_part_and_whole(desk: Desk) -> None:
    command = order()
    await desk.do(command, "fill")
    protect = change_of(command, CommandKind.MODIFY, str(uuid4()), sl=Decimal(90), tp=Decimal(120))
    await desk.do(protect, "modified")
    (row,) = await desk.broker_rows("positions")
    assert (row["sl"], row["tp"]) == ("90", "120")

    part = exit_of(command, str(uuid4()), qty=Decimal(4))
    facts = await desk.do(part, "accepted", "fill")
    assert facts["fill"].body["entry"] == "out"
    assert facts["accepted"].body["qty"] == "4", "told even when it is all that was asked"
    (row,) = await desk.broker_rows("positions")
    assert row["volume"] == "6"

    rest = exit_of(command, str(uuid4()), qty=Decimal(10))
    facts = await desk.do(rest, "accepted", "fill")
    assert facts["accepted"].body["qty"] == "6", "never more than is there"
    assert await desk.broker_rows("positions") == []


async def test_nothing_left_to_close_is_told_unsent(desk: Desk) -> None:
    command = exit_of(order(), str(uuid4()))
    facts = await desk.do(command, "unsent")
    assert facts["unsent"].body["code"] == "CLOSE_NOTHING_OPEN"


async def test_a_netting_account_closes_whatever_opened_the_position(make_desk: MakeDesk) -> None:
    desk: Desk = await make_desk(hedging=False)
    desk.expert.start()
    await desk.working()
    assert desk.gateway.bodies("hello")[0]["terminal"]["hedging"] is False
    first, second = order(), order(qty=Decimal(5))
    await desk.do(first, "fill")
    await desk.do(second, "fill")
    close = exit_of(second, str(uuid4()), qty=Decimal(15))
    await desk.do(close, "fill")
    assert await desk.broker_rows("positions") == []


async def test_a_stop_hit_at_the_broker_is_a_deal_of_nobodys_command(desk: Desk) -> None:
    command = order(sl=Decimal(95))
    await desk.do(command, "fill")
    await desk.broker.feed(SYMBOL, "94")
    await eventually(lambda: bool(desk.deals_told()), what="the stop's deal")
    (deal,) = desk.deals_told()
    assert (deal.body["reason"], deal.body["entry"]) == ("sl", "out")
    assert deal.body["opening_order_id"] == str(command.order_id)
    await desk.broker.feed(SYMBOL, "100")


async def test_a_trade_by_hand_is_told_as_a_deal(desk: Desk) -> None:
    body = {"account": desk.broker_account, "symbol": SYMBOL, "side": "buy", "qty": "3"}
    done = await desk.broker.control("/control/manual", body)
    await eventually(lambda: bool(desk.deals_told()), what="the deal")
    (deal,) = desk.deals_told()
    assert deal.order_id is None
    assert deal.body["venue_exec_id"] == str(done["deal"])
    assert deal.body["reason"] == "manual"


async def test_a_booking_on_the_account_is_told_once(desk: Desk) -> None:
    await desk.expert.tell("charge 4 -12.5 data-fee")
    await eventually(lambda: bool(desk.charges_told()), what="the charge")
    await desk.expert.quit()
    desk.expert.start()
    await desk.working()
    await desk.do(order(), "fill")
    (charge,) = desk.charges_told()
    assert (charge["amount"], charge["type"], charge["comment"]) == ("-12.5", "4", "data-fee")


async def test_the_brokers_no_is_told_in_its_own_words(desk: Desk) -> None:
    await desk.fault("reject", request="submit")
    command = order()
    facts = await desk.do(command, "send_started", "rejected")
    assert facts["rejected"].body["venue_code"] == "10006"
    assert facts["rejected"].body["text"] == "Request rejected"
    assert await desk.deals() == []


async def test_a_cancel_of_what_is_gone_is_rejected(desk: Desk) -> None:
    cancel = change_of(order(), CommandKind.CANCEL, str(uuid4()))
    facts = await desk.do(cancel, "rejected")
    assert facts["rejected"].body["code"] == "VENUE_ORDER_GONE"


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


async def test_a_close_that_is_refused_for_now_is_tried_again(desk: Desk) -> None:
    command = order()
    await desk.do(command, "fill")
    await desk.expert.tell("retcode 10004")
    close = exit_of(command, str(uuid4()))
    facts = await desk.do(close, "fill")
    assert facts["accepted"].body["attempt"] == 2
    assert "rejected" not in facts


async def test_a_cancel_that_is_refused_is_said_again(desk: Desk) -> None:
    command = order(order_type=OrderType.LIMIT, price=Decimal(90))
    await desk.do(command, "accepted")
    await desk.fault("reject", request="cancel")
    cancel = change_of(command, CommandKind.CANCEL, str(uuid4()))
    facts = await desk.do(cancel, "canceled")
    assert "rejected" not in facts
    assert await desk.broker_rows("orders") == []


async def test_an_entry_that_is_refused_for_now_is_the_gateways_to_repeat(desk: Desk) -> None:
    await desk.expert.tell("retcode 10004")
    command = order()
    facts = await desk.do(command, "rejected")
    assert facts["rejected"].body["retryable"] is True
    assert await desk.deals() == []


async def test_what_the_broker_cannot_fill_at_once_is_canceled(make_desk: MakeDesk) -> None:
    desk: Desk = await make_desk(partial_probability=1.0)
    desk.expert.start()
    await desk.working()
    command = order()
    facts = await desk.do(command, "accepted", "fill", "canceled")
    (deal,) = await desk.deals()
    assert 0 < Decimal(deal["volume"]) < 10
    assert Decimal(facts["fill"].body["qty"]) == Decimal(deal["volume"])


async def test_the_quote_that_stood_when_the_alert_came_is_told(desk: Desk) -> None:
    await desk.broker.feed(SYMBOL, "100")
    await desk.quoted("100.03")
    alert_at = datetime.now(tz=UTC)
    await desk.broker.feed(SYMBOL, "102")
    await desk.quoted("102.03")
    facts = await desk.do(order(alert_received_at=alert_at), "send_started")
    body = facts["send_started"].body
    assert (body["arrival_ask"], body["ask"]) == ("100.03", "102.03")
    facts = await desk.do(order(alert_received_at=alert_at - timedelta(hours=1)), "send_started")
    assert facts["send_started"].body["arrival_ask"] is None
    await desk.broker.feed(SYMBOL, "100")
