"""When a node reports: news at once, those that follow soon together, and nothing is left behind."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, cast

import orjson

from argos.node.gateway_client import GatewayClient
from argos.node.report_pump import ReportPump
from argos.node.settings import NodeTimings
from unit.node.rig import Rig, entry

LONG_MS = 3_600_000


@dataclass
class Gateway:
    """Takes every fact; `calls` are the numbers of facts that came together."""

    calls: list[int] = field(default_factory=list)

    async def call(self, _path: str, body: bytes, **_: object) -> Mapping[str, Any]:
        facts = orjson.loads(body)["facts"]
        self.calls.append(len(facts))
        return {"accepted": [fact["fact_id"] for fact in facts]}


async def running(
    rig: Rig, gateway: Gateway, *, told: Callable[[ReportPump], Awaitable[None]]
) -> None:
    pump = ReportPump(client=cast(GatewayClient, gateway), log=rig.log, session=rig.session)
    task = asyncio.create_task(pump.run())
    try:
        await told(pump)
    finally:
        task.cancel()


async def settled(rig: Rig, *, left: bool) -> None:
    """Some turns of the loop, in which whatever can be sent is; the outbox is then as `left` says."""
    for _ in range(20):
        await asyncio.sleep(0)
    assert bool(rig.log.read.pending_facts(limit=1)) is left


async def test_what_follows_a_report_soon_waits_and_goes_together(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(settings={"timings": NodeTimings(report_rest_ms=LONG_MS)})
    gateway = Gateway()

    async def told(pump: ReportPump) -> None:
        await rig.deliver(entry("a"))
        await settled(rig, left=False)
        assert len(gateway.calls) == 1

        await rig.deliver(entry("b"))
        await rig.deliver(entry("c"))
        await settled(rig, left=True)
        pump.hurry()
        await settled(rig, left=False)

    await running(rig, gateway, told=told)
    first, then = gateway.calls
    assert then == 2 * first


async def test_after_its_rest_news_go_at_once(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(settings={"timings": NodeTimings(report_rest_ms=LONG_MS)})
    gateway = Gateway()

    async def told(_: ReportPump) -> None:
        for name in ("a", "b"):
            await rig.deliver(entry(name))
            await settled(rig, left=False)
            rig.clock.advance(LONG_MS)

    await running(rig, gateway, told=told)
    assert len(gateway.calls) == 2


async def test_who_is_hurried_with_nothing_to_tell_does_not_rest_before_the_next_news(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(settings={"timings": NodeTimings(report_rest_ms=LONG_MS)})
    gateway = Gateway()

    async def told(pump: ReportPump) -> None:
        await rig.deliver(entry("a"))
        await settled(rig, left=False)
        pump.hurry()
        await rig.deliver(entry("b"))
        await settled(rig, left=False)

    await running(rig, gateway, told=told)
    assert len(gateway.calls) == 2


async def test_a_backlog_is_brought_home_in_batches_without_rests(
    make_rig: Callable[..., Rig],
) -> None:
    rig = make_rig(settings={"timings": NodeTimings(report_rest_ms=LONG_MS)})
    gateway = Gateway()
    for number in range(200):
        await rig.deliver(entry(str(number)))

    async def told(_: ReportPump) -> None:
        await settled(rig, left=False)

    await running(rig, gateway, told=told)
    assert gateway.calls[0] == 500
    assert sum(gateway.calls) > 500
