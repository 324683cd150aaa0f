"""What the expert does when it cannot know: it looks, and sends no entry twice."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import pytest

from argos.core.intent import OrderType
from argos.core.order import CommandKind
from contract.ea.conftest import Desk, MakeDesk, order
from eventually import eventually
from unit.node.rig import change_of, exit_of

UNKNOWN_CODES = (0, 10011, 10012, 10023, 10028, 10039, 10099, 10031)
"""10031 comes last: after it no further entry is tried for a while."""


def hurry(desk: Desk) -> None:
    """Doubts end after a few hundred milliseconds instead of a minute."""
    desk.gateway.settings |= {"doubt_looks_min": 2, "doubt_window_ms": 200}


async def started(desk: Desk) -> Desk:
    hurry(desk)
    desk.expert.start()
    await desk.working()
    return desk


async def test_a_crash_before_the_call_is_doubt_and_never_a_second_sending(
    make_desk: MakeDesk,
) -> None:
    desk = await started(await make_desk())
    await desk.expert.tell("crash before")
    command = order(valid_until=datetime.now(tz=UTC) + timedelta(seconds=2))
    desk.gateway.lease(command)
    assert await desk.expert.ended() == 9
    await started(desk)
    facts = await desk.told(command, "send_started", "in_doubt", "not_found")
    assert facts["not_found"].body["looks"] >= 2
    assert await desk.deals() == []


async def test_a_crash_after_the_call_is_found_by_its_magic(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    await desk.expert.tell("crash after")
    command = order()
    desk.gateway.lease(command)
    assert await desk.expert.ended() == 9
    await started(desk)
    facts = await desk.told(command, "send_started", "accepted", "fill")
    assert "not_found" not in facts
    assert len(await desk.deals()) == 1


async def test_the_journal_is_settled_before_work_is_asked_for(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    await desk.expert.tell("crash after")
    command = order()
    desk.gateway.lease(command)
    await desk.expert.ended()
    polls = len(desk.gateway.bodies("poll"))
    await started(desk)
    await desk.told(command, "fill")
    held = desk.gateway.bodies("poll")[polls]["in_flight"]
    assert held in ([], [str(command.command_id)])
    assert len(await desk.deals()) == 1


@pytest.mark.parametrize("fault", ["lost_answer", "accept_then_timeout"])
async def test_an_answer_that_never_comes_is_doubt_until_the_order_is_found(
    make_desk: MakeDesk, fault: str
) -> None:
    desk = await make_desk()
    desk.expert.arguments += ["--broker-timeout", "500"]
    await started(desk)
    await desk.fault(fault, request="submit")
    command = order()
    await desk.do(command, "in_doubt", "accepted", "fill")
    assert len(await desk.deals()) == 1


async def test_every_unknown_return_code_is_doubt(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    valid_until = datetime.now(tz=UTC) + timedelta(seconds=20)
    for code in UNKNOWN_CODES[1:]:
        await desk.expert.tell(f"lose {code}")
        command = order(valid_until=valid_until)
        facts = await desk.do(command, "in_doubt", "fill")
        assert str(code) in facts["in_doubt"].body["text"]
    assert len(await desk.deals()) == len(UNKNOWN_CODES) - 1


async def test_an_entry_that_was_leased_elsewhere_before_is_looked_for_and_not_sent(
    make_desk: MakeDesk,
) -> None:
    desk = await started(await make_desk())
    command = order(attempt=2, valid_until=datetime.now(tz=UTC) + timedelta(seconds=1))
    facts = await desk.do(command, "in_doubt", "not_found")
    assert "send_started" not in facts
    assert await desk.deals() == []


async def test_an_entry_that_another_log_sent_is_adopted(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    command = order()
    await desk.do(command, "fill")
    await desk.expert.quit()
    for name in desk.expert.directory.glob("*.sqlite*"):
        name.unlink()
    desk.gateway.facts.clear()
    await started(desk)
    again = order(
        command_id=command.command_id,
        order_id=command.order_id,
        magic=command.magic,
        attempt=2,
    )
    facts = await desk.do(again, "accepted")
    assert "send_started" not in facts
    # It was nobody's deal while nothing was known of the command; now it is told as its fill.
    await eventually(lambda: desk.reported("fill", again) > 0, what="the fill")
    assert len(await desk.deals()) == 1


async def test_a_close_in_doubt_that_takes_all_is_sent_again(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    command = order()
    await desk.do(command, "fill")
    await desk.expert.tell("retcode 10012")
    close = exit_of(command, str(uuid4()))
    facts = await desk.do(close, "in_doubt", "fill")
    assert facts["accepted"].body["attempt"] == 2
    assert await desk.broker_rows("positions") == []


async def test_a_cancel_in_doubt_ends_by_what_the_order_shows(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    command = order(order_type=OrderType.LIMIT, price=Decimal(90))
    await desk.do(command, "accepted")
    await desk.fault("lost_answer", request="cancel")
    cancel = change_of(command, CommandKind.CANCEL, str(uuid4()))
    await desk.do(cancel, "in_doubt", "canceled")
    assert await desk.broker_rows("orders") == []


async def test_a_broker_out_of_reach_is_no_observation(make_desk: MakeDesk) -> None:
    desk = await started(await make_desk())
    command = order(valid_until=datetime.now(tz=UTC) + timedelta(milliseconds=600))
    await desk.expert.tell("lose 10012")
    await desk.do(command, "in_doubt", "fill")
    positions = [f for f in desk.gateway.facts.values() if f.kind.value == "position"]
    assert positions[-1].body["positions"]
    told = len(positions)
    await desk.fault("disconnect", delay_ms=800)
    late = order(valid_until=datetime.now(tz=UTC) + timedelta(milliseconds=400))
    desk.gateway.insists_on = [late]
    facts = await desk.told(late, "unsent")
    assert facts["unsent"].body["code"] == "EXPIRED_UNSENT"
    positions = [f for f in desk.gateway.facts.values() if f.kind.value == "position"]
    assert len(positions) == told, "an account that cannot be seen is not flat"


async def test_looks_at_a_broker_out_of_reach_end_no_doubt(make_desk: MakeDesk) -> None:
    """A terminal without its connection goes on showing its old lists, which prove nothing."""
    desk = await started(await make_desk())
    await desk.expert.tell("retcode 10012")
    command = order(valid_until=datetime.now(tz=UTC) + timedelta(seconds=1))
    await desk.do(command, "in_doubt")
    outage = timedelta(seconds=2.5)
    cut_at = datetime.now(tz=UTC)
    await desk.fault("disconnect", delay_ms=outage // timedelta(milliseconds=1))
    facts = await desk.told(command, "not_found")
    assert facts["not_found"].at >= cut_at + outage
