"""Whatever crashes, duplicates, failed looks and late arrivals do: one command is submitted once at most."""

import asyncio
from collections import Counter
from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from hypothesis import given, settings
from hypothesis import strategies as st

from argos.core.errors import VenueUnreachable
from argos.ports import VenueOrderState
from argos.protocol.commands import Command
from unit.node.fake_venue import START, Crash, FakeClock, FakeVenue
from unit.node.rig import Rig, entry, limit_entry

COMMANDS = (
    entry("market"),
    limit_entry("limit"),
    entry("long", valid_until=START + timedelta(hours=1), lease_ms=3_600_000),
)

WORDS = (
    "ok", "refuse", "lost_request", "lost_answer", "crash_before", "crash_after", "partial", "late",
)  # fmt: skip

DELIVERIES = st.tuples(
    st.just("deliver"), st.sampled_from(COMMANDS), st.integers(1, 3), st.sampled_from(WORDS)
)
STEPS = st.one_of(
    DELIVERIES,
    DELIVERIES,
    st.just(("look", "ok")),
    st.tuples(st.just("look"), st.sampled_from(["unreachable", "crash"])),
    st.tuples(st.just("wait"), st.sampled_from([1, 900, 5_000, 31_000])),
    st.tuples(st.just("restart")),
    st.tuples(st.just("arrive")),
)


async def take(rig: Rig, step: tuple[object, ...]) -> None:
    match step:
        case ("deliver", Command() as command, int(attempt), str(word)):
            rig.venue.script.append(word)
            await rig.deliver(replace(command, attempt=attempt))
        case ("look", str(word)):
            rig.venue.scan_script.append(word)
            await rig.look()
        case ("wait", int(ms)):
            rig.clock.advance(ms)
            rig.hear()
        case ("restart",):
            await rig.restart()
        case ("arrive",):
            rig.venue.arrive()


async def live_through(rig: Rig, steps: list[tuple[object, ...]]) -> None:
    for step in steps:
        try:
            with suppress(VenueUnreachable):
                await take(rig, step)
        except Crash:
            rig.venue.scan_script.clear()
            await rig.restart()
        rig.venue.script.clear()
        rig.venue.scan_script.clear()


async def heal(rig: Rig) -> None:
    """Everything works again, and stays so for longer than any doubt may last."""
    rig.venue.arrive()
    rig.clock.advance(3_600_000)
    await rig.look_for(63)


def check(rig: Rig) -> None:
    sent = Counter(magic for kind, magic in rig.venue.calls if kind == "submit")
    assert all(count == 1 for count in sent.values())
    there = Counter(order.identity.magic for order in rig.venue.orders.values())
    assert all(count == 1 for count in there.values())
    told = {fact.fact_id: fact for fact in rig.facts()}
    fills = {f.body["venue_exec_id"] for f in told.values() if f.kind.value == "fill"}
    assert fills == {execution.venue_exec_id for execution in rig.venue.executions}
    for command in COMMANDS:
        check_story(rig, command)


def check_story(rig: Rig, command: Command) -> None:
    """After healing no doubt is left, and what is told is what the broker holds."""
    kinds = set(rig.kinds(command))
    held = [o for o in rig.venue.orders.values() if o.identity.magic == command.magic]
    assert rig.state(command) not in {"doubt", "send_started"}
    if held:
        assert kinds & {"accepted"}
        assert (held[0].state is VenueOrderState.CANCELED) == ("canceled" in kinds)
    else:
        assert not kinds & {"accepted", "fill"}
        sent = rig.state(command) not in {"unknown", "unsent"}
        assert not sent or kinds & {"rejected", "not_found"}
    assert ("rejected" in kinds) == (command.magic in rig.venue.refused)


@settings(max_examples=200, deadline=None)
@given(steps=st.lists(STEPS, max_size=16))
def test_a_command_is_submitted_at_most_once_and_its_end_is_told(
    steps: list[tuple[object, ...]],
) -> None:
    with TemporaryDirectory() as folder:
        venue = FakeVenue(FakeClock())
        rig = Rig(path=Path(folder) / "node.db", clock=venue.clock, venue=venue)

        async def story() -> None:
            await live_through(rig, steps)
            await heal(rig)
            check(rig)

        try:
            asyncio.run(story())
        finally:
            rig.log.close()
