"""What a source says after it was asked: votes, and what kept it from having more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final, Protocol

from argos.consensus.vote import Vote, VoteStatus
from argos.sources.reasons import SourceReason


@dataclass(frozen=True, slots=True)
class PriceSeen:
    """A price, and the moment that it is of."""

    price: Decimal
    as_of: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One vote per symbol that was asked for. failed: the reason that made all of them abstentions, if one did.

    prices: by symbol, from a source that has any.
    """

    votes: tuple[Vote, ...]
    failed: SourceReason | None = None
    prices: Mapping[str, PriceSeen] = field(default_factory=dict)


class Source(Protocol):
    """One source. It is asked by one task alone."""

    name: str
    batch_max: int
    """How many symbols one question takes."""

    def is_due(self, last: Vote | None, *, now: datetime) -> bool:
        """Whether a symbol whose last vote is this one should be asked for."""

    async def ask(self, symbols: Sequence[str]) -> Answer:
        """Votes on these symbols, in their order. Bounded by the provider's time limits; raises nothing on purpose."""


Clock = Callable[[], datetime]
ERROR_AGAIN_S: Final = 300.0
"""After an error a source is asked again so soon, if its answers are usually kept for longer."""


def is_old(last: Vote | None, *, keep_s: float, now: datetime) -> bool:
    """Whether an answer that may be kept for `keep_s` is to be had anew. What only waited its turn is asked at once,
    and so is what is dated after now, by a clock that has gone back since.
    """
    if last is None or last.status is VoteStatus.QUOTA or now < last.fetched_at:
        return True
    kept_s = min(keep_s, ERROR_AGAIN_S) if last.status is VoteStatus.ERROR else keep_s
    return now >= last.fetched_at + timedelta(seconds=kept_s)
