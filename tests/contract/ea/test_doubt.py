"""Crashes of the expert at the exact line, as only its host can make them, and a terminal that is offline.

Every other doubt is a card of tests/contract/node.
"""

from datetime import UTC, datetime, timedelta

from contract.ea.conftest import Desk, MakeDesk, order


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
