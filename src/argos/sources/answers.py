"""What a source says after it was asked: votes, and what kept it from having more."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from argos.consensus.vote import Vote
from argos.sources.reasons import SourceReason


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One vote per symbol that was asked for. failed: the reason that made all of them abstentions, if one did."""

    votes: tuple[Vote, ...]
    failed: SourceReason | None = None


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
LastVotes = Mapping[str, Vote]
