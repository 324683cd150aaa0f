"""Signals as the API shows them: what was recorded, what became of it, and figures over many."""

from typing import Annotated, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from argos.gateway.schemas.values import DecimalText, IntentId, MomentText, RouteName, Symbol

SignalId = Annotated[UUID, Field(examples=["3f1d0a52-3d0b-5a77-9c35-0d6f8d1f4a11"])]
Hash = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$", description="SHA-256", examples=["5c" * 32])]
ChainName = Annotated[
    str,
    Field(
        description="the signal service's file; a new file begins a new chain",
        examples=["0c8f2a7e-4a4f-4d57-9f0e-6a1f0b6d2c3e"],
    ),
]
StrategyName = Annotated[str, Field(examples=["consensus"])]
Version = Annotated[str, Field(examples=["1"])]
Environment = Annotated[str, Field(examples=["dev"])]
Counts = Annotated[dict[str, int], Field(examples=[{"AAPL": 3}])]
Seconds = Annotated[float | None, Field(description="seconds", examples=[1.204])]


class VoteItem(BaseModel):
    """How one source counted. `abstention` says why it took no side."""

    source: Annotated[str, Field(examples=["massive"])]
    weight: DecimalText
    direction: Annotated[Literal["long", "short", "abstain"], Field(examples=["long"])]
    abstention: Annotated[str | None, Field(examples=[None])]


class RefusalItem(BaseModel):
    code: Annotated[str, Field(examples=["CONFIDENCE_TOO_LOW"])]
    text: Annotated[str, Field(examples=["0.71 is below 0.75"])]


class SignalCheckItem(BaseModel):
    check: Annotated[str, Field(examples=["confidence"])]
    verdict: Annotated[Literal["passed", "refused", "unknown"], Field(examples=["passed"])]
    text: Annotated[str, Field(examples=["0.8 reaches 0.75"])]


class SignalItem(BaseModel):
    """One recorded signal, refused ones with the reasons.

    `measure` names the figure to show: a score is no probability. `simulated`: a source that counted was simulated.
    `stands`: valid, and neither over nor ended. `intent_refusal`: why no intent was made of it.
    """

    signal_id: SignalId
    chain: ChainName
    sequence: Annotated[int, Field(description="place in the chain", examples=[7])]
    symbol: Symbol
    direction: Annotated[Literal["long", "short"], Field(examples=["long"])]
    at: MomentText
    valid_until: MomentText
    measure: Annotated[Literal["score", "probability"], Field(examples=["score"])]
    score: Annotated[DecimalText, Field(examples=["0.8"])]
    probability: Annotated[DecimalText | None, Field(examples=[None])]
    status: Annotated[Literal["valid", "refused"], Field(examples=["valid"])]
    refusals: Annotated[list[RefusalItem], Field(examples=[[]])]
    checks: list[SignalCheckItem]
    votes: list[VoteItem]
    simulated: Annotated[bool, Field(examples=[True])]
    strategy: StrategyName
    version: Version
    environment: Environment
    config_digest: Hash
    record_hash: Hash
    stands: Annotated[bool, Field(examples=[True])]
    ended_at: Annotated[MomentText | None, Field(examples=[None])]
    end_reason: Annotated[str | None, Field(examples=[None])]
    intent_id: IntentId | None
    intent_refusal: Annotated[str | None, Field(examples=[None])]
    recorded_at: MomentText


class LatestSignalsAnswer(BaseModel):
    """`items`: the newest valid signal of each symbol that still stands. `newest`: of all, whatever became of it."""

    items: list[SignalItem]
    newest: SignalItem | None


class HeadItem(BaseModel):
    """A day's head. Whoever kept its hash can check every signal of that day and before."""

    chain: ChainName
    day: Annotated[str, Field(examples=["2026-11-20"])]
    signals: Annotated[int, Field(examples=[12])]
    head_hash: Hash


class SignalServiceItem(BaseModel):
    """What a signal service last said of itself. `silent`: it said nothing for 60 seconds.

    `waiting`: rows that it has still to tell or to hand over; `set_aside`: rows that the database did not take.
    """

    chain: ChainName
    strategy: StrategyName
    version: Version
    environment: Environment
    route: RouteName
    auto_execute: Annotated[bool, Field(examples=[False])]
    waiting: Annotated[int, Field(examples=[0])]
    set_aside: Annotated[int, Field(examples=[0])]
    waiting_age_s: Seconds
    reported_at: MomentText
    reported_age_s: Seconds
    status: Annotated[Literal["running", "silent"], Field(examples=["running"])]


class SignalStatsAnswer(BaseModel):
    """Figures over the signals from `since` on. Counts are by name; `lag`: from a signal's moment to its row here."""

    since: MomentText
    signals: Annotated[int, Field(examples=[3])]
    by_symbol: Counts
    by_direction: Annotated[dict[str, int], Field(examples=[{"long": 2, "short": 1}])]
    by_status: Annotated[dict[str, int], Field(examples=[{"valid": 2, "refused": 1}])]
    by_refusal: Annotated[dict[str, int], Field(examples=[{"CONFIDENCE_TOO_LOW": 1}])]
    not_traded: Annotated[
        dict[str, int],
        Field(description="valid, but no intent was made, by code", examples=[{"NO_PRICE": 1}]),
    ]
    simulated_share: Annotated[DecimalText | None, Field(examples=["1"])]
    last_signal_id: SignalId | None
    last_signal_at: MomentText | None
    last_signal_age_s: Seconds
    lag_median_s: Seconds
    lag_max_s: Seconds
    heads: list[HeadItem]
    services: list[SignalServiceItem]
