"""Cards about what the node does when it cannot know: it looks."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from contract.node.broker_link import Mishap
from contract.node.cards.orders import standing_levels
from contract.node.desks import BRIEFLY, Desk
from contract.node.mishaps import all_unclear, loses_next, loses_next_answer
from contract.node.season import card


async def found_after_doubt(desk: Desk) -> None:
    """A node that looks while it waits for the answer may find the order before there is a doubt."""
    command = desk.entry()
    facts = await desk.do(command, "send_started", "accepted", "fill")
    assert not {"not_found", "rejected"} & facts.keys()
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N43", answer_ms=2_000)
async def an_answer_that_never_comes(desk: Desk) -> None:
    await desk.fault("accept_then_timeout", request="submit")
    await found_after_doubt(desk)


@card("N44")
async def a_cut_in_place_of_an_answer(desk: Desk) -> None:
    await desk.fault("lost_answer", request="submit")
    await found_after_doubt(desk)


@card("N45", linked=True)
async def never_twice(desk: Desk) -> None:
    loses_next(desk, "submit")
    command = desk.brief_entry()
    facts = await desk.do(command, "send_started", "in_doubt", "not_found")
    assert command.valid_until is not None
    assert facts["not_found"].at >= command.valid_until
    assert facts["not_found"].body["looks"] >= 2
    assert desk.orders() == []


@card("N46", linked=True)
async def again_where_it_is_safe(desk: Desk) -> None:
    loses_next(desk, "submit")
    command = desk.entry()
    facts = await desk.do(command, "in_doubt", "accepted", "fill")
    assert facts["accepted"].body["attempt"] == 2
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N47", linked=True)
async def every_unclear_answer(desk: Desk) -> None:
    commands = []
    for seq, answer in enumerate(all_unclear(desk)):
        desk.rule("submit", Mishap.ANSWERED_AFTER, **answer)
        commands.append(desk.entry(seq=seq))
    desk.gateway.lease(*commands)
    for command in commands:
        facts = await desk.heard(command, "accepted", "fill")
        assert not {"not_found", "rejected"} & facts.keys()
        assert len(desk.orders_of(command)) == 1
    assert len(desk.deals()) == len(commands)


@card("N48", linked=True, answer_ms=2_000)
async def a_slow_broker(desk: Desk) -> None:
    late = desk.rule("submit", Mishap.DELAYED)
    command = desk.entry()
    await desk.do(command, "in_doubt")
    await desk.hit(late)
    assert desk.orders() == []
    late.released.set()
    facts = await desk.heard(command, "fill")
    assert "not_found" not in facts
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N49", linked=True)
async def a_close_is_sent_again(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    loses_next(desk, "close")
    facts = await desk.do(close, "in_doubt", "accepted", "fill")
    assert facts["accepted"].body["attempt"] == 2
    assert (desk.positions(), len(desk.deals())) == ([], 2)


@card("N50", linked=True)
async def a_close_in_silence(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    loses_next_answer(desk, "close")
    facts = await desk.do(close, "accepted", "fill")
    assert facts["accepted"].body["attempt"] == 1
    assert (len(desk.orders_of(close)), desk.positions()) == (1, [])


@card("N51", linked=True)
async def a_cancel_in_doubt(desk: Desk) -> None:
    command = await desk.rested()
    loses_next_answer(desk, "cancel")
    await desk.do(desk.cancel(command), "canceled")
    assert desk.working() == []


@card("N52", linked=True)
async def a_change_in_doubt(desk: Desk) -> None:
    command = await desk.opened(sl=Decimal(90))
    loses_next_answer(desk, "modify")
    await desk.do(desk.modify(command, sl=Decimal(92)), "modified")
    assert standing_levels(desk) == {Decimal(92)}


@card("N53", linked=True)
async def no_doubt_ends_out_of_reach(desk: Desk) -> None:
    outage = BRIEFLY + timedelta(seconds=1)
    lost = desk.rule("submit", Mishap.HELD_BEFORE)
    command = desk.brief_entry()
    desk.gateway.lease(command)
    await desk.hit(lost)
    cut_at = datetime.now(tz=UTC)
    await desk.fault("disconnect", delay_ms=outage // timedelta(milliseconds=1))
    lost.released.set()
    facts = await desk.heard(command, "in_doubt", "not_found")
    assert facts["not_found"].at >= cut_at + outage
    assert desk.orders() == []


@card("N54", linked=True)
async def a_failed_question(desk: Desk) -> None:
    command = await desk.opened()
    await desk.until(lambda: bool(desk.positions_told()), "the position")
    kept = len(desk.of_kind("position"))
    failing = desk.rule("positions", Mishap.ANSWERED_BEFORE, count=5, status=500, body={})
    await desk.until(lambda: failing.count == 0, "five failed questions")
    await desk.polled(2)
    assert len(desk.of_kind("position")) == kept
    close = desk.close(command)
    desk.gateway.insists_on = [close]  # a node that cannot see yet gives it back
    await desk.heard(close, "fill")
    desk.gateway.insists_on = []
    assert desk.positions() == []


@card("N55")
async def what_another_log_sent(desk: Desk) -> None:
    command = await desk.opened()
    await desk.node.stop()
    lose_log(desk)
    desk.gateway.facts.clear()
    brought = desk.reported("fill", command)
    await desk.start()
    facts = await desk.do(desk.again(command), "accepted")
    assert "send_started" not in facts
    # While nothing was known of the command it was nobody's deal; then it is told as its fill, under the same id.
    await desk.until(lambda: desk.reported("fill", command) > brought, "the fill")
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


def lose_log(desk: Desk) -> None:
    log = desk.node.log_path
    for path in log.parent.glob(f"{log.name}*"):
        path.unlink()


@card("N56")
async def a_further_attempt_without_a_trace(desk: Desk) -> None:
    command = desk.again(desk.brief_entry())
    facts = await desk.do(command, "in_doubt", "not_found")
    assert "send_started" not in facts
    assert desk.orders() == []
