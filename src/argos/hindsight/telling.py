"""A hearing as plain values: for `study.json`, for `--json`, and as tables of a folder."""

from collections.abc import Iterable
from dataclasses import asdict
from typing import Any

import pyarrow as pa

from argos.consensus.calibration import calibration_document
from argos.consensus.decision import Decision
from argos.consensus.fitting import Calibrated
from argos.consensus.scoring import Scores
from argos.consensus.settings import settings_document
from argos.core.texts import moment_text
from argos.hindsight.calibrating import CalibrationTrial
from argos.hindsight.consensus import Hearing
from argos.hindsight.stored import vote_table
from argos.studies.settings_text import finite_tree


def hearing_document(hearing: Hearing) -> dict[str, Any]:
    """Rules, where votes are from, how good each source and the signals were, and what kept the rest silent.

    `votes`: per source, how many of each direction; `by_source`: of votes for a side that were over at the last bar.
    """
    settings = hearing.consensus.settings()
    return {
        "settings": settings_document(settings),
        "settings_digest": settings.digest,
        "ttl_bars": hearing.consensus.ttl_bars,
        "cooldown_bars": hearing.consensus.cooldown_bars,
        "hold_bars": hearing.hold_bars,
        "origins": {name: origin.value for name, origin in hearing.origins.items()},
        "simulated": list(hearing.consensus.simulated_sources()),
        "closes": sum(len(one.sessions) for one in hearing.heard),
        "signals": len(hearing.fired),
        "votes": hearing.directions,
        "by_source": {name: scores_document(scores) for name, scores in hearing.by_source.items()},
        "silence": {reason.value: count for reason, count in hearing.silence.items()},
    }


def scores_document(scores: Scores) -> dict[str, Any]:
    """Buckets of the reliability table as "0.5-0.6"."""
    found = asdict(scores)
    found["reliability"] = {
        f"{low:g}-{high:g}": rate for (low, high), rate in found["reliability"].items()
    }
    return {name: finite_tree(value) for name, value in found.items()}


def trial_document(trial: CalibrationTrial) -> dict[str, Any]:
    """`calibration` is what the settings of a consensus take, null where the scores stay scores."""
    outcome, calibration = trial.outcome, None
    if isinstance(outcome, Calibrated):
        calibration = calibration_document(outcome.calibration)
        n_fitted, n_judged = outcome.calibration.n_fitted, outcome.calibration.n_judged
        shortfall = None
    else:
        n_fitted, n_judged = outcome.n_fitted, outcome.n_judged
        shortfall = outcome.shortfall.value
    judgement = outcome.judgement
    return {
        "split_at": moment_text(trial.split_at),
        "shortfall": shortfall,
        "n_fitted": n_fitted,
        "n_judged": n_judged,
        "judgement": None if judgement is None else finite_tree(asdict(judgement)),
        "by_score": scores_document(trial.by_score),
        "by_probability": None
        if trial.by_probability is None
        else scores_document(trial.by_probability),
        "calibration": calibration,
    }


def hearing_tables(hearing: Hearing) -> dict[str, pa.Table]:
    """signals: those that fired; votes: all of them, as `--votes` takes them again."""
    return {"signals": _signal_table(hearing.fired), "votes": vote_table(list(hearing.votes()))}


def _signal_table(fired: Iterable[Decision]) -> pa.Table:
    signals = list(fired)
    return pa.table(
        {
            "time": pa.array([one.at for one in signals], pa.timestamp("us", tz="UTC")),
            "symbol": pa.array([one.symbol for one in signals], pa.string()),
            "side": pa.array([one.direction.value for one in signals], pa.string()),
            "score": pa.array([float(one.score) for one in signals], pa.float64()),
            "probability": pa.array(
                [None if one.probability is None else float(one.probability) for one in signals],
                pa.float64(),
            ),
            "long_weight": pa.array([float(one.tally.long_weight) for one in signals]),
            "short_weight": pa.array([float(one.tally.short_weight) for one in signals]),
            "sources": pa.array([one.tally.sources for one in signals], pa.int64()),
        }
    )
