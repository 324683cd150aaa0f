"""Verification of the audit chain, as role argos_audit: the log against itself, the tables against the log.

Everything is read in one snapshot, so it may run beside live writers. Memory is bounded: the log is streamed, the
tables are compared by PostgreSQL, and only what differs comes here.
"""

import asyncio
import json
from collections.abc import AsyncIterator, Callable, Coroutine, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import asyncpg

from argos.core.errors import InputError, StoreError
from argos.dsn import Dsn
from argos.protocol.values import moment_text
from argos.store.audit_chain import (
    FINDINGS_MAX,
    LOG,
    Difference,
    Finding,
    Head,
    LogEntry,
    StreamWalk,
    judge_rows,
)
from argos.store.database import CONNECTION_ERRORS, open_connection, queries

SUBJECTS: Final = (
    "alerts",
    "intents",
    "orders",
    "leg_refusals",
    "facts",
    "executions",
    "execution_shares",
    "reconciled_legs",
    "discrepancies",
    "discrepancy_resolutions",
    "alarms",
    "manual_decisions",
)
_BATCH: Final = 2_000


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditProgress:
    """Where verification is: `stage` is `audit_log` or a table; `done` of `total` entries or rows."""

    stage: str
    done: int
    total: int


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditReport:
    """What was compared and what differed. `heads` are those of the snapshot that was verified."""

    entries: int
    rows: int
    heads: Mapping[str, Head]
    findings: tuple[Finding, ...]
    complete: bool

    @property
    def clean(self) -> bool:
        return not self.findings


def _tell_nobody(_: AuditProgress) -> None:
    """Progress that nobody asked for."""


async def verify_chain(
    dsn: Dsn,
    *,
    anchor: Path | None = None,
    progress: Callable[[AuditProgress], None] = _tell_nobody,
) -> AuditReport:
    """Compute the whole chain and the digest of every covered row again.

    `anchor` is a file of `write_anchor`: only against it a cut or wholly rewritten end shows. Raises InputError
    when that file, or a table under the chain, is unknown here, StoreError when the database is away.
    """
    noted = read_anchor(anchor) if anchor else {}
    async with _snapshot(dsn) as connection:
        await _require_known_subjects(connection)
        heads = await _read_heads(connection)
        shared: str = await connection.fetchval("SELECT quote_literal(pg_export_snapshot())")
        # PostgreSQL compares the tables while the log is followed here: each has a connection, both see the same.
        async with _snapshot(dsn, shared=shared) as beside:
            log, tables = await _together(
                _verify_log(connection, heads, noted=noted, progress=progress),
                _verify_tables(beside, progress=progress),
            )
    return AuditReport(
        entries=log.checked,
        rows=tables.checked,
        heads=heads,
        findings=(*log.findings, *tables.findings),
        complete=log.complete and tables.complete,
    )


@dataclass(slots=True)
class _Part:
    """What one half of the work found."""

    checked: int = 0
    findings: list[Finding] = field(default_factory=list)
    complete: bool = True


async def _together(
    log: Coroutine[Any, Any, _Part], tables: Coroutine[Any, Any, _Part]
) -> tuple[_Part, _Part]:
    try:
        async with asyncio.TaskGroup() as group:
            tasks = group.create_task(log), group.create_task(tables)
    except ExceptionGroup as errors:
        raise errors.exceptions[0] from None
    return tasks[0].result(), tasks[1].result()


@asynccontextmanager
async def _snapshot(dsn: Dsn, *, shared: str = "") -> AsyncIterator[asyncpg.Connection]:
    """A transaction that sees one moment: its own, or the one that another transaction shares."""
    connection = await open_connection(dsn, name="audit")
    try:
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            if shared:
                await connection.execute(f"SET TRANSACTION SNAPSHOT {shared}")
            # The whole history is read in one go: the limits for short statements do not fit.
            await connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL work_mem = '64MB';"
                "SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            yield connection
    except (*CONNECTION_ERRORS, asyncpg.PostgresError) as error:
        raise StoreError(f"cannot verify: {error}") from error
    finally:
        await connection.close()


async def _require_known_subjects(connection: asyncpg.Connection) -> None:
    covered = {row["subject"] for row in await connection.fetch(queries("audit")["subjects"])}
    if covered != set(SUBJECTS):
        raise InputError(
            f"the chain covers other tables than this version knows: {sorted(covered ^ set(SUBJECTS))}",
            code="AUDIT_SUBJECTS_DIFFER",
            fix="verify with the version of Argos that set up this database",
        )


