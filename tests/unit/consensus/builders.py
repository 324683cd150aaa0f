"""Votes made of few words."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.consensus.vote import Direction, Vote, VoteStatus

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
NAMES = {"M": "massive", "A": "alpha_vantage", "X": "x_api", "S": "sonar"}


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def side(
    source: str, p_up: str, *, as_of: datetime = START, fetched_at: datetime | None = None
) -> Vote:
    """A fresh vote for the side that p_up is on."""
    p = Decimal(p_up)
    return Vote(
        source=source,
        symbol="AAPL",
        direction=Direction.LONG if p > Decimal("0.5") else Direction.SHORT,
        p_up=p,
        as_of=as_of,
        fetched_at=as_of if fetched_at is None else fetched_at,
        status=VoteStatus.FRESH,
        reason="",
        inputs_hash="0" * 64,
    )


def silent(
    source: str, *, status: VoteStatus = VoteStatus.ERROR, fetched_at: datetime = START
) -> Vote:
    return Vote(
        source=source,
        symbol="AAPL",
        direction=Direction.ABSTAIN,
        p_up=None,
        as_of=None,
        fetched_at=fetched_at,
        status=status,
        reason="HTTP_500",
        inputs_hash=None,
    )


def votes_of(words: str, *, as_of: datetime) -> list[Vote]:
    """`M+ A- X.9 S!`: a source and + (0.8), - (0.2), its p_up, or ! for an error."""
    votes = []
    for word in words.split():
        source, said = NAMES[word[0]], word[1:]
        if said == "!":
            votes.append(silent(source, fetched_at=as_of))
        else:
            votes.append(side(source, {"+": "0.8", "-": "0.2"}.get(said, f"0{said}"), as_of=as_of))
    return votes
