from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

import aiohttp
import pytest
from aiohttp.test_utils import unused_port

from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick, TickPhase

TICK = MarketTick(
    day=date(2008, 3, 4),
    phase=TickPhase.DAY,
    mids={"IBM": Decimal("98.7500"), "AAPL": Decimal("16.5")},
    at=datetime(2026, 1, 2, 3, 4, 5, 6, tzinfo=UTC),
)
NIGHT = replace(TICK, phase=TickPhase.NIGHT, rollover=True)


@pytest.fixture
async def session():
    async with aiohttp.ClientSession() as opened:
        yield opened


async def test_a_tick_carries_all_symbols_with_label_and_key(open_door, session):
    door = await open_door()
    await FeedLink(session=session, broker=door.address).offer(TICK)
    at = "2026-01-02T03:04:05.000006Z"
    assert door.posts == [
        {
            "ticks": [
                {"symbol": "IBM", "mid": "98.75", "at": at},
                {"symbol": "AAPL", "mid": "16.5", "at": at},
            ],
            "label": "2008-03-04",
            "rollover": False,
        }
    ]
    assert door.keys == ["Bearer k-1"]


async def test_a_broker_that_hangs_is_waited_for_once_and_then_left_behind(open_door, session):
    door = await open_door()
    link = FeedLink(session=session, broker=door.address, timeout_s=0.2)
    door.shut.set()
    await link.offer(TICK)
    assert link.away
    for _ in range(50):
        await link.offer(TICK)  # returns at once: at most one attempt is under way
    assert link.count.missed >= 50
    assert len(door.posts) <= 2
    door.shut.clear()
    await link.aclose()


async def test_a_broker_that_comes_back_gets_the_next_tick(open_door, session, eventually):
    door = await open_door()
    link = FeedLink(session=session, broker=door.address)
    door.status = 503
    await link.offer(TICK)
    assert link.away
    door.status = 200
    await link.offer(TICK)
    await eventually(lambda: not link.away)
    assert link.count.sent == 1
    await link.aclose()


async def test_a_night_the_broker_cannot_have_seen_is_made_up_for(open_door, session, eventually):
    port = unused_port()
    broker = BrokerAddress(url=f"http://127.0.0.1:{port}", feed_key="k")
    link = FeedLink(session=session, broker=broker)
    await link.offer(NIGHT)
    door = await open_door(port)
    await link.offer(TICK)
    await eventually(lambda: not link.away)
    await link.offer(TICK)
    assert [post["rollover"] for post in door.posts] == [True, False]


async def test_a_night_the_broker_may_have_seen_is_not_charged_again(
    open_door, session, eventually
):
    door = await open_door()
    link = FeedLink(session=session, broker=door.address, timeout_s=0.2)
    door.shut.set()
    await link.offer(NIGHT)
    door.shut.clear()
    await link.offer(TICK)
    await eventually(lambda: not link.away)
    assert [post["rollover"] for post in door.posts] == [True, False]
    await link.aclose()
