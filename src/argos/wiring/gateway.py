"""Builds the gateway: which role each pool connects as, and which desk gets which store."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from ipaddress import ip_network
from typing import Final

from fastapi import FastAPI

from argos.core.errors import StoreError
from argos.dsn import Access
from argos.flows.accept_alert import Doors
from argos.gateway.alerts import AlertDesk
from argos.gateway.app import Desks, build_app
from argos.gateway.brakes import BrakeDesk
from argos.gateway.doors import REFRESH_S, DoorsCopy, read_doors
from argos.gateway.equity import EquityKeeper
from argos.gateway.health import HealthDesk
from argos.gateway.journal import JournalDesk
from argos.gateway.leasing import LeaseTurns
from argos.gateway.node_keys import KeyExchange
from argos.gateway.nodes import NodeDesk
from argos.gateway.rate import RateLimit
from argos.gateway.reading import ReadingDesk
from argos.gateway.waking import Waker
from argos.settings import Settings
from argos.store.alerts import AlertWriter
from argos.store.brakes import BrakeStore
from argos.store.collecting import CollectingStore
from argos.store.database import open_pool
from argos.store.equity import EquityReader, EquityStore
from argos.store.journal import JournalStore
from argos.store.lanes import LaneStore
from argos.store.watching import Listener, read_configuration

_FINDS_BY_KEYS: Final = frozenset({"argos_gateway", "argos_dispatch"})


def build_gateway(access: Access, settings: Settings) -> FastAPI:
    """The gateway's application; pools and loops live as long as it serves."""

    @contextlib.asynccontextmanager
    async def open_desks() -> AsyncIterator[Desks]:
        async with contextlib.AsyncExitStack() as stack:
            yield await _open_desks(stack, access, settings)

    return build_app(open_desks)


async def _open_desks(
    stack: contextlib.AsyncExitStack, access: Access, settings: Settings
) -> Desks:
    chosen = settings.gateway
    sizes = {
        "argos_gateway": chosen.ingest_connections + 1,
        "argos_dispatch": chosen.node_connections,
        "argos_reader": chosen.reader_connections,
        "argos_control": 2,
    }
    pools = {}
    for role, size in sizes.items():
        pool = await open_pool(
            access.as_role(role), name=role[6:], size_max=size, by_keys=role in _FINDS_BY_KEYS
        )
        stack.push_async_callback(pool.close)
        pools[role] = pool
    waker = Waker()
    stack.callback(waker.stop)
    lanes = LaneStore(pools["argos_dispatch"])

    async def current_doors() -> Doors:
        return read_doors(await read_configuration(pools["argos_gateway"]))

    doors = DoorsCopy(read_doors=current_doors, read_node_keys=lanes.node_keys)
    equity = EquityKeeper(EquityStore(pools["argos_dispatch"]), clock=_now, span_s=chosen.equity_s)
    nodes = NodeDesk(
        doors=doors,
        lanes=lanes,
        turns=LeaseTurns(lanes, clock=_now),
        facts=CollectingStore(pools["argos_dispatch"]),
        keys=KeyExchange(lanes, doors=doors),
        equity=equity,
        waker=waker,
        settings=settings.node.model_dump(),
    )
    await doors.refresh()
    nodes.halts = await lanes.read_halts()
    await nodes.keys.read()
    writer = AlertWriter(pools["argos_gateway"], writers=chosen.ingest_connections)
    stack.push_async_callback(writer.aclose)

    async def brakes_changed() -> None:
        nodes.halts = await lanes.read_halts()
        waker.wake_all()

    changes = asyncio.Event()

    def noticed(channel: str, payload: str) -> None:
        if channel == "argos_lane" and payload:
            waker.wake(payload)
            return
        doors.refresh_soon()
        changes.set()

    async def follow_changes() -> None:
        """When told, and every few seconds anyway: a copy that missed a change would hold nodes back for good."""
        while True:
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(changes.wait(), REFRESH_S)
            changes.clear()
            with contextlib.suppress(StoreError):
                before = nodes.halts, nodes.keys.changes
                nodes.halts = await lanes.read_halts()
                await nodes.keys.read()
                if (nodes.halts, nodes.keys.changes) != before:
                    waker.wake_all()

    listener = Listener(
        access.as_role("argos_dispatch"),
        channels=("argos_lane", "argos_config"),
        on_notice=noticed,
    )
    stack.push_async_callback(listener.aclose)
    return Desks(
        alerts=AlertDesk(
            doors=doors,
            writer=writer,
            proxies=[ip_network(network) for network in chosen.trusted_proxies],
            rates=RateLimit(),
        ),
        nodes=nodes,
        reading=ReadingDesk(pools["argos_reader"]),
        journal=JournalDesk(
            JournalStore(pools["argos_reader"]), EquityReader(pools["argos_reader"])
        ),
        brakes=BrakeDesk(
            store=BrakeStore(pools["argos_control"], reader=pools["argos_reader"]),
            on_change=brakes_changed,
        ),
        health=HealthDesk(pools["argos_reader"], doors=doors),
        background=(doors.run, follow_changes, equity.run),
    )


def _now() -> datetime:
    return datetime.now(UTC)
