"""One command from its arrival to its answer: seen before? at the venue already? still allowed? then sent.

Every command ends as DONE (its facts are in the log) or DROPPED (no trace: the gateway leases it again).
"""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, TypeVar

from argos.core.errors import VenueUnreachable
from argos.core.order import CommandKind
from argos.core.position import Position
from argos.node.clock import unix_ms
from argos.node.doubt import DoubtBook
from argos.node.gates import (
    Refusal,
    brake_refusal,
    closable_position,
    expiry_refusal,
    limit_refusal,
)
from argos.node.log import NodeLog
from argos.node.log_rows import OWN_ORDER_KINDS, CommandState, LoggedCommand, identity_keys
from argos.node.reporter import Attempt, Reporter
from argos.node.scanner import Scanner
from argos.node.sender import Plan, Sender, Sending
from argos.node.session import Session
from argos.node.settings import NodeLimits
from argos.node.work import Outcome, Work
from argos.ports import Venue, VenueScan
from argos.protocol.commands import Command
from argos.protocol.facts import ReportKind

_T = TypeVar("_T")
_PAUSE_S: Final = 0.1
_MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What executor and runtime share of one node."""

    venue: Venue
    log: NodeLog
    session: Session
    reporter: Reporter
    doubts: DoubtBook
    limits: NodeLimits


class Executor:
    def __init__(self, node: Surroundings, *, scanner: Scanner) -> None:
        self._node = node
        self._log = node.log
        self._session = node.session
        self._scanner = scanner
        self._sender = Sender(
            venue=node.venue,
            log=node.log,
            session=node.session,
            reporter=node.reporter,
            doubts=node.doubts,
        )

    def settle(self) -> None:
        """At start: a call without an answer is a doubt; doubts of before are watched anew."""
        for row in self._log.read.in_state(CommandState.SEND_STARTED):
            self._sender.leave_in_doubt(
                row, text="the node stopped during the call", lease_until_ms=None
            )
        now_ms = self._session.clock.monotonic_ms()
        for row in self._log.read.in_state(CommandState.DOUBT):
            self._node.doubts.begin(row.command_id, at_ms=now_ms, lease_until_ms=None)

    def abandon(self, work: Work) -> None:
        """After an error nobody foresaw: if the call may have gone out, it is in doubt."""
        row = self._log.read.command(work.command.command_id)
        if row is not None and row.state is CommandState.SEND_STARTED:
            self._sender.leave_in_doubt(
                row, text="the node failed during the call", lease_until_ms=work.lease_until_ms
            )

    async def execute(self, work: Work) -> Outcome:
        row = self._log.read.command(work.command.command_id)
        if work.again:
            return await self._send_again(work, row)
        if row is not None and not _is_new_exit_attempt(row, work.command):
            with self._log.transaction(durable=False) as writer:
                writer.report_again(row.command_id)
            return Outcome.DONE
        command = work.command
        if _may_be_out_elsewhere(command):
            look = await self._within_lease(work, self._scanner.everything)
            if look is None:
                return Outcome.DROPPED
            if self._adopt(command, look.scan):
                return Outcome.DONE
            if command.kind is CommandKind.SUBMIT and not self._node.venue.traits.unique_client_ids:
                # Nothing here keeps a second one from being filled.
                return self._doubt_unseen(command, why="it is not sent a second time here")
        return await self._send_first(work, row)

    def _doubt_unseen(self, command: Command, *, why: str) -> Outcome:
        """Another log may have sent it just now: only looking for long enough tells that it did not."""
        with self._log.transaction() as writer:
            writer.put_command(command, state=CommandState.SEND_STARTED, attempt=command.attempt)
        row = self._log.read.command(command.command_id)
        assert row is not None, "it was written just now"
        text = f"leased to another log before, and there is no trace of it so far; {why}"
        self._sender.leave_in_doubt(row, text=text, lease_until_ms=None)
        return Outcome.DONE

    async def _send_first(self, work: Work, row: LoggedCommand | None) -> Outcome:
        stopped = self._stopped_at_gate(work) or await self._kept_back(work)
        if stopped is not None:
            return stopped
        plan = await self._plan(work, self._scanner.positions)
        if plan is None:
            return Outcome.DROPPED
        if isinstance(plan, Refusal):
            return self._unsent(work.command, plan)
        # The look may have taken a while: nothing is awaited between this check and the call.
        stopped = self._stopped_at_gate(work)
        if stopped is not None:
            return stopped
        number = max(work.command.attempt, row.attempt + 1 if row else 1)
        await self._send(work, plan, number=number, repeat=row is not None)
        return Outcome.DONE

    async def _send_again(self, work: Work, row: LoggedCommand | None) -> Outcome:
        """A repeat that looks first; whatever stands in its way leaves the doubt as it was."""
        if row is None or row.state is not CommandState.DOUBT:
            return Outcome.DONE
        plan = await self._plan(work, self._scanned_positions)
        row = self._log.read.command(row.command_id)
        allowed = (
            isinstance(plan, Plan)
            and row is not None
            and row.state is CommandState.DOUBT
            and expiry_refusal(work.command, now=self._session.now()) is None
            and (work.command.is_exit or self._lease_holds(work))
            and self._session.may_send_again(entry=not work.command.is_exit)
            and not self._is_kept_back(work.command)
        )
        if allowed and isinstance(plan, Plan) and row is not None:
            await self._send(work, plan, number=row.attempt + 1, repeat=True)
        return Outcome.DONE

    async def _send(self, work: Work, plan: Plan, *, number: int, repeat: bool) -> None:
        """Sends; a close refused for now, or a refused cancel, is tried again under its lease; a close looks first."""
        tries_left = self._session.timings.attempts_max
        while True:
            sending = Sending(
                attempt=Attempt(command=work.command, number=number),
                plan=plan,
                lease_until_ms=work.lease_until_ms,
                repeat=repeat,
            )
            refusal = await self._sender.send(sending)
            if refusal is None:
                return
            tries_left -= 1
            fresh_plan = await self._plan_again(work) if tries_left else None
            if fresh_plan is None:
                self._sender.refuse(sending, refusal)
                return
            plan, number = fresh_plan, number + 1

    async def _plan_again(self, work: Work) -> Plan | None:
        await asyncio.sleep(_PAUSE_S)
        plan = await self._plan(work, self._scanned_positions)
        held_up = self._session.fenced or self._session.brakes(entry=not work.command.is_exit)
        allowed = isinstance(plan, Plan) and self._lease_holds(work) and not held_up
        return plan if allowed and isinstance(plan, Plan) else None

    def _stopped_at_gate(self, work: Work) -> Outcome | None:
        """None when it may be sent. A fenced epoch and a lease that is over leave the word to the gateway."""
        command, now = work.command, self._session.now()
        if self._session.fenced:
            return Outcome.DROPPED
        expired = expiry_refusal(command, now=now)
        if expired is not None:
            return self._unsent(command, expired)
        if not self._lease_holds(work):
            return Outcome.DROPPED
        refusal = brake_refusal(command, mode=self._session.mode) or limit_refusal(
            command,
            limits=self._node.limits,
            sent_last_minute=self._log.read.submits_since(unix_ms(now - _MINUTE)),
        )
        if refusal is not None:
            return self._unsent(command, refusal)
        return Outcome.DROPPED if self._session.brakes(entry=not command.is_exit) else None

    async def _kept_back(self, work: Work) -> Outcome | None:
        """None when the venue takes requests. Else entries end here, by name; exits are given back after a pause.

        So is everything while nothing reaches the venue. The gateway leases again, so the pause is the pace.
        """
        command, standing = work.command, self._node.venue.standing()
        if not self._is_kept_back(command):
            return None
        if standing.forbidden and not standing.offline and not command.is_exit:
            return self._unsent(
                command, Refusal(code="NODE_NOT_PERMITTED", text=standing.forbidden)
            )
        await asyncio.sleep(self._session.timings.kept_back_ms / 1000)
        return Outcome.DROPPED

    def _is_kept_back(self, command: Command) -> bool:
        standing = self._node.venue.standing()
        forbidden = standing.exits_wait if command.is_exit else bool(standing.forbidden)
        return standing.offline or forbidden

    def _unsent(self, command: Command, refusal: Refusal) -> Outcome:
        """Not sent by this log, which ends the command, unless another one may have sent it."""
        if _may_be_out_elsewhere(command) and self._log.read.command(command.command_id) is None:
            return self._doubt_unseen(command, why=refusal.text)
        report = self._node.reporter.refused(
            Attempt(command=command, number=command.attempt),
            kind=ReportKind.UNSENT,
            at=self._session.now(),
            code=refusal.code,
            text=refusal.text,
        )
        with self._log.transaction() as writer:
            writer.put_command(command, state=CommandState.UNSENT, attempt=command.attempt)
            writer.add_fact(report)
        return Outcome.DONE

    def _lease_holds(self, work: Work) -> bool:
        return self._session.clock.monotonic_ms() < work.lease_until_ms

    async def _plan(
        self, work: Work, look_up: Callable[[], Awaitable[Sequence[Position]]]
    ) -> Plan | Refusal | None:
        """What a close closes and a modify modifies; None when the venue could not be asked in time."""
        command = work.command
        if command.kind is CommandKind.MODIFY:
            return Plan(position_id=command.position_id or self._position_of(command))
        if command.kind is not CommandKind.CLOSE:
            return Plan()
        positions = await self._within_lease(work, look_up)
        if positions is None:
            return None
        position = closable_position(command, positions, hedging=self._node.venue.traits.hedging)
        if position is not None:
            qty = min(command.qty, position.qty)
            return Plan(position_id=position.position_id, qty=qty, closes_all=qty == position.qty)
        if self._target_is_open_question(command):
            return None
        return Refusal(code="CLOSE_NOTHING_OPEN", text="no position of this trade is open")

    async def _scanned_positions(self) -> Sequence[Position]:
        """By a whole scan, so that what became of an earlier try is seen and written down with them."""
        return (await self._scanner.fresh()).scan.positions

    async def _within_lease(self, work: Work, look: Callable[[], Awaitable[_T]]) -> _T | None:
        """A look begun now, tried while the lease lasts; None when the venue stayed out of reach."""
        while True:
            try:
                return await look()
            except VenueUnreachable:
                await asyncio.sleep(_PAUSE_S)
            if not self._lease_holds(work):
                return None

    def _adopt(self, command: Command, scan: VenueScan) -> bool:
        """Takes a command that the venue has already seen, but this log had not, as ours."""
        if not _knows(scan, command):
            return False
        with self._log.transaction() as writer:
            writer.put_command(command, state=CommandState.ANSWERED, attempt=command.attempt)
        self._scanner.observe(scan)
        return True

    def _position_of(self, command: Command) -> str:
        target = self._log.read.by_identity(
            magic=command.magic, client_order_id=command.client_order_id
        )
        return self._log.read.position_of(target.command_id) if target else ""

    def _target_is_open_question(self, command: Command) -> bool:
        """The order to close is itself in doubt: finding nothing now does not mean nothing will be there."""
        target = self._log.read.by_identity(
            magic=command.target_magic, client_order_id=command.target_client_order_id
        )
        return target is not None and target.state in {
            CommandState.SEND_STARTED,
            CommandState.DOUBT,
        }


def _may_be_out_elsewhere(command: Command) -> bool:
    """A lease counts as a further attempt when an earlier one went to another log, or was given up here."""
    return command.attempt > 1 and command.kind in OWN_ORDER_KINDS


def _is_new_exit_attempt(row: LoggedCommand, command: Command) -> bool:
    """A close that was looked for in vain may be leased once more; it looks again before it is sent."""
    return (
        row.state is CommandState.NOT_FOUND
        and command.kind is CommandKind.CLOSE
        and command.attempt > row.attempt
    )


def _knows(scan: VenueScan, command: Command) -> bool:
    wanted = set(identity_keys(magic=command.magic, client_order_id=command.client_order_id))
    held = [
        *((order.identity.magic, order.identity.client_order_id) for order in scan.orders),
        *((item.magic, item.client_order_id) for item in scan.executions),
        *((item.magic, item.client_order_id) for item in scan.positions),
    ]
    return any(
        not wanted.isdisjoint(identity_keys(magic=magic, client_order_id=client_id))
        for magic, client_id in held
    )
