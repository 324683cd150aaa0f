"""One sending: the durable SEND_STARTED, the venue call, and its answer or the doubt it leaves."""

import asyncio
from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.core.order import CommandKind
from argos.node.clock import unix_ms
from argos.node.doubt import DoubtBook
from argos.node.log import NodeLog
from argos.node.log_rows import ENDED, CommandState, LoggedCommand, SendTerms, identity_of
from argos.node.log_writer import LogWriter
from argos.node.reporter import Attempt, Reporter
from argos.node.session import Session
from argos.ports import ORDER_GONE, Venue, VenueAnswer, VenueClose, VenueOrder, VenueOrderState
from argos.protocol.commands import Command
from argos.protocol.facts import ReportKind

_GRACE_S: Final = 2.0
"""How much longer than its own timeout a venue call may hang before it is cut off, into doubt."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What the look before the sending found out; `qty` and `closes_all` are for closes."""

    position_id: str = ""
    qty: Decimal | None = None
    closes_all: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sending:
    """`repeat`: this node has sent the command before, so a refusal says nothing about that one."""

    attempt: Attempt
    plan: Plan
    lease_until_ms: int | None
    repeat: bool = False


class Sender:
    def __init__(
        self, *, venue: Venue, log: NodeLog, session: Session, reporter: Reporter, doubts: DoubtBook
    ) -> None:
        self._venue = venue
        self._log = log
        self._session = session
        self._reporter = reporter
        self._doubts = doubts

    async def send(self, sending: Sending) -> VenueRefused | None:
        """Calls the venue once. Whatever the call does, the log then says answered, refused or in doubt.

        With one exception: a close that was refused only for now, or a cancel of an order that is still there, gives
        that refusal, unwritten. The caller tries again, or ends it with `refuse`; should the process end first, it
        will be a doubt.
        """
        self._start(sending)
        timeout_s = self._session.timings.send_timeout_ms / 1000
        try:
            async with asyncio.timeout(timeout_s + _GRACE_S):
                answer = await self._call(sending, timeout_s=timeout_s)
        except VenueRefused as error:
            if sending.repeat:
                self._into_doubt(sending, text=f"a repeat was refused: {error}", refused=True)
            elif _may_be_tried_again(sending.attempt.command, error):
                return error
            else:
                self.refuse(sending, error)
        except (VenueUnreachable, TimeoutError) as error:
            self._into_doubt(sending, text=str(error) or "the venue call was cut off")
        else:
            self._answered(sending, answer)
        return None

    def refuse(self, sending: Sending, error: VenueRefused) -> None:
        """Writes the venue's no as the command's end."""
        row = self._row(sending)
        report = self._reporter.about(
            sending.attempt,
            kind=ReportKind.REJECTED,
            at=self._session.now(),
            body={
                "code": error.code,
                "text": error.message,
                "venue_code": error.venue_code,
                "retryable": error.retryable,
            },
        )
        with self._log.transaction() as writer:
            writer.set_state(row.command_id, CommandState.DONE)
            writer.add_fact(report)

    def leave_in_doubt(
        self, row: LoggedCommand, *, text: str, lease_until_ms: int | None, refused: bool = False
    ) -> None:
        """A call of which no answer will come: evidence seen meanwhile stands, else it is doubt."""
        attempt = Attempt.of(row)
        with self._log.transaction() as writer:
            if row.venue_state is not None:
                ended = row.venue_state in ENDED
                state = CommandState.DONE if ended else CommandState.ANSWERED
                writer.set_state(row.command_id, state)
                return
            writer.set_state(row.command_id, CommandState.DOUBT)
            writer.add_fact(
                self._reporter.about(
                    attempt,
                    kind=ReportKind.IN_DOUBT,
                    at=self._session.now(),
                    body={"text": text},
                )
            )
        self._doubts.begin(
            row.command_id,
            at_ms=self._session.clock.monotonic_ms(),
            lease_until_ms=lease_until_ms,
            refused=refused,
        )

    def _start(self, sending: Sending) -> None:
        attempt, plan = sending.attempt, sending.plan
        command = attempt.command
        quote = self._venue.quote(command.symbol)
        arrival = self._venue.quote(command.symbol, at=command.alert_received_at)
        now = self._session.now()
        terms = SendTerms(
            bid=quote.bid if quote else None,
            ask=quote.ask if quote else None,
            qty=plan.qty,
            closes_all=plan.closes_all,
        )
        with self._log.transaction() as writer:
            writer.put_command(
                command,
                state=CommandState.SEND_STARTED,
                attempt=attempt.number,
                sent_at_ms=unix_ms(now),
                terms=terms,
            )
            writer.add_fact(
                self._reporter.send_started(attempt, at=now, quote=quote, arrival=arrival)
            )

    async def _call(self, sending: Sending, *, timeout_s: float) -> VenueAnswer:
        command, plan = sending.attempt.command, sending.plan
        identity = identity_of(command)
        match command.kind:
            case CommandKind.SUBMIT:
                return await self._venue.submit(_order_of(command), timeout_s=timeout_s)
            case CommandKind.CLOSE:
                return await self._venue.close(_close_of(command, plan), timeout_s=timeout_s)
            case CommandKind.CANCEL:
                return await self._venue.cancel(
                    identity, symbol=command.symbol, timeout_s=timeout_s
                )
            case CommandKind.MODIFY:
                return await self._venue.modify(
                    identity,
                    symbol=command.symbol,
                    position_id=plan.position_id,
                    price=command.price,
                    sl=command.sl,
                    tp=command.tp,
                    timeout_s=timeout_s,
                )

    def _into_doubt(self, sending: Sending, *, text: str, refused: bool = False) -> None:
        self.leave_in_doubt(
            self._row(sending), text=text, lease_until_ms=sending.lease_until_ms, refused=refused
        )

    def _answered(self, sending: Sending, answer: VenueAnswer) -> None:
        row = self._row(sending)
        # Should the machine lose this, what it remembers is a call without an answer, and it looks.
        with self._log.transaction(durable=False) as writer:
            # The call is over: from here evidence may set the state.
            writer.set_state(row.command_id, CommandState.ANSWERED)
            match row.command.kind:
                case CommandKind.SUBMIT | CommandKind.CLOSE:
                    self._write_order(writer, sending, answer)
                case CommandKind.CANCEL | CommandKind.MODIFY:
                    self._write_change(writer, sending, answer)

    def _write_order(self, writer: LogWriter, sending: Sending, answer: VenueAnswer) -> None:
        row, at = self._row(sending), self._session.now()
        if answer.state is not VenueOrderState.REJECTED:
            writer.add_fact(
                self._reporter.accepted(
                    sending.attempt,
                    at=at,
                    venue_order_id=answer.venue_order_id,
                    state=answer.state,
                    qty=sending.plan.qty,
                )
            )
        self._write_fills(writer, row, answer)
        self._write_end(writer, sending.attempt, answer)
        writer.note_evidence(row, venue_state=answer.state, venue_order_id=answer.venue_order_id)

    def _write_change(self, writer: LogWriter, sending: Sending, answer: VenueAnswer) -> None:
        """The answer to a cancel or modify speaks of the order it was to change."""
        command, at = sending.attempt.command, self._session.now()
        target = self._log.read.by_identity(
            magic=command.magic, client_order_id=command.client_order_id
        )
        if target is not None:
            self._write_fills(writer, target, answer)
            writer.note_evidence(
                target, venue_state=answer.state, venue_order_id=answer.venue_order_id
            )
        writer.add_fact(
            self._reporter.change(sending.attempt, at=at, state=answer.state, text=answer.text)
        )
        writer.set_state(command.command_id, CommandState.DONE)

    def _write_fills(self, writer: LogWriter, row: LoggedCommand, answer: VenueAnswer) -> None:
        for execution in answer.executions:
            writer.put_execution(execution, command_id=row.command_id, own=True)
            writer.add_fact(self._reporter.fill(row, execution=execution, at=self._session.now()))

    def _write_end(self, writer: LogWriter, attempt: Attempt, answer: VenueAnswer) -> None:
        report = self._reporter.ended(
            attempt,
            at=self._session.now(),
            venue_order_id=answer.venue_order_id,
            state=answer.state,
            text=answer.text,
        )
        if report is not None:
            writer.add_fact(report)

    def _row(self, sending: Sending) -> LoggedCommand:
        row = self._log.read.command(sending.attempt.command.command_id)
        assert row is not None, "a command that was sent stands in the log"
        return row


def _may_be_tried_again(command: Command, error: VenueRefused) -> bool:
    """Exits do not expire. That an order be cancelled may be said as often as it takes, whatever the refusal."""
    if command.kind is CommandKind.CANCEL:
        return error.code != ORDER_GONE
    return command.kind is CommandKind.CLOSE and error.retryable


def _order_of(command: Command) -> VenueOrder:
    return VenueOrder(
        identity=identity_of(command),
        symbol=command.symbol,
        side=command.side,
        order_type=command.order_type,
        qty=command.qty,
        price=command.price,
        stop_limit_price=command.stop_limit_price,
        sl=command.sl,
        tp=command.tp,
        deviation_points=command.deviation_points,
        comment=command.comment,
        working_until=command.working_until,
    )


def _close_of(command: Command, plan: Plan) -> VenueClose:
    return VenueClose(
        identity=identity_of(command),
        symbol=command.symbol,
        side=command.side,
        qty=plan.qty or command.qty,
        position_id=plan.position_id,
        comment=command.comment,
    )
