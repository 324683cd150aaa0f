"""X as a source: a search per symbol for what was posted since the last one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from argos.consensus.vote import Vote
from argos.sources.answers import Answer, Clock, is_old
from argos.sources.budget import microdollars
from argos.sources.calling import Caller, Price
from argos.sources.http import Failure, Request
from argos.sources.reasons import SourceReason
from argos.sources.settings import XApiSettings
from argos.sources.voting import About, abstention
from argos.sources.x_api.judging import judge, with_posts
from argos.sources.x_api.parsing import ScoredPost, parse_search, posts_billed

_PATH: Final = "/2/tweets/search/recent"
_END_LAG: Final = timedelta(seconds=40)
"""The provider's newest posts are 30 s old; a start later than that is refused."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """In memory alone: scores and ids of the last half hour, never a text."""

    posts: tuple[ScoredPost, ...] = ()
    newest_id: str | None = None
    asked_at: datetime | None = None


class XApi:
    name = "x_api"
    batch_max = 1

    def __init__(self, settings: XApiSettings, *, caller: Caller, clock: Clock) -> None:
        self._settings = settings
        self._caller = caller
        self._clock = clock
        self._seen: dict[str, _Seen] = {}
        per_post = microdollars(settings.usd_per_post)
        self._price = Price(
            at_most=per_post * settings.posts_max,
            of=lambda reply: per_post * posts_billed(reply.body),
        )

    def is_due(self, last: Vote | None, *, now: datetime) -> bool:
        return is_old(last, keep_s=self._settings.cache_s, now=now)

    async def ask(self, symbols: Sequence[str]) -> Answer:
        (symbol,) = symbols
        seen = self._seen.get(symbol, _Seen())
        access = self._caller.access
        reply = await self._caller.call(self._request(symbol, seen), self._price)
        now = self._clock()
        about = About(
            source=self.name,
            symbol=symbol,
            fetched_at=now,
            simulated=access.simulated or reply.says_simulated,
        )
        if isinstance(reply, Failure):
            return Answer(votes=(abstention(about, reply.reason),), failed=reply.reason)
        found = parse_search(reply.body)
        if isinstance(found, SourceReason):
            return Answer(votes=(abstention(about, found),), failed=found)
        posts = with_posts(seen.posts, found.posts, now=now, window_s=self._settings.window_s)
        self._seen[symbol] = _Seen(
            posts=posts, newest_id=found.newest_id or seen.newest_id, asked_at=now
        )
        return Answer(votes=(judge(about, posts, authors_min=self._settings.authors_min),))

    def _request(self, symbol: str, seen: _Seen) -> Request:
        """`since_id` pays for nothing twice; after a gap as long as the window it begins anew."""
        settings, now = self._settings, self._clock()
        window = timedelta(seconds=settings.window_s)
        params = {
            "query": f"${symbol} lang:en -is:retweet",
            "max_results": str(settings.posts_max),
            "sort_order": "recency",
            settings.fields_parameter: "created_at,public_metrics,lang,author_id",
        }
        is_recent = seen.asked_at is not None and seen.asked_at <= now < seen.asked_at + window
        if seen.newest_id is not None and is_recent:
            params["since_id"] = seen.newest_id
        else:
            start = now - max(window, _END_LAG)
            params["start_time"] = start.strftime("%Y-%m-%dT%H:%M:%SZ")
        return Request(
            method="GET",
            path=_PATH,
            subject=symbol,
            params=params,
            headers={"Authorization": f"Bearer {self._caller.access.key}"},
        )
