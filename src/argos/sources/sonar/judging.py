"""Whether a search is good enough to go by, and the vote that follows from what was decided."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from argos.consensus.vote import Vote
from argos.core.canonical import sha256_of
from argos.core.texts import decimal_text, moment_text
from argos.sources.reasons import SourceReason
from argos.sources.sonar.parsing import News, Search, Word
from argos.sources.voting import About, abstention, lean_vote


def recent(news: Sequence[News], *, now: datetime, horizon_days: int) -> tuple[News, ...]:
    """Those dated within the horizon. A date tells no hour, so tomorrow's is still today somewhere."""
    first, last = now.date() - timedelta(days=horizon_days), now.date() + timedelta(days=1)
    return tuple(item for item in news if item.dated is not None and first <= item.dated <= last)


def objection(search: Search, news: Sequence[News]) -> SourceReason | None:
    """Why nothing follows from the search. `news` are its recent ones."""
    if not search.searched:
        return SourceReason.NO_SEARCH_DONE
    return None if news else SourceReason.NO_DATED_NEWS


def judge(about: About, search: Search, news: Sequence[News], *, decided: Word | None) -> Vote:
    """A vote as of the search. Without a decision the agent's own word counts, and the reason says so."""
    word = decided or search.word
    if word is None:
        return abstention(about, SourceReason.BODY_UNREADABLE, as_of=search.created_at)
    inputs: dict[str, Any] = {
        "symbol": about.symbol,
        "searched_at": moment_text(search.created_at),
        "news_hash": sha256_of(
            [[item.dated.isoformat() if item.dated else None, item.title] for item in news]
        ),
        "news": len(news),
        "decided": decided is not None,
        "choice": word.choice,
        "lean": decimal_text(word.lean),
    }
    if decided is not None:
        return lean_vote(about, word.lean, as_of=search.created_at, inputs=inputs)
    return lean_vote(
        about,
        word.lean,
        as_of=search.created_at,
        inputs=inputs,
        up=SourceReason.AGENT_ALONE_UP,
        down=SourceReason.AGENT_ALONE_DOWN,
    )
