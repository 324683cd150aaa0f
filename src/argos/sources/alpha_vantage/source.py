"""Alpha Vantage as a source: one daily series per symbol and session."""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from argos.consensus.vote import Vote, VoteStatus
from argos.core.closes import DailyCloses
from argos.sources.alpha_vantage.judging import judge, last_publication
from argos.sources.alpha_vantage.parsing import Refusal, parse_daily
from argos.sources.answers import Answer, Clock, is_old
from argos.sources.budget import next_day
from argos.sources.calling import PAUSE_UNTOLD_S, Caller
from argos.sources.http import Failure, Request
from argos.sources.masking import mask
from argos.sources.reasons import SourceReason
from argos.sources.settings import AlphaVantageSettings
from argos.sources.voting import About, abstention

_WORDS_MAX: Final = 300
_OF_THE_SYMBOL: Final = frozenset({SourceReason.SYMBOL_UNKNOWN, SourceReason.NO_DATA})

log = logging.getLogger(__name__)


class AlphaVantage:
    name = "alpha_vantage"
    batch_max = 1

    def __init__(self, settings: AlphaVantageSettings, *, caller: Caller, clock: Clock) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock

    def is_due(self, last: Vote | None, *, now: datetime) -> bool:
        """Once a newer close may be had, and after a failure; never before `cache_s` has gone by."""
        if not is_old(last, keep_s=self._settings.cache_s, now=now):
            return False
        if last is None or last.status is not VoteStatus.FRESH or now < last.fetched_at:
            return True
        return last.fetched_at < last_publication(now)

    async def ask(self, symbols: Sequence[str]) -> Answer:
        (symbol,) = symbols
        access = self._caller.access
        request = Request(
            method="GET",
            path="/query",
            subject=symbol,
            params={
                "function": "TIME_SERIES_DAILY",
                "symbol": symbol,
                "outputsize": "compact",
                "datatype": "json",
                "apikey": access.key,
            },
        )
        reply = await self._caller.call(request)
        now = self._clock()
        about = About(
            source=self.name,
            symbol=symbol,
            fetched_at=now,
            simulated=access.simulated or reply.says_simulated,
        )
        if isinstance(reply, Failure):
            return Answer(votes=(abstention(about, reply.reason),), failed=reply.reason)
        series = parse_daily(reply.body, now=now)
        if not isinstance(series, Refusal):
            daily = DailyCloses(
                symbol=symbol, source=self.name, simulated=about.simulated, closes=series.by_day
            )
            return Answer(votes=(judge(about, series),), daily=(daily,))
        words = mask(series.words, key=access.key)[:_WORDS_MAX]
        log.info("alpha_vantage on %s: %s %s", symbol, series.reason.code, words)
        await self._pause_for(series.reason, now)
        failed = None if series.reason in _OF_THE_SYMBOL else series.reason
        return Answer(votes=(abstention(about, series.reason),), failed=failed)

    async def _pause_for(self, reason: SourceReason, now: datetime) -> None:
        """The status is 200, so the HTTP layer knows of no limit."""
        if reason is SourceReason.RATE_LIMITED:
            await self._caller.pause(PAUSE_UNTOLD_S)
        elif reason is SourceReason.DAY_LIMIT_REACHED:
            await self._caller.pause((next_day(now) - now).total_seconds())
