"""The signal service's SQLite file."""

import sqlite3
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Final

from argos.core.errors import InputError, StoreError
from argos.sqlite_file import FileKind, SqliteFile

FILE: Final = "signals.sqlite"
"""In the home."""
LOCK: Final = "signals.lock"
"""In the home. Two that decide would write one chain twice."""


class SignalFile:
    """One writer, and any number of readers. Raises StoreError SIGNAL_FILE_UNUSABLE."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> "SignalFile":
        """The file at `path`, made if it is not there. Raises InputError SIGNAL_FILE_VERSION, StoreError."""
        return cls(SqliteFile.open(path, _KIND))

    @classmethod
    def look(cls, path: Path) -> "SignalFile":
        """The file at `path`, which must be there, to read alone beside whoever writes it. Raises as `open` does."""
        return cls(SqliteFile.look(path, _KIND))

    def close(self) -> None:
        self._file.close()

    def give_back(self, pages_max: int) -> None:
        """Up to so many free pages go back to the disk; in a file that version 1 made, none."""
        self._file.give_back(pages_max)

    def transaction(self) -> AbstractContextManager[sqlite3.Connection]:
        """All or nothing, and alone."""
        return self._file.transaction()

    def reading(self) -> AbstractContextManager[sqlite3.Connection]:
        """The file as it is at one moment; no writer waits for it."""
        return self._file.reading()


def _unusable(why: str) -> StoreError:
    return StoreError(f"the signals' file: {why}", code="SIGNAL_FILE_UNUSABLE")


def _other_version(path: Path, held: str) -> InputError:
    return InputError(
        f"{path} has version {held}, not {_KIND.version}",
        code="SIGNAL_FILE_VERSION",
        fix="an older file is brought up to date when the service starts: argos signals run --seconds 1. For a newer"
        " one use the version of Argos that wrote it",
    )


_KIND: Final = FileKind(
    room="argos.signals",
    version="2",
    unusable=_unusable,
    other_version=_other_version,
    upgrades={"1": "from_1.sql"},
    gives_back=True,
)
