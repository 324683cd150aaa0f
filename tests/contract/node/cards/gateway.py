"""Cards about the gateway: what is believed of it, what it may forbid, and what is owed to it."""

from datetime import UTC, datetime, timedelta
from uuid import uuid4

from contract.node.desks import Desk
from contract.node.gateway_stub import CODE
from contract.node.season import card

NOT_BELIEVED = ("away", "broken", "unsigned", "foreign", "replayed", "malformed", "garbled", "lost")


@card("N76")
async def a_newer_epoch(desk: Desk) -> None:
    command = desk.entry()
    await desk.do(command, "fill")
    desk.gateway.faults["poll"].append("fenced")
    assert await desk.node.ended() in {0, 3}
    assert desk.told(command).keys() == {"send_started", "accepted", "fill"}
    assert "newer epoch" in desk.node.output


@card("N77")
async def a_forged_fence(desk: Desk) -> None:
    desk.gateway.faults["poll"].append("forged_fence")
    await desk.until(lambda: not desk.gateway.faults["poll"], "the forgery")
    await desk.do(desk.entry(), "fill")


@card("N78")
async def polls_that_cannot_be_believed(desk: Desk) -> None:
    desk.gateway.faults["poll"].extend(NOT_BELIEVED)
    command = desk.entry()
    await desk.do(command, "fill")
    await desk.until(lambda: not desk.gateway.faults["poll"], "all of them")
    await desk.polled()
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N79")
async def reports_that_cannot_be_believed(desk: Desk) -> None:
    desk.gateway.faults["reports"].extend(NOT_BELIEVED)
    command = desk.entry()
    await desk.do(command, "send_started", "accepted", "fill")
    await desk.until(lambda: not desk.gateway.faults["reports"], "all of them")
    about = [f for f in desk.gateway.facts.values() if f.command_id == command.command_id]
    assert sorted(fact.kind.value for fact in about) == ["accepted", "fill", "send_started"]
    assert desk.of_kind("deal") == []


@card("N80")
async def a_forged_command(desk: Desk) -> None:
    desk.gateway.faults["poll"].append("forged")
    await desk.until(lambda: not desk.gateway.faults["poll"], "the poll that will be forged")
    forged = desk.entry()
    desk.gateway.lease(forged)
    await desk.until(lambda: forged.command_id in desk.gateway.given, "the forgery")
    real = desk.entry()
    await desk.do(real, "fill")
    assert (desk.orders_of(forged), desk.told(forged)) == ([], {})
    assert len(desk.deals()) == 1


@card("N81")
async def a_refused_fact(desk: Desk) -> None:
    desk.gateway.refuse["accepted"] = "FACT_MALFORMED"
    commands = [desk.entry(), desk.entry()]
    for command in commands:
        await desk.do(command, "send_started", "fill")
    await desk.polled(2)
    assert [desk.reported("accepted", command) for command in commands] == [1, 1]
    assert desk.of_kind("accepted") == []


@card("N82")
async def a_halt(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    desk.gateway.mode = "halted"
    await desk.polled(2)
    facts = await desk.do(desk.entry(), "unsent")
    assert facts["unsent"].body["code"] == "HALTED"
    desk.gateway.lease(close)
    await desk.until(lambda: close.command_id in desk.gateway.given, "the close leased")
    await desk.polled(2)
    assert (desk.told(close), desk.held()) == ({}, 10)
    desk.gateway.mode = "reducing"
    await desk.polled(2)
    facts = await desk.do(desk.entry(), "unsent")
    assert facts["unsent"].body["code"] == "HALTED"
    await desk.do(close, "fill")
    assert desk.positions() == []


@card("N83")
async def too_late_at_the_node(desk: Desk) -> None:
    late = desk.entry(valid_until=datetime.now(tz=UTC) - timedelta(seconds=1))
    facts = await desk.do(late, "unsent")
    assert facts["unsent"].body["code"] == "EXPIRED_UNSENT"
    assert "send_started" not in facts
    assert desk.orders() == []


@card("N84", started=False)
async def a_gateway_that_comes_late(desk: Desk) -> None:
    desk.gateway.faults["hello"].extend(("away", "broken", "unsigned", "unknown", "lost"))
    await desk.start()
    await desk.do(desk.entry(), "fill")


@card("N85")
async def a_copied_log(desk: Desk) -> None:
    await desk.node.stop()
    desk.gateway.log_id = str(uuid4())
    await desk.start()
    await desk.node.stop()
    await desk.start()
    told = [body["log_id"] for body in desk.gateway.bodies("hello")]
    assert told[0] == told[1] != told[2] == desk.gateway.log_id


@card("N86", started=False, enrolled=False)
async def an_enrolment_code(desk: Desk) -> None:
    desk.gateway.faults["enrol"].append("away")
    desk.node.start_enrolling(CODE)
    await desk.until(lambda: bool(desk.gateway.bodies("poll")), "the node asks for work")
    await desk.node.stop()
    await desk.start()
    await desk.do(desk.entry(), "fill")
    assert len(desk.gateway.bodies("enrol")) == 1
