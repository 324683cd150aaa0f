import asyncio
import signal
from datetime import date

import pytest

from argos.core.errors import InputError
from argos.rehearsal.everyday import MarketSettings, run_market
from argos.rehearsal.feed import BrokerAddress
from argos.rehearsal.market import day_ticks
from argos.rehearsal.prices import load_trading_days

DEADLINE_S = 10
START, END = date(2008, 3, 3), date(2008, 3, 7)


async def test_brokers_get_the_prices_of_the_clocks_place_until_stopped(open_door, eventually):
    door = await open_door()
    settings = MarketSettings(
        brokers=(door.address,), symbols=("IBM",), start=START, end=END, ticks_per_day=8, day_s=0.2
    )
    days = load_trading_days(symbols=("IBM",), start=START, end=END)
    stop = asyncio.Event()
    running = asyncio.create_task(run_market(settings, stop=stop))
    await eventually(lambda: sum(post["rollover"] for post in door.posts) >= 2)
    stop.set()
    await running
    prices = {
        (day.date.isoformat(), str(tick["IBM"].normalize()))
        for day in days
        for tick in day_ticks(day, seed=settings.seed, ticks=8)
    }
    assert {(post["label"], post["ticks"][0]["mid"]) for post in door.posts} <= prices


async def test_sigterm_stops_it_cleanly(open_door, eventually):
    door = await open_door()
    settings = MarketSettings(
        brokers=(door.address,), symbols=("IBM",), start=START, end=END, ticks_per_day=4, day_s=0.2
    )
    running = asyncio.create_task(run_market(settings))
    await eventually(lambda: bool(door.posts))  # by then the handler is in place
    signal.raise_signal(signal.SIGTERM)
    await asyncio.wait_for(running, timeout=DEADLINE_S)
    assert running.exception() is None


async def test_a_night_is_charged_once(open_door, eventually):
    door = await open_door()
    settings = MarketSettings(
        brokers=(door.address,), symbols=("IBM",), start=START, end=END, ticks_per_day=4, day_s=4
    )
    stop = asyncio.Event()
    last_tick_of_a_day = 3.0
    running = asyncio.create_task(
        run_market(settings, stop=stop, unix_s_now=lambda: last_tick_of_a_day)
    )
    await eventually(lambda: len(door.posts) == 1)
    stop.set()
    await running
    assert [post["rollover"] for post in door.posts] == [True]


@pytest.mark.parametrize(
    ("change", "code"),
    [({"ticks_per_day": 3}, "MARKET_TICKS_TOO_FEW"), ({"day_s": 0.01}, "MARKET_TOO_FAST")],
)
async def test_settings_that_cannot_work_are_refused(change, code):
    broker = BrokerAddress(url="http://127.0.0.1:1", feed_key="k")
    settings = MarketSettings(**{"brokers": (broker,), **change})
    with pytest.raises(InputError, match=code):
        await run_market(settings)
