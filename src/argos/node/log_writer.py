"""What may be written in one transaction of the node's log. Callers compose; nothing commits here."""

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Final
from uuid import UUID

import orjson

from argos.core.execution import Execution
from argos.node.log_reader import PendingFact
from argos.node.log_rows import (
    ENDED,
    OWN_ORDER_KINDS,
    CommandState,
    LoggedCommand,
    SendTerms,
    identity_keys,
)
from argos.ports import VenueOrderState
from argos.protocol.commands import Command, encode_command
from argos.protocol.facts import Report, ReportKind, encode_report
from argos.protocol.values import decimal_text, optional_decimal_text

_FORGOTTEN_ONCE_REPORTED: Final = (ReportKind.POSITION.value, ReportKind.SNAPSHOT.value)
"""States of the account: the next one replaces them, so the log does not grow by them."""


_CAN_WAIT: Final = frozenset({ReportKind.SEND_STARTED, ReportKind.ACCEPTED, ReportKind.POSITION})
"""Facts that a moment later are mostly followed by another, with which they can travel."""


class LogWriter:
    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.has_facts = False
        self.has_news = False
        self.cursor: str | None = None

    def put_command(
        self,
        command: Command,
        *,
        state: CommandState,
        attempt: int,
        sent_at_ms: int | None = None,
        terms: SendTerms | None = None,
    ) -> None:
        """A command's row; a further attempt overwrites the first but keeps the evidence found since."""
        terms = terms or SendTerms()
        self._connection.execute(
            "INSERT INTO commands (command_id, order_id, kind, seq, state, attempt, body,"
            " sent_at_ms, bid, ask, sent_qty, closes_all) VALUES (?,?,?,?,?,?,?,?,?,?,?,?)"
            " ON CONFLICT (command_id) DO UPDATE SET state = excluded.state,"
            " attempt = excluded.attempt, sent_at_ms = excluded.sent_at_ms, bid = excluded.bid,"
            " ask = excluded.ask, sent_qty = excluded.sent_qty, closes_all = excluded.closes_all",
            (
                str(command.command_id),
                str(command.order_id),
                command.kind.value,
                command.seq,
                state.value,
                attempt,
                orjson.dumps(encode_command(command)),
                sent_at_ms,
                optional_decimal_text(terms.bid),
                optional_decimal_text(terms.ask),
                optional_decimal_text(terms.qty),
                int(terms.closes_all),
            ),
        )
        if command.kind in OWN_ORDER_KINDS and state is not CommandState.UNSENT:
            self._put_identities(command)

    def set_state(self, command_id: UUID, state: CommandState) -> None:
        self._connection.execute(
            "UPDATE commands SET state = ? WHERE command_id = ?", (state.value, str(command_id))
        )

    def note_evidence(
        self, row: LoggedCommand, *, venue_state: VenueOrderState, venue_order_id: str
    ) -> None:
        """The venue has, or had, the order. An end is never undone; only a fill replaces another end.

        A row whose call is still out keeps its state: the answer, or its absence, will set it.
        """
        known = row.venue_state
        if known in ENDED and venue_state is not VenueOrderState.FILLED:
            venue_state = known
        state = row.state
        if state is not CommandState.SEND_STARTED:
            state = CommandState.DONE if venue_state in ENDED else CommandState.ANSWERED
        self._connection.execute(
            "UPDATE commands SET state = ?, venue_state = ?,"
            " venue_order_id = CASE WHEN ? = '' THEN venue_order_id ELSE ? END"
            " WHERE command_id = ?",
            (
                state.value,
                venue_state.value,
                venue_order_id,
                venue_order_id,
                str(row.command_id),
            ),
        )

    def put_execution(self, execution: Execution, *, command_id: UUID | None, own: bool) -> None:
        """An execution seen; a later sight may add whose it is and takes nothing away."""
        self._connection.execute(
            "INSERT INTO executions (venue_exec_id, command_id, own, position_id, qty)"
            " VALUES (?,?,?,?,?) ON CONFLICT (venue_exec_id) DO UPDATE SET"
            " command_id = excluded.command_id, own = excluded.own"
            " WHERE executions.command_id IS NULL",
            (
                execution.venue_exec_id,
                str(command_id) if command_id else None,
                int(own),
                execution.position_id,
                decimal_text(execution.qty),
            ),
        )

    def add_fact(self, report: Report) -> None:
        """Into the outbox; a fact that stands there already stays as it was first written.

        The one exception is an execution that was nobody's and is now known for ours: it goes out again.
        """
        self._connection.execute(
            "INSERT INTO facts (fact_id, command_id, kind, body) VALUES (?,?,?,?)"
            " ON CONFLICT (fact_id) DO UPDATE SET command_id = excluded.command_id,"
            " kind = excluded.kind, body = excluded.body, reported_at_ms = NULL,"
            " refused_code = NULL WHERE facts.kind = 'deal' AND excluded.kind = 'fill'",
            (
                str(report.fact_id),
                str(report.command_id) if report.command_id else None,
                report.kind.value,
                orjson.dumps(encode_report(report)),
            ),
        )
        self.has_facts = True
        self.has_news = self.has_news or report.kind not in _CAN_WAIT

    def report_again(self, command_id: UUID) -> None:
        """Everything said about this command, except what the gateway refused, goes out once more."""
        self._connection.execute(
            "UPDATE facts SET reported_at_ms = NULL WHERE command_id = ?", (str(command_id),)
        )
        self.has_facts = self.has_news = True

    def mark_reported(self, facts: Sequence[PendingFact], *, at_ms: int) -> None:
        """The gateway has them, as they were when they were read: one changed since goes out again."""
        kept = [fact for fact in facts if fact.kind not in _FORGOTTEN_ONCE_REPORTED]
        gone = [fact for fact in facts if fact.kind in _FORGOTTEN_ONCE_REPORTED]
        self._connection.executemany(
            "UPDATE facts SET reported_at_ms = ? WHERE fact_id = ? AND kind = ?",
            [(at_ms, fact.fact_id, fact.kind) for fact in kept],
        )
        self._connection.executemany(
            "DELETE FROM facts WHERE fact_id = ?", [(fact.fact_id,) for fact in gone]
        )

    def mark_refused(self, codes: Mapping[str, str]) -> None:
        """`codes` by fact id. The facts stay in the log and are not sent again."""
        self._connection.executemany(
            "UPDATE facts SET refused_code = ? WHERE fact_id = ?",
            [(code, fact_id) for fact_id, code in codes.items()],
        )

    def set_meta(self, key: str, value: str) -> None:
        self._connection.execute(
            "INSERT INTO meta (key, value) VALUES (?, ?)"
            " ON CONFLICT (key) DO UPDATE SET value = excluded.value",
            (key, value),
        )

    def set_cursor(self, cursor: str) -> None:
        """Where the next scan begins; kept in the transaction that holds what this one found."""
        self.set_meta("cursor", cursor)
        self.cursor = cursor

    def _put_identities(self, command: Command) -> None:
        keys = identity_keys(magic=command.magic, client_order_id=command.client_order_id)
        self._connection.executemany(
            "INSERT OR IGNORE INTO identities (key, command_id) VALUES (?, ?)",
            [(key, str(command.command_id)) for key in keys],
        )
