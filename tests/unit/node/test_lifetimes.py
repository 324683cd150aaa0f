"""A working order whose time is over is ended by its node, whatever the venue thinks of such ends."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from argos.node.lifetimes import GRACE, Lifetimes
from argos.ports import ABLE, VenueStanding
from unit.node.fake_venue import START
from unit.node.rig import Rig, limit_entry

LASTS = timedelta(seconds=20)
GRACE_MS = int((LASTS + GRACE).total_seconds() * 1000)
COMMAND = limit_entry(working_until=START + LASTS)


@pytest.fixture
async def resting(rig: Rig) -> Rig:
    """A node whose limit order works."""
    await rig.deliver(COMMAND)
    return rig


async def enforce(rig: Rig) -> list[str]:
    """One look and what follows from it; the kinds of calls that the venue has had."""
    lifetimes = Lifetimes(venue=rig.venue, log=rig.log, session=rig.session)
    await lifetimes.enforce((await rig.scanner.fresh()).scan)
    return [name for name, _ in rig.venue.calls]


async def test_an_order_works_until_its_time_and_a_moment_of_grace(resting: Rig) -> None:
    resting.clock.advance(GRACE_MS - 1_000)
    assert await enforce(resting) == ["submit"]
    resting.clock.advance(1_000)
    assert await enforce(resting) == ["submit", "cancel"]
    assert resting.venue.calls[-1] == ("cancel", COMMAND.magic)
    await resting.scanner.fresh()
    assert "canceled" in resting.kinds(COMMAND)


async def test_a_cancel_that_is_refused_is_said_again_at_the_next_look(resting: Rig) -> None:
    resting.clock.advance(GRACE_MS)
    resting.venue.script.append("refuse")
    assert await enforce(resting) == ["submit", "cancel"]
    assert await enforce(resting) == ["submit", "cancel", "cancel"]
    assert await enforce(resting) == ["submit", "cancel", "cancel"]


@pytest.mark.parametrize("hindrance", ["fenced", "offline", "forbidden"])
async def test_nobody_is_asked_in_vain(resting: Rig, hindrance: str) -> None:
    resting.clock.advance(GRACE_MS)
    resting.session.fenced = hindrance == "fenced"
    resting.venue.stands = replace(
        ABLE, offline=hindrance == "offline", exits_wait=hindrance == "forbidden"
    )
    assert await enforce(resting) == ["submit"]
    resting.session.fenced, resting.venue.stands = False, VenueStanding()
    assert await enforce(resting) == ["submit", "cancel"]


async def test_an_order_without_an_end_works_on(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig()
    await rig.deliver(limit_entry())
    rig.clock.advance(86_400_000)
    assert await enforce(rig) == ["submit"]
