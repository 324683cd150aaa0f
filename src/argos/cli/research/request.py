"""What is to be played and on what, as the words of a command asked for it; the same for all three commands."""

import hashlib
import math
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from argos.backtest.assignments import setting_of, split
from argos.backtest.bars import Bars
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.run import run
from argos.backtest.settings import Settings, Sizing
from argos.backtest.strategies.buy_and_hold import BuyAndHold
from argos.backtest.strategy import Signals, Strategy
from argos.cli.research.consensus import (
    STRATEGIES,
    completed,
    data_words,
    page_warnings,
    seed_of,
    usual_settings,
)
from argos.cli.research.market import MarketChoice, assigned
from argos.core.errors import InputError
from argos.prices.signals import SignalTable, read_signal_table
from argos.studies.origin import provenance_of
from argos.studies.strategies import find_strategy


class Subject(Protocol):
    """What is played: a strategy, or a table of signals."""

    @property
    def reference(self) -> str: ...
    @property
    def name(self) -> str: ...
    @property
    def path(self) -> Path: ...
    @property
    def source_sha256(self) -> str: ...
    def parameters(self) -> dict[str, Any]: ...
    def example(self, name: str) -> Any: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class PastSignals:
    """A table of past signals in the place of a strategy."""

    path: Path

    @property
    def reference(self) -> str:
        return str(self.path)

    @property
    def name(self) -> str:
        return self.path.stem

    @property
    def source_sha256(self) -> str:
        return hashlib.sha256(self.path.read_bytes()).hexdigest()

    def parameters(self) -> dict[str, Any]:
        return {}

    def example(self, name: str) -> Any:
        raise InputError(
            f"a table of signals has no parameter {name}",
            code="STRATEGY_PARAM",
            field=name,
            fix="settings have a dot, such as exits.stop_fraction",
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """What is to be played. params: those given for the strategy; made, arguments: the strategy with them.

    notes: how the files were understood, for their owner.
    """

    subject: Subject
    choice: MarketChoice
    bars: Bars
    notes: tuple[str, ...]
    settings: Settings
    params: dict[str, Any]
    made: Strategy | Signals
    arguments: dict[str, Any]
    table: SignalTable | None = None

    @property
    def strategy(self) -> Strategy:
        """What a search or a walk can vary. Raises InputError for a table of signals."""
        if isinstance(self.made, Signals):
            raise InputError(
                "a table of signals has nothing to be searched",
                code="USAGE",
                field="--signals",
                fix="give a strategy",
            )
        return self.made

    def provenance(self, *, seed: int | None) -> Provenance:
        """Of a study that these words began."""
        return provenance_of(
            self.subject.reference,
            self.subject.source_sha256,
            self.bars,
            data=data_words(", ".join(self.choice.data), self.made),
            seed=seed_of(self.made) if seed is None else seed,
            command=["argos", *sys.argv[1:]],
        )

    def source(self) -> dict[str, str]:
        """The file that was played, by the name it is kept under; a table that is no text is not kept."""
        try:
            text = self.subject.path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            return {}
        return {"signals.csv" if self.table else "strategy.py": text}

    def require_known(self, names: Sequence[str]) -> None:
        """Raises InputError for a name to be searched that neither the strategy nor the settings have."""
        own, dotted = split(dict.fromkeys(names))
        for name in own:
            self.subject.example(name)
        for name in dotted:
            setting_of(self.settings, name)


def requested(strategy: str, choice: MarketChoice, assign: list[str]) -> Request:
    """Finds what to play, reads the prices, makes the settings. Raises InputError for whatever cannot be used."""
    if not (strategy or choice.signals) or not choice.data:
        raise InputError(
            "a strategy and prices are needed",
            code="USAGE",
            field="strategy" if choice.data else "--data",
            fix="such as: argos backtest ema-cross --data demo",
        )
    if strategy and choice.signals:
        raise InputError(
            "a strategy and a table of signals exclude each other",
            code="USAGE",
            field="--signals",
            fix="give one of the two",
        )
    if choice.signals:
        subject: Subject = PastSignals(path=Path(choice.signals))
        params, changes = assigned(assign, subject, Settings())
        return signal_request(subject, choice, changes)
    found = find_strategy(strategy, STRATEGIES)
    params, changes = assigned(assign, found, Settings())
    params = completed(found, choice, params)
    made, arguments = found.make(params)
    prices = choice.prices()
    bars = prices.bars
    return Request(
        subject=found,
        choice=choice,
        bars=bars,
        notes=(*prices.notes, *page_warnings(made)),
        settings=choice.settings(bars, usual_settings(found) | changes),
        params=params,
        made=made,
        arguments=arguments,
    )


def held_instead(result: Result) -> Result:
    """Buy and hold of all symbols, whole equity in equal parts, under the same costs: what a result is held against."""
    settings = result.settings
    plain = Settings(
        costs=settings.costs,
        costs_by_symbol=settings.costs_by_symbol,
        account=settings.account,
        sizing=Sizing(cap_fraction=math.inf),
    )
    return run(BuyAndHold(), result.bars, settings=plain, returns="day")


def signal_request(subject: Subject, choice: MarketChoice, changes: Mapping[str, Any]) -> Request:
    """A table of signals laid onto the prices."""
    prices = choice.prices()
    bars = prices.bars
    table = read_signal_table(
        subject.path, bars, zone=choice.zone, known_at_open=choice.known_at_open
    )
    return Request(
        subject=subject,
        choice=choice,
        bars=bars,
        notes=(*prices.notes, *table.notes),
        settings=choice.settings(bars, changes),
        params={},
        made=table.signals(bars),
        arguments={},
        table=table,
    )
