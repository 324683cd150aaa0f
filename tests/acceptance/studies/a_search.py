"""A search as a program of its own: `python a_search.py METHOD JOURNAL`. It says what its record is, as JSON."""

import hashlib
import json
import sys
from pathlib import Path

import numpy as np

from argos.backtest.bars import bars_of
from argos.backtest.settings import Exits, Settings
from argos.backtest.strategies.ema_cross import EmaCross
from argos.studies.searching import search

BARS = 1200
TRIALS = 100


def main(method: str, journal: str) -> None:
    dice = np.random.default_rng(2)
    close = 100 * np.exp(np.cumsum(dice.normal(0, 0.002, BARS)))
    bars = bars_of(
        opened_ns=np.arange(BARS, dtype=np.int64) * 3_600_000_000_000,
        open=close,
        high=close * 1.002,
        low=close * 0.998,
        close=close,
    )
    found = search(
        EmaCross(),
        bars,
        ["fast=2..13", "slow=20..110:10", "exits.stop_fraction=0.01"],
        method=method,
        trials=None if method == "grid" else TRIALS,
        settings=Settings(exits=Exits(take_fraction=0.02)),
        engine="plain",
        threads=2,
        journal=Path(journal),
    )
    digest = hashlib.sha256()
    for part in (found.points.codes(), found.sweep.figures, found.sweep.return_sums, found.scores):
        digest.update(part.tobytes())
    told = {
        "sha256": digest.hexdigest(),
        "counted": found.counted,
        "resumed": found.resumed,
        "interrupted": found.interrupted,
        "best": found.best_params,
        "plateau": found.plateau_params,
        "pbo": found.pbo,
        "dsr": found.deflated_sharpe(),
    }
    sys.stdout.write(json.dumps(told))


if __name__ == "__main__":
    main(*sys.argv[1:])
