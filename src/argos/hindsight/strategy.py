"""The live consensus as a strategy of the backtester: votes of a close, the same engine, a signal for the next open.

Nothing of the engine is written twice: votes come from the sources' own judging, decisions from `argos.consensus`.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import Final

import numpy as np

from argos.backtest.assignments import value_like
from argos.backtest.layout import Signal
from argos.backtest.strategy import Market, Signals
from argos.consensus.calibration import Calibration, parse_calibration
from argos.consensus.decision import Decision, Verdict
from argos.consensus.settings import SOURCES, ConsensusSettings, Method
from argos.consensus.vote import Direction, Vote
from argos.core.errors import InputError
from argos.hindsight.deciding import Spans, decisions_of
from argos.hindsight.reach import require_reachable
from argos.hindsight.sessions import Session
from argos.hindsight.stored import NO_VOTES, StoredVotes, read_votes
from argos.hindsight.voting import Inputs, Origin, votes_by_bar

_TICK_GAP_S: Final = 14 * 86_400
"""Closes are in a row whatever lies between them, up to the longest the exchange was ever shut."""
_DAY_S: Final = 86_400
_WEIGHT_STEP: Final = Decimal("0.000001")
_SIDES: Final[Mapping[Direction, Signal]] = {
    Direction.LONG: Signal.LONG,
    Direction.SHORT: Signal.SHORT,
}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Heard:
    """One symbol, one row a bar: when it closed, what was voted since the bar before, what was decided."""

    symbol: str
    sessions: tuple[Session, ...]
    votes: list[list[Vote]]
    decisions: list[Decision]


@dataclass(frozen=True, kw_only=True)
class Consensus:
    """Rules for daily bars. massive .. sonar: weights, as parts of their sum; 0 leaves a source out.

    method, fire_at, clear_below, sources_min, weight_min, conflict_at, exponent: as in `ConsensusSettings`, but
    clear_below is at most fire_at, and sources_min at most the number of sources with a weight. ticks_min: closes in a
    row that must agree. ttl_bars, cooldown_bars: how long a signal stands, and the silence afterwards. needs_massive:
    no signal without a side of Massive.
    simulated: X and Sonar, which have no history, are made from the price, by `seed`. votes: a file of stored votes; a
    source that is in it is taken from there alone. votes_sha256: what that file must be, if given. calibration: a
    calibration document as JSON text, which makes probabilities of scores.

    Parameters may be given as text. Raises InputError CONSENSUS_SETTING, CONSENSUS_CALIBRATION or BACKTEST_VALUE.
    """

    massive: Decimal = Decimal(40)
    alpha_vantage: Decimal = Decimal(25)
    x_api: Decimal = Decimal(20)
    sonar: Decimal = Decimal(15)
    method: Method = Method.WEIGHTED_VOTE
    fire_at: Decimal = Decimal("0.75")
    clear_below: Decimal = Decimal("0.65")
    sources_min: int = 3
    weight_min: Decimal = Decimal("0.75")
    conflict_at: Decimal = Decimal("0.35")
    exponent: Decimal = Decimal(1)
    needs_massive: bool = True
    ticks_min: int = 1
    ttl_bars: int = 5
    cooldown_bars: int = 0
    simulated: bool = False
    seed: int = 0
    votes: str = ""
    votes_sha256: str = ""
    calibration: str = ""

    def __post_init__(self) -> None:
        for field in fields(self):
            value = value_like(field.default, getattr(self, field.name), name=field.name)
            object.__setattr__(self, field.name, value)
        self.settings()

    def settings(self) -> ConsensusSettings:
        """What the engine is given. Seconds are those of so many days; `deciding` counts bars instead."""
        weights = self.weights()
        for name in ("ttl_bars", "cooldown_bars"):
            least = 1 if name == "ttl_bars" else 0
            if not least <= getattr(self, name) <= 366:
                raise _wrong(name, f"is from {least} to 366")
        return ConsensusSettings(
            sources=tuple(
                replace(
                    rules,
                    weight=weights[rules.source],
                    required=self.needs_massive and rules.source == "massive",
                )
                for rules in SOURCES
                if rules.source in weights
            ),
            method=self.method,
            fire_at=self.fire_at,
            clear_below=min(self.clear_below, self.fire_at),
            sources_min=min(self.sources_min, len(weights)),
            weight_min=self.weight_min,
            conflict_at=self.conflict_at,
            ticks_min=self.ticks_min,
            tick_gap_s_max=_TICK_GAP_S,
            ttl_s=self.ttl_bars * _DAY_S,
            cooldown_s=self.cooldown_bars * _DAY_S,
            exponent=self.exponent,
            calibration=self._calibration(),
        )

    def weights(self) -> dict[str, Decimal]:
        """By source, adding up to 1; the heaviest takes what rounding leaves. Those of weight 0 are not in it."""
        given: dict[str, Decimal] = {rules.source: getattr(self, rules.source) for rules in SOURCES}
        for name, weight in given.items():
            if not (weight.is_finite() and 0 <= weight <= 10**6):
                raise _wrong(name, "is a weight of 0 or more, such as 40")
        total = sum(given.values(), Decimal(0))
        if not total:
            raise _wrong("massive", "and the other weights are all 0")
        parts = {name: (weight / total).quantize(_WEIGHT_STEP) for name, weight in given.items()}
        found = {name: part for name, part in parts.items() if part}
        heaviest = max(found, key=lambda name: found[name])
        found[heaviest] += 1 - sum(found.values(), Decimal(0))
        return found

    def sources(self) -> tuple[str, ...]:
        """Those with a weight, in an order that no weight changes."""
        return tuple(sorted(self.weights()))

    def inputs(self) -> Inputs:
        """Raises InputError CONSENSUS_VOTES..."""
        stored: StoredVotes = NO_VOTES
        if self.votes:
            stored = read_votes(self.votes, sha256=self.votes_sha256)
        return Inputs(stored=stored, simulated=self.simulated, seed=self.seed)

    def heard(self, market: Market) -> Heard:
        """Of a market of one symbol without gaps. Raises InputError CONSENSUS_CANNOT_FIRE if no votes could ever do."""
        bars, settings, inputs = market.bars, self.settings(), self.inputs()
        require_reachable(settings, inputs)
        sessions, votes = votes_by_bar(bars, self.sources(), inputs)
        spans = Spans(ttl=self.ttl_bars, cooldown=self.cooldown_bars)
        return Heard(
            symbol=bars.symbols[0],
            sessions=sessions,
            votes=votes,
            decisions=decisions_of(bars.symbols[0], sessions, votes, settings, spans),
        )

    def simulated_sources(self) -> tuple[str, ...]:
        """Those with a weight of which votes are made and not given, stored ones included, the heaviest first."""
        inputs = self.inputs()
        return tuple(
            rules.source
            for rules in self.settings().sources
            if inputs.origin_of(rules.source) is Origin.SIMULATED
            or rules.source in inputs.stored.simulated
        )

    def signals(self, market: Market) -> Signals:
        """LONG or SHORT where a signal fired; its confidence is the score, or the probability with a calibration."""
        return signals_of_decisions(self.heard(market).decisions)

    def _calibration(self) -> Calibration | None:
        if not self.calibration:
            return None
        try:
            document = json.loads(self.calibration)
        except (ValueError, RecursionError):
            document = None
        if not isinstance(document, dict):
            raise InputError(
                "the calibration is no JSON object",
                code="CONSENSUS_CALIBRATION",
                field="calibration",
                fix="give the document as `--calibrate` wrote it",
            )
        return parse_calibration(document)


def confidence_of(decision: Decision) -> Decimal:
    """The calibrated probability, and the score while there is none."""
    return decision.score if decision.probability is None else decision.probability


def signals_of_decisions(decisions: list[Decision]) -> Signals:
    """One row a decision: the side of those that fired, with their confidence."""
    side = np.zeros(len(decisions), np.int8)
    confidence = np.full(len(decisions), np.nan)
    for bar, decision in enumerate(decisions):
        if decision.verdict is Verdict.FIRED:
            side[bar] = _SIDES[decision.direction]
            confidence[bar] = float(confidence_of(decision))
    return Signals(side=side, confidence=confidence)


def _wrong(name: str, what: str) -> InputError:
    return InputError(f"{name} {what}", code="CONSENSUS_SETTING", field=name, fix=f"{name} {what}")
