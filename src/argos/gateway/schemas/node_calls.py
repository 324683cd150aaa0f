"""Bodies and answers of the node protocol, as the documents show them; argos.protocol reads and writes them."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, Field

from argos.core.account import TradingMode
from argos.gateway.schemas.values import CommandId, MomentText


class EnrolBody(BaseModel):
    code: Annotated[str, Field(examples=["8pJ0w3mQx1V5yTn2bR7cK4sD9fGhL6aZ"])]
    account: Annotated[str, Field(examples=["meridian-hedge"])]
    venue: Annotated[str, Field(examples=["paper"])]


class EnrolAnswer(BaseModel):
    node: Annotated[str, Field(examples=["node-meridian-hedge"])]
    key: Annotated[str, Field(description="256 bits in hex, told once", examples=["5f" * 32])]


class RekeyBody(BaseModel):
    """The key to exchange is the one that signs."""

    version: Annotated[str, Field(description="of the protocol", examples=["1"])]


class RekeyAnswer(EnrolAnswer):
    key_id: Annotated[
        str,
        Field(description="12 hex digits of the key's SHA-256", examples=["c21b4b1e0c7a"]),
    ]


class SnapshotBody(BaseModel):
    """An account as its node sees it. Amounts are decimals as text, in the account's currency."""

    account: Annotated[str, Field(examples=["meridian-hedge"])]
    currency: Annotated[str, Field(examples=["USD"])]
    balance: Annotated[str, Field(examples=["100000"])]
    equity: Annotated[str, Field(examples=["100012.5"])]
    margin_free: Annotated[str, Field(examples=["98750"])]
    hedging: Annotated[bool, Field(examples=[True])]
    fifo: Annotated[
        bool, Field(description="the oldest position of a symbol is closed first", examples=[False])
    ] = False
    taken_at: MomentText
    terms_at: Annotated[
        MomentText | None, Field(description="when the instruments were last read and found so")
    ] = None
    open_orders: Annotated[int, Field(examples=[0])]
    positions: Annotated[list[dict[str, Any]], Field(examples=[[]])]
    quotes: Annotated[list[dict[str, Any]], Field(examples=[[]])]
    instruments: Annotated[list[dict[str, Any]], Field(examples=[[]])]
    margin: Annotated[str | None, Field(examples=["1250"])] = None
    credit: Annotated[
        str | None, Field(description="part of equity, not of balance", examples=["0"])
    ] = None
    leverage: Annotated[int | None, Field(examples=[100])] = None
    node: Annotated[
        dict[str, Any],
        Field(
            description="what the node says of itself and its terminal, for people to see",
            examples=[
                {"connected": True, "algo_trading": True, "ping_us": 21_000, "unreported": 0}
            ],
        ),
    ] = {}


class HelloBody(BaseModel):
    """`log_id` names the node's own log: a new one tells that the old log was lost.

    `log_counter` is the highest counter that the log has given out: if requests are known beyond it, the log is a copy.
    """

    log_id: Annotated[str, Field(examples=["0d9f3c52-7f0e-4c59-9a51-2f4b8f7f1a11"])]
    log_counter: Annotated[int | None, Field(examples=[1_795_000_000_000_042])] = None
    version: Annotated[str, Field(examples=["0.1.0"])]
    info: SnapshotBody | None = None
    terminal: Annotated[dict[str, Any], Field(examples=[{"connected": True}])]


class HelloAnswer(BaseModel):
    epoch: Annotated[int, Field(description="fences all earlier sessions", examples=[7])]
    log_id: Annotated[
        str,
        Field(
            description="the log's id from now on: a new one, if the log told of is a copy",
            examples=["0d9f3c52-7f0e-4c59-9a51-2f4b8f7f1a11"],
        ),
    ]
    settings: Annotated[dict[str, Any], Field(examples=[{"scan_ms": 1000}])]
    server_time: MomentText


class PollBody(BaseModel):
    wait_ms: Annotated[int, Field(ge=0, le=25_000, examples=[25_000])]
    in_flight: Annotated[
        list[CommandId], Field(description="commands the node holds already", examples=[[]])
    ]
    snapshot: SnapshotBody | None = None


class CommandItem(BaseModel):
    """One instruction, see the node protocol; prices and quantities are decimals as text."""

    command_id: CommandId
    kind: Annotated[Literal["submit", "modify", "cancel", "close"], Field(examples=["submit"])]
    symbol: Annotated[str, Field(examples=["AAPL"])]
    qty: Annotated[str, Field(examples=["10"])]
    attempt: Annotated[int, Field(examples=[1])]


class HaltState(BaseModel):
    mode: Annotated[TradingMode, Field(examples=["active"])]
    reason: Annotated[str, Field(examples=[""])]


class PollAnswer(BaseModel):
    commands: list[CommandItem]
    halt: HaltState
    rekey: Annotated[
        bool, Field(description="take a new key, by the call of that name", examples=[False])
    ]
    awaited: Annotated[
        bool,
        Field(
            description="a command just came that waits for what the node has yet to report",
            examples=[False],
        ),
    ]
    server_time: MomentText


class ReportsBody(BaseModel):
    facts: Annotated[
        list[dict[str, Any]],
        Field(
            max_length=500,
            examples=[
                [
                    {
                        "fact_id": "4c6a9a5c-9f0d-5b61-8a3a-5b1f4de09a77",
                        "kind": "send_started",
                        "order_id": "a7d3e9c1-5b2f-5c84-b6a0-1e2d3c4b5a69",
                        "command_id": "b8e4fad2-6c30-5d95-87b1-2f3e4d5c6b7a",
                        "at": "2026-11-20T14:30:00.021000Z",
                        "command_kind": "submit",
                        "attempt": 1,
                        "bid": "12.34",
                        "ask": "12.36",
                    }
                ]
            ],
        ),
    ]


class RefusedFact(BaseModel):
    fact_id: Annotated[str, Field(examples=["4c6a9a5c-9f0d-5b61-8a3a-5b1f4de09a77"])]
    code: Annotated[str, Field(examples=["FACT_MALFORMED"])]


class ReportsAnswer(BaseModel):
    accepted: Annotated[list[str], Field(examples=[["4c6a9a5c-9f0d-5b61-8a3a-5b1f4de09a77"]])]
    refused: Annotated[list[RefusedFact], Field(examples=[[]])]
