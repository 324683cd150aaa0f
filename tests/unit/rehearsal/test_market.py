import asyncio
from decimal import Decimal
from itertools import islice

import aiohttp
import pytest

from argos.core.errors import InvariantError
from argos.core.money import BPS
from argos.prices.demo import PRICE_STEP
from argos.rehearsal.feed import BrokerAddress, FeedLink, TickPhase
from argos.rehearsal.market import Pace, ReplayMarket, day_ticks, standing_prices

FAST = Pace(day_ms=4, hold_ms=1, hold_ms_max=50, hold_tick_ms=1)
TWO_DAYS = {"IBM": [1_000_000, 1_010_000], "AAPL": [200_000, 190_000]}


class Witness:
    """An onlooker that remembers, and may take its time at a close."""

    def __init__(self, *, before_return=None, orders_are_out=False):
        self.ticks = []
        self.closes = []
        self.orders_are_out = orders_are_out
        self._before_return = before_return

    async def on_tick(self, tick):
        self.ticks.append(tick)

    async def on_close(self, day):
        self.closes.append(day.date)
        if self._before_return:
            await self._before_return(self)
        return self.orders_are_out


def market(days, **kwargs):
    return ReplayMarket(**{"days": days, "seed": 7, "ticks_per_day": 6, "pace": FAST, **kwargs})


async def test_onlookers_see_each_days_path_then_its_close_then_its_night(make_days):
    days = make_days(TWO_DAYS)
    witness = Witness()
    run = await market(days, onlookers=[witness]).run()
    assert run.days == 2
    assert run.ticks == len(witness.ticks)
    assert witness.closes == [day.date for day in days]
    for day in days:
        ticks = [tick for tick in witness.ticks if tick.day == day.date]
        path = [tick.mids for tick in ticks if tick.phase is TickPhase.DAY]
        assert path == day_ticks(day, seed=7, ticks=6)
        assert [tick.rollover for tick in ticks] == [False] * (len(ticks) - 1) + [True]


async def test_all_symbols_stand_in_every_tick(make_days):
    witness = Witness()
    await market(make_days(TWO_DAYS), onlookers=[witness]).run()
    assert {frozenset(tick.mids) for tick in witness.ticks} == {frozenset({"IBM", "AAPL"})}


async def test_the_market_stands_at_the_close_until_the_onlooker_is_done(make_days):
    async def see_five_more_ticks(witness):
        seen = len(witness.ticks)
        while len(witness.ticks) < seen + 5:
            await asyncio.sleep(0)

    witness = Witness(before_return=see_five_more_ticks)
    days = make_days({"IBM": [1_000_000]})
    await market(days, onlookers=[witness]).run()
    held = [tick.mids["IBM"] for tick in witness.ticks if tick.phase is TickPhase.HOLD]
    close = days[0].bars["IBM"].close
    assert len(held) >= 5
    assert all(abs(price / close - 1) * BPS <= Decimal("1.01") for price in held)


async def test_the_market_stands_longer_when_orders_are_out(make_days):
    days = make_days({"IBM": [1_000_000]})
    held = {}
    for orders_are_out in (False, True):
        witness = Witness(orders_are_out=orders_are_out)
        await market(days, onlookers=[witness]).run()
        held[orders_are_out] = sum(tick.phase is TickPhase.HOLD for tick in witness.ticks)
    assert held[True] > held[False]


async def test_the_next_day_waits_for_the_release(make_days):
    asked = iter([False, False, True] + [True] * 100)
    witness = Witness()
    run = await market(
        make_days({"IBM": [1_000_000]}), onlookers=[witness], released=lambda: next(asked)
    ).run()
    assert run.holds_cut == 0
    assert next(asked)


async def test_a_release_that_never_comes_does_not_stop_the_market(make_days):
    run = await market(make_days(TWO_DAYS), released=lambda: False).run()
    assert (run.days, run.holds_cut) == (2, 2)


async def test_a_stopped_market_finishes_its_day(make_days):
    stop = asyncio.Event()

    async def stop_now(_witness):
        stop.set()

    witness = Witness(before_return=stop_now)
    run = await market(make_days(TWO_DAYS), onlookers=[witness]).run(stop=stop)
    assert run.days == 1
    assert witness.ticks[-1].phase is TickPhase.NIGHT


async def test_what_an_onlooker_raises_ends_the_replay(make_days):
    async def fail(_witness):
        raise InvariantError("it broke")

    with pytest.raises(InvariantError, match="it broke"):
        await market(make_days(TWO_DAYS), onlookers=[Witness(before_return=fail)]).run()


async def test_after_the_run_the_last_prices_can_be_kept_standing(make_days):
    days = make_days(TWO_DAYS)
    witness = Witness()
    replay = market(days, onlookers=[witness])
    await replay.run()
    seen = len(witness.ticks)
    assert await replay.stand(until=lambda: len(witness.ticks) >= seen + 3, most_ms=5_000)
    assert not await replay.stand(until=lambda: False, most_ms=1)
    assert witness.ticks[-1].day == days[-1].date


async def test_one_absent_broker_costs_the_others_nothing(make_days, open_door):
    door = await open_door()
    nowhere = BrokerAddress(url="http://127.0.0.1:1", feed_key="k")
    witness = Witness()
    async with aiohttp.ClientSession() as session:
        feeds = [FeedLink(session=session, broker=broker) for broker in (nowhere, door.address)]
        await market(make_days(TWO_DAYS), feeds=feeds, onlookers=[witness]).run()
        for feed in feeds:
            await feed.aclose()
    assert len(door.posts) == len(witness.ticks)
    assert feeds[1].count.missed == 0
    assert feeds[0].count.sent == 0


def test_standing_prices_jitter_but_never_drift():
    base = {"IBM": Decimal(100)}
    prices = [step["IBM"] for step in islice(standing_prices(base, seed=1, key="k"), 500)]
    away_bps = [abs(price / 100 - 1) * BPS for price in prices]
    rounding_bps = PRICE_STEP / 2 / 100 * BPS
    assert min(away_bps) >= Decimal("0.2") - rounding_bps
    assert max(away_bps) <= 1 + rounding_bps
    assert len(set(prices)) > 2


def test_the_same_seed_stands_the_same_way():
    base = {"IBM": Decimal(100)}
    once, again = (
        list(islice(standing_prices(base, seed=3, key="2008-03-04"), 20)) for _ in range(2)
    )
    assert once == again


def test_a_market_without_days_is_refused():
    with pytest.raises(InvariantError, match="MARKET_EMPTY"):
        market(())
