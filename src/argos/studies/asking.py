"""Suggestions of optuna's TPE sampler, asked for and answered in batches.

The same seed and batch size give the same suggestions, however many threads play them: a batch is asked for before any
of it is answered, and answered in the order in which it was asked for. A journal's search is replayed that way, too.
"""

import math
from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from argos.backtest.layout import Floats
from argos.backtest.points import Points, points_of
from argos.backtest.spaces import Choices, Column, Condition, Parameter, Range, Space, numbers_of
from argos.studies.libraries import optuna

EMPTY_BATCHES_MAX: Final = 20
"""After so many batches in a row without a new parameter set the space counts as searched."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Asked:
    """One suggestion. code: its row of `Points.codes`; violation: by how much its conditions fail, 0 if they hold."""

    trial: Any
    code: Floats
    violation: float


class Asker:
    """Asks for batches of new parameter sets and tells their scores.

    A suggestion that was made before is answered with its score and not made again (`repeats` counts them); one that
    breaks a condition is answered with by how much. Neither is a trial.
    """

    def __init__(self, space: Space, *, seed: int, batch: int) -> None:
        library = optuna()
        self.space, self.batch, self.repeats = space, batch, 0
        sampler = library.samplers.TPESampler(seed=seed, constant_liar=True)
        self._study = library.create_study(sampler=sampler, direction="maximize")
        self._asked: list[_Asked] = []
        self._scores: dict[bytes, float] = {}
        self._empty_batches = 0

    @property
    def exhausted(self) -> bool:
        return self._empty_batches >= EMPTY_BATCHES_MAX

    def ask(self, wanted: int) -> Points:
        """The next batch, at most `wanted` parameter sets that are new; perhaps none."""
        self._asked = [self._one() for _ in range(min(self.batch, wanted))]
        new: dict[bytes, Floats] = {}
        for asked in self._asked:
            key = asked.code.tobytes()
            if asked.violation > 0:
                continue
            if key in self._scores or key in new:
                self.repeats += 1
            else:
                new[key] = asked.code
        self._empty_batches = 0 if new else self._empty_batches + 1
        rows = np.array([*new.values()]).reshape(len(new), len(self.space.parameters))
        return points_of(self.space, rows)

    def tell(self, points: Points, scores: Floats) -> None:
        """The scores of what `ask` gave, float64[points]; NaN is told as the worst there can be."""
        for code, score in zip(points.codes(), scores.tolist(), strict=True):
            self._scores[code.tobytes()] = -math.inf if math.isnan(score) else score
        for asked in self._asked:
            asked.trial.set_constraint("conditions", asked.violation)
            # A broken condition ranks below everything, whatever the value.
            score = 0.0 if asked.violation > 0 else self._scores[asked.code.tobytes()]
            self._study.tell(asked.trial, score)
        self._asked = []

    def _one(self) -> _Asked:
        trial = self._study.ask()
        code = np.array([_suggested(trial, parameter) for parameter in self.space.parameters])
        columns = points_of(self.space, code.reshape(1, -1)).columns
        return _Asked(trial=trial, code=code, violation=self._violation(columns))

    def _violation(self, columns: tuple[Column, ...]) -> float:
        numbers = {
            parameter.name: numbers_of(parameter, column)
            for parameter, column in zip(self.space.parameters, columns, strict=True)
            if any(parameter.name in condition.names for condition in self.space.conditions)
        }
        return sum(_broken_by(condition, numbers) for condition in self.space.conditions)


def _suggested(trial: Any, parameter: Parameter) -> float:
    """One parameter's code. Values that are counted are suggested by their place, so that decimals stay exact."""
    name, count = parameter.name, parameter.count
    if isinstance(parameter, Choices):
        if parameter.ordered:
            return float(trial.suggest_int(name, 0, parameter.count - 1))
        return float(trial.suggest_categorical(name, list(range(parameter.count))))
    if parameter.log and parameter.points is None:
        suggest = trial.suggest_int if parameter.whole else trial.suggest_float
        return float(suggest(name, parameter.low, parameter.high, log=True))
    if count is None:
        return float(trial.suggest_float(name, parameter.low, parameter.high))
    return _at(parameter, trial.suggest_int(name, 0, count - 1))


def _at(parameter: Range, place: int) -> float:
    return float(parameter.at(np.array([place], np.int64))[0])


def _broken_by(condition: Condition, numbers: dict[str, Floats]) -> float:
    if condition.holds(numbers).all():
        return 0.0
    left, right = (
        term.factor * (1.0 if term.name is None else float(numbers[term.name][0]))
        for term in (condition.left, condition.right)
    )
    # Above 0 even where both sides are equal and must not be.
    return abs(left - right) + 1.0
