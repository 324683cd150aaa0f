"""The audit chain computed again, in Python and without the database's functions, so that a wrong one would show."""

import hashlib
import json
import struct
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from functools import lru_cache
from typing import Final

CONTROL: Final = "control"
"""The stream of changes of configuration: its entries carry the change itself and cover no rows."""
LOG: Final = "audit_log"
FINDINGS_MAX: Final = 10_000
"""So many findings are told of each stream and of each table; what differs more is not examined further."""
SUSPECTS_MAX: Final = 64
"""So many broken entries of one stream are tried against each other to see whether they were swapped."""

_EPOCH: Final = datetime(2000, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_BYTEA, _BIGINT, _TIMESTAMPTZ = 17, 20, 1184
_JSON: Final = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))
_FIELD_COUNT: Final = struct.pack("!i", 8)
_LENGTH: Final = struct.Struct("!Ii")
_NUMBER: Final = struct.Struct("!Iiq")


class FindingKind(StrEnum):
    EDITED = "edited"
    DELETED = "deleted"
    INSERTED = "inserted"
    SWAPPED = "swapped"
    CHAIN_BROKEN = "chain_broken"
    HEAD_DIFFERS = "head_differs"
    GAP = "gap"
    ANCHOR_DIFFERS = "anchor_differs"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One thing that is not as it was written. `subject` is the table; `key` the row, as the log names it."""

    stream: str
    seq: int | None
    subject: str
    key: str | None
    kind: FindingKind
    what: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """The newest entry of a stream; `seq` 0 with an empty hash when there is none yet."""

    seq: int
    row_hash: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One row of the log. `detail` is the JSON text as PostgreSQL writes it."""

    stream: str
    seq: int
    at: datetime
    subject: str
    keys: list[str]
    digests: bytes
    prev_hash: bytes
    row_hash: bytes
    detail: str | None


def _bytes_field(value: bytes | None) -> bytes:
    if value is None:
        return _LENGTH.pack(_BYTEA, -1)
    return _LENGTH.pack(_BYTEA, len(value)) + value


@lru_cache(maxsize=4096)
def _name_field(name: str) -> bytes:
    return _bytes_field(name.encode())


