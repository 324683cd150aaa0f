"""Builds the node's facts. `at` is the node's clock when it learned the thing; the venue's is in the body.

The bodies are described in docs/reference/node-protocol.md.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

import orjson

from argos.core.execution import Execution
from argos.core.ids import fact_uuid
from argos.core.instrument import Quote
from argos.core.order import CommandKind
from argos.core.position import Position
from argos.node.log_rows import LoggedCommand, SendTerms
from argos.ports import VenueOrderState
from argos.protocol.commands import Command
from argos.protocol.facts import (
    Report,
    ReportKind,
    command_fact_id,
    encode_execution,
    execution_fact_id,
)
from argos.protocol.snapshots import encode_position
from argos.protocol.values import (
    decimal_text,
    moment_text,
    optional_decimal_text,
)

END_KINDS: Final[Mapping[VenueOrderState, ReportKind]] = {
    VenueOrderState.CANCELED: ReportKind.CANCELED,
    VenueOrderState.EXPIRED: ReportKind.EXPIRED,
    VenueOrderState.REJECTED: ReportKind.REJECTED,
}
"""How an order's end at the venue is reported; FILLED is told by its fills."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """One sending of one command: what the facts about it are named after."""

    command: Command
    number: int

    @classmethod
    def of(cls, row: LoggedCommand) -> "Attempt":
        return cls(command=row.command, number=row.attempt)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reporter:
    account: str

    def about(
        self, attempt: Attempt, *, kind: ReportKind, at: datetime, body: Mapping[str, Any]
    ) -> Report:
        """A fact about a command: one per kind and attempt."""
        command = attempt.command
        return Report(
            fact_id=command_fact_id(
                account=self.account,
                kind=kind,
                command_id=command.command_id,
                attempt=attempt.number,
            ),
            kind=kind,
            order_id=command.order_id,
            command_id=command.command_id,
            at=at,
            body={"command_kind": command.kind.value, "attempt": attempt.number, **body},
        )

    def send_started(
        self, attempt: Attempt, *, at: datetime, quote: Quote | None, arrival: Quote | None
    ) -> Report:
        """`arrival` is the quote that stood when the gateway received the alert."""
        body = {**_quote_body(quote, prefix=""), **_quote_body(arrival, prefix="arrival_")}
        return self.about(attempt, kind=ReportKind.SEND_STARTED, at=at, body=body)

    def accepted(
        self,
        attempt: Attempt,
        *,
        at: datetime,
        venue_order_id: str,
        state: VenueOrderState,
        qty: Decimal | None,
    ) -> Report:
        """A close tells in `qty` how much it asked for.

        That may be less than the command said, and the command may have said less than at its first lease, of which
        the gateway keeps the quantity.
        """
        body: dict[str, Any] = {"venue_order_id": venue_order_id, "state": state.value}
        if qty is not None:
            body["qty"] = decimal_text(qty)
        return self.about(attempt, kind=ReportKind.ACCEPTED, at=at, body=body)

    def ended(
        self,
        attempt: Attempt,
        *,
        at: datetime,
        venue_order_id: str,
        state: VenueOrderState,
        text: str,
    ) -> Report | None:
        """The end of an order that was not a complete fill; None for any other state."""
        kind = END_KINDS.get(state)
        if kind is None:
            return None
        body = {"venue_order_id": venue_order_id, "text": text}
        if kind is ReportKind.REJECTED:
            body["code"] = "VENUE_REJECTED"
        return self.about(attempt, kind=kind, at=at, body=body)

    def change(
        self, attempt: Attempt, *, at: datetime, state: VenueOrderState, text: str
    ) -> Report:
        """The outcome of a cancel or modify, from the state its order was then in.

        A cancel that the venue took and has not carried out yet is `accepted`; one that came after another
        end of the order is `rejected`.
        """
        command = attempt.command
        is_cancel = command.kind is CommandKind.CANCEL
        if state is VenueOrderState.CANCELED and is_cancel:
            return self.about(attempt, kind=ReportKind.CANCELED, at=at, body={"text": text})
        if state is VenueOrderState.WORKING and is_cancel:
            body: dict[str, Any] = {"venue_order_id": "", "state": state.value}
            return self.about(attempt, kind=ReportKind.ACCEPTED, at=at, body=body)
        if not is_cancel and state in {VenueOrderState.WORKING, VenueOrderState.FILLED}:
            terms = {
                "price": optional_decimal_text(command.price),
                "sl": optional_decimal_text(command.sl),
                "tp": optional_decimal_text(command.tp),
            }
            return self.about(attempt, kind=ReportKind.MODIFIED, at=at, body=terms)
        return self.refused(
            attempt,
            kind=ReportKind.REJECTED,
            at=at,
            code="CANCEL_TOO_LATE" if is_cancel else "MODIFY_TOO_LATE",
            text=text or f"the order is {state.value}",
        )

    def refused(
        self, attempt: Attempt, *, kind: ReportKind, at: datetime, code: str, text: str
    ) -> Report:
        """`rejected` (the venue's no) or `unsent` (ours)."""
        return self.about(attempt, kind=kind, at=at, body={"code": code, "text": text})

    def fill(self, row: LoggedCommand, *, execution: Execution, at: datetime) -> Report:
        command = row.command
        return self._execution(
            execution,
            kind=ReportKind.FILL,
            at=at,
            owner=(command.order_id, command.command_id),
            more=_quote_at_send(row.terms),
        )

    def deal(self, execution: Execution, *, at: datetime, opening: LoggedCommand | None) -> Report:
        """An execution that no command of ours asked for; `opening` is the order it has closed."""
        order = str(opening.command.order_id) if opening else None
        return self._execution(
            execution,
            kind=ReportKind.DEAL,
            at=at,
            owner=(None, None),
            more={"opening_order_id": order},
        )

    def positions(
        self, positions: Sequence[Position], *, taken_at: datetime, at: datetime
    ) -> Report:
        """All positions of the account, as of `taken_at`."""
        body = {
            "taken_at": moment_text(taken_at),
            "positions": [encode_position(position) for position in positions],
        }
        return self._of_account(ReportKind.POSITION, at=at, key=body, body=body)

    def heartbeat(self, flags: Mapping[str, Any], *, at: datetime) -> Report:
        """The venue's flags, told when they have changed: nobody should wonder why no order goes out."""
        key = {"at": moment_text(at), "flags": dict(flags)}
        return self._of_account(ReportKind.HEARTBEAT, key=key, at=at, body=dict(flags))

    def charge(self, charge: Mapping[str, str], *, at: datetime) -> Report:
        """A booking on the account that belongs to no execution, in the venue's own words."""
        return self._of_account(
            ReportKind.SNAPSHOT, at=at, key={"charge": charge}, body={"charge": dict(charge)}
        )

    def _execution(
        self,
        execution: Execution,
        *,
        kind: ReportKind,
        at: datetime,
        owner: tuple[UUID | None, UUID | None],
        more: Mapping[str, Any],
    ) -> Report:
        return Report(
            fact_id=execution_fact_id(account=self.account, venue_exec_id=execution.venue_exec_id),
            kind=kind,
            order_id=owner[0],
            command_id=owner[1],
            at=at,
            body={**encode_execution(execution), **more},
        )

    def _of_account(
        self, kind: ReportKind, *, at: datetime, key: Mapping[str, Any], body: Mapping[str, Any]
    ) -> Report:
        digest = hashlib.sha256(orjson.dumps(key, option=orjson.OPT_SORT_KEYS)).hexdigest()
        return Report(
            fact_id=fact_uuid(account=self.account, kind=kind.value, key=digest),
            kind=kind,
            order_id=None,
            command_id=None,
            at=at,
            body=body,
        )


def _quote_at_send(terms: SendTerms) -> dict[str, str | None]:
    return {
        "bid_at_send": optional_decimal_text(terms.bid),
        "ask_at_send": optional_decimal_text(terms.ask),
    }


def _quote_body(quote: Quote | None, *, prefix: str) -> dict[str, str | None]:
    return {
        f"{prefix}bid": decimal_text(quote.bid) if quote else None,
        f"{prefix}ask": decimal_text(quote.ask) if quote else None,
        f"{prefix}quote_at": moment_text(quote.at) if quote else None,
    }
