"""What the node's log says of one command, and the keys under which a venue knows our orders."""

import sqlite3
from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Final
from uuid import UUID

import orjson

from argos.core.order import CommandKind
from argos.ports import VenueIdentity, VenueOrderState
from argos.protocol.commands import Command, decode_command


class CommandState(StrEnum):
    """SEND_STARTED stands before the venue call and is left only by its answer or by doubt.

    ANSWERED: the venue has it, and it may still be working. DONE: the venue has ended it. UNSENT: we refused
    it. NOT_FOUND: looked for in vain; late evidence turns it into ANSWERED or DONE.
    """

    SEND_STARTED = "send_started"
    DOUBT = "doubt"
    ANSWERED = "answered"
    DONE = "done"
    UNSENT = "unsent"
    NOT_FOUND = "not_found"


ENDED: Final = frozenset(set(VenueOrderState) - {VenueOrderState.WORKING})
OWN_ORDER_KINDS: Final = frozenset({CommandKind.SUBMIT, CommandKind.CLOSE})
"""Commands that make an order of their own at the venue; the others change one that is there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SendTerms:
    """What stood at the moment of sending: the quote, and for a close how much of what was held."""

    bid: Decimal | None = None
    ask: Decimal | None = None
    qty: Decimal | None = None
    closes_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LoggedCommand:
    """`venue_state` is the evidence: None until the venue was seen to have, or have had, the order."""

    command: Command
    state: CommandState
    attempt: int
    terms: SendTerms
    venue_order_id: str
    venue_state: VenueOrderState | None

    @property
    def command_id(self) -> UUID:
        return self.command.command_id

    @property
    def identity(self) -> VenueIdentity:
        return identity_of(self.command)


def identity_of(command: Command) -> VenueIdentity:
    return VenueIdentity(magic=command.magic, client_order_id=command.client_order_id)


def identity_keys(*, magic: int, client_order_id: str) -> tuple[str, ...]:
    """The keys of an identity; none when the venue kept neither part of it."""
    keys = (f"m:{magic}" if magic else "", f"c:{client_order_id}" if client_order_id else "")
    return tuple(key for key in keys if key)


COMMAND_COLUMNS: Final = (
    "body, state, attempt, bid, ask, sent_qty, closes_all, venue_order_id, venue_state"
)


def command_of_row(row: sqlite3.Row) -> LoggedCommand:
    def amount(name: str) -> Decimal | None:
        return None if row[name] is None else Decimal(row[name])

    return LoggedCommand(
        command=decode_command(orjson.loads(row["body"])),
        state=CommandState(row["state"]),
        attempt=row["attempt"],
        terms=SendTerms(
            bid=amount("bid"),
            ask=amount("ask"),
            qty=amount("sent_qty"),
            closes_all=bool(row["closes_all"]),
        ),
        venue_order_id=row["venue_order_id"],
        venue_state=VenueOrderState(row["venue_state"]) if row["venue_state"] else None,
    )
