"""The signal service's SQLite file: one writer, whole transactions, synced before they count."""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Final

from argos.core.errors import InputError, StoreError

FILE: Final = "signals.sqlite"
"""In the home."""
BUSY_S: Final = 5.0
_MEMORY: Final = ":memory:"
_VERSION: Final = "1"


class SignalFile:
    """The file itself, for any thread of this process; one transaction at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path) -> "SignalFile":
        """The file at `path`, made if it is not there. Raises InputError SIGNAL_FILE_VERSION, StoreError."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.name != _MEMORY:
                path.touch(mode=0o600)  # files beside it (-wal, -shm) take its mode
            connection = sqlite3.connect(
                path, isolation_level=None, timeout=BUSY_S, check_same_thread=False
            )
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            schema = files("argos.signals").joinpath("schema.sql").read_text("utf-8")
            connection.executescript(schema)
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (_VERSION,))
            (held,) = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: {error}", code="SIGNAL_FILE_UNUSABLE") from error
        return cls._of_version(connection, path, held)

    @classmethod
    def look(cls, path: Path) -> "SignalFile":
        """The file at `path`, which must be there, to read alone beside whoever writes it. Raises as `open` does."""
        try:
            connection = sqlite3.connect(
                f"{path.absolute().as_uri()}?mode=ro",
                uri=True,
                isolation_level=None,
                timeout=BUSY_S,
                check_same_thread=False,
            )
            (held,) = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        except (sqlite3.Error, OSError) as error:
            raise StoreError(f"{path}: {error}", code="SIGNAL_FILE_UNUSABLE") from error
        return cls._of_version(connection, path, held)

    @classmethod
    def _of_version(cls, connection: sqlite3.Connection, path: Path, held: str) -> "SignalFile":
        if held != _VERSION:
            connection.close()
            raise InputError(
                f"{path} has version {held}, not {_VERSION}",
                code="SIGNAL_FILE_VERSION",
                fix="use the version of Argos that wrote it",
            )
        return cls(connection)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and alone. Raises StoreError SIGNAL_FILE_UNUSABLE."""
        with self._begun("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it is at one moment; no writer waits for it. Raises StoreError SIGNAL_FILE_UNUSABLE."""
        with self._begun("BEGIN DEFERRED") as connection:
            yield connection

    @contextmanager
    def _begun(self, begin: str) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._connection.execute(begin)
                try:
                    yield self._connection
                except BaseException:
                    self._connection.execute("ROLLBACK")
                    raise
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                raise StoreError(
                    f"the signals' file: {error}", code="SIGNAL_FILE_UNUSABLE"
                ) from error
