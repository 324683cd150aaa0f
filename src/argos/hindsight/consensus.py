"""The consensus on past prices, for a notebook and for `argos backtest consensus`.

found = consensus_run(bars, Consensus(simulated=True))
found.result, found.quality.all, found.by_source["massive"].brier
"""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Final

import numpy as np

from argos.backtest.bars import Bars
from argos.backtest.result import Result
from argos.backtest.run import run
from argos.backtest.settings import Exits, Settings
from argos.backtest.signal_quality import (
    PastSignals,
    Quality,
    outcomes_after,
    past_signals,
    quality_of,
)
from argos.backtest.strategy import Market, Signals, signals_of
from argos.consensus.decision import Decision, Reason, Verdict
from argos.consensus.scoring import Claim, Scores, claim_of_decision, claim_of_vote, scores_by
from argos.consensus.vote import Direction, Vote
from argos.hindsight.reach import require_reachable
from argos.hindsight.strategy import Consensus, Heard, signals_of_decisions
from argos.hindsight.together import hear_together
from argos.hindsight.voting import Origin

NAME: Final = "consensus"
BRACKET: Final = Exits(stop_fraction=0.05, take_fraction=0.10, hold_bars_max=10)
"""Of a daily signal, unless said otherwise: the 2 % and 4 % of the live bracket are a day's noise here."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Hearing:
    """What was voted and decided on all symbols. hold_bars: how long after a signal it is judged."""

    consensus: Consensus
    bars: Bars
    heard: tuple[Heard, ...]
    hold_bars: int

    @property
    def origins(self) -> dict[str, Origin]:
        """Where the votes of each source are from, heaviest source first."""
        inputs = self.consensus.inputs()
        return {
            rules.source: inputs.origin_of(rules.source)
            for rules in self.consensus.settings().sources
        }

    def votes(self) -> Iterator[Vote]:
        """All of them, by symbol and then by bar."""
        return (vote for one in self.heard for came in one.votes for vote in came)

    def decisions(self) -> Iterator[Decision]:
        """All of them, by symbol and then by bar."""
        return (decision for one in self.heard for decision in one.decisions)

    @property
    def fired(self) -> list[Decision]:
        """The signals, by symbol and then by bar."""
        return [decision for decision in self.decisions() if decision.verdict is Verdict.FIRED]

    @property
    def silence(self) -> dict[Reason, int]:
        """For how many closes each reason was the one that decided against a signal, the most frequent first."""
        counted = Counter(decision.reasons[0] for decision in self.decisions() if decision.reasons)
        return dict(counted.most_common())

    @cached_property
    def directions(self) -> dict[str, dict[str, int]]:
        """Of each source with a weight, how many votes were long, short and abstentions."""
        counted = Counter((vote.source, vote.direction) for vote in self.votes())
        return {
            rules.source: {side.value: counted[rules.source, side] for side in Direction}
            for rules in self.consensus.settings().sources
        }

    @cached_property
    def signals(self) -> Signals:
        """As the kernel plays them: arrays [symbols, bars]."""
        told = {one.symbol: signals_of_decisions(one.decisions) for one in self.heard}
        return signals_of(_Told(by_symbol=told), Market(bars=self.bars))

    @cached_property
    def past(self) -> PastSignals:
        """As they are judged."""
        return past_signals(self.signals, self.bars)

    @cached_property
    def quality(self) -> Quality:
        """Each signal on its own: in at the next open, out `hold_bars` later, without costs."""
        return quality_of(outcomes_after(self.past, self.bars, hold_bars=self.hold_bars))

    @cached_property
    def claims(self) -> list[Claim]:
        """Of every vote for a side, and of every signal, whose time was over at the last bar."""
        return [claim for one in self.heard for claim in self._claims_of(one)]

    @cached_property
    def by_source(self) -> dict[str, Scores]:
        """Of each source, and of the consensus under its own name."""
        return scores_by(self.claims)

    def _claims_of(self, one: Heard) -> Iterator[Claim]:
        symbol = self.bars.symbols.index(one.symbol)
        bars = self.bars.only(symbol)
        places = np.flatnonzero(~np.isnan(bars.open[0]))
        opens, closes = bars.open[0][places].tolist(), bars.close[0][places].tolist()
        for bar in range(len(one.sessions) - self.hold_bars):
            last = bar + self.hold_bars
            move, known_at = closes[last] - opens[bar + 1], one.sessions[last].closed_at
            found = [
                claim_of_vote(vote, rose=_rose(move, vote.direction), known_at=known_at)
                for vote in one.votes[bar]
            ]
            decision = one.decisions[bar]
            if decision.verdict is Verdict.FIRED:
                rose = _rose(move, decision.direction)
                found.append(claim_of_decision(decision, rose=rose, known_at=known_at))
            yield from (claim for claim in found if claim is not None)


def _rose(move: float, claimed: Direction) -> bool:
    """Where the price is the same in the end, neither side came true."""
    return move > 0 if move else claimed is Direction.SHORT


@dataclass(frozen=True, kw_only=True)
class _Told:
    """Signals that were decided already, by symbol, to be laid out over the market's holes."""

    by_symbol: Mapping[str, Signals]

    def signals(self, market: Market) -> Signals:
        return self.by_symbol[market.bars.symbols[0]]


