"""A search's journal on disk: what search it is, then the trials that are finished, only ever appended to.

    b"ARGOSJ1\\n"                                  then, all numbers little-endian:
    length: u32, CRC-32: u32, JSON of that length  the head: two searches are the same if these are equal
    b"TRLS", trials: u32, CRC-32: u32, records     a block, as often as trials were written down

A record is `number: i8, codes: f8[parameters], figures: FIGURES, sums: f8[blocks, 4]`, some 600 bytes. Whatever a crash
leaves behind, a block that is not whole ends the journal: it is cut off there, and those trials are played again.
"""

import json
import os
import sys
import zlib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

import numpy as np

from argos.backtest.layout import RETURN_SUMS, Floats, Ints, Records
from argos.backtest.preparing import TIME_BLOCKS
from argos.backtest.sweep import FIGURES
from argos.core.errors import InputError, StoreError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        # A byte that no journal reaches: what is locked there nobody else may read.
        os.lseek(descriptor, 2**31 - 2, os.SEEK_SET)
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


MAGIC: Final = b"ARGOSJ1\n"
BLOCK: Final = b"TRLS"
_COUNTS: Final = np.dtype([("count", "<u4"), ("crc", "<u4")])
HEAD_BYTES_MAX: Final = 1 << 20
BLOCK_BYTES: Final = len(BLOCK) + _COUNTS.itemsize

Head = Mapping[str, str]


def record_type(parameters: int) -> np.dtype[np.void]:
    return np.dtype(
        [
            ("number", "<i8"),
            ("codes", "<f8", (parameters,)),
            ("figures", FIGURES.newbyteorder("<")),
            ("sums", "<f8", (TIME_BLOCKS, RETURN_SUMS)),
        ]
    )


def head_of(path: Path) -> dict[str, str] | None:
    """The head of the journal at `path`; None if there is none yet. Raises InputError as `Journal` does."""
    if not path.exists():
        return None
    with path.open("rb") as file:
        return _head(path, file.read(HEAD_BYTES_MAX))[0]


class Journal:
    """Held by one process from construction to `close`."""

    def __init__(self, path: Path, head: Head, *, parameters: int) -> None:
        """Opens the journal of the search that `head` describes, or begins it.

        Raises InputError: JOURNAL_INVALID for a file that is something else, JOURNAL_DIFFERENT naming what is not equal
        in another search's, JOURNAL_IN_USE; StoreError (JOURNAL_WRITE) if it cannot be opened.
        """
        self.path = path
        self._type = record_type(parameters)
        self._blocks: list[tuple[int, int]] = []
        try:
            flags = os.O_RDWR | os.O_CREAT | getattr(os, "O_BINARY", 0)
            self._file = os.open(path, flags, 0o644)
        except OSError as error:
            raise _unwritten(path, error) from error
        try:
            self._begin(head)
        except BaseException:
            os.close(self._file)
            raise

    def _begin(self, head: Head) -> None:
        try:
            _lock(self._file)
        except OSError as error:
            raise InputError(
                f"another search writes to {self.path}",
                code="JOURNAL_IN_USE",
                field="journal",
                fix="wait for it, or give this search a journal of its own",
            ) from error
        found, end = _head(self.path, _read(self._file, 0, HEAD_BYTES_MAX))
        if found is None:
            text = json.dumps(dict(head), sort_keys=True).encode()
            if len(text) > HEAD_BYTES_MAX - 64:
                raise InputError(
                    "the space is too long for a journal",
                    code="SPACE_TOO_LARGE",
                    field="space",
                    fix="write ranges instead of single values",
                )
            os.ftruncate(self._file, 0)
            self._end = 0
            self._append(MAGIC + _counts(len(text), text) + text)
            return
        names = sorted({*found, *head})
        apart = [name for name in names if found.get(name) != head.get(name)]
        if apart:
            raise InputError(
                f"{self.path} is the journal of another search: {', '.join(apart)} differ",
                code="JOURNAL_DIFFERENT",
                field=", ".join(apart),
                fix=f"give this search a journal of its own; that one has {_shown(found, apart[0])}",
            )
        self._end = self._scan(end)
        os.ftruncate(self._file, self._end)

    def _scan(self, place: int) -> int:
        """Finds the blocks, up to the first that is not whole. Gives where that is."""
        size = os.fstat(self._file).st_size
        while place + BLOCK_BYTES <= size:
            mark = _read(self._file, place, BLOCK_BYTES)
            count, crc = np.frombuffer(mark[len(BLOCK) :], _COUNTS)[0].item()
            length = count * self._type.itemsize
            if mark[: len(BLOCK)] != BLOCK or place + BLOCK_BYTES + length > size:
                break
            if zlib.crc32(_read(self._file, place + BLOCK_BYTES, length)) != crc:
                break
            self._blocks.append((place + BLOCK_BYTES, length))
            place += BLOCK_BYTES + length
        return place

    def blocks(self) -> Iterator[Records]:
        """The trials that were there when the journal was opened, block by block."""
        for place, length in self._blocks:
            yield np.frombuffer(_read(self._file, place, length), self._type)

    def append(self, numbers: Ints, codes: Floats, figures: Records, sums: Floats) -> None:
        """Writes trials down for good: it returns when they are on the disk. Raises StoreError (JOURNAL_WRITE)."""
        if not len(numbers):
            return
        records = np.empty(len(numbers), self._type)
        records["number"], records["codes"] = numbers, codes
        records["figures"], records["sums"] = figures, sums
        payload = records.tobytes()
        self._append(BLOCK + _counts(len(records), payload) + payload)

    def _append(self, data: bytes) -> None:
        try:
            view = memoryview(data)
            os.lseek(self._file, self._end, os.SEEK_SET)
            while view:
                view = view[os.write(self._file, view) :]
            os.fsync(self._file)
        except OSError as error:
            raise _unwritten(self.path, error) from error
        self._end += len(data)

    def close(self) -> None:
        os.close(self._file)


def _counts(count: int, data: bytes) -> bytes:
    return np.array((count, zlib.crc32(data)), _COUNTS).tobytes()


def _read(file: int, place: int, length: int) -> bytes:
    """Up to `length` bytes from `place` on, fewer at the end of the file."""
    parts = []
    os.lseek(file, place, os.SEEK_SET)
    while length and (part := os.read(file, length)):
        parts.append(part)
        length -= len(part)
    return b"".join(parts)


def _head(path: Path, data: bytes) -> tuple[dict[str, str] | None, int]:
    """The head and where it ends. None for a file that ends before its head does: nothing else can be in it."""
    wrong = InputError(
        f"{path} is not a search's journal",
        code="JOURNAL_INVALID",
        field="journal",
        fix="give the name of a journal, or of a file that does not exist yet",
    )
    if data[: len(MAGIC)] != MAGIC[: len(data)]:
        raise wrong
    begin = len(MAGIC) + _COUNTS.itemsize
    if len(data) < begin:
        return None, 0
    length, crc = np.frombuffer(data[len(MAGIC) : begin], _COUNTS)[0].item()
    if length > HEAD_BYTES_MAX - begin:
        raise wrong
    text = data[begin : begin + length]
    if len(text) < length:
        return None, 0
    if zlib.crc32(text) != crc:
        raise wrong
    found: dict[str, str] = json.loads(text)
    return found, begin + length


def _shown(head: Mapping[str, Any], name: str) -> str:
    value = str(head.get(name, "nothing"))
    return f"{name} {value[:80]}"


def _unwritten(path: Path, error: OSError) -> StoreError:
    return StoreError(f"{path}: {error.strerror}", code="JOURNAL_WRITE")
