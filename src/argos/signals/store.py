"""The signal service's store: one transaction a tick, and after a restart all that the next tick goes on from."""

import json
import logging
import sqlite3
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.consensus.machine import Standing
from argos.consensus.settings import settings_document
from argos.consensus.vote import Vote
from argos.core.canonical import canonical_bytes
from argos.core.texts import moment_text, parse_moment
from argos.proofs.records import ChainEnd, record_after
from argos.signals.days import close_days
from argos.signals.documents import (
    Ending,
    end_document,
    standing_document,
    standing_from,
)
from argos.signals.file import SignalFile
from argos.signals.settings import SignalSettings
from argos.signals.vote_rows import VoteReader, VoteRows

OnRecorded = Callable[[sqlite3.Connection, Mapping[str, Any], Decimal | None], None]
"""Called inside the tick's transaction for every valid signal: the connection, the record, the symbol's price."""

log = logging.getLogger(__name__)

_VOTE: Final = "INSERT INTO votes VALUES (?, ?, ?, ?, ?, ?)"
_TICK: Final = "INSERT INTO ticks VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_RECORD: Final = "INSERT INTO records VALUES (?, ?, ?, ?, ?, ?, ?, ?)"
_STANDING: Final = (
    "INSERT INTO standings VALUES (?, ?, ?, ?, ?) ON CONFLICT (symbol) DO UPDATE SET"
    " phase = excluded.phase, direction = excluded.direction, ticks = excluded.ticks, until = excluded.until"
)
_OUTBOX: Final = (
    "INSERT OR IGNORE INTO outbox (kind, subject, payload, made_at) VALUES (?, ?, ?, ?)"
)
_OPEN: Final = (
    "SELECT s.symbol, (SELECT signal_id FROM records r WHERE r.symbol = s.symbol ORDER BY sequence DESC LIMIT 1)"
    " FROM standings s WHERE s.phase = 'standing'"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """What stood after the last tick that was stored.

    votes: newest of each source and symbol that the last process watched, with their numbers. open_signals: the id of
    the signal that stands, by symbol. tick, vote: the last numbers given.
    """

    votes: tuple[tuple[int, Vote], ...] = ()
    standings: Mapping[str, Standing] = field(default_factory=dict)
    open_signals: Mapping[str, str] = field(default_factory=dict)
    ticked_at: datetime | None = None
    tick: int = 0
    vote: int = 0
    chain: ChainEnd = field(default_factory=ChainEnd)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """A signal to be recorded, as it is chained, and the price that goes to `on_recorded`."""

    at: datetime
    signal: Mapping[str, Any]
    price: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class TickRows:
    """All that one tick leaves behind.

    votes: the new ones, numbered on from the last. standings: those that changed. checkpoint: what stood before the
    tick, at the first one of a process or a day.
    """

    number: int
    at: datetime
    votes: Sequence[tuple[int, Vote]]
    votes_upto: int
    symbols: int
    standings: Mapping[str, Standing]
    firings: Sequence[Firing]
    endings: Sequence[Ending]
    checkpoint: Mapping[str, Any] | None


class SignalStore:
    def __init__(self, file: SignalFile) -> None:
        self._file = file
        self._known: set[str] = set()
        self._vote_rows = VoteRows()

    def held(self) -> Held:
        """What the next tick goes on from. Raises StoreError."""
        with self._file.reading() as connection:
            tick = connection.execute(
                "SELECT number, at, votes_upto FROM ticks ORDER BY number DESC LIMIT 1"
            ).fetchone()
            if tick is None:
                return Held()
            ticked_at = parse_moment(tick[1], field="at")
            rows = connection.execute("SELECT * FROM standings").fetchall()
            return Held(
                votes=_held_votes(connection),
                standings={
                    symbol: standing_from(
                        {"phase": phase, "direction": direction, "ticks": ticks, "until": until},
                        ticked_at=ticked_at,
                    )
                    for symbol, phase, direction, ticks, until in rows
                },
                open_signals=dict(connection.execute(_OPEN)),
                ticked_at=ticked_at,
                tick=tick[0],
                vote=tick[2],
                chain=chain_end(connection),
            )

    def write(
        self, rows: TickRows, settings: SignalSettings, *, on_recorded: OnRecorded | None
    ) -> ChainEnd:
        """The whole tick or nothing of it; the chain's end after it. Raises StoreError."""
        try:
            end = self._write(rows, settings, on_recorded)
        except BaseException:
            self._vote_rows.forget()
            raise
        self._known |= {settings.config_digest, settings.consensus.digest}
        return end

    def _write(
        self, rows: TickRows, settings: SignalSettings, on_recorded: OnRecorded | None
    ) -> ChainEnd:
        with self._file.transaction() as connection:
            self._name_settings(connection, settings, rows.at)
            close_days(connection, before=rows.at)
            connection.executemany(_VOTE, self._vote_rows.of(connection, rows.votes))
            if rows.checkpoint is not None:
                connection.execute(
                    "INSERT INTO checkpoints VALUES (?, ?, ?)",
                    (rows.number, _day(rows.at), _text(rows.checkpoint)),
                )
            connection.execute(_TICK, _tick_row(rows, settings))
            connection.executemany(
                _STANDING, [_standing_row(*item) for item in rows.standings.items()]
            )
            for ending in rows.endings:
                _end(connection, ending, rows.at)
            end = chain_end(connection)
            for firing in rows.firings:
                end = _record(connection, end, firing, on_recorded)
            return end

    def _name_settings(
        self, connection: sqlite3.Connection, settings: SignalSettings, at: datetime
    ) -> None:
        """Every configuration and every set of rules that was in force is kept once, under its digest."""
        rules, digest = settings.consensus, settings.config_digest
        if rules.digest not in self._known:
            connection.execute(
                "INSERT OR IGNORE INTO consensus_rules VALUES (?, ?, ?)",
                (rules.digest, _text(settings_document(rules)), moment_text(at)),
            )
        if digest and digest not in self._known:
            document = settings.config_document
            connection.execute(
                "INSERT OR IGNORE INTO configurations VALUES (?, ?, ?)",
                (digest, _text(document), moment_text(at)),
            )
            tell(
                connection,
                kind="configuration",
                subject=digest,
                payload={"digest": digest, "document": document},
                made_at=at,
            )


def tell(
    connection: sqlite3.Connection,
    *,
    kind: str,
    subject: str,
    payload: Mapping[str, Any],
    made_at: datetime,
) -> None:
    """A row of the outbox, in the transaction of what it tells of. What is there already stays as it is."""
    connection.execute(_OUTBOX, (kind, subject, _text(payload), moment_text(made_at)))


def chain_end(connection: sqlite3.Connection) -> ChainEnd:
    row = connection.execute(
        "SELECT sequence, record_hash, at FROM records ORDER BY sequence DESC LIMIT 1"
    ).fetchone()
    if row is None:
        return ChainEnd()
    return ChainEnd(sequence=row[0], last_hash=row[1], last_at=parse_moment(row[2], field="at"))


def _held_votes(connection: sqlite3.Connection) -> tuple[tuple[int, Vote], ...]:
    """Those of the last checkpoint, and what came since: at most a day is looked through."""
    tick, document = connection.execute(
        "SELECT tick, document FROM checkpoints ORDER BY tick DESC LIMIT 1"
    ).fetchone() or (1, '{"votes": []}')
    (before,) = connection.execute(
        "SELECT coalesce(max(votes_upto), 0) FROM ticks WHERE number < ?", (tick,)
    ).fetchone()
    reader = VoteReader(connection)
    named = [(number, reader.vote(number)) for number in json.loads(document)["votes"]]
    held = {(vote.source, vote.symbol): (number, vote) for number, vote in named if vote}
    for key, number in reader.newest(before).items():
        vote = reader.vote(number)
        if vote is not None:
            held[key] = (number, vote)
    return tuple(held.values())


def _record(
    connection: sqlite3.Connection,
    end: ChainEnd,
    firing: Firing,
    on_recorded: OnRecorded | None,
) -> ChainEnd:
    record, end = record_after(end, at=firing.at, signal=firing.signal)
    signal, text = firing.signal, _plain_text(record)
    connection.execute(
        _RECORD,
        (
            record["sequence"],
            _day(firing.at),
            record["at"],
            signal["signal_id"],
            signal["symbol"],
            signal["status"],
            text,
            end.last_hash,
        ),
    )
    payload = f'{{"record":{text},"record_hash":"{end.last_hash}"}}'
    connection.execute(_OUTBOX, ("signal", signal["signal_id"], payload, record["at"]))
    if on_recorded is not None and signal["status"] == "valid":
        _hand_on(connection, record, firing.price, on_recorded)
    return end


def _hand_on(
    connection: sqlite3.Connection,
    record: Mapping[str, Any],
    price: Decimal | None,
    on_recorded: OnRecorded,
) -> None:
    """A signal is recorded even if what is plugged in behind it breaks: of that nothing is kept then."""
    connection.execute("SAVEPOINT handing_on")
    try:
        on_recorded(connection, record, price)
    except sqlite3.Error:
        raise
    except Exception as error:
        connection.execute("ROLLBACK TO handing_on")
        log.error("record %s was not handed on: %s", record["sequence"], error)
    connection.execute("RELEASE handing_on")


def _end(connection: sqlite3.Connection, ending: Ending, at: datetime) -> None:
    connection.execute(
        "INSERT INTO ends VALUES (?, ?, ?)",
        (ending.signal_id, moment_text(ending.at), ending.reason),
    )
    payload = end_document(ending)
    tell(connection, kind="end", subject=ending.signal_id, payload=payload, made_at=at)


def _tick_row(rows: TickRows, settings: SignalSettings) -> tuple[object, ...]:
    return (
        rows.number,
        _day(rows.at),
        moment_text(rows.at),
        settings.consensus.digest,
        settings.config_digest,
        rows.votes_upto,
        rows.symbols,
        len(rows.firings),
    )


def _standing_row(symbol: str, standing: Standing) -> tuple[object, ...]:
    document = standing_document(standing)
    return (symbol, *(document[name] for name in ("phase", "direction", "ticks", "until")))


def _day(at: datetime) -> str:
    return moment_text(at)[:10]


def _plain_text(document: Mapping[str, Any]) -> str:
    """Canonical JSON of a document of text and whole numbers under ASCII names, as records are; quicker."""
    return json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def _text(document: Mapping[str, Any]) -> str:
    return canonical_bytes(document).decode()
