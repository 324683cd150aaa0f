"""Answers that are no readings: errors, what an alert came to, brakes, health."""

from typing import Annotated, Generic, Literal, TypeVar

from pydantic import BaseModel, Field

from argos.core.account import HaltScope, TradingMode
from argos.core.order import CommandKind
from argos.gateway.schemas.values import (
    AlertId,
    CommandId,
    CursorText,
    EventId,
    IntentId,
    MomentText,
    OrderId,
    TradeId,
)

Item = TypeVar("Item", bound=BaseModel)


class ErrorDetail(BaseModel):
    code: Annotated[str, Field(examples=["INTENT_SYMBOL_MISSING"])]
    message: Annotated[str, Field(examples=["symbol: Field required"])]
    field: Annotated[str | None, Field(examples=["symbol"])]
    fix: Annotated[str, Field(examples=["add symbol to the alert message"])]


class ErrorAnswer(BaseModel):
    """The one shape of every error. An alert that was stored although it was refused names its `alert_id`."""

    error: ErrorDetail


class PageOf(BaseModel, Generic[Item]):
    """Newest first."""

    items: list[Item]
    next_cursor: CursorText


class AlertTaken(BaseModel):
    """Stored for good; or known already, with the ids of the first time."""

    status: Annotated[Literal["accepted", "duplicate"], Field(examples=["accepted"])]
    intent_id: IntentId
    event_id: EventId
    trade_id: TradeId
    received_at: MomentText
    alert_id: AlertId
    weak_id: Annotated[
        bool,
        Field(
            description="the alert had no event_id: two alike cannot be told apart",
            examples=[False],
        ),
    ]


class HaltAnswer(BaseModel):
    """The brake holds. `unconfirmed_commands`: what a node holds, has not spoken of in time, and may still send."""

    scope: Annotated[HaltScope, Field(examples=["account"])]
    key: Annotated[str, Field(examples=["meridian-hedge"])]
    mode: Annotated[TradingMode, Field(examples=["halted"])]
    reason: Annotated[str, Field(examples=["news at 14:30"])]
    unconfirmed_commands: Annotated[list[CommandId], Field(examples=[[]])]


class UnderwayItem(BaseModel):
    """A command that a node was given and has not spoken of; sent before `sendable_until`, or never."""

    command_id: CommandId
    order_id: OrderId
    trade_id: TradeId
    account: Annotated[str, Field(examples=["meridian-hedge"])]
    symbol: Annotated[str, Field(examples=["AAPL"])]
    kind: Annotated[CommandKind, Field(examples=["submit"])]
    node: Annotated[str, Field(examples=["node-meridian-hedge"])]
    leased_at: MomentText
    sendable_until: MomentText
    may_be_sent: Annotated[bool, Field(examples=[True])]


class UnderwayAnswer(BaseModel):
    items: list[UnderwayItem]


class ResumeAnswer(BaseModel):
    """`released` is false when there was no such brake."""

    scope: Annotated[HaltScope, Field(examples=["account"])]
    key: Annotated[str, Field(examples=["meridian-hedge"])]
    released: Annotated[bool, Field(examples=[True])]


class LiveAnswer(BaseModel):
    status: Annotated[Literal["live"], Field(examples=["live"])]


class HealthCheck(BaseModel):
    ok: Annotated[bool, Field(examples=[True])]
    detail: Annotated[str, Field(examples=["6 migrations applied"])]


class HealthChecks(BaseModel):
    database: HealthCheck
    migrations: HealthCheck
    doors: HealthCheck


class HealthAnswer(BaseModel):
    """Ready means: alerts can be stored, and judged by the operator's own configuration.

    `signals` decides nothing: it tells of signal services that fell silent, or whose rows were set aside.
    """

    status: Annotated[Literal["ready", "not_ready"], Field(examples=["ready"])]
    checks: HealthChecks
    signals: HealthCheck