@dataclass(frozen=True, kw_only=True, eq=False)
class ConsensusRun:
    """hearing: what was voted and decided; result: what came of playing the signals for money."""

    hearing: Hearing
    result: Result

    @property
    def quality(self) -> Quality:
        return self.hearing.quality

    @property
    def by_source(self) -> dict[str, Scores]:
        return self.hearing.by_source


def _silently(done: int, total: int) -> None:
    """Nobody asks how far it is."""


def hearing_of(
    bars: Bars,
    consensus: Consensus,
    *,
    hold_bars: int | None = None,
    processes: int = 1,
    progress: Callable[[int, int], None] = _silently,
) -> Hearing:
    """All votes and decisions on daily bars. hold_bars: else as long as a signal stands.

    processes: how many may make votes; with more than one a script needs `if __name__ == "__main__"`, as it is read by
    each of them. progress: told how many closes are heard, and of how many.
    Raises InputError CONSENSUS_BARS, CONSENSUS_VOTES..., or CONSENSUS_CANNOT_FIRE if no votes to be had could ever do.
    """
    each = [alone for alone in Market(bars=bars).each() if len(alone.bars)]
    closes = sum(len(alone.bars) for alone in each)
    heard: list[Heard] = []
    sources, inputs = consensus.sources(), consensus.inputs()
    require_reachable(consensus.settings(), inputs)
    hear_together(
        [alone.bars for alone in each], sources, inputs, processes=processes, progress=progress
    )
    for alone in each:
        progress(sum(len(one.sessions) for one in heard), closes)
        heard.append(consensus.heard(alone))
    return Hearing(
        consensus=consensus,
        bars=bars,
        heard=tuple(heard),
        hold_bars=consensus.ttl_bars if hold_bars is None else hold_bars,
    )


def consensus_run(
    bars: Bars,
    consensus: Consensus | None = None,
    *,
    settings: Settings | None = None,
    hold_bars: int | None = None,
) -> ConsensusRun:
    """The consensus judged and played on daily bars. settings: else no costs, and BRACKET for exits.

    Without `simulated=True` in `consensus`, X and Sonar have no votes, and with the shipped weights nothing could fire:
    InputError CONSENSUS_CANNOT_FIRE.
    """
    hearing = hearing_of(bars, consensus or Consensus(), hold_bars=hold_bars)
    chosen = settings or Settings(exits=BRACKET)
    result = run(hearing.signals, bars, settings=chosen)
    return ConsensusRun(hearing=hearing, result=replace(result, strategy=NAME))
