"""Items of the lists about trading: from the alert to the reconciled leg and what differed."""

from typing import Annotated, Any, Literal
from uuid import UUID

from pydantic import BaseModel, Field

from argos.core.execution import Entry, FillReason
from argos.core.intent import Action, OrderType, Side, SizeMode
from argos.core.order import OrderRole, OrderStatus
from argos.gateway.schemas.values import (
    AccountName,
    AlertId,
    BotVersion,
    CheckResult,
    ClientOrderId,
    DecimalText,
    EventId,
    IntentId,
    Magic,
    MomentText,
    OrderId,
    RouteName,
    Symbol,
    TradeId,
)
from argos.reconcile.result import Divergence, Outcome, SlippageReference
from argos.store.alerts import AlertOutcome

SourceName = Annotated[str, Field(examples=["hook:tradingview"])]


class AlertItem(BaseModel):
    """One delivery. Without an intent it was refused, and `code` and `why` say for what."""

    alert_id: AlertId
    received_at: MomentText
    source: SourceName
    remote: Annotated[str, Field(examples=["52.89.214.238"])]
    outcome: Annotated[AlertOutcome, Field(examples=["accepted"])]
    code: Annotated[str | None, Field(examples=[None])]
    why: Annotated[str | None, Field(examples=[None])]
    intent_id: IntentId | None
    event_id: EventId | None
    trade_id: TradeId | None
    symbol: Symbol | None
    route: RouteName | None


class AlertAnswer(BaseModel):
    """One delivery with its body as it came, but for the secret, and the verdict of each check."""

    alert_id: AlertId
    received_at: MomentText
    source: SourceName
    remote: Annotated[str, Field(examples=["52.89.214.238"])]
    content_type: Annotated[str, Field(examples=["text/plain; charset=utf-8"])]
    outcome: Annotated[AlertOutcome, Field(examples=["accepted"])]
    code: Annotated[str | None, Field(examples=[None])]
    checks: list[CheckResult]
    intent_id: IntentId | None
    event_id: EventId | None
    trade_id: TradeId | None
    first_alert_id: Annotated[
        UUID | None,
        Field(
            description="the alert that made the intent; another one if this was a repeat",
            examples=["019aa1c4-6b2c-7d3e-8f00-5a1b2c3d4e5f"],
        ),
    ]
    deliveries: Annotated[int, Field(description="of the same event", examples=[1])]
    body: Annotated[str, Field(examples=['{"trade_id":"ema-AAPL-20261120-1","secret":"***"}'])]
    body_encoding: Annotated[
        Literal["utf-8", "base64"],
        Field(description="base64 when the body is not UTF-8", examples=["utf-8"]),
    ]


class SizeItem(BaseModel):
    mode: Annotated[SizeMode, Field(examples=["units"])]
    value: Annotated[DecimalText, Field(examples=["10"])]


class IntentItem(BaseModel):
    """What a strategy wants, validated. `failed`: it could not be decided, see the alarms."""

    intent_id: IntentId
    alert_id: AlertId
    sequence: Annotated[int, Field(description="order of acceptance", examples=[41])]
    status: Annotated[Literal["waiting", "decided", "failed"], Field(examples=["decided"])]
    source: SourceName
    event_id: EventId
    weak_id: Annotated[bool, Field(examples=[False])]
    trade_id: TradeId
    bot_version: BotVersion
    account_route: RouteName
    action: Annotated[Action, Field(examples=["open"])]
    symbol: Symbol
    side: Annotated[Side | None, Field(examples=["buy"])]
    order_type: Annotated[OrderType, Field(examples=["market"])]
    entry_price: Annotated[DecimalText | None, Field(examples=["12.34"])]
    stop_limit_price: Annotated[DecimalText | None, Field(examples=[None])]
    sl: Annotated[DecimalText | None, Field(examples=["11.9"])]
    tp: Annotated[DecimalText | None, Field(examples=["13.2"])]
    size: SizeItem | None
    close_fraction: Annotated[DecimalText, Field(examples=["1"])]
    confidence: Annotated[DecimalText | None, Field(examples=["0.8"])]
    expires_at: MomentText | None
    features: Annotated[dict[str, Any] | None, Field(examples=[{"ema_fast": 12.31}])]
    timestamp_tv: MomentText
    received_at: MomentText


