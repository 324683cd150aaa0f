"""What can be asked of each list. An unknown name is refused: a misspelt filter must not show everything."""

from typing import Annotated, Any, Final, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

from argos.core.account import HaltScope, TradingMode
from argos.core.intent import Action
from argos.core.order import OrderRole, OrderStatus
from argos.protocol.intent_body import WireMoment
from argos.reconcile.result import Outcome
from argos.store.alerts import AlertOutcome

LIMIT_MAX: Final = 500
LIMIT_DEFAULT: Final = 100


SignalStatus = Literal["valid", "refused"]
SignalDirection = Literal["long", "short"]


def _text(example: str, description: str) -> Any:
    # PostgreSQL's text cannot hold U+0000
    return Field(max_length=128, pattern=r"^[^\x00]*$", description=description, examples=[example])


AccountName = Annotated[str | None, _text("paper-mt5-hedge", "only of this account")]
TradeId = Annotated[str | None, _text("ema-AAPL-20261120-1", "only of this trade")]
Symbol = Annotated[str | None, _text("AAPL", "only in this symbol")]
RouteName = Annotated[str | None, _text("main", "only of this route")]
BotVersion = Annotated[str | None, _text("ema-cross@3.2", "only of this strategy")]
Source = Annotated[str | None, _text("hook:tradingview", "only from this hook or API key")]
Code = Annotated[str | None, _text("ALERT_STALE", "only with this code")]
OrderId = Annotated[
    UUID | None,
    Field(description="only of this order", examples=["01999b2e-5a70-5c11-9d2a-3f5de1c0a001"]),
]


class Asked(BaseModel):
    """A page, newest first. `since` is inclusive, `until` exclusive."""

    model_config = ConfigDict(extra="forbid")

    limit: Annotated[
        int, Field(ge=1, le=LIMIT_MAX, description="items at most", examples=[LIMIT_DEFAULT])
    ] = LIMIT_DEFAULT
    cursor: Annotated[
        str | None,
        Field(
            max_length=512,
            description="next_cursor of the page before",
            examples=[None],
        ),
    ] = None
    since: Annotated[
        WireMoment | None,
        Field(description="from this moment on", examples=["2026-11-20T00:00:00Z"]),
    ] = None
    until: Annotated[
        WireMoment | None,
        Field(description="before this moment", examples=["2026-11-21T00:00:00Z"]),
    ] = None

    def filters(self) -> list[Any]:
        """The values in the order of the fields: the parameters of the list's statement from $4 on."""
        names = [name for name in type(self).model_fields if name not in {"limit", "cursor"}]
        return [getattr(self, name) for name in names]


class AlertsAsked(Asked):
    status: Annotated[
        AlertOutcome | None, Field(description="only with this outcome", examples=["refused"])
    ] = None
    refused: Annotated[
        bool | None, Field(description="true: refused only; false: all others", examples=[True])
    ] = None
    code: Code = None
    source: Source = None
    route: RouteName = None
    trade_id: TradeId = None
    symbol: Symbol = None


class IntentsAsked(Asked):
    trade_id: TradeId = None
    symbol: Symbol = None
    route: RouteName = None
    action: Annotated[Action | None, Field(description="only this action", examples=["open"])] = (
        None
    )
    bot_version: BotVersion = None
    source: Source = None
    intent_id: Annotated[
        UUID | None,
        Field(description="only this intent", examples=["019aa1c4-6b2c-7d3e-8f00-5a1b2c3d4e5f"]),
    ] = None


class OrdersAsked(Asked):
    trade_id: TradeId = None
    account: AccountName = None
    symbol: Symbol = None
    status: Annotated[
        OrderStatus | None, Field(description="only in this status", examples=["filled"])
    ] = None
    role: Annotated[
        OrderRole | None, Field(description="entries or exits only", examples=["entry"])
    ] = None
    route: RouteName = None
    bot_version: BotVersion = None
    code: Annotated[str | None, _text("HALTED", "only denied with this code")] = None


class ExecutionsAsked(Asked):
    trade_id: TradeId = None
    account: AccountName = None
    symbol: Symbol = None
    status: Annotated[
        str | None, _text("filled", "only with this status: the order's, or external")
    ] = None
    order_id: OrderId = None
    position_id: Annotated[str | None, _text("50011", "only of this position at the venue")] = None


class PositionsAsked(Asked):
    trade_id: TradeId = None
    account: AccountName = None
    symbol: Symbol = None
    status: Annotated[
        str | None,
        Field(
            pattern="^(known|external)$",
            description="known: a trade of ours explains it",
            examples=["known"],
        ),
    ] = None


class TradesAsked(Asked):
    trade_id: TradeId = None
    account: AccountName = None
    symbol: Symbol = None
    status: Annotated[
        Outcome | None, Field(description="only with this outcome", examples=["win"])
    ] = None
    bot_version: BotVersion = None


class DiscrepanciesAsked(Asked):
    trade_id: TradeId = None
    account: AccountName = None
    code: Annotated[str | None, _text("POSITION_DRIFT", "only with this code")] = None
    status: Annotated[
        str | None,
        Field(
            pattern="^(open|resolved)$", description="only open or resolved ones", examples=["open"]
        ),
    ] = None


class AlarmsAsked(Asked):
    account: AccountName = None
    code: Annotated[str | None, _text("ORDER_OVERFILLED", "only with this code")] = None
    order_id: OrderId = None


class AccountsAsked(Asked):
    account: AccountName = None
    venue: Annotated[str | None, _text("paper", "only at this venue")] = None
    mode: Annotated[
        TradingMode | None, Field(description="only in this mode", examples=["halted"])
    ] = None


class InstrumentsAsked(Asked):
    account: AccountName = None
    symbol: Symbol = None


class RoutesAsked(Asked):
    route: RouteName = None
    account: AccountName = None


class NodesAsked(Asked):
    node: Annotated[str | None, _text("node-1", "only this node")] = None
    account: AccountName = None
    venue: Annotated[str | None, _text("paper", "only at this venue")] = None


class SignalsAsked(Asked):
    symbol: Symbol = None
    status: Annotated[
        SignalStatus | None, Field(description="only valid or refused ones", examples=["valid"])
    ] = None
    direction: Annotated[
        SignalDirection | None, Field(description="only in this direction", examples=["long"])
    ] = None
    strategy: Annotated[str | None, _text("consensus", "only of this strategy")] = None
    signal_id: Annotated[
        UUID | None,
        Field(description="only this signal", examples=["3f1d0a52-3d0b-5a77-9c35-0d6f8d1f4a11"]),
    ] = None


class LatestSignalsAsked(BaseModel):
    """Which signals that stand are shown."""

    model_config = ConfigDict(extra="forbid")

    symbol: Symbol = None
    limit: Annotated[
        int, Field(ge=1, le=LIMIT_MAX, description="signals at most", examples=[LIMIT_DEFAULT])
    ] = LIMIT_DEFAULT


class SignalStatsAsked(BaseModel):
    """The stretch that figures are of: from `since` on, a day by default."""

    model_config = ConfigDict(extra="forbid")

    since: Annotated[
        WireMoment | None,
        Field(description="from this moment on", examples=["2026-11-20T00:00:00Z"]),
    ] = None


class HaltsAsked(Asked):
    scope: Annotated[
        HaltScope | None, Field(description="only with this scope", examples=["account"])
    ] = None
    mode: Annotated[
        TradingMode | None, Field(description="only in this mode", examples=["halted"])
    ] = None
