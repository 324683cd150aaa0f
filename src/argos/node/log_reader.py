"""Questions to the node's log. Every one is answered through an index in microseconds."""

import sqlite3
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from uuid import UUID

from argos.node.log_rows import (
    COMMAND_COLUMNS,
    CommandState,
    LoggedCommand,
    command_of_row,
    identity_keys,
)
from argos.ports import VenueOrderState


@dataclass(frozen=True, slots=True, kw_only=True)
class PendingFact:
    """A fact of the outbox; `body` is its JSON."""

    fact_id: str
    kind: str
    body: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KnownExecution:
    command_id: UUID | None


class LogReader:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    def command(self, command_id: UUID) -> LoggedCommand | None:
        return self._one("command_id = ?", str(command_id))

    def by_identity(self, *, magic: int, client_order_id: str) -> LoggedCommand | None:
        """The entry or exit that the venue knows under this identity."""
        for key in identity_keys(magic=magic, client_order_id=client_order_id):
            row = self._one("command_id = (SELECT command_id FROM identities WHERE key = ?)", key)
            if row is not None:
                return row
        return None

    def venue_state(self, *, magic: int, client_order_id: str) -> VenueOrderState | None:
        """How far the venue is known to be with what it knows under this identity; None when nothing is known.

        For the many that a scan shows again: a tenth of the work of `by_identity`.
        """
        for key in identity_keys(magic=magic, client_order_id=client_order_id):
            row = self._connection.execute(
                "SELECT venue_state FROM commands"
                " WHERE command_id = (SELECT command_id FROM identities WHERE key = ?)",
                (key,),
            ).fetchone()
            if row is not None:
                return VenueOrderState(row[0]) if row[0] else None
        return None

    def by_venue_order(self, venue_order_id: str) -> LoggedCommand | None:
        if not venue_order_id:
            return None
        return self._one(
            "venue_order_id <> '' AND venue_order_id = ? AND kind IN ('submit', 'close')",
            venue_order_id,
        )

    def has_execution(self, venue_exec_id: str) -> bool:
        """Whether this execution was seen, and by which command it came."""
        known = self.execution(venue_exec_id)
        return known is not None and known.command_id is not None

    def awaits_fill(self) -> bool:
        """Whether an order at the market was taken by the venue and has not ended yet."""
        row = self._connection.execute(
            "SELECT 1 FROM commands WHERE state = 'answered' AND (kind = 'close' OR kind = 'submit'"
            " AND json_extract(CAST(body AS TEXT), '$.order_type') = 'market') LIMIT 1"
        ).fetchone()
        return row is not None

    def in_state(self, state: CommandState) -> Sequence[LoggedCommand]:
        rows = self._connection.execute(
            f"SELECT {COMMAND_COLUMNS} FROM commands"  # noqa: S608 - a constant
            " WHERE state IN ('send_started', 'doubt') AND state = ? ORDER BY rowid",
            (state.value,),
        )
        return [command_of_row(row) for row in rows]

    def has_newer_modify(self, *, order_id: UUID, seq: int) -> bool:
        row = self._connection.execute(
            "SELECT 1 FROM commands WHERE order_id = ? AND kind = 'modify' AND seq > ? LIMIT 1",
            (str(order_id), seq),
        ).fetchone()
        return row is not None

    def submits_since(self, moment_ms: int) -> int:
        """Entries that began to be sent after `moment_ms` (Unix)."""
        row = self._connection.execute(
            "SELECT count(*) FROM commands WHERE kind = 'submit' AND sent_at_ms > ?", (moment_ms,)
        ).fetchone()
        return int(row[0])

    def execution(self, venue_exec_id: str) -> KnownExecution | None:
        row = self._connection.execute(
            "SELECT command_id FROM executions WHERE venue_exec_id = ?", (venue_exec_id,)
        ).fetchone()
        if row is None:
            return None
        return KnownExecution(command_id=UUID(row[0]) if row[0] else None)

    def filled_qty(self, command_id: UUID) -> Decimal:
        rows = self._connection.execute(
            "SELECT qty FROM executions WHERE command_id = ? AND own = 1", (str(command_id),)
        )
        return sum((Decimal(row[0]) for row in rows), Decimal(0))

    def position_of(self, command_id: UUID) -> str:
        """The venue's id of the position that this command's fills made; empty when none is known."""
        row = self._connection.execute(
            "SELECT position_id FROM executions WHERE command_id = ? AND own = 1 LIMIT 1",
            (str(command_id),),
        ).fetchone()
        return str(row[0]) if row else ""

    def commands_unreported(self) -> Sequence[UUID]:
        """Commands of which the gateway has not been told everything yet."""
        # By the index of what is pending: asked for distinct commands, SQLite walks all facts there ever were.
        rows = self._connection.execute(
            "SELECT command_id FROM facts INDEXED BY facts_pending"
            " WHERE reported_at_ms IS NULL AND refused_code IS NULL AND command_id IS NOT NULL"
        )
        return [UUID(command_id) for command_id in {row[0] for row in rows}]

    def facts_unreported(self) -> int:
        """How many facts the gateway has neither taken nor refused."""
        row = self._connection.execute(
            "SELECT count(*) FROM facts WHERE reported_at_ms IS NULL AND refused_code IS NULL"
        ).fetchone()
        return int(row[0])

    def pending_facts(self, *, limit: int) -> Sequence[PendingFact]:
        """The oldest facts that the gateway has neither taken nor refused."""
        rows = self._connection.execute(
            "SELECT fact_id, kind, body FROM facts"
            " WHERE reported_at_ms IS NULL AND refused_code IS NULL ORDER BY seq LIMIT ?",
            (limit,),
        )
        return [PendingFact(fact_id=row[0], kind=row[1], body=row[2]) for row in rows]

    def _one(self, condition: str, value: str) -> LoggedCommand | None:
        row = self._connection.execute(
            f"SELECT {COMMAND_COLUMNS} FROM commands WHERE {condition}",  # noqa: S608 - constants
            (value,),
        ).fetchone()
        return command_of_row(row) if row else None
