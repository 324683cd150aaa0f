"""Votes of X and Sonar where there are none: of posts and news made from the price, as the fixtures make them.

There is no history of posts and news that is free of the price. These say what the price did on that day, by a seed,
and every vote's reason begins with SIMULATED_. They show how the consensus works, and nothing of what X or Sonar are
worth.
"""

from decimal import Decimal
from functools import lru_cache
from random import Random
from typing import Final

import orjson

from argos.backtest.bars import Bars
from argos.consensus.vote import Vote
from argos.hindsight.rebuilt import REMEMBERED, exact
from argos.hindsight.sessions import Session
from argos.sources.fixture.news import agent_document, decision_document
from argos.sources.fixture.posts import MadePost, made_post, newest_slot
from argos.sources.reasons import SourceReason
from argos.sources.settings import SonarSettings, XApiSettings
from argos.sources.sonar import judging as sonar
from argos.sources.sonar.parsing import Word, parse_agent, parse_decision
from argos.sources.sonar.requests import decision_request
from argos.sources.voting import About, abstention
from argos.sources.x_api import judging as x_api
from argos.sources.x_api.parsing import ScoredPost
from argos.sources.x_api.sentiment import score

POSTS: Final = 12
"""Of the last four minutes before each close. A live half hour has ninety, whose mood scatters a third as much."""
SIMULATED_SOURCES: Final = ("x_api", "sonar")
_X: Final = XApiSettings()
_SONAR: Final = SonarSettings()


def x_api_votes(bars: Bars, sessions: tuple[Session, ...], *, seed: int) -> list[Vote]:
    """One per bar of a single symbol."""
    symbol = bars.symbols[0]
    return [
        _x_api_vote(symbol, session, change is None or change >= 0, seed)
        for session, change in zip(sessions, _changes(bars), strict=True)
    ]


def sonar_votes(bars: Bars, sessions: tuple[Session, ...]) -> list[Vote]:
    """One per bar of a single symbol; on the first, which has no change, nothing is found."""
    symbol = bars.symbols[0]
    return [
        _sonar_vote(symbol, session, change)
        for session, change in zip(sessions, _changes(bars), strict=True)
    ]


def posts_before(symbol: str, session: Session, *, rises: bool, seed: int) -> list[MadePost]:
    """What a search at the close finds, newest first."""
    newest = newest_slot(session.closed_at)
    draw = Random(f"{seed}|{symbol}|{session.day}")
    return [made_post(symbol, newest - back, rises=rises, draw=draw) for back in range(POSTS)]


@lru_cache(maxsize=REMEMBERED)
def _x_api_vote(symbol: str, session: Session, rises: bool, seed: int) -> Vote:
    posts = [
        ScoredPost(
            post_id=str(post.post_id),
            author_id=str(post.author_id),
            created_at=post.created_at,
            engagement=post.engagement,
            score=_score(post.text),
        )
        for post in posts_before(symbol, session, rises=rises, seed=seed)
    ]
    kept = x_api.with_posts((), posts, now=session.closed_at, window_s=_X.window_s)
    return x_api.judge(_about("x_api", symbol, session), kept, authors_min=_X.authors_min)


@lru_cache(maxsize=4096)
def _score(text: str) -> Decimal:
    """There are a dozen wordings for each symbol. Nobody wrote them, so they may be remembered."""
    return score(text)


@lru_cache(maxsize=REMEMBERED)
def _sonar_vote(symbol: str, session: Session, change: Decimal | None) -> Vote:
    """The same way as live: a search, the news of the horizon, a decision on them."""
    about = _about("sonar", symbol, session)
    answer = agent_document(
        symbol, change, now=session.closed_at, searched=True, model=_SONAR.model
    )
    search = parse_agent(orjson.dumps(answer))
    if isinstance(search, SourceReason):
        return abstention(about, search)
    news = sonar.recent(search.news, now=session.closed_at, horizon_days=_SONAR.horizon_days)
    against = sonar.objection(search, news)
    if against is not None:
        return abstention(about, against, as_of=search.created_at)
    asked = decision_request(symbol, news, decider=_SONAR.decider, key="").body or {}
    decided = parse_decision(orjson.dumps(decision_document(asked["state"], asked["questions"])))
    return sonar.judge(about, search, news, decided=decided if isinstance(decided, Word) else None)


def _changes(bars: Bars) -> list[Decimal | None]:
    """Of each close against the one before, as a fraction; None for the first."""
    closes = [exact(close) for close in bars.close[0].tolist()]
    pairs = zip(closes[1:], closes, strict=False)
    return [None, *(after / before - 1 for after, before in pairs)][: len(closes)]


def _about(source: str, symbol: str, session: Session) -> About:
    return About(source=source, symbol=symbol, fetched_at=session.closed_at, simulated=True)
