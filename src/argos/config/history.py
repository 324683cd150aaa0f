"""Which configurations were in force, and when: one SQLite file in the home that is only ever added to."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from argos.config.config import Config
from argos.core.canonical import canonical_bytes, sha256_of
from argos.core.errors import InputError, InvariantError, StoreError
from argos.core.texts import moment_text
from argos.sqlite_file import MEMORY, FileKind, SqliteFile

FILE: Final = "config.sqlite"
"""In the home."""
DIGITS_MIN: Final = 4
"""Of a digest, by which an entry may be named."""
_COLUMNS: Final = "number, digest, at, by_whom, note, file, document"
_JOINED: Final = "entries JOIN documents USING (digest)"


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A configuration that was taken into use at `at` (RFC 3339), by a process or a command.

    document: all of it, which `digest` covers. file: what `config.json` said then, without secrets.
    """

    number: int
    digest: str
    at: str
    by: str
    note: str
    file: Mapping[str, Any]
    document: Mapping[str, Any]


class History:
    """The file itself. Any number of processes may use it; each call is one transaction."""

    def __init__(self, file: SqliteFile) -> None:
        self._file = file

    @classmethod
    def open(cls, path: Path) -> "History":
        """The file at `path`, made if it is not there. Raises InputError CONFIG_HISTORY_VERSION, StoreError."""
        return cls(SqliteFile.open(path, _KIND))

    @classmethod
    def look(cls, path: Path) -> "History":
        """For reading: an empty one in memory where there is no file yet, so that looking makes none."""
        return cls.open(path if path.exists() else MEMORY)

    def close(self) -> None:
        self._file.close()

    def remember(self, config: Config, *, by: str, at: datetime, note: str = "") -> bool:
        """Store what is in force now. Whether it was new: what the newest entry holds already is not added again."""
        file = canonical_bytes(config.file).decode()
        with self._file.transaction() as connection:
            newest = connection.execute(
                "SELECT digest, file FROM entries ORDER BY number DESC LIMIT 1"
            ).fetchone()
            if newest == (config.digest, file):
                return False
            document = canonical_bytes(config.document).decode()
            connection.execute(
                "INSERT OR IGNORE INTO documents VALUES (?, ?)", (config.digest, document)
            )
            connection.execute(
                "INSERT INTO entries (digest, file, at, by_whom, note) VALUES (?, ?, ?, ?, ?)",
                (config.digest, file, moment_text(at), by, note),
            )
        return True

    def entries(self, *, limit: int) -> list[Entry]:
        """The newest first."""
        rows = self._rows("ORDER BY number DESC LIMIT ?", limit)
        return [_entry(row) for row in rows]

    def find(self, digest: str) -> Entry:
        """The newest entry whose digest begins so. Raises InputError CONFIG_DIGEST_UNKNOWN or CONFIG_DIGEST_SHORT.

        Raises InvariantError CONFIG_HISTORY_BROKEN if what is stored is not what the digest covers.
        """
        wanted = digest.lower()
        is_hex = len(wanted) >= DIGITS_MIN and {*wanted} <= {*"0123456789abcdef"}
        rows = (
            self._rows("WHERE digest LIKE ? ORDER BY number DESC", f"{wanted}%") if is_hex else []
        )
        found = [_entry(row) for row in rows]
        if not found:
            raise InputError(
                f"no configuration that was in force has the digest {digest}",
                code="CONFIG_DIGEST_UNKNOWN",
                field="digest",
                fix=f"argos config history lists them; give {DIGITS_MIN} digits or more",
            )
        if len({entry.digest for entry in found}) > 1:
            raise InputError(
                f"several digests begin with {digest}",
                code="CONFIG_DIGEST_SHORT",
                field="digest",
                fix="give more digits of it",
            )
        entry = found[0]
        if sha256_of(entry.document) != entry.digest:
            raise InvariantError(
                f"the configuration stored as {entry.digest} is another",
                code="CONFIG_HISTORY_BROKEN",
            )
        return entry

    def _rows(self, rest: str, *values: object) -> list[tuple[Any, ...]]:
        # `rest` is one of the two texts above, never anything from outside
        statement = f"SELECT {_COLUMNS} FROM {_JOINED} {rest}"  # noqa: S608
        with self._file.reading() as connection:
            return connection.execute(statement, values).fetchall()


def _entry(row: tuple[Any, ...]) -> Entry:
    number, digest, at, by, note, file, document = row
    return Entry(
        number=number,
        digest=digest,
        at=at,
        by=by,
        note=note,
        file=json.loads(file),
        document=json.loads(document),
    )


def _unusable(why: str) -> StoreError:
    return StoreError(f"the history of configurations: {why}", code="CONFIG_HISTORY_UNUSABLE")


def _other_version(path: Path, held: str) -> InputError:
    return InputError(
        f"{path} has version {held}, not {_KIND.version}",
        code="CONFIG_HISTORY_VERSION",
        fix="use the version of Argos that wrote it",
    )


_KIND: Final = FileKind(
    room="argos.config",
    version="1",
    unusable=_unusable,
    other_version=_other_version,
    beside=False,
)
