"""A strategy and its market, as the words of a command asked for them; the same for all three commands."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from argos.backtest.assignments import setting_of, split
from argos.backtest.bars import Bars
from argos.backtest.provenance import Provenance
from argos.backtest.settings import Settings
from argos.backtest.strategy import Strategy
from argos.cli.research.market import MarketChoice, assigned
from argos.core.errors import InputError
from argos.studies.origin import provenance_of
from argos.studies.strategies import FoundStrategy, find_strategy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Request:
    """What is to be played. params: those given for the strategy; made, arguments: the strategy with them."""

    found: FoundStrategy
    choice: MarketChoice
    bars: Bars
    settings: Settings
    params: dict[str, Any]
    made: Strategy
    arguments: dict[str, Any]

    def provenance(self, *, seed: int | None, command: Sequence[str]) -> Provenance:
        return provenance_of(
            self.found.reference,
            self.found.source_sha256,
            self.bars,
            data=", ".join(self.choice.data),
            seed=seed,
            command=command,
        )

    def require_known(self, names: Sequence[str]) -> None:
        """Raises InputError for a name to be searched that neither the strategy nor the settings have."""
        own, dotted = split(dict.fromkeys(names))
        for name in own:
            self.found.example(name)
        for name in dotted:
            setting_of(self.settings, name)


def requested(strategy: str, choice: MarketChoice, assign: list[str]) -> Request:
    """Finds the strategy, reads the prices, makes the settings. Raises InputError for whatever cannot be used."""
    if not strategy or not choice.data:
        raise InputError(
            "a strategy and prices are needed",
            code="USAGE",
            field="--data" if strategy else "strategy",
            fix="such as: argos backtest ema-cross --data demo",
        )
    found = find_strategy(strategy)
    params, changes = assigned(assign, found, Settings())
    made, arguments = found.make(params)
    bars = choice.bars()
    return Request(
        found=found,
        choice=choice,
        bars=bars,
        settings=choice.settings(bars, changes),
        params=params,
        made=made,
        arguments=arguments,
    )
