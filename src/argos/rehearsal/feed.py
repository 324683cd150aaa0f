"""One paper broker's end of the market: ticks go out, and a broker that is away holds nobody up."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from http import HTTPStatus
from typing import Final

import aiohttp
import orjson
import structlog

from argos.protocol.values import decimal_text, moment_text

POST_TIMEOUT_S: Final = 0.5
"""How long the market waits once for a broker that stopped answering; afterwards it is away."""

_log = structlog.get_logger(__name__)


class TickPhase(StrEnum):
    DAY = "day"
    """On the path of a trading day."""
    HOLD = "hold"
    """After the close: the market stands, give or take a jitter."""
    NIGHT = "night"
    """The last tick of a date: brokers charge the night."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MarketTick:
    """All symbols' mid prices at one moment. `day` is the replayed date, `at` the real clock."""

    day: date
    phase: TickPhase
    mids: Mapping[str, Decimal]
    at: datetime
    rollover: bool = False

    @property
    def label(self) -> str:
        return self.day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAddress:
    """Where a paper broker listens, and the key that may set its prices."""

    url: str
    feed_key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedCount:
    """What became of the ticks offered to one broker."""

    url: str
    sent: int
    missed: int


def encode_tick(tick: MarketTick) -> bytes:
    at = moment_text(tick.at)
    return orjson.dumps(
        {
            "ticks": [
                {"symbol": symbol, "mid": decimal_text(mid), "at": at}
                for symbol, mid in tick.mids.items()
            ],
            "label": tick.label,
            "rollover": tick.rollover,
        }
    )


class FeedLink:
    """Sends ticks to one broker, strictly one post at a time.

    While the broker is there, `offer` returns when it has the tick. Once it failed, `offer` returns at once
    and each tick is only an attempt in the background, until one succeeds. Missed prices are not caught up; a
    missed rollover is, unless the broker may have seen it: a night charged twice is worse than one not charged.
    """

    def __init__(
        self,
        *,
        session: aiohttp.ClientSession,
        broker: BrokerAddress,
        timeout_s: float = POST_TIMEOUT_S,
    ) -> None:
        self._session = session
        self._url = f"{broker.url.rstrip('/')}/feed"
        self._headers = {
            "Authorization": f"Bearer {broker.feed_key}",
            "Content-Type": "application/json",
        }
        self._timeout = aiohttp.ClientTimeout(total=timeout_s)
        self._attempt: asyncio.Task[None] | None = None
        self._away = False
        self._rollover_owed = False
        self._sent = 0
        self._missed = 0

    @property
    def away(self) -> bool:
        return self._away

    @property
    def count(self) -> FeedCount:
        return FeedCount(url=self._url, sent=self._sent, missed=self._missed)

    async def offer(self, tick: MarketTick) -> None:
        """Give the broker this tick, or miss it. Never raises for a broker's sake."""
        self._rollover_owed = self._rollover_owed or tick.rollover
        if self._attempt is not None and not self._attempt.done():
            self._missed += 1
            return
        if self._away:
            self._attempt = asyncio.create_task(self._post(tick))
            return
        await self._post(tick)

    async def aclose(self) -> None:
        if self._attempt is not None:
            self._attempt.cancel()
            await asyncio.gather(self._attempt, return_exceptions=True)

    async def _post(self, tick: MarketTick) -> None:
        body = encode_tick(replace(tick, rollover=self._rollover_owed))
        owed, self._rollover_owed = self._rollover_owed, False
        try:
            async with self._session.post(
                self._url, data=body, headers=self._headers, timeout=self._timeout
            ) as answer:
                await answer.read()
                status = answer.status
        except aiohttp.ClientConnectorError:
            self._rollover_owed = self._rollover_owed or owed
            self._note(missed="no connection")
        except (aiohttp.ClientError, TimeoutError) as error:
            self._note(missed=type(error).__name__)
        else:
            ok = status < HTTPStatus.MULTIPLE_CHOICES
            self._note(missed=None if ok else f"answered {status}")

    def _note(self, *, missed: str | None) -> None:
        if missed is None:
            self._sent += 1
            if self._away:
                _log.info("broker takes prices again", url=self._url)
        else:
            self._missed += 1
            if not self._away:
                _log.warning("broker takes no prices", url=self._url, why=missed)
        self._away = missed is not None
