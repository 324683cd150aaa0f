"""Measures one tick of the consensus: `python benchmarks/consensus_tick.py [--json]`.

500 symbols, four sources; processor time, not seconds of a busy machine. First: nothing was computed before. Fed: one
vote of each symbol is new, and the ages of all votes differ, which is the dearest case. Shared: each source spoke of
all symbols at one moment, as a snapshot does.
"""

import argparse
import json
import random
import statistics
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.consensus import log_odds
from argos.consensus.replay import Board
from argos.consensus.settings import ConsensusSettings, Method, SourceRules
from argos.consensus.vote import Direction, Vote, VoteStatus

SYMBOLS = 500
TICKS = 40
TICK = timedelta(seconds=5)
START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)
AgeOf = Callable[[SourceRules], float]


def vote(rules: SourceRules, number: int, *, now: datetime, age_s: float, p_mille: int) -> Vote:
    p_up = Decimal(p_mille) / 1000
    return Vote(
        source=rules.source,
        symbol=f"S{number:03}",
        direction=Direction.LONG if p_mille > 500 else Direction.SHORT,
        p_up=p_up,
        as_of=now - timedelta(seconds=age_s),
        fetched_at=now,
        status=VoteStatus.FRESH,
        reason="",
        inputs_hash="0" * 64,
    )


def measure(settings: ConsensusSettings, *, shared: bool) -> list[float]:
    """Milliseconds of processor time of each tick."""
    for cached in (log_odds.log_odds, log_odds.probability, log_odds.decay):
        cached.cache_clear()
    chance = random.Random(1)
    board, now, spent = Board(), START, []
    common = {rules.source: chance.uniform(0, 0.5 * rules.cut_s) for rules in settings.sources}
    for tick in range(TICKS):
        now += TICK
        for number in range(SYMBOLS):
            for rules in settings.sources:
                if tick == 0 or rules.required:
                    age_s = common[rules.source] if shared else chance.uniform(0, 0.5 * rules.cut_s)
                    p_mille = chance.choice([chance.randrange(20, 500), chance.randrange(501, 981)])
                    board.take(vote(rules, number, now=now, age_s=age_s, p_mille=p_mille))
        before = time.process_time()
        decisions = board.tick(now, settings)
        spent.append((time.process_time() - before) * 1e3)
        assert len(decisions) == SYMBOLS
    return spent


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--json", action="store_true", help="the figures as JSON")
    as_json = parser.parse_args().json
    figures = {}
    for method in Method:
        settings = replace(ConsensusSettings(), method=method)
        fed, shared = measure(settings, shared=False), measure(settings, shared=True)
        figures[method.value] = {
            "first_ms": fed[0],
            "fed_median_ms": statistics.median(fed[1:]),
            "fed_max_ms": max(fed[1:]),
            "shared_median_ms": statistics.median(shared[1:]),
        }
    if as_json:
        print(json.dumps(figures))
        return
    for name, found in figures.items():
        print(name, *(f"{what} {value:.1f}" for what, value in found.items()))


if __name__ == "__main__":
    main()
