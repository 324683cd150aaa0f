"""The story of one trade, and the revisions of one leg."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from argos.core.order import CommandKind
from argos.gateway.schemas.readings import (
    AlarmItem,
    DiscrepancyItem,
    ExecutionItem,
    IntentItem,
    LegItem,
    OrderItem,
    SourceName,
)
from argos.gateway.schemas.values import (
    AccountName,
    AlertId,
    CheckResult,
    CommandId,
    DecimalText,
    IntentId,
    MomentText,
    OrderId,
    Symbol,
    TradeId,
)
from argos.protocol.timeline import Stage
from argos.store.alerts import AlertOutcome


class DeliveryItem(BaseModel):
    """One delivery of an intent of this trade: the first, a repeat, or other content under the same id."""

    alert_id: AlertId
    received_at: MomentText
    source: SourceName
    outcome: Annotated[AlertOutcome, Field(examples=["accepted"])]
    code: Annotated[str | None, Field(examples=[None])]
    checks: list[CheckResult]
    intent_id: IntentId


class StoryCommand(BaseModel):
    command_id: CommandId
    seq: Annotated[int, Field(description="its place in the lane", examples=[17])]
    order_id: OrderId
    intent_id: IntentId
    account: AccountName
    symbol: Symbol
    kind: Annotated[CommandKind, Field(examples=["submit"])]
    is_exit: Annotated[bool, Field(examples=[False])]
    state: Annotated[Literal["pending", "leased", "done"], Field(examples=["done"])]
    price: Annotated[DecimalText | None, Field(examples=[None])]
    sl: Annotated[DecimalText | None, Field(examples=["11.9"])]
    tp: Annotated[DecimalText | None, Field(examples=["13.2"])]
    close_fraction: Annotated[DecimalText | None, Field(examples=[None])]
    valid_until: MomentText | None
    depends_on: Annotated[list[UUID], Field(examples=[[]])]
    node: Annotated[str | None, Field(examples=["node-meridian-hedge"])]
    epoch: Annotated[int | None, Field(examples=[7])]
    attempt: Annotated[int, Field(examples=[1])]
    created_at: MomentText
    leased_at: MomentText | None
    done_at: MomentText | None


class StoryFact(BaseModel):
    """One fact about an order of this trade. `at` is the clock of who saw it, `recorded_at` the database's."""

    fact_id: Annotated[UUID, Field(examples=["4c6a9a5c-9f0d-5b61-8a3a-5b1f4de09a77"])]
    kind: Annotated[str, Field(examples=["accepted"])]
    account: AccountName
    order_id: OrderId
    command_id: CommandId | None
    command_kind: Annotated[CommandKind | None, Field(examples=["submit"])]
    at: MomentText
    recorded_at: MomentText
    node: Annotated[str | None, Field(examples=["node-meridian-hedge"])]
    epoch: Annotated[int | None, Field(examples=[7])]
    body: Annotated[dict[str, Any], Field(examples=[{"venue_order_id": "50012"}])]


class StoryRefusal(BaseModel):
    """An account that gave the intent no order, and why."""

    intent_id: IntentId
    trade_id: TradeId
    account: AccountName
    code: Annotated[str, Field(examples=["CLOSE_NOTHING_OPEN"])]
    text: Annotated[str, Field(examples=["nothing of this trade is open"])]
    refused_at: MomentText


class TimelineEntry(BaseModel):
    """`ms_since_alert` counts from the trade's first alert, `ms_since_intent` from that of the entry's own intent."""

    at: MomentText
    stage: Annotated[Stage, Field(examples=["fill"])]
    account: AccountName | None
    what: Annotated[
        str,
        Field(examples=["filled 10 AAPL @ 12.36 (meridian-hedge), 1.2 bps worse than the quote"]),
    ]
    ms_since_alert: Annotated[float | None, Field(examples=[18.532])]
    ms_since_intent: Annotated[float | None, Field(examples=[18.532])]
    intent_id: IntentId | None
    order_id: OrderId | None


class StoryAnswer(BaseModel):
    """Everything about one trade, oldest first. `legs` are the newest revisions."""

    trade_id: TradeId
    alerts: list[DeliveryItem]
    intents: list[IntentItem]
    orders: list[OrderItem]
    commands: list[StoryCommand]
    facts: list[StoryFact]
    fills: list[ExecutionItem]
    legs: list[LegItem]
    refusals: list[StoryRefusal]
    discrepancies: list[DiscrepancyItem]
    alarms: list[AlarmItem]
    timeline: list[TimelineEntry]


class RevisionsAnswer(BaseModel):
    """All revisions of one leg, newest first: results are never edited."""

    items: list[LegItem]
