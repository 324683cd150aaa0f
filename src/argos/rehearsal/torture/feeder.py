"""The market as a process: `python -m argos.rehearsal.torture.feeder FILE`. It may be killed like any other."""

import asyncio
import json
import sys
import time
from collections.abc import Mapping
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Final

import aiohttp

from argos.rehearsal.feed import BrokerAddress, FeedLink, MarketTick, TickPhase
from argos.rehearsal.torture.prices import mid_prices

TICK_S: Final = 0.25
_DAY: Final = date(2020, 1, 2)


async def feed(body: Mapping[str, Any]) -> None:
    """Feed the brokers that `body` names until the process is ended."""
    brokers = [
        BrokerAddress(url=item["url"], feed_key=item["feed_key"]) for item in body["brokers"]
    ]
    async with aiohttp.ClientSession() as session:
        links = [FeedLink(session=session, broker=broker) for broker in brokers]
        while True:
            mids = mid_prices(body["symbols"], seed=body["seed"], unix_s=time.time())
            tick = MarketTick(day=_DAY, phase=TickPhase.DAY, mids=mids, at=datetime.now(UTC))
            await asyncio.gather(*(link.offer(tick) for link in links))
            await asyncio.sleep(TICK_S)


if __name__ == "__main__":
    asyncio.run(feed(json.loads(Path(sys.argv[1]).read_text("utf-8"))))
