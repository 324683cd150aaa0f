"""Massive as a source: one snapshot call for all symbols."""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

from argos.consensus.vote import Vote
from argos.sources.answers import Answer, Clock, PriceSeen, is_old
from argos.sources.calling import Caller
from argos.sources.http import Failure, Request
from argos.sources.massive.judging import Minute, judge, with_minute
from argos.sources.massive.parsing import Snapshot, parse_snapshots
from argos.sources.reasons import SourceReason
from argos.sources.settings import MassiveSettings
from argos.sources.voting import About, abstention

_AT_A_TIME: Final = 20
_PATH: Final = "/v2/snapshot/locale/us/markets/stocks/tickers"


class Massive:
    name = "massive"
    batch_max = 500

    def __init__(self, settings: MassiveSettings, *, caller: Caller, clock: Clock) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock
        self._minutes: dict[str, tuple[Minute, ...]] = {}

    def is_due(self, last: Vote | None, *, now: datetime) -> bool:
        """Every time, unless the settings have it cached."""
        return is_old(last, keep_s=self._settings.cache_s, now=now)

    async def ask(self, symbols: Sequence[str]) -> Answer:
        access = self._caller.access
        request = Request(
            method="GET",
            path=_PATH,
            subject=f"{len(symbols)} symbols",
            params={"tickers": ",".join(symbols), "include_otc": "false"},
            headers={"Authorization": f"Bearer {access.key}"},
        )
        reply = await self._caller.call(request)
        fetched_at = self._clock()
        simulated = access.simulated or reply.says_simulated
        about = [
            About(source=self.name, symbol=symbol, fetched_at=fetched_at, simulated=simulated)
            for symbol in symbols
        ]
        if isinstance(reply, Failure):
            return _failed(about, reply.reason)
        snapshots = parse_snapshots(reply.body)
        if isinstance(snapshots, SourceReason):
            return _failed(about, snapshots)
        return Answer(votes=await self._judged(about, snapshots), prices=_prices(about, snapshots))

    async def _judged(
        self, about: Sequence[About], snapshots: Mapping[str, Snapshot]
    ) -> tuple[Vote, ...]:
        """A few symbols at a time: five hundred take a tenth of a second, for which no tick should wait."""
        votes = []
        for number, one in enumerate(about):
            if number % _AT_A_TIME == 0:
                await asyncio.sleep(0)
            snapshot = snapshots.get(one.symbol)
            minutes = self._minutes.get(one.symbol, ())
            if snapshot is not None:
                minutes = self._minutes[one.symbol] = with_minute(minutes, snapshot)
            votes.append(judge(one, snapshot, minutes, stale_s=self._settings.stale_s))
        return tuple(votes)


def _prices(about: Sequence[About], snapshots: Mapping[str, Snapshot]) -> dict[str, PriceSeen]:
    """Of those symbols that were asked for and whose price has a moment."""
    wanted = {one.symbol for one in about}
    return {
        symbol: PriceSeen(snapshot.price, snapshot.updated_at)
        for symbol, snapshot in snapshots.items()
        if symbol in wanted
        and snapshot.has_session
        and snapshot.price is not None
        and snapshot.updated_at is not None
    }


def _failed(about: Sequence[About], reason: SourceReason) -> Answer:
    return Answer(votes=tuple(abstention(one, reason) for one in about), failed=reason)
