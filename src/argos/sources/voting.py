"""Making votes: one scale for all sources, from -1 (down) to +1 (up), and abstentions that say why."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.consensus.vote import (
    AS_OF_AHEAD_MAX,
    HALF,
    P_UP_PLACES,
    Direction,
    Vote,
)
from argos.core.canonical import sha256_of
from argos.sources.reasons import SIMULATED, SourceReason

LEAN_MIN: Final = Decimal("0.1")
"""A lean below this takes no side: it would be noise with a direction."""
P_UP_SPAN: Final = Decimal("0.4")
"""A full lean is stated as 0.9 or 0.1: nothing that a source says is calibrated, and none is ever sure."""
ONE: Final = Decimal(1)


@dataclass(frozen=True, slots=True, kw_only=True)
class About:
    """Whose vote on what, when its data came, and whether a fixture server gave them."""

    source: str
    symbol: str
    fetched_at: datetime
    simulated: bool


def clip(value: Decimal) -> Decimal:
    return max(-ONE, min(ONE, value))


def lean_vote(
    about: About,
    lean: Decimal,
    *,
    as_of: datetime,
    inputs: Mapping[str, Any],
    up: SourceReason = SourceReason.LEANS_UP,
    down: SourceReason = SourceReason.LEANS_DOWN,
) -> Vote:
    """A vote for the side to which `lean` (-1 to 1) points. `inputs` is what it was made from: hashed, not kept."""
    inputs_hash = sha256_of({"simulated": about.simulated, **inputs})
    if as_of > about.fetched_at + AS_OF_AHEAD_MAX:
        return abstention(about, SourceReason.DATA_FROM_FUTURE, inputs_hash=inputs_hash)
    p_up = round(HALF + P_UP_SPAN * clip(lean), P_UP_PLACES)
    if abs(lean) < LEAN_MIN or p_up == HALF:
        return abstention(about, SourceReason.NO_LEAN, as_of=as_of, inputs_hash=inputs_hash)
    rises = p_up > HALF
    return Vote(
        source=about.source,
        symbol=about.symbol,
        direction=Direction.LONG if rises else Direction.SHORT,
        p_up=p_up,
        as_of=as_of,
        fetched_at=about.fetched_at,
        status=SourceReason.LEANS_UP.status,
        reason=_code(about, up if rises else down),
        inputs_hash=inputs_hash,
    )


def abstention(
    about: About,
    reason: SourceReason,
    *,
    as_of: datetime | None = None,
    inputs_hash: str | None = None,
) -> Vote:
    """No side, and why. An `as_of` after our clock is left out: the vote could not be made."""
    if as_of is not None and as_of > about.fetched_at + AS_OF_AHEAD_MAX:
        as_of = None
    return Vote(
        source=about.source,
        symbol=about.symbol,
        direction=Direction.ABSTAIN,
        p_up=None,
        as_of=as_of,
        fetched_at=about.fetched_at,
        status=reason.status,
        reason=_code(about, reason),
        inputs_hash=inputs_hash,
    )


def is_simulated(vote: Vote) -> bool:
    """Whether a fixture server had a part in the vote. Its reason says so, and so whatever is hashed from it."""
    return vote.reason.startswith(SIMULATED)


def _code(about: About, reason: SourceReason) -> str:
    return (SIMULATED if about.simulated else "") + reason.code
