"""A SQLite file of the home: made where it is not there, whole transactions, synced before they count."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from threading import Lock
from typing import Final

from argos.core.errors import InputError, StoreError

BUSY_S: Final = 5.0
MEMORY: Final = Path(":memory:")
"""For looking where there is no file yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileKind:
    """What a file holds, and the errors of whoever it belongs to.

    room: the package whose `schema.sql` makes the tables, `meta` among them. unusable: of what went wrong.
    other_version: of the path and the version held there. beside: read while somebody writes.
    """

    room: str
    version: str
    unusable: Callable[[str], StoreError]
    other_version: Callable[[Path, str], InputError]
    beside: bool = True


class SqliteFile:
    """For any thread of this process, one transaction at a time; any number of processes may use the file."""

    def __init__(self, connection: sqlite3.Connection, kind: FileKind) -> None:
        self._connection = connection
        self._kind = kind
        self._lock = Lock()

    @classmethod
    def open(cls, path: Path, kind: FileKind) -> "SqliteFile":
        """The file at `path`, made if it is not there. Raises what the kind names."""
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            if path != MEMORY:
                path.touch(mode=0o600)  # files beside it (-wal, -shm) take its mode
            connection = _connected(str(path))
            if kind.beside:
                connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            schema = files(kind.room).joinpath("schema.sql").read_text("utf-8")
            connection.executescript(schema)
            connection.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (kind.version,))
            return cls._of_version(connection, path, kind)
        except (sqlite3.Error, OSError) as error:
            raise kind.unusable(f"{path}: {error}") from error

    @classmethod
    def look(cls, path: Path, kind: FileKind) -> "SqliteFile":
        """The file at `path`, which must be there, to read alone beside whoever writes it. Raises as `open` does."""
        try:
            connection = _connected(f"{path.absolute().as_uri()}?mode=ro")
            return cls._of_version(connection, path, kind)
        except (sqlite3.Error, OSError) as error:
            raise kind.unusable(f"{path}: {error}") from error

    @classmethod
    def _of_version(
        cls, connection: sqlite3.Connection, path: Path, kind: FileKind
    ) -> "SqliteFile":
        (held,) = connection.execute("SELECT value FROM meta WHERE key = 'version'").fetchone()
        if held != kind.version:
            connection.close()
            raise kind.other_version(path, held)
        return cls(connection, kind)

    def close(self) -> None:
        with self._lock:
            self._connection.close()

    @contextmanager
    def transaction(self) -> Iterator[sqlite3.Connection]:
        """All or nothing, and alone. Raises StoreError, of the kind."""
        with self._begun("BEGIN IMMEDIATE") as connection:
            yield connection

    @contextmanager
    def reading(self) -> Iterator[sqlite3.Connection]:
        """The file as it is at one moment; no writer waits for it. Raises StoreError, of the kind."""
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
                raise self._kind.unusable(str(error)) from error


def _connected(name: str) -> sqlite3.Connection:
    return sqlite3.connect(
        name,
        uri=name.startswith("file:"),
        isolation_level=None,
        timeout=BUSY_S,
        check_same_thread=False,
    )
