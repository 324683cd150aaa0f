"""Items of the lists about what the operator set up: accounts, routes, nodes, brakes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from argos.core.account import HaltScope, TradingMode
from argos.gateway.schemas.readings import SizeItem
from argos.gateway.schemas.values import AccountName, DecimalText, MomentText, RouteName

VenueName = Annotated[str, Field(examples=["paper"])]


class AccountItem(BaseModel):
    """`mode` is the strictest brake on the account as a whole; brakes on routes and strategies come on top.

    The snapshot is what its node sent last; its age counts from when it came in.
    """

    account: AccountName
    venue: VenueName
    currency: Annotated[str, Field(examples=["USD"])]
    hedging: Annotated[bool, Field(examples=[True])]
    enabled: Annotated[bool, Field(examples=[True])]
    limits: Annotated[dict[str, Any], Field(examples=[{"positions_max": 10}])]
    mode: Annotated[TradingMode, Field(examples=["active"])]
    mode_reason: Annotated[str | None, Field(examples=[None])]
    snapshot: Annotated[
        dict[str, Any] | None,
        Field(examples=[{"balance": "100000", "equity": "100012.5", "margin_free": "98750"}]),
    ]
    snapshot_at: MomentText | None
    snapshot_age_s: Annotated[float | None, Field(examples=[0.734])]
    symbols: Annotated[
        list[str], Field(description="instruments the account knows", examples=[["AAPL", "MSFT"]])
    ]
    created_at: MomentText


class SymbolItem(BaseModel):
    """Terms of one symbol. Quantities in units; `unit_value` is what a move of 1.0 costs per unit when it is lost.

    `venue_terms` are the venue's own words, in lots, points and codes; null where it has none.
    """

    symbol: Annotated[str, Field(examples=["EURUSD"])]
    base_currency: Annotated[str, Field(examples=["EUR"])] = ""
    quote_currency: Annotated[str, Field(examples=["USD"])]
    profit_rule: Annotated[Literal["pair", "linear", "tick"], Field(examples=["pair"])] = "linear"
    tradable: Annotated[bool, Field(examples=[True])]
    contract_size: Annotated[DecimalText, Field(examples=["100000"])]
    tick_size: Annotated[DecimalText, Field(examples=["0.00001"])]
    qty_min: Annotated[DecimalText, Field(examples=["1000"])]
    qty_max: Annotated[DecimalText, Field(examples=["10000000"])]
    qty_step: Annotated[DecimalText, Field(examples=["1000"])]
    stops_distance_min: Annotated[DecimalText, Field(examples=["0"])]
    unit_value: Annotated[DecimalText, Field(examples=["1"])]
    unit_value_profit: Annotated[DecimalText | None, Field(examples=["1"])] = None
    venue_terms: Annotated[
        dict[str, Any] | None, Field(examples=[{"tick_value_loss": "1", "freeze_level": 0}])
    ] = None


class SymbolsAnswer(BaseModel):
    account: AccountName
    currency: Annotated[str, Field(examples=["USD"])]
    terms_at: MomentText | None
    items: list[SymbolItem]


class RouteLegItem(BaseModel):
    account: AccountName
    share: Annotated[DecimalText, Field(description="scales the size", examples=["1"])]
    size: SizeItem | None
    symbol_map: Annotated[dict[str, str], Field(examples=[{"AAPL": "AAPL.US"}])]
    hours: Annotated[
        list[dict[str, Any]],
        Field(
            examples=[
                [
                    {
                        "days": [0, 1, 2, 3, 4],
                        "from": "09:30",
                        "to": "16:00",
                        "timezone": "America/New_York",
                    }
                ]
            ]
        ),
    ]
    enabled: Annotated[bool, Field(examples=[True])]


class RouteItem(BaseModel):
    """Where intents go. `mode` is the strictest of the global brake and the route's own."""

    route: RouteName
    enabled: Annotated[bool, Field(examples=[True])]
    size: SizeItem | None
    expiry_s: Annotated[int, Field(examples=[30])]
    alert_age_s_max: Annotated[int, Field(examples=[60])]
    mode: Annotated[TradingMode, Field(examples=["active"])]
    mode_reason: Annotated[str | None, Field(examples=[None])]
    legs: list[RouteLegItem]
    created_at: MomentText


class NodeItem(BaseModel):
    """A node and its newest session. `silent`: nothing heard for 60 seconds."""

    node: Annotated[str, Field(examples=["node-meridian-hedge"])]
    account: AccountName
    venue: VenueName
    enabled: Annotated[bool, Field(examples=[True])]
    status: Annotated[Literal["connected", "silent", "never_seen"], Field(examples=["connected"])]
    epoch: Annotated[int, Field(examples=[7])]
    version: Annotated[str | None, Field(examples=["0.1.0"])]
    terminal: Annotated[dict[str, Any], Field(examples=[{"connected": True}])]
    hello_at: MomentText | None
    last_seen_at: MomentText | None
    heartbeat_age_s: Annotated[float | None, Field(examples=[1.204])]
    lane_depth: Annotated[
        int, Field(description="commands of its account not yet done", examples=[0])
    ]
    in_doubt: Annotated[int, Field(description="orders of its account in doubt", examples=[0])]
    created_at: MomentText


class HaltItem(BaseModel):
    scope: Annotated[HaltScope, Field(examples=["account"])]
    key: Annotated[str, Field(examples=["meridian-hedge"])]
    mode: Annotated[TradingMode, Field(examples=["halted"])]
    reason: Annotated[str, Field(examples=["news at 14:30"])]
    set_by: Annotated[str, Field(examples=["operator"])]
    set_at: MomentText
