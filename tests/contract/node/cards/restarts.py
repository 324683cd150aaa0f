"""Cards about processes that die: the node's at each step of the way to the broker, and the broker's."""

import asyncio
from decimal import Decimal

from argos.protocol.commands import Command
from contract.node.broker_link import Mishap
from contract.node.cards.orders import standing_levels
from contract.node.desks import Desk
from contract.node.season import card


async def killed_on_the_line(desk: Desk, command: Command, mishap: Mishap) -> None:
    """Leases the command and kills the node while its request is held, before the broker or behind it."""
    held = desk.rule(command.kind.value, mishap)
    desk.gateway.lease(command)
    await desk.hit(held)
    desk.node.kill()
    held.released.set()
    await desk.start()


@card("N57")
async def lost_on_the_way_in(desk: Desk) -> None:
    command = desk.entry()
    await given_to_a_frozen_node(desk, command)
    desk.node.kill()
    assert desk.logged(command) == ""
    desk.gateway.insists_on = [command]
    await desk.start()
    await desk.heard(command, "send_started", "accepted", "fill")
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


async def given_to_a_frozen_node(desk: Desk, command: Command) -> None:
    """The answer to its poll lies in the node's socket, and the node cannot read it."""
    gateway = desk.gateway
    while command.command_id not in gateway.given:
        await desk.until(lambda: gateway.polling > 0, "a poll that waits")
        desk.node.freeze()
        gateway.lease(command)
        await desk.until(lambda: not gateway.polling, "the end of that poll")
        if command.command_id not in gateway.given:  # it had ended just before
            gateway.withdraw()
            desk.node.thaw()


@card("N58", linked=True)
async def killed_before_the_broker(desk: Desk) -> None:
    command = desk.brief_entry()
    await killed_on_the_line(desk, command, Mishap.HELD_BEFORE)
    facts = await desk.heard(command, "send_started", "in_doubt", "not_found")
    assert not {"accepted", "fill", "rejected"} & facts.keys()
    assert desk.orders() == []


@card("N59", linked=True)
async def killed_behind_the_broker(desk: Desk) -> None:
    command = desk.entry()
    await killed_on_the_line(desk, command, Mishap.HELD_AFTER)
    facts = await desk.heard(command, "send_started", "in_doubt", "accepted", "fill")
    assert "not_found" not in facts
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N60", linked=True)
async def killed_while_under_way(desk: Desk) -> None:
    late = desk.rule("submit", Mishap.DELAYED)
    command = desk.entry()
    desk.gateway.lease(command)
    await desk.hit(late)
    await desk.restart()
    await desk.heard(command, "send_started", "in_doubt")
    await desk.polled(2)
    assert desk.orders() == []
    late.released.set()
    facts = await desk.heard(command, "fill")
    assert "not_found" not in facts
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N61")
async def killed_before_the_gateway_heard(desk: Desk) -> None:
    desk.gateway.faults["reports"].extend(["away"] * 10_000)
    command = desk.entry()
    desk.gateway.lease(command)
    await desk.until(lambda: len(desk.deals()) == 1, "the deal")
    await desk.until(lambda: desk.logged(command) in {"answered", "done"}, "the answer logged")
    desk.node.kill()
    assert desk.told(command) == {}
    desk.gateway.faults["reports"].clear()
    await desk.start()
    await desk.heard(command, "send_started", "accepted", "fill")
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N62")
async def killed_before_it_knew_that(desk: Desk) -> None:
    desk.gateway.faults["reports"].extend(["lost"] * 10_000)
    command = desk.entry()
    before = {*desk.gateway.facts}
    await desk.do(command, "send_started", "accepted", "fill")
    desk.node.kill()
    told = {*desk.gateway.facts} - before
    desk.gateway.faults["reports"].clear()
    brought = desk.reported("fill", command)
    await desk.start()
    await desk.until(lambda: desk.reported("fill", command) > brought, "told again")
    about = {
        str(f.fact_id) for f in desk.gateway.facts.values() if f.command_id == command.command_id
    }
    assert about <= told
    assert len(desk.deals()) == 1


@card("N63", linked=True)
async def a_close_killed_behind_the_broker(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    await killed_on_the_line(desk, close, Mishap.HELD_AFTER)
    await desk.heard(close, "in_doubt", "accepted", "fill")
    assert (len(desk.orders_of(close)), desk.positions()) == (1, [])


@card("N64", linked=True)
async def a_close_killed_before_the_broker(desk: Desk) -> None:
    close = desk.close(await desk.opened())
    await killed_on_the_line(desk, close, Mishap.HELD_BEFORE)
    facts = await desk.heard(close, "in_doubt", "accepted", "fill")
    assert facts["accepted"].body["attempt"] == 2
    assert (desk.positions(), len(desk.deals())) == ([], 2)


@card("N65", linked=True)
async def a_cancel_killed_behind_the_broker(desk: Desk) -> None:
    cancel = desk.cancel(await desk.rested())
    await killed_on_the_line(desk, cancel, Mishap.HELD_AFTER)
    await desk.heard(cancel, "in_doubt", "canceled")
    assert desk.working() == []


@card("N66", linked=True)
async def a_change_killed_behind_the_broker(desk: Desk) -> None:
    command = await desk.opened(sl=Decimal(90))
    await killed_on_the_line(
        desk, modify := desk.modify(command, sl=Decimal(92)), Mishap.HELD_AFTER
    )
    await desk.heard(modify, "in_doubt", "modified")
    assert standing_levels(desk) == {Decimal(92)}


@card("N67")
async def what_happened_while_it_was_gone(desk: Desk) -> None:
    command = await desk.opened(sl=Decimal(95))
    desk.node.kill()
    await desk.feed("94")
    await desk.by_hand("buy", 3)
    await desk.start()

    def are_told() -> bool:
        told = sorted(fact.body["reason"] for fact in desk.of_kind("deal"))
        return told == ["manual", "sl"]

    await desk.until(are_told, "both deals")
    assert len(desk.fills(command)) == 1


@card("N68")
async def a_new_epoch_of_the_same_log(desk: Desk) -> None:
    await desk.opened()
    assert await desk.node.stop() == 0
    given = len(desk.gateway.counters)
    await desk.start()
    await desk.do(desk.entry(), "fill")
    first, second = desk.gateway.bodies("hello")
    assert first["log_id"] == second["log_id"]
    assert max(desk.gateway.counters[:given]) <= int(second["log_counter"])
    assert min(desk.gateway.counters[given:]) > int(second["log_counter"]) - 1
    assert len(set(desk.gateway.counters)) == len(desk.gateway.counters)
    assert desk.gateway.epochs[-1][1] == 2


@card("N69", own_broker=True)
async def a_broker_that_came_back(desk: Desk) -> None:
    await desk.opened()
    command = await desk.rested("95")
    told = desk.of_kind("position")
    desk.shared.process.kill()
    await asyncio.to_thread(desk.shared.process.start)
    await desk.feed("94.50")
    await desk.heard(command, "fill")
    flat = [f for f in desk.of_kind("position") if f not in told and not f.body["positions"]]
    assert flat == []
    await desk.until(lambda: desk.held() == 20, "both positions")
