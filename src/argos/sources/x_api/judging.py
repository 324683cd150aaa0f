"""What the posts of the last half hour speak for: one author, one voice."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from functools import lru_cache
from typing import Final

from argos.consensus.vote import AS_OF_AHEAD_MAX, Vote
from argos.core.canonical import sha256_of
from argos.core.texts import decimal_text
from argos.sources.reasons import SourceReason
from argos.sources.voting import About, abstention, lean_vote
from argos.sources.x_api.parsing import ScoredPost

POSTS_KEPT: Final = 500
_FULL_MOOD: Final = Decimal("0.5")
"""A mean of half the scale is a full lean: most posts hold no term and count as nothing."""


def judge(about: About, posts: Sequence[ScoredPost], *, authors_min: int) -> Vote:
    """A vote on one symbol. Its hash is over ids and scores: the posts themselves are not kept."""
    authors = len({post.author_id for post in posts})
    if authors < authors_min:
        return abstention(about, SourceReason.TOO_FEW_AUTHORS)
    mean = mood(posts)
    inputs = {
        "symbol": about.symbol,
        "posts_hash": sha256_of(sorted(post.post_id for post in posts)),
        "posts": len(posts),
        "authors": authors,
        "mood": decimal_text(mean),
    }
    newest = max(post.created_at for post in posts)
    return lean_vote(about, mean / _FULL_MOOD, as_of=newest, inputs=inputs)


def mood(posts: Iterable[ScoredPost]) -> Decimal:
    """Mean over authors of their own mean score, -1 to 1; an author weighs 1 + ln(1 + most engagement), at most 10."""
    scores: dict[str, list[Decimal]] = defaultdict(list)
    reach: dict[str, int] = defaultdict(int)
    for post in sorted(posts, key=lambda post: post.post_id):
        scores[post.author_id].append(post.score)
        reach[post.author_id] = max(reach[post.author_id], post.engagement)
    total = weight_of_all = Decimal(0)
    for author, said in scores.items():
        weight = _weight(reach[author])
        total += weight * sum(said, Decimal(0)) / len(said)
        weight_of_all += weight
    return round(total / weight_of_all, 6)


@lru_cache(maxsize=1024)
def _weight(engagement: int) -> Decimal:
    """A logarithm in decimals takes as long as all else about a post."""
    return min(1 + Decimal(1 + engagement).ln(), Decimal(10))


def with_posts(
    held: Iterable[ScoredPost], found: Iterable[ScoredPost], *, now: datetime, window_s: float
) -> tuple[ScoredPost, ...]:
    """The posts of the window, each once, newest last; what is older or dated after now is dropped."""
    first = now - timedelta(seconds=window_s)
    known = {post.post_id: post for post in (*held, *found)}
    inside = [post for post in known.values() if first <= post.created_at <= now + AS_OF_AHEAD_MAX]
    inside.sort(key=lambda post: (post.created_at, post.post_id))
    return tuple(inside[-POSTS_KEPT:])
