"""The periodic look at the venue: what happened since, as facts and as evidence for open commands.

A scan that could not be completed is no observation; nothing is concluded from it.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

from argos.core.errors import VenueUnreachable
from argos.core.execution import Execution, FillReason
from argos.core.position import Position
from argos.node.log import NodeLog
from argos.node.log_rows import ENDED, LoggedCommand
from argos.node.log_writer import LogWriter
from argos.node.reporter import Attempt, Reporter
from argos.node.session import Session
from argos.ports import Venue, VenueOrderReport, VenueOrderState, VenueScan


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A complete scan and the monotonic moment it began: it proves nothing about anything later."""

    scan: VenueScan
    began_ms: int


class Scanner:
    """Scans one at a time, so that the venue's cursor moves forward only."""

    def __init__(self, *, venue: Venue, log: NodeLog, session: Session, reporter: Reporter) -> None:
        self._venue = venue
        self._log = log
        self._session = session
        self._reporter = reporter
        self._turn = asyncio.Lock()
        self._begun = 0
        self._done: tuple[int, Look] | None = None
        self._positions: tuple[Position, ...] | None = None

    @property
    def latest(self) -> VenueScan | None:
        return self._done[1].scan if self._done else None

    async def fresh(self) -> Look:
        """A scan that began after this call. Callers that wait together share one.

        Raises VenueUnreachable.
        """
        wanted = self._begun + 1
        async with self._turn:
            if self._done is not None and self._done[0] >= wanted:
                return self._done[1]
            return await self._scan(cursor=self._log.cursor)

    async def everything(self) -> Look:
        """A scan from the venue's beginning: also finds what earlier scans saw and could not place."""
        async with self._turn:
            return await self._scan(cursor="")

    async def positions(self) -> Sequence[Position]:
        """What the account holds now: quick, and neither a scan nor written down. Raises VenueUnreachable."""
        async with self._in_time():
            return await self._venue.positions()

    def observe(self, scan: VenueScan) -> None:
        """Writes what is new in `scan`; what is known changes nothing."""
        at = self._session.now()
        with self._log.transaction(durable=False) as writer:
            # Fills first: an order's end says nothing about how much of it was filled.
            for execution in scan.executions:
                self._see_execution(writer, execution, at=at)
            for report in scan.orders:
                self._see_order(writer, report, at=at)
            for position in scan.positions:
                self._see_position(writer, position, at=at)
            for charge in scan.charges:
                writer.add_fact(self._reporter.charge(charge, at=at))
            if scan.positions != self._positions:
                writer.add_fact(
                    self._reporter.positions(scan.positions, taken_at=scan.taken_at, at=at)
                )
            if scan.cursor != self._log.cursor:
                writer.set_cursor(scan.cursor)
        self._positions = scan.positions

    async def _scan(self, *, cursor: str) -> Look:
        self._begun += 1
        number, began_ms = self._begun, self._session.clock.monotonic_ms()
        async with self._in_time():
            scan = await self._venue.scan(cursor=cursor)
        self.observe(scan)
        look = Look(scan=scan, began_ms=began_ms)
        self._done = (number, look)
        return look

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with asyncio.timeout(self._session.timings.scan_timeout_ms / 1000):
                yield
        except TimeoutError as error:
            raise VenueUnreachable("the scan took too long", code="VENUE_SCAN_TIMEOUT") from error

    def _see_execution(self, writer: LogWriter, execution: Execution, *, at: datetime) -> None:
        known = self._log.read.execution(execution.venue_exec_id)
        if known is not None and known.command_id is not None:
            return
        row = self._owner(execution)
        if known is not None and row is None:
            return
        # Stops, targets and stop-outs carry the opening order's identity and are nobody's command.
        own = row is not None and execution.reason is FillReason.COMMAND
        writer.put_execution(execution, command_id=row.command_id if row else None, own=own)
        if row is None or not own:
            writer.add_fact(self._reporter.deal(execution, at=at, opening=row))
            return
        writer.add_fact(self._reporter.fill(row, execution=execution, at=at))
        complete = self._log.read.filled_qty(row.command_id) >= row.command.qty
        state = VenueOrderState.FILLED if complete else VenueOrderState.WORKING
        self._adopt(writer, row, state=state, venue_order_id=execution.venue_order_id, at=at)

    def _see_order(self, writer: LogWriter, report: VenueOrderReport, *, at: datetime) -> None:
        identity = report.identity
        known = self._log.read.venue_state(
            magic=identity.magic, client_order_id=identity.client_order_id
        )
        if known in ENDED:
            return
        row = self._log.read.by_identity(
            magic=identity.magic, client_order_id=identity.client_order_id
        ) or self._log.read.by_venue_order(report.venue_order_id)
        if row is None or row.venue_state in ENDED:
            return
        ended = self._reporter.ended(
            Attempt.of(row),
            at=at,
            venue_order_id=report.venue_order_id,
            state=report.state,
            text=report.text,
        )
        if ended is not None:
            writer.add_fact(ended)
        self._adopt(writer, row, state=report.state, venue_order_id=report.venue_order_id, at=at)

    def _see_position(self, writer: LogWriter, position: Position, *, at: datetime) -> None:
        known = self._log.read.venue_state(
            magic=position.magic, client_order_id=position.client_order_id
        )
        if known is not None:
            return
        row = self._log.read.by_identity(
            magic=position.magic, client_order_id=position.client_order_id
        )
        if row is None:
            return
        complete = position.qty >= row.command.qty
        state = VenueOrderState.FILLED if complete else VenueOrderState.WORKING
        self._adopt(writer, row, state=state, venue_order_id="", at=at)

    def _adopt(
        self,
        writer: LogWriter,
        row: LoggedCommand,
        *,
        state: VenueOrderState,
        venue_order_id: str,
        at: datetime,
    ) -> None:
        """Notes evidence; the first of it is also the venue's acceptance, unless it is a refusal."""
        if state is row.venue_state:
            return
        if row.venue_state is None and state is not VenueOrderState.REJECTED:
            writer.add_fact(
                self._reporter.accepted(
                    Attempt.of(row),
                    at=at,
                    venue_order_id=venue_order_id,
                    state=state,
                    qty=row.terms.qty,
                )
            )
        writer.note_evidence(row, venue_state=state, venue_order_id=venue_order_id)

    def _owner(self, execution: Execution) -> LoggedCommand | None:
        """Whose order it was, by the identity the venue kept, or, where it kept none, by its order id."""
        if execution.magic or execution.client_order_id:
            return self._log.read.by_identity(
                magic=execution.magic, client_order_id=execution.client_order_id
            )
        return self._log.read.by_venue_order(execution.venue_order_id)