class OrderItem(BaseModel):
    """One instruction to one venue. `effective_qty` is what it is really for: exits are sized when they leave."""

    order_id: OrderId
    intent_id: IntentId
    trade_id: TradeId
    account: AccountName
    route: RouteName
    bot_version: BotVersion
    role: Annotated[OrderRole, Field(examples=["entry"])]
    status: Annotated[OrderStatus, Field(examples=["filled"])]
    symbol: Symbol
    side: Annotated[Side, Field(examples=["buy"])]
    order_type: Annotated[OrderType, Field(examples=["market"])]
    qty: Annotated[DecimalText, Field(examples=["10"])]
    effective_qty: Annotated[DecimalText, Field(examples=["10"])]
    filled_qty: Annotated[DecimalText, Field(examples=["10"])]
    closed_qty: Annotated[DecimalText, Field(examples=["0"])]
    price: Annotated[DecimalText | None, Field(examples=[None])]
    stop_limit_price: Annotated[DecimalText | None, Field(examples=[None])]
    sl: Annotated[DecimalText | None, Field(examples=["11.9"])]
    tp: Annotated[DecimalText | None, Field(examples=["13.2"])]
    valid_until: MomentText | None
    magic: Magic
    client_order_id: ClientOrderId
    closes_order_id: Annotated[UUID | None, Field(examples=[None])]
    planned_at: MomentText
    updated_at: MomentText
    denial_code: Annotated[str | None, Field(examples=[None])]
    denial_text: Annotated[str | None, Field(examples=[None])]
    checks: list[CheckResult]


class ExecutionItem(BaseModel):
    """One fill as the venue told it. Costs are positive when we pay; money in the account's currency."""

    account: AccountName
    trade_id: TradeId
    order_id: OrderId | None
    opening_order_id: Annotated[
        UUID | None, Field(description="the entry that it closed", examples=[None])
    ]
    broker_ticket_id: Annotated[str, Field(examples=["50012"])]
    position_id: Annotated[str, Field(examples=["50011"])]
    venue_exec_id: Annotated[str, Field(examples=["70031"])]
    symbol: Symbol
    side: Annotated[Side, Field(examples=["buy"])]
    entry: Annotated[Entry, Field(examples=["in"])]
    fill_price: Annotated[DecimalText, Field(examples=["12.36"])]
    fill_qty: Annotated[DecimalText, Field(examples=["10"])]
    commission: Annotated[DecimalText, Field(examples=["0.35"])]
    swap: Annotated[DecimalText, Field(examples=["0"])]
    fee: Annotated[DecimalText, Field(examples=["0"])]
    profit: Annotated[DecimalText, Field(examples=["0"])]
    reason: Annotated[FillReason, Field(examples=["command"])]
    status: Annotated[
        str,
        Field(
            description="of the order behind it; `external` when no order of ours explains it",
            examples=["filled"],
        ),
    ]
    magic: Magic
    client_order_id: ClientOrderId
    comment: Annotated[str, Field(examples=["argos-a7d3e9c1"])]
    bid_at_send: Annotated[DecimalText | None, Field(examples=["12.34"])]
    ask_at_send: Annotated[DecimalText | None, Field(examples=["12.36"])]
    timestamp_broker: MomentText
    received_at: MomentText


class PositionItem(BaseModel):
    """A holding as the venue last showed it. `trade_id` is that of the fill which opened it."""

    account: AccountName
    symbol: Symbol
    side: Annotated[Side, Field(examples=["buy"])]
    qty: Annotated[DecimalText, Field(examples=["10"])]
    price_open: Annotated[DecimalText, Field(examples=["12.36"])]
    position_id: Annotated[str, Field(examples=["50011"])]
    sl: Annotated[DecimalText | None, Field(examples=["11.9"])]
    tp: Annotated[DecimalText | None, Field(examples=["13.2"])]
    magic: Magic
    client_order_id: ClientOrderId
    status: Annotated[Literal["known", "external"], Field(examples=["known"])]
    trade_id: TradeId | None
    order_id: OrderId | None
    opened_at: MomentText | None
    seen_at: MomentText


class LatencyItem(BaseModel):
    """Milliseconds; null where a moment is not known."""

    alert_to_receipt: Annotated[float | None, Field(examples=[182.4])]
    receipt_to_decide: Annotated[float | None, Field(examples=[3.1])]
    decide_to_node: Annotated[float | None, Field(examples=[1.8])]
    node_to_send: Annotated[float | None, Field(examples=[0.9])]
    send_to_fill: Annotated[float | None, Field(examples=[12.7])]
    total: Annotated[float | None, Field(examples=[200.9])]


