"""A whole node at work: commands in their order, reports that are not taken, brokers that fail, doubt."""

import asyncio
from dataclasses import replace
from decimal import Decimal

import pytest

from argos.node.log import NodeLog
from argos.node.runtime import run_node
from argos.node.settings import NodeSettings
from contract.node.gateway_stub import GatewayStub
from contract.node.live import TIMINGS, LiveVenue, entry, running, until
from unit.node.fake_venue import ACCOUNT


async def test_the_next_poll_is_out_while_the_command_is_still_at_the_broker(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: any(body["in_flight"] for body in gateway.bodies("poll")))
        await until(lambda: gateway.kinds(command) == ["send_started"])
        venue.gate.set()
        await until(lambda: "fill" in gateway.kinds(command))


async def test_commands_of_one_answer_go_out_in_their_planned_order(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    first, second, third = (entry(name, seq=seq) for seq, name in enumerate("abc"))
    async with running(settings, venue):
        gateway.lease(third, first, second)
        await until(lambda: venue.count("submit") == 3)
    assert [magic for _, magic in venue.calls] == [first.magic, second.magic, third.magic]


async def test_a_hint_brings_the_scan_forward(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.settings = {"scan_ms": 1_000_000}
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
        await until(lambda: len(venue.cursors) >= 1)
        venue.trade_by_hand(Decimal(1))
        venue.hint.set()
        await until(lambda: any(f.kind.value == "deal" for f in gateway.facts.values()))


async def test_a_refused_fact_is_kept_and_does_not_hold_up_the_others(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.refuse = {"accepted": "FACT_MALFORMED"}
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert gateway.kinds(command) == ["send_started", "fill"]
    log = NodeLog.open(settings.log_path, account=ACCOUNT, now_ms=0)
    assert log.read.pending_facts(limit=9) == []
    log.close()


def _in_no_hurry(settings: NodeSettings) -> NodeSettings:
    """Once the node pauses because its lanes are full, it does so for longer than the test lasts."""
    timings = replace(TIMINGS, retry_ms_min=1_000_000, again_ms_max=1_000_000)
    return replace(settings, timings=timings)


async def test_a_command_of_which_no_fact_is_taken_does_not_come_again_and_again(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    gateway.refuse = dict.fromkeys(("send_started", "accepted", "fill"), "FACT_MALFORMED")
    command = entry()
    gateway.insists_on = [command]
    async with running(_in_no_hurry(settings), venue):
        await until(lambda: gateway.given.count(command.command_id) > 1)
        scans = len(venue.cursors)
        await until(lambda: len(venue.cursors) > scans + 10)
    assert venue.count("submit") == 1
    # Each time it is in flight at the next poll, which therefore waits.
    assert gateway.given.count(command.command_id) <= 3


async def test_commands_that_find_no_place_are_not_asked_for_without_a_pause(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    held, waiting = entry("held"), entry("waiting", symbol="AAPL")
    gateway.insists_on = [held]
    async with running(replace(_in_no_hurry(settings), queue_max=1), venue):
        await until(lambda: gateway.kinds(held) == ["send_started"])
        gateway.insists_on = [held, waiting]
        await until(lambda: waiting.command_id in gateway.given)
        scans = len(venue.cursors)
        await until(lambda: len(venue.cursors) > scans + 10)
        given = gateway.given.count(waiting.command_id)
        venue.gate.set()
    assert given == 1


async def test_what_found_no_place_is_carried_out_once_there_is_room(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.gate.clear()
    held, waiting = entry("held"), entry("waiting", symbol="AAPL")
    gateway.insists_on = [held, waiting]
    async with running(replace(settings, queue_max=1), venue):
        await until(lambda: gateway.given.count(waiting.command_id) > 2)
        gateway.insists_on = [waiting]
        venue.gate.set()
        await until(lambda: "fill" in gateway.kinds(waiting))


async def test_a_batch_that_is_too_large_is_split(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    for _ in range(39):
        venue.trade_by_hand(Decimal(1))
    gateway.faults["reports"].extend(["too_large"] * 2)
    async with running(settings, venue):
        await until(lambda: len(gateway.facts) >= 40)
    # 40 facts: 39 deals and the positions; halved twice.
    assert gateway.batches[:4] == [10, 10, 10, 10]


async def test_batches_hold_five_hundred_at_most(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    for _ in range(1_100):
        venue.trade_by_hand(Decimal(1))
    async with running(settings, venue):
        await until(lambda: len(gateway.facts) >= 1_101)
    assert gateway.batches[:3] == [500, 500, 101]


async def test_a_broker_that_comes_late_is_waited_for(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.connect_failures = 3
    venue.scan_script.extend(["unreachable", "unreachable"])
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
    assert venue.connected == 1
    assert venue.cursors[:3] == ["", "", ""]


async def test_failing_scans_do_not_stop_the_work(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    command = entry()
    async with running(settings, venue):
        await until(lambda: gateway.bodies("poll"))
        venue.scan_script.extend(["unreachable"] * 5)
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command) and not venue.scan_script)


async def test_what_was_in_doubt_at_the_kill_is_settled_by_the_next_start(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    command = entry()
    venue.gate.clear()
    stop = asyncio.Event()
    task = asyncio.create_task(run_node(settings, venue, stop=stop))
    gateway.lease(command)
    await until(lambda: gateway.kinds(command) == ["send_started"])
    task.cancel()  # in the middle of the call
    with pytest.raises(asyncio.CancelledError):
        await task
    venue.gate.set()

    async with running(settings, venue):
        await until(lambda: "in_doubt" in gateway.kinds(command))
        gateway.lease(replace(command, attempt=2))
        await until(lambda: len(gateway.bodies("poll")) > 4)
    assert venue.count("submit") == 0


async def test_a_doubt_ends_by_looking_while_everything_goes_on(
    settings: NodeSettings, gateway: GatewayStub, venue: LiveVenue
) -> None:
    venue.script.append("lost_answer")
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: "accepted" in gateway.kinds(command))
    assert gateway.kinds(command) == ["send_started", "in_doubt", "fill", "accepted"]


async def test_a_repeat_at_a_venue_with_unique_ids_goes_through_the_lane(
    settings: NodeSettings, gateway: GatewayStub
) -> None:
    venue = LiveVenue(unique_client_ids=True)
    venue.script.append("lost_request")
    command = entry()
    async with running(settings, venue):
        gateway.lease(command)
        await until(lambda: "fill" in gateway.kinds(command))
    assert venue.count("submit") == 2


# Keys.