def link_hash(entry: LogEntry) -> bytes:
    """SHA-256 over the entry and the hash it follows, in PostgreSQL's binary form of a row (record_send)."""
    fields = (
        _FIELD_COUNT,
        _bytes_field(entry.prev_hash),
        _NUMBER.pack(_BIGINT, 8, entry.seq),
        _NUMBER.pack(_TIMESTAMPTZ, 8, (entry.at - _EPOCH) // _MICROSECOND),
        _name_field(entry.stream),
        _name_field(entry.subject),
        _bytes_field(_JSON.encode(entry.keys).encode()),
        _bytes_field(entry.digests),
        _bytes_field(None if entry.detail is None else entry.detail.encode()),
    )
    return hashlib.sha256(b"".join(fields)).digest()


@dataclass(slots=True)
class StreamWalk:
    """Follows one stream from its first entry on. Feed it every entry in order, then ask for its findings.

    After a fault the walk goes on from what is written there, so that one fault is one finding.
    """

    stream: str
    head: Head
    anchor: Head | None = None
    _last: LogEntry | None = None
    _found: list[Finding] = field(default_factory=list)
    _suspects: list[LogEntry] = field(default_factory=list)

    @property
    def is_full(self) -> bool:
        return len(self._found) + len(self._suspects) >= FINDINGS_MAX

    def feed(self, entry: LogEntry) -> None:
        if self.is_full:
            return
        if entry.seq > self.head.seq:
            self._report(
                FindingKind.INSERTED, entry.seq, f"the stream's head is at {self.head.seq}"
            )
            return
        due = self._seq + 1
        if entry.seq > due:
            self._report(FindingKind.GAP, due, f"entries {due} to {entry.seq - 1} are not there")
        sound = link_hash(entry) == entry.row_hash
        if not sound:
            self._suspects.append(entry)
        elif entry.seq == due and entry.prev_hash != self._last_hash and not self._last_is_suspect:
            self._report(
                FindingKind.CHAIN_BROKEN, entry.seq, f"it does not follow entry {entry.seq - 1}"
            )
        if not self._subject_fits(entry):
            self._report(
                FindingKind.CHAIN_BROKEN, entry.seq, f"{entry.subject} is not of this stream"
            )
        if self.anchor and entry.seq == self.anchor.seq and entry.row_hash != self.anchor.row_hash:
            self._report(
                FindingKind.ANCHOR_DIFFERS, entry.seq, "its hash is not the one that was noted"
            )
        self._last = entry

    def findings(self) -> Iterator[Finding]:
        """All that is wrong with this stream, once every entry was fed."""
        yield from self._found
        for entry in self._suspects:
            yield self._judge(entry)
        yield from self._judge_end()

    @property
    def _seq(self) -> int:
        return self._last.seq if self._last else 0

    @property
    def _last_hash(self) -> bytes:
        return self._last.row_hash if self._last else b""

    @property
    def _last_is_suspect(self) -> bool:
        return bool(self._suspects) and self._suspects[-1] is self._last

    def _subject_fits(self, entry: LogEntry) -> bool:
        return self.stream == CONTROL or entry.subject == self.stream.partition(":")[0]

    def _report(self, kind: FindingKind, seq: int | None, what: str) -> None:
        self._found.append(self._finding(kind, seq, what))

    def _finding(self, kind: FindingKind, seq: int | None, what: str) -> Finding:
        return Finding(stream=self.stream, seq=seq, subject=LOG, key=None, kind=kind, what=what)

    def _judge(self, entry: LogEntry) -> Finding:
        for other in self._suspects[:SUSPECTS_MAX]:
            if other is not entry and link_hash(replace(entry, seq=other.seq)) == entry.row_hash:
                what = f"it holds what entry {other.seq} held"
                return self._finding(FindingKind.SWAPPED, entry.seq, what)
        return self._finding(FindingKind.EDITED, entry.seq, "its hash is not that of its content")

    def _judge_end(self) -> Iterator[Finding]:
        if self._seq < self.head.seq:
            missing = f"entries {self._seq + 1} to {self.head.seq} are not there"
            yield self._finding(FindingKind.GAP, self._seq + 1, missing)
        elif self._last_hash != self.head.row_hash and not self._last_is_suspect:
            what = "the head's hash is not that of the newest entry"
            yield self._finding(FindingKind.HEAD_DIFFERS, self.head.seq, what)
        if self.anchor and self.anchor.seq > self._seq:
            what = f"entry {self.anchor.seq} was noted, the stream ends at {self._seq}"
            yield self._finding(FindingKind.ANCHOR_DIFFERS, self.anchor.seq, what)


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A row that is not as an entry says: no `written` means no entry covers it, no `found` that it is gone."""

    stream: str
    seq: int | None
    key: str
    written: bytes | None
    found: bytes | None


def judge_rows(subject: str, differences: Sequence[Difference]) -> Iterator[Finding]:
    """Findings for the rows of one table. A row that holds what another one held was swapped, not edited."""
    owners: Mapping[bytes, Difference] = {
        item.written: item for item in differences if item.written and item.found
    }
    for item in differences:
        kind, what = _judge_row(item, owners)
        yield Finding(
            stream=item.stream, seq=item.seq, subject=subject, key=item.key, kind=kind, what=what
        )


def _judge_row(item: Difference, owners: Mapping[bytes, Difference]) -> tuple[FindingKind, str]:
    if item.found is None:
        return FindingKind.DELETED, "the row is not there any more"
    if item.written is None:
        return FindingKind.INSERTED, "no entry of the log covers the row"
    other = owners.get(item.found)
    if other is not None:
        return FindingKind.SWAPPED, f"the row holds what {other.key} held"
    return FindingKind.EDITED, "the row is not as it was written"
