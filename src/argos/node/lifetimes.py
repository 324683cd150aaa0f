"""Ends working orders whose time is over, where the venue has not done it: some know no such order, or are late."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

import structlog

from argos.core.errors import VenueError
from argos.node.log import NodeLog
from argos.node.log_rows import LoggedCommand, identity_of
from argos.node.session import Session
from argos.ports import Venue, VenueOrderReport, VenueOrderState, VenueScan

GRACE: Final = timedelta(seconds=2)
"""A venue that ends orders by itself may take so long."""
_LOG: Final = structlog.get_logger(__name__)


class Lifetimes:
    """Cancels are no commands of the gateway's and stand in no log: said once too often they do no harm.

    What became of the order the next scan tells, a fill that crossed the cancel as well.
    """

    def __init__(self, *, venue: Venue, log: NodeLog, session: Session) -> None:
        self._venue = venue
        self._log = log
        self._session = session

    async def enforce(self, scan: VenueScan) -> None:
        """Cancels what `scan` shows working beyond its time; a refusal or silence is left to the next scan.

        A venue that takes nothing now is not asked, and a node that is fenced asks nobody.
        """
        standing = self._venue.standing()
        if self._session.fenced or standing.offline or standing.exits_wait:
            return
        for row in self._overdue(scan.orders):
            try:
                await self._venue.cancel(
                    identity_of(row.command),
                    symbol=row.command.symbol,
                    timeout_s=self._session.timings.send_timeout_ms / 1000,
                )
            except VenueError as error:
                _LOG.warning(
                    "node.expiry_waits", order_id=str(row.command.order_id), reason=error.message
                )
            else:
                _LOG.info("node.order_expired", order_id=str(row.command.order_id))

    def _overdue(self, orders: Sequence[VenueOrderReport]) -> list[LoggedCommand]:
        now = self._session.now()
        working = [order for order in orders if order.state is VenueOrderState.WORKING]
        rows = [
            self._log.read.by_identity(
                magic=order.identity.magic, client_order_id=order.identity.client_order_id
            )
            for order in working
        ]
        return [
            row
            for row in rows
            if row is not None
            and row.command.working_until is not None
            and now >= row.command.working_until + GRACE
        ]
