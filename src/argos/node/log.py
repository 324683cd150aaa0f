"""The node's own log: SQLite, written before and after every broker call, read first after a crash.

Calls are short (one commit is one fsync) and run inline in the event loop: a thread hop would cost
more than it saves, and nothing may overtake the commit that precedes a send.
"""

import asyncio
import sqlite3
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.resources import files
from pathlib import Path
from typing import Final
from uuid import UUID, uuid4

from argos.core.errors import InputError
from argos.node.log_reader import LogReader
from argos.node.log_writer import LogWriter
from argos.node.process_lock import ProcessLock

_SCHEMA_VERSION: Final = "1"
_COUNTER_BLOCK: Final = 10_000
_COUNTERS_PER_MS: Final = 1_000


class NodeLog:
    """One account's log, open in this process alone.

    `facts_added` is set when the outbox got something, `news_added` when some of it should not wait for more.
    """

    def __init__(
        self, connection: sqlite3.Connection, *, lock: ProcessLock, account: str, now_ms: int
    ) -> None:
        self._connection = connection
        self._lock = lock
        self._durable: bool | None = None
        self.read = LogReader(connection)
        self.facts_added = asyncio.Event()
        self.news_added = asyncio.Event()
        self._settle_identity(account=account, now_ms=now_ms)
        self.log_id = self._meta("log_id")
        self.cursor = self._meta("cursor")
        self.counter_used = int(self._meta("counter_used"))
        # At the clock at least: an old copy of a log would begin below what the gateway has seen since.
        reserved = max(int(self._meta("counter")), now_ms * _COUNTERS_PER_MS)
        self._counter = self._counter_end = reserved

    @classmethod
    def open(cls, path: Path, *, account: str, now_ms: int) -> "NodeLog":
        """The log at `path`, made if it is not there.

        InputError: NODE_LOG_IN_USE, NODE_LOG_OTHER_ACCOUNT, NODE_LOG_OTHER_VERSION.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        with ExitStack() as undo:
            lock = ProcessLock(path.with_name(path.name + ".lock"))
            undo.callback(lock.release)
            connection = sqlite3.connect(path, isolation_level=None)
            undo.callback(connection.close)
            connection.row_factory = sqlite3.Row
            connection.execute("PRAGMA journal_mode = WAL")
            connection.executescript(files("argos.node").joinpath("schema.sql").read_text("utf-8"))
            log = cls(connection, lock=lock, account=account, now_ms=now_ms)
            undo.pop_all()
        return log

    def close(self) -> None:
        self._connection.close()
        self._lock.release()

    @contextmanager
    def transaction(self, *, durable: bool = True) -> Iterator[LogWriter]:
        """All or nothing. `durable=False` spares the fsync where a loss would only mean doing it again."""
        self._set_durable(durable)
        self._connection.execute("BEGIN IMMEDIATE")
        writer = LogWriter(self._connection)
        try:
            yield writer
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")
        if writer.cursor is not None:
            self.cursor = writer.cursor
        if writer.has_facts:
            self.facts_added.set()
        if writer.has_news:
            self.news_added.set()

    def take_counter(self) -> int:
        """The next request counter: rises strictly, over restarts too; one fsync per block.

        Each is written down before it is used: by `counter_used` the gateway tells a copy of this log from it.
        """
        if self._counter == self._counter_end:
            self._counter_end += _COUNTER_BLOCK
            with self.transaction() as writer:
                writer.set_meta("counter", str(self._counter_end))
        self._counter += 1
        with self.transaction(durable=False) as writer:
            writer.set_meta("counter_used", str(self._counter))
        self.counter_used = self._counter
        return self._counter

    def rename(self, log_id: UUID) -> None:
        """Another log wrote under our id, too: from now on this one has an id of its own."""
        with self.transaction() as writer:
            writer.set_meta("log_id", str(log_id))
        self.log_id = str(log_id)

    def _settle_identity(self, *, account: str, now_ms: int) -> None:
        # A new log starts its counter at the clock, so that it is above those of a log that was lost.
        defaults = {
            "version": _SCHEMA_VERSION,
            "log_id": str(uuid4()),
            "account": account,
            "cursor": "",
            "counter": str(now_ms * _COUNTERS_PER_MS),
            "counter_used": "0",
        }
        self._set_durable(True)
        self._connection.executemany(
            "INSERT OR IGNORE INTO meta (key, value) VALUES (?, ?)", list(defaults.items())
        )
        for key, code in (
            ("account", "NODE_LOG_OTHER_ACCOUNT"),
            ("version", "NODE_LOG_OTHER_VERSION"),
        ):
            if (held := self._meta(key)) != defaults[key]:
                raise InputError(
                    f"the log is for {key} {held}, not {defaults[key]}",
                    code=code,
                    fix="give each account its own log",
                )

    def _set_durable(self, durable: bool) -> None:
        if durable is not self._durable:
            self._connection.execute(f"PRAGMA synchronous = {'FULL' if durable else 'NORMAL'}")
            self._durable = durable

    def _meta(self, key: str) -> str:
        row = self._connection.execute("SELECT value FROM meta WHERE key = ?", (key,)).fetchone()
        return str(row[0])