class LegItem(BaseModel):
    """One trade at one account, reconciled: the newest revision unless revisions were asked for."""

    trade_id: TradeId
    account: AccountName
    currency: Annotated[str, Field(examples=["USD"])]
    symbol: Symbol
    side: Annotated[Side | None, Field(examples=["buy"])]
    bot_version: BotVersion
    order_type: Annotated[OrderType | None, Field(description="of the entry", examples=["market"])]
    outcome: Annotated[Outcome, Field(examples=["win"])]
    reason_code: Annotated[str | None, Field(examples=[None])]
    reason_text: Annotated[str | None, Field(examples=[None])]
    intended_qty: Annotated[DecimalText, Field(examples=["10"])]
    filled_qty: Annotated[DecimalText, Field(examples=["10"])]
    exit_qty: Annotated[DecimalText, Field(examples=["10"])]
    fill_ratio: Annotated[DecimalText | None, Field(examples=["1"])]
    entry_price_intended: Annotated[DecimalText | None, Field(examples=["12.34"])]
    entry_price_filled: Annotated[DecimalText | None, Field(examples=["12.36"])]
    exit_price_intended: Annotated[DecimalText | None, Field(examples=["12.9"])]
    exit_price_filled: Annotated[DecimalText | None, Field(examples=["12.88"])]
    slippage_reference: Annotated[SlippageReference | None, Field(examples=["signal"])]
    slippage_price: Annotated[DecimalText | None, Field(examples=["0.02"])]
    slippage_bps: Annotated[DecimalText | None, Field(examples=["16.2075"])]
    slippage_cost: Annotated[DecimalText | None, Field(examples=["0.4"])]
    slippage_signal_bps: Annotated[DecimalText | None, Field(examples=["16.2075"])]
    slippage_arrival_bps: Annotated[DecimalText | None, Field(examples=["8.0972"])]
    slippage_broker_bps: Annotated[DecimalText | None, Field(examples=["0"])]
    latency_ms: LatencyItem
    commission: Annotated[DecimalText, Field(examples=["0.7"])]
    swap: Annotated[DecimalText, Field(examples=["0"])]
    fee: Annotated[DecimalText, Field(examples=["0"])]
    net_cost: Annotated[DecimalText, Field(examples=["1.1"])]
    gross_pnl: Annotated[DecimalText, Field(examples=["5.2"])]
    net_pnl: Annotated[DecimalText, Field(examples=["4.5"])]
    venue_profit: Annotated[DecimalText, Field(examples=["5.2"])]
    r_multiple: Annotated[DecimalText | None, Field(examples=["0.978261"])]
    divergence: Annotated[list[Divergence], Field(examples=[[]])]
    opened_at: MomentText | None
    closed_at: MomentText | None
    revision: Annotated[int, Field(ge=1, examples=[3])]
    reconciled_at: MomentText


class DiscrepancyItem(BaseModel):
    """What reconciliation found to differ, both sides kept; resolved by a row of its own."""

    discrepancy_id: Annotated[UUID, Field(examples=["3f1e0d2c-4b5a-5968-8776-a5b4c3d2e1f0"])]
    code: Annotated[str, Field(examples=["POSITION_DRIFT"])]
    account: AccountName
    trade_id: TradeId | None
    order_id: OrderId | None
    status: Annotated[Literal["open", "resolved"], Field(examples=["open"])]
    expected: Annotated[dict[str, Any], Field(examples=[{"qty": "10"}])]
    observed: Annotated[dict[str, Any], Field(examples=[{"qty": "0"}])]
    occurrence: Annotated[int, Field(examples=[1])]
    found_at: MomentText
    resolved_at: Annotated[MomentText | None, Field(examples=[None])]
    how: Annotated[str | None, Field(examples=[None])]


class AlarmItem(BaseModel):
    alarm_id: Annotated[str, Field(examples=["12"])]
    raised_at: MomentText
    code: Annotated[str, Field(examples=["ORDER_OVERFILLED"])]
    account: AccountName | None
    order_id: OrderId | None
    text: Annotated[str, Field(examples=["filled 12 of 10"])]
