"""Ends doubts by looking. What the scanner found is already adopted; this judges what it did not find."""

from collections.abc import Sequence

from argos.core.order import CommandKind
from argos.node.doubt import DoubtBook, DoubtView, Verdict, Watch, verdict
from argos.node.gates import closable_position
from argos.node.log import NodeLog
from argos.node.log_rows import ENDED, CommandState, LoggedCommand
from argos.node.reporter import Attempt, Reporter
from argos.node.scanner import Look
from argos.node.session import Session
from argos.node.work import Work
from argos.ports import Venue, VenueIdentity, VenueOrderState, VenueScan
from argos.protocol.commands import Command
from argos.protocol.facts import Report, ReportKind


class Resolver:
    def __init__(
        self,
        *,
        venue: Venue,
        log: NodeLog,
        session: Session,
        reporter: Reporter,
        doubts: DoubtBook,
    ) -> None:
        self._venue = venue
        self._log = log
        self._session = session
        self._reporter = reporter
        self._doubts = doubts

    def judge(self, look: Look) -> Sequence[Work]:
        """Takes a completed look into account; gives the commands that should be sent once more."""
        again = []
        doubted = self._log.read.in_state(CommandState.DOUBT)
        for row in doubted:
            watch = self._doubts.looked(
                row.command_id,
                began_ms=look.began_ms,
                at_ms=self._session.clock.monotonic_ms(),
            )
            outcome = self._outcome_of_change(row, look.scan)
            if outcome is not None:
                self._conclude(row, outcome, state=CommandState.DONE)
                continue
            match self._verdict(row, watch, look.scan):
                case Verdict.SEND_AGAIN:
                    lease_until_ms = watch.lease_until_ms or 0
                    again.append(
                        Work(command=row.command, lease_until_ms=lease_until_ms, again=True)
                    )
                case Verdict.NOT_FOUND:
                    report = self._not_found(row, watch)
                    self._conclude(row, report, state=CommandState.NOT_FOUND)
                case Verdict.WAIT:
                    pass
        self._doubts.keep({row.command_id for row in doubted})
        return again

    def _verdict(self, row: LoggedCommand, watch: Watch, scan: VenueScan) -> Verdict:
        view = DoubtView(
            now=self._session.now(),
            now_ms=self._session.clock.monotonic_ms(),
            unique_client_ids=self._venue.traits.unique_client_ids,
            target_open=self._target_open(row.command, scan),
            may_send=self._session.may_send_again(entry=not row.command.is_exit),
        )
        return verdict(row, watch=watch, view=view, timings=self._session.timings)

    def _target_open(self, command: Command, scan: VenueScan) -> bool:
        match command.kind:
            case CommandKind.SUBMIT:
                return False
            case CommandKind.CLOSE:
                hedging = self._venue.traits.hedging
                return closable_position(command, scan.positions, hedging=hedging) is not None
            case CommandKind.CANCEL:
                return _is_working(command, scan)
            case CommandKind.MODIFY:
                # A repeat must not undo a modify that came after this one.
                newer = self._log.read.has_newer_modify(order_id=command.order_id, seq=command.seq)
                return not newer and (_is_working(command, scan) or _has_position(command, scan))

    def _outcome_of_change(self, row: LoggedCommand, scan: VenueScan) -> Report | None:
        """What became of a cancel or modify, where its order or position shows it."""
        command = row.command
        state: VenueOrderState | None = None
        if command.kind is CommandKind.CANCEL:
            state = self._end_of_order(command, scan)
        elif command.kind is CommandKind.MODIFY and _has_position(command, scan, as_wanted=True):
            state = VenueOrderState.FILLED
        if state is None:
            return None
        return self._reporter.change(Attempt.of(row), at=self._session.now(), state=state, text="")

    def _end_of_order(self, command: Command, scan: VenueScan) -> VenueOrderState | None:
        target = self._log.read.by_identity(
            magic=command.magic, client_order_id=command.client_order_id
        )
        if target is not None and target.venue_state in ENDED:
            return target.venue_state
        states = (
            report.state
            for report in scan.orders
            if _is_same(report.identity, command) and report.state in ENDED
        )
        return next(states, None)

    def _not_found(self, row: LoggedCommand, watch: Watch) -> Report:
        seconds = (self._session.clock.monotonic_ms() - watch.since_ms) // 1000
        return self._reporter.about(
            Attempt.of(row),
            kind=ReportKind.NOT_FOUND,
            at=self._session.now(),
            body={"looks": watch.looks, "seconds": seconds},
        )

    def _conclude(self, row: LoggedCommand, report: Report, *, state: CommandState) -> None:
        with self._log.transaction() as writer:
            writer.set_state(row.command_id, state)
            writer.add_fact(report)


def _is_same(identity: VenueIdentity, command: Command) -> bool:
    if identity.magic:
        return identity.magic == command.magic
    client_id = identity.client_order_id
    return bool(client_id) and client_id == command.client_order_id


def _is_working(command: Command, scan: VenueScan) -> bool:
    return any(
        report.state is VenueOrderState.WORKING and _is_same(report.identity, command)
        for report in scan.orders
    )


def _has_position(command: Command, scan: VenueScan, *, as_wanted: bool = False) -> bool:
    """Whether the command's position is open; `as_wanted`: with the stop and target it asks for."""
    for position in scan.positions:
        identity = VenueIdentity(magic=position.magic, client_order_id=position.client_order_id)
        if position.position_id == command.position_id or _is_same(identity, command):
            return not as_wanted or (position.sl == command.sl and position.tp == command.tp)
    return False
