"""Cards about commands that come twice, late, or in another order."""

from dataclasses import replace
from decimal import Decimal

from argos.protocol.commands import Command
from contract.node.broker_link import Mishap
from contract.node.desks import Desk
from contract.node.mishaps import loses_next
from contract.node.season import card


@card("N70")
async def a_command_twice(desk: Desk) -> None:
    command = desk.entry()
    await desk.do(command, "accepted", "fill")
    desk.gateway.lease(command, command)
    await told_again(desk, command)


@card("N71")
async def a_command_again_after_a_restart(desk: Desk) -> None:
    command = await desk.opened()
    await desk.restart()
    desk.gateway.lease(command)
    await told_again(desk, command)


async def told_again(desk: Desk, command: Command) -> None:
    await desk.until(
        lambda: all(desk.reported(kind, command) > 1 for kind in ("accepted", "fill")), "told again"
    )
    assert (len(desk.orders_of(command)), len(desk.deals())) == (1, 1)


@card("N72")
async def the_planned_order(desk: Desk) -> None:
    command = desk.entry(seq=1)
    protect = desk.modify(command, sl=Decimal(90))
    close = desk.close(command, seq=3)
    desk.gateway.lease(close, protect, command)
    await desk.heard(close, "fill")
    await desk.heard(protect, "modified")
    assert desk.positions() == []


@card("N73", linked=True)
async def another_symbol_does_not_wait(desk: Desk) -> None:
    held = desk.rule("submit", Mishap.HELD_BEFORE)
    slow = desk.entry()
    desk.gateway.lease(slow)
    await desk.hit(held)
    await desk.do(desk.entry(symbol=await desk.another_symbol()), "fill")
    assert desk.told(slow).keys() <= {"send_started"}
    held.released.set()


@card("N74", linked=True)
async def a_doubt_is_in_flight(desk: Desk) -> None:
    loses_next(desk, "submit")
    # Where it may be sent again it is held there, so that it stays in flight.
    desk.rule("submit", Mishap.HELD_BEFORE)
    command = desk.entry()
    await desk.do(command, "in_doubt")
    await desk.polled()
    assert desk.gateway.bodies("poll")[-1]["in_flight"] == [str(command.command_id)]


@card("N75")
async def a_lease_that_is_over(desk: Desk) -> None:
    command = desk.entry(lease_ms=0)
    desk.gateway.lease(command)
    await desk.until(lambda: command.command_id in desk.gateway.given, "the lease given")
    await desk.polled(2)
    assert (desk.logged(command), desk.told(command), desk.orders()) == ("", {}, [])
    await desk.do(replace(command, lease_ms=10_000), "fill")
    assert len(desk.deals()) == 1
