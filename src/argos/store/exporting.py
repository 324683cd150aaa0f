"""Export of stored data to files, as role argos_reader: one snapshot, streamed, the file complete or not there."""

import os
from collections.abc import Callable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Final

import asyncpg

from argos.core.errors import InputError, StoreError
from argos.dsn import Dsn
from argos.store.database import open_connection, queries
from argos.store.table_files import CsvFile, ParquetFile, TableFile

_BATCH_ROWS: Final = 2_000
"""An alert may have 64 KiB: a batch stays within some 130 MB at the very worst."""


class Dataset(StrEnum):
    """What can be exported, and the moment by which it is chosen."""

    ALERTS = "alerts"  # received_at
    INTENTS = "intents"  # received_at
    ORDERS = "orders"  # planned_at
    EXECUTIONS = "executions"  # received_at
    EXECUTION_SHARES = "execution_shares"  # recorded_at
    LEGS = "legs"  # reconciled_at of the newest revision
    DISCREPANCIES = "discrepancies"  # found_at
    EQUITY = "equity"  # began_at


class FileFormat(StrEnum):
    CSV = "csv"
    PARQUET = "parquet"


@dataclass(frozen=True, slots=True, kw_only=True)
class ExportReport:
    rows: int
    path: Path


def _tell_nobody(_: int) -> None:
    """Progress that nobody asked for."""


async def export(
    dsn: Dsn,
    *,
    dataset: Dataset,
    path: Path,
    format: FileFormat,  # noqa: A002 - what the command line calls it
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Callable[[int], None] = _tell_nobody,
) -> ExportReport:
    """Write the data of [since, until) to `path`, replacing what is there; `progress` gets the rows so far.

    Raises StoreError when the database is away and InputError when the file cannot be written; `path` is then as
    it was.
    """
    beside = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        rows = await _write(
            dsn,
            dataset=dataset,
            path=beside,
            format=format,
            since=since,
            until=until,
            progress=progress,
        )
        beside.replace(path)
    except (asyncpg.PostgresError, asyncpg.InterfaceError, ConnectionError, TimeoutError) as error:
        raise StoreError(f"cannot export: {error}") from error
    except OSError as error:
        raise InputError(
            f"cannot write {path}: {error.strerror or error}",
            code="EXPORT_NOT_WRITABLE",
            field="path",
            fix="name a file in a directory that exists and has room",
        ) from error
    finally:
        beside.unlink(missing_ok=True)
    return ExportReport(rows=rows, path=path)


async def _write(
    dsn: Dsn,
    *,
    dataset: Dataset,
    path: Path,
    format: FileFormat,  # noqa: A002
    since: datetime | None,
    until: datetime | None,
    progress: Callable[[int], None],
) -> int:
    connection = await open_connection(dsn, name="export")
    try:
        # PostgreSQL's text of a number is plain and exact; most need never become a Decimal here.
        await connection.set_type_codec(
            "numeric", schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
        async with connection.transaction(isolation="repeatable_read", readonly=True):
            # A large export takes longer than any other statement may.
            await connection.execute(
                "SET LOCAL statement_timeout = 0; SET LOCAL idle_in_transaction_session_timeout = 0"
            )
            statement = await connection.prepare(queries("exporting")[dataset.value])
            columns = [(item.name, item.type.name) for item in statement.get_attributes()]
            kind: type[CsvFile] | type[ParquetFile] = (
                CsvFile if format is FileFormat.CSV else ParquetFile
            )
            with closing(kind(path, columns)) as file:
                return await _stream(await statement.cursor(since, until), file, progress=progress)
    finally:
        await connection.close()


async def _stream(
    cursor: asyncpg.cursor.Cursor, file: TableFile, *, progress: Callable[[int], None]
) -> int:
    rows = 0
    while batch := await cursor.fetch(_BATCH_ROWS):
        file.write(batch)
        rows += len(batch)
        progress(rows)
    return rows
