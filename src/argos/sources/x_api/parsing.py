"""X's recent search: bytes in, scored posts out. The texts end here; nothing that leaves this module holds one."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.sources.documents import items, moment_of_text, object_of, part, whole
from argos.sources.reasons import SourceReason
from argos.sources.x_api.sentiment import score

_ID_DIGITS_MAX: Final = 20
_COUNT_MAX: Final = 10**9
_COUNTED: Final = (
    ("like_count",),
    ("reply_count",),
    ("quote_count",),
    ("repost_count", "retweet_count"),
)
"""Both vocabularies of the provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ScoredPost:
    """A post without its text. engagement: likes, replies, quotes and reposts together."""

    post_id: str
    author_id: str
    created_at: datetime
    engagement: int
    score: Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """newest_id: what the next search may begin after, None if there was nothing."""

    posts: tuple[ScoredPost, ...]
    newest_id: str | None


def parse_search(body: bytes) -> Found | SourceReason:
    """`data` is absent when nothing was found. A post that cannot be read is passed over; its price was paid."""
    document = object_of(body)
    if document is None:
        return SourceReason.BODY_UNREADABLE
    meta = part(document, "meta")
    if whole(meta.get("result_count")) is None:
        return (
            SourceReason.REQUEST_REFUSED if "errors" in document else SourceReason.BODY_UNREADABLE
        )
    posts = [post for post in map(_post, items(document, "data")) if post is not None]
    newest = meta.get("newest_id")
    return Found(posts=tuple(posts), newest_id=newest if _is_id(newest) else None)


def posts_billed(body: bytes) -> int:
    """How many posts the answer holds, readable or not."""
    return len(items(object_of(body), "data"))


def _post(item: Any) -> ScoredPost | None:
    if not isinstance(item, Mapping):
        return None
    text, created_at = item.get("text"), moment_of_text(item.get("created_at"))
    post_id, author_id = item.get("id"), item.get("author_id")
    if not (isinstance(text, str) and created_at and _is_id(post_id) and _is_id(author_id)):
        return None
    metrics = part(item, "public_metrics")
    return ScoredPost(
        post_id=str(post_id),
        author_id=str(author_id),
        created_at=created_at,
        engagement=sum(_count(metrics, names) for names in _COUNTED),
        score=score(text),
    )


def _count(metrics: Mapping[str, Any], names: tuple[str, ...]) -> int:
    for name in names:
        value = whole(metrics.get(name))
        if value is not None and 0 <= value <= _COUNT_MAX:
            return value
    return 0


def _is_id(value: Any) -> bool:
    return (
        isinstance(value, str)
        and value.isascii()
        and value.isdigit()
        and len(value) <= _ID_DIGITS_MAX
    )