async def _read_heads(connection: asyncpg.Connection) -> dict[str, Head]:
    rows = await connection.fetch(queries("audit")["heads"])
    return {row["stream"]: Head(seq=row["seq"], row_hash=row["row_hash"]) for row in rows}


async def _verify_log(
    connection: asyncpg.Connection,
    heads: Mapping[str, Head],
    *,
    noted: Mapping[str, Head],
    progress: Callable[[AuditProgress], None],
) -> _Part:
    total, part = sum(head.seq for head in heads.values()), _Part()
    unseen = dict.fromkeys([*heads, *noted])
    walk: StreamWalk | None = None
    cursor = await connection.cursor(queries("audit")["entries"])
    while batch := await cursor.fetch(_BATCH):
        for row in batch:
            if walk is None or walk.stream != row["stream"]:
                _finish(walk, part)
                walk = _walk(row["stream"], heads, noted)
                unseen.pop(row["stream"], None)
            walk.feed(LogEntry(**row))
        part.checked += len(batch)
        progress(AuditProgress(stage=LOG, done=part.checked, total=total))
    _finish(walk, part)
    for stream in unseen:
        _finish(_walk(stream, heads, noted), part)
    return part


def _finish(walk: StreamWalk | None, part: _Part) -> None:
    if walk is not None:
        part.findings.extend(walk.findings())
        part.complete = part.complete and not walk.is_full


def _walk(stream: str, heads: Mapping[str, Head], noted: Mapping[str, Head]) -> StreamWalk:
    head = heads.get(stream, Head(seq=0, row_hash=b""))
    return StreamWalk(stream=stream, head=head, anchor=noted.get(stream))


async def _verify_tables(
    connection: asyncpg.Connection, *, progress: Callable[[AuditProgress], None]
) -> _Part:
    sql, part = queries("audit"), _Part()
    for subject in SUBJECTS:
        total = await connection.fetchval(f"SELECT count(*) FROM {subject}")  # noqa: S608 - ours
        progress(AuditProgress(stage=subject, done=0, total=total))
        differences: list[Difference] = []
        compare = sql["differences"].replace("{rows}", sql[subject])
        cursor = await connection.cursor(compare, subject)
        while len(differences) < FINDINGS_MAX and (batch := await cursor.fetch(_BATCH)):
            differences.extend(Difference(**row) for row in batch)
        part.checked += total
        part.findings.extend(judge_rows(subject, differences))
        part.complete = part.complete and len(differences) < FINDINGS_MAX
        progress(AuditProgress(stage=subject, done=total, total=total))
    return part


async def write_anchor(dsn: Dsn, path: Path) -> Mapping[str, Head]:
    """Note the heads of all streams in a file. Keep it where the owner of the database cannot write.

    Raises InputError with AUDIT_ANCHOR_NOT_WRITABLE, StoreError when the database is away.
    """
    async with _snapshot(dsn) as connection:
        heads = await _read_heads(connection)
    document = {
        "anchor": 1,
        "taken_at": moment_text(datetime.now(UTC)),
        "streams": {
            stream: {"seq": head.seq, "row_hash": head.row_hash.hex()}
            for stream, head in heads.items()
        },
    }
    beside = path.with_name(path.name + ".part")
    try:
        beside.write_text(json.dumps(document, indent=2) + "\n", "utf-8")
        beside.replace(path)
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}",
            code="AUDIT_ANCHOR_NOT_WRITABLE",
            field="path",
            fix="name a file in a directory that exists",
        ) from error
    return heads


def read_anchor(path: Path) -> Mapping[str, Head]:
    """The heads that `write_anchor` noted. Raises InputError with AUDIT_ANCHOR_UNREADABLE."""
    try:
        document = json.loads(path.read_text("utf-8"))
        if document["anchor"] != 1:
            raise ValueError(f"anchors of kind {document['anchor']} are not known here")
        return {
            stream: Head(seq=int(head["seq"]), row_hash=bytes.fromhex(head["row_hash"]))
            for stream, head in document["streams"].items()
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise InputError(
            f"{path} is no anchor: {error!r}",
            code="AUDIT_ANCHOR_UNREADABLE",
            field="anchor",
            fix="name a file that `argos audit anchor` wrote",
        ) from error
