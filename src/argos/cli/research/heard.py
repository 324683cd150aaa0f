"""A run of the consensus, told: who voted how well, what kept it silent, and whether its scores are probabilities."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import pyarrow as pa
from rich.console import Console
from rich.markup import escape

from argos.cli.frame.printing import table
from argos.cli.research.request import Request
from argos.cli.research.shown import percent
from argos.cli.research.underway import bar
from argos.consensus.decision import Reason
from argos.consensus.scoring import CONSENSUS, Scores
from argos.hindsight.calibrating import CalibrationTrial, calibration_trial
from argos.hindsight.consensus import Hearing, hearing_of
from argos.hindsight.strategy import Consensus
from argos.hindsight.telling import hearing_document, hearing_tables, trial_document
from argos.studies.crews import cores

CALIBRATION: Final = "calibration.json"
CALIBRATION_SIMULATED: Final = "calibration-of-simulated-votes.json"
"""So that nobody takes it for one of real votes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HeardInRun:
    """What is added to a run; nothing for any other strategy. texts: files of the folder."""

    hearing: Hearing | None = None
    trial: CalibrationTrial | None = None
    document: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, pa.Table] = field(default_factory=dict)
    texts: Mapping[str, str] = field(default_factory=dict)

    def show(self, out: Console) -> None:
        """For people."""
        if self.hearing is not None:
            _show_votes(out, self.hearing)
            _show_silence(out, self.hearing)
        if self.trial is not None:
            _show_trial(out, self.trial, self.document["calibration"])


def heard_in(
    request: Request, *, hold_bars: int | None, calibrate: bool, alone: bool, shown: bool
) -> HeardInRun:
    """Hears all votes, which are remembered for the run itself, and judges them.

    alone: in this process, which then remembers each vote, as a look-ahead check needs.
    """
    if not isinstance(request.made, Consensus):
        return HeardInRun()
    with bar("votes", unit="closes", shown=shown) as tell:
        hearing = hearing_of(
            request.bars,
            request.made,
            hold_bars=hold_bars,
            processes=1 if alone else cores(),
            progress=tell,
        )
    trial = calibration_trial(hearing) if calibrate else None
    told = None if trial is None else trial_document(trial)
    fitted = told["calibration"] if told is not None else None
    return HeardInRun(
        hearing=hearing,
        trial=trial,
        document={"consensus": hearing_document(hearing), "calibration": told},
        tables=hearing_tables(hearing),
        texts={} if fitted is None else {_file_of(request.made): json.dumps(fitted) + "\n"},
    )


def _file_of(consensus: Consensus) -> str:
    return CALIBRATION_SIMULATED if consensus.simulated_sources() else CALIBRATION


def _show_votes(out: Console, hearing: Hearing) -> None:
    settings, origins = hearing.consensus.settings(), hearing.origins
    rows = []
    for rules in settings.sources:
        cast = hearing.directions[rules.source]
        rows.append(
            (
                rules.source,
                f"{float(rules.weight):.0%}",
                origins[rules.source].value,
                *(f"{cast[direction]:,}" for direction in ("long", "short", "abstain")),
                *_figures(hearing.by_source.get(rules.source)),
            )
        )
    signals = hearing.fired
    longs = sum(one.direction.value == "long" for one in signals)
    rows.append(
        (
            f"signals ({settings.method.value})",
            f"{float(settings.fire_at):.0%}",
            "",
            f"{longs:,}",
            f"{len(signals) - longs:,}",
            "",
            *_figures(hearing.by_source.get(CONSENSUS)),
        )
    )
    out.print(
        table(
            f"Votes, each held {hearing.hold_bars} bars from the next open, without costs",
            (
                "source",
                ">weight, bar",
                "votes are",
                ">long",
                ">short",
                ">silent",
                ">n",
                ">right",
                ">95 % from",
                ">to",
                ">Brier",
            ),
            rows,
        )
    )
    simulated = hearing.consensus.simulated_sources()
    if simulated:
        out.print(
            f"[yellow]Simulated source[/]: {escape(' and '.join(simulated))} voted on posts and news that were made "
            "from the price itself. This shows how the consensus works, not what these sources are worth.",
            soft_wrap=True,
        )
    out.print()


def _figures(scores: Scores | None) -> tuple[str, ...]:
    if scores is None:
        return ("0", "-", "-", "-", "-")
    hits = scores.hits
    shares = (percent(value) for value in (hits.rate, hits.low, hits.high))
    return (f"{hits.n:,}", *shares, f"{scores.brier:.3f}")


def _show_silence(out: Console, hearing: Hearing) -> None:
    rows = [
        (f"{count:,}", reason.value, _without_marks(reason))
        for reason, count in hearing.silence.items()
    ]
    out.print(table("Closes without a new signal, by what decided", (">closes", "why", ""), rows))


def _without_marks(reason: Reason) -> str:
    return reason.meaning.replace("`", "")


def _show_trial(out: Console, trial: CalibrationTrial, told: Mapping[str, Any]) -> None:
    out.print(
        table(
            f"Signals from {trial.split_at:%Y-%m-%d} on, which no fit has seen",
            ("claimed", ">n", ">mean claim", ">right", ">95 % from", ">to"),
            [
                *_reliability("score", trial.by_score),
                *(
                    []
                    if trial.by_probability is None
                    else _reliability("probability", trial.by_probability)
                ),
            ],
        )
    )
    fitted = (
        f"Fitted on {told['n_fitted']:,} signals known before, judged on {told['n_judged']:,}. "
    )
    before = f"Brier of the score {trial.by_score.brier:.3f}"
    if trial.by_probability is not None:
        words = f"{before}, of the probability {trial.by_probability.brier:.3f}: it held, and may be called one."
    else:
        words = f"{before}. [yellow]{told['shortfall']}[/]: a score stays a score."
    out.print(fitted + words, soft_wrap=True)


def _reliability(word: str, scores: Scores) -> list[tuple[str, ...]]:
    return [
        (
            f"{word} {low:.1f} to {high:.1f}",
            f"{hits.n:,}",
            *(percent(value) for value in (hits.confidence_mean, hits.rate, hits.low, hits.high)),
        )
        for (low, high), hits in scores.reliability.items()
        if hits.n
    ]
