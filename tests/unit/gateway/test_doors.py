"""The gateway's copy of who may come in: a slow reading never takes the place of a newer one."""

import asyncio

from argos.flows.accept_alert import Doors
from argos.gateway.doors import NO_DOORS, DoorsCopy, NodeKeys

OLD, NEW = bytes([1]) * 32, bytes([2]) * 32


async def test_a_refresh_waits_for_one_that_began_with_the_old_state() -> None:
    stored, hold = [OLD], asyncio.Event()
    readings: list[bytes] = []

    async def read_doors() -> Doors:
        return NO_DOORS

    async def read_node_keys() -> NodeKeys:
        key = stored[-1]
        readings.append(key)
        if key == OLD:
            await hold.wait()
        return {"node": ("meridian", (key,))}

    doors = DoorsCopy(read_doors=read_doors, read_node_keys=read_node_keys)
    slow = asyncio.create_task(doors.refresh())
    while not readings:
        await asyncio.sleep(0)
    stored.append(NEW)
    newer = asyncio.create_task(doors.refresh())
    await asyncio.sleep(0)
    hold.set()
    await asyncio.gather(slow, newer)
    assert readings == [OLD, NEW]
    assert doors.node_keys["node"][1] == (NEW,)
