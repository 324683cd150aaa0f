"""Sonar AI as a source: a forced search, then a decision; without one the agent's own word.

The name is that of the product of before. Its chat endpoint ended on 27 September 2026; these are the Agent and
Decisions API.
"""

import logging
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from argos.consensus.vote import Vote
from argos.sources.answers import Answer, Clock, is_old
from argos.sources.budget import microdollars
from argos.sources.calling import Caller, Price
from argos.sources.http import Failure, Reply
from argos.sources.reasons import SourceReason
from argos.sources.settings import SonarSettings
from argos.sources.sonar.judging import judge, objection, recent
from argos.sources.sonar.parsing import (
    News,
    Word,
    cost_microdollars,
    parse_agent,
    parse_decision,
)
from argos.sources.sonar.requests import agent_request, decision_request
from argos.sources.voting import About, abstention

log = logging.getLogger(__name__)

_OF_THE_SYMBOL: Final = frozenset({SourceReason.NO_DATED_NEWS})


class Sonar:
    name = "sonar"
    batch_max = 1

    def __init__(self, settings: SonarSettings, *, caller: Caller, clock: Clock) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock
        self._search_price = _priced(microdollars(settings.usd_per_search_max))
        self._decision_price = _priced(microdollars(settings.usd_per_decision_max))

    def is_due(self, last: Vote | None, *, now: datetime) -> bool:
        return is_old(last, keep_s=self._settings.cache_s, now=now)

    async def ask(self, symbols: Sequence[str]) -> Answer:
        (symbol,) = symbols
        settings, access = self._settings, self._caller.access
        request = agent_request(
            symbol, model=settings.model, horizon_days=settings.horizon_days, key=access.key
        )
        reply = await self._caller.call(request, self._search_price)
        about = self._about(symbol, simulated=access.simulated or reply.says_simulated)
        if isinstance(reply, Failure):
            return Answer(votes=(abstention(about, reply.reason),), failed=reply.reason)
        search = parse_agent(reply.body)
        if isinstance(search, SourceReason):
            return Answer(votes=(abstention(about, search),), failed=search)
        news = recent(search.news, now=about.fetched_at, horizon_days=settings.horizon_days)
        against = objection(search, news)
        if against is not None:
            failed = None if against in _OF_THE_SYMBOL else against
            vote = abstention(about, against, as_of=search.created_at)
            return Answer(votes=(vote,), failed=failed)
        decided = await self._decide(symbol, news) if settings.decisions else None
        about = self._about(symbol, simulated=about.simulated)
        return Answer(votes=(judge(about, search, news, decided=decided),))

    async def _decide(self, symbol: str, news: Sequence[News]) -> Word | None:
        """None when no decision is to be had: then the agent's word counts."""
        request = decision_request(
            symbol, news, decider=self._settings.decider, key=self._caller.access.key
        )
        reply = await self._caller.call(request, self._decision_price)
        decided = reply.reason if isinstance(reply, Failure) else parse_decision(reply.body)
        if isinstance(decided, Word):
            return decided
        log.info("sonar has no decision on %s: %s", symbol, decided.code)
        return None

    def _about(self, symbol: str, *, simulated: bool) -> About:
        return About(source=self.name, symbol=symbol, fetched_at=self._clock(), simulated=simulated)


def _priced(at_most: int) -> Price:
    def cost(reply: Reply) -> int:
        told = cost_microdollars(reply.body)
        return at_most if told is None else told

    return Price(at_most=at_most, of=cost)
