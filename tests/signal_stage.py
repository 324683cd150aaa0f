"""A signal service without its clock: sessions over one file, votes made by the test, times said by the test."""

import sqlite3
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from argos.consensus.settings import ConsensusSettings
from argos.consensus.vote import Direction, Vote, VoteStatus
from argos.core.canonical import sha256_of
from argos.signals.cut import cut_of
from argos.signals.file import SignalFile
from argos.signals.precheck import CheckResult, Verdict
from argos.signals.pruning import Pruner, kept_days
from argos.signals.reading import votes
from argos.signals.replaying import Replayed, replay_day
from argos.signals.session import Session, Ticked
from argos.signals.settings import Retention, SessionRule, SignalSettings
from argos.signals.store import SignalStore
from argos.signals.verifying import Verified, verify_file

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
SYMBOLS = ("AAPL", "IBM", "MSFT")
SOURCES = ("massive", "alpha_vantage", "x_api", "sonar")
CONFIGURATION = {"symbols": list(SYMBOLS)}
SETTINGS = SignalSettings(
    symbols=SYMBOLS,
    consensus=ConsensusSettings(ttl_s=20, cooldown_s=10, ticks_min=2),
    session=SessionRule.ALWAYS,
    config_digest=sha256_of(CONFIGURATION),
    config_document=CONFIGURATION,
)
PASSED = Verdict(result=CheckResult.PASSED, code="", text="demo could take it")


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


def vote(source: str, symbol: str, p_up: str, *, now: datetime, age_s: float = 1) -> Vote:
    """A vote for a side, of data that are `age_s` old."""
    value = Decimal(p_up)
    return Vote(
        source=source,
        symbol=symbol,
        direction=Direction.LONG if value > Decimal("0.5") else Direction.SHORT,
        p_up=value,
        as_of=now - timedelta(seconds=age_s),
        fetched_at=now,
        status=VoteStatus.FRESH,
        reason="LEANS_UP" if value > Decimal("0.5") else "LEANS_DOWN",
        inputs_hash=sha256_of({"p_up": p_up}),
    )


def votes_for(symbol: str, p_up: str = "0.8", *, now: datetime) -> list[Vote]:
    """All four sources for one side: enough for a signal."""
    return [vote(source, symbol, p_up, now=now) for source in SOURCES]


@dataclass
class Stage:
    """The sources' board is a dictionary; `restart` is what a killed process leaves to the next."""

    file: SignalFile
    settings: SignalSettings = SETTINGS
    latest: dict[tuple[str, str], Vote] = field(default_factory=dict)
    verdict: Verdict = PASSED
    handed_on: list[tuple[Mapping[str, Any], Decimal | None]] = field(default_factory=list)
    fails: bool = False

    def __post_init__(self) -> None:
        self.restart()

    def restart(self, **changes: Any) -> None:
        self.settings = replace(self.settings, **changes)
        self.session = Session(
            SignalStore(self.file),
            self.settings,
            prices=lambda _symbol: Decimal("12.5"),
            precheck=lambda _symbol, _direction: self.verdict,
            on_recorded=self._on_recorded,
        )

    def publish(self, *votes: Vote) -> None:
        self.latest.update({(one.source, one.symbol): one for one in votes})

    def tick(self, seconds: float) -> Ticked:
        return self.session.tick(tuple(self.latest.values()), now=at(seconds))

    def rows(self, query: str, *values: object) -> list[tuple[Any, ...]]:
        with self.file.reading() as connection:
            return connection.execute(query, values).fetchall()

    def change(self, query: str, *values: object) -> None:
        """What somebody does to the file who should not."""
        with self.file.transaction() as connection:
            connection.execute(query, values)

    def verify(self, against: str | None = None) -> Verified:
        with self.file.reading() as connection:
            return verify_file(connection, against=against)

    def replay(self, day: str, *, whole: bool = False) -> Replayed:
        with self.file.reading() as connection:
            return replay_day(connection, day, whole=whole)

    def votes(self, **wanted: Any) -> list[dict[str, Any]]:
        with self.file.reading() as connection:
            return votes(connection, **{"limit": 1000, "symbol": None, "source": None, **wanted})

    def prune(self, votes_days: int, *, now: float, rows_a_step: int = 2) -> int:
        """All of it, a few rows at a time; the number of steps."""
        pruner = Pruner(self.file, Retention(votes_days=votes_days), rows_a_step=rows_a_step)
        return sum(1 for _ in iter(lambda: pruner.step(at(now)), False))

    def days(self) -> list[str]:
        """Those that can be replayed."""
        with self.file.reading() as connection:
            return kept_days(connection, cut_of(connection))[::-1]

    def _on_recorded(
        self, connection: sqlite3.Connection, record: Mapping[str, Any], price: Decimal | None
    ) -> None:
        if self.fails:
            connection.execute("INSERT INTO meta VALUES ('handed', 'half')")
            raise sqlite3.OperationalError("database or disk is full")
        self.handed_on.append((record, price))


def stage(path: Path | None = None, **settings: Any) -> Stage:
    """Over a file in memory unless a path is given."""
    file = SignalFile.open(path or Path(":memory:"))
    return Stage(file, settings=replace(SETTINGS, **settings))
