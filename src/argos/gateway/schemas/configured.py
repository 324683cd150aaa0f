"""Items of the lists about what the operator set up: accounts, routes, nodes, brakes."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from argos.core.account import HaltScope, TradingMode
from argos.gateway.schemas.readings import SizeItem
from argos.gateway.schemas.values import AccountName, DecimalText, MomentText, RouteName, Symbol

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


class InstrumentItem(BaseModel):
    """One symbol at one account. Quantities in units.

    `venue_terms` are the venue's own words, in lots, points and codes; null where it has none.
    """

    account: AccountName
    symbol: Symbol
    contract_size: Annotated[DecimalText, Field(description="units in a lot", examples=["100000"])]
    tick_size: Annotated[DecimalText, Field(examples=["0.00001"])]
    qty_min: Annotated[DecimalText, Field(examples=["1000"])]
    qty_max: Annotated[DecimalText, Field(examples=["5000000"])]
    qty_step: Annotated[DecimalText, Field(examples=["1000"])]
    stops_distance_min: Annotated[
        DecimalText, Field(description="between the price and a stop", examples=["0.0001"])
    ]
    unit_value: Annotated[
        DecimalText,
        Field(
            description="of a move of 1 in price, per unit, in the account's currency, when it is lost",
            examples=["1"],
        ),
    ]
    unit_value_profit: Annotated[
        DecimalText | None, Field(description="the same when it is won", examples=["1"])
    ] = None
    base_currency: Annotated[str, Field(examples=["EUR"])] = ""
    quote_currency: Annotated[str, Field(examples=["USD"])]
    profit_rule: Annotated[Literal["pair", "linear", "tick"], Field(examples=["pair"])] = "linear"
    tradable: Annotated[bool, Field(examples=[True])]
    venue_terms: Annotated[
        dict[str, Any] | None, Field(examples=[{"tick_value_loss": "1", "freeze_level": 0}])
    ] = None
    quote: Annotated[
        dict[str, Any] | None,
        Field(examples=[{"symbol": "AAPL", "bid": "12.34", "ask": "12.36"}]),
    ]


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


class NodeKeyItem(BaseModel):
    """A live key. `replaces` is the id of the key that ends, or ended, with the first use of this one."""

    key_id: Annotated[str, Field(examples=["c21b4b1e0c7a"])]
    created_at: MomentText
    in_use: Annotated[bool, Field(description="signed the newest request", examples=[True])]
    replaces: Annotated[str | None, Field(examples=[None])]


class EnrolmentItem(BaseModel):
    """The newest code that was made for a node; the code itself is shown once, where it is made."""

    state: Annotated[Literal["open", "used", "expired"], Field(examples=["used"])]
    expires_at: MomentText
    used_at: MomentText | None


class NodeItem(BaseModel):
    """A node and its newest session. `silent`: nothing heard for 60 seconds."""

    node: Annotated[str, Field(examples=["node-meridian-hedge"])]
    account: AccountName
    venue: VenueName
    enabled: Annotated[bool, Field(examples=[True])]
    status: Annotated[Literal["connected", "silent", "never_seen"], Field(examples=["connected"])]
    epoch: Annotated[int, Field(examples=[7])]
    log_id: Annotated[str | None, Field(examples=["0d9f3c52-7f0e-4c59-9a51-2f4b8f7f1a11"])]
    version: Annotated[str | None, Field(examples=["0.1.0"])]
    terminal: Annotated[
        dict[str, Any],
        Field(
            description="what it said of itself in its hello and with its last snapshot",
            examples=[{"connected": True, "algo_trading": True, "build": 5000}],
        ),
    ]
    looked_age_s: Annotated[
        float | None, Field(description="since the look that it told of last", examples=[1.337])
    ]
    hello_at: MomentText | None
    last_seen_at: MomentText | None
    heartbeat_age_s: Annotated[float | None, Field(examples=[1.204])]
    lane_depth: Annotated[
        int, Field(description="commands of its account not yet done", examples=[0])
    ]
    lane_waiting: Annotated[int, Field(description="of these: not yet handed out", examples=[0])]
    lane_leased: Annotated[int, Field(description="of these: at the node", examples=[0])]
    unreported: Annotated[
        int | None, Field(description="facts it had still to tell, if it says so", examples=[0])
    ]
    in_doubt: Annotated[int, Field(description="orders of its account in doubt", examples=[0])]
    keys: list[NodeKeyItem]
    rekey_wanted_at: Annotated[
        MomentText | None, Field(description="a new key is wanted since then", examples=[None])
    ]
    enrolment: EnrolmentItem | None
    created_at: MomentText


class HaltItem(BaseModel):
    scope: Annotated[HaltScope, Field(examples=["account"])]
    key: Annotated[str, Field(examples=["meridian-hedge"])]
    mode: Annotated[TradingMode, Field(examples=["halted"])]
    reason: Annotated[str, Field(examples=["news at 14:30"])]
    set_by: Annotated[str, Field(examples=["operator"])]
    set_at: MomentText
