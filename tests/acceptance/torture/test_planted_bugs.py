"""The checker is checked: bugs planted in the product are caught, each by the finding that names it.

The runs are short and mostly wait, so two go side by side; each test then looks at its own.
"""

from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from argos.rehearsal.sabotage.bugs import BUGS, NO_BUG
from torture_runs import Run, torture

ALERTS = "36"
SEED = "3"
WITHIN_S = 150
SIDE_BY_SIDE = 2

Runs = dict[str, Future[Run]]


@pytest.fixture(scope="module")
def runs() -> Iterator[Runs]:
    """All runs by the name of their bug, each begun as soon as there is room."""
    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        yield {
            name: pool.submit(
                torture, "--alerts", ALERTS, "--seed", SEED, "--mutant", name, within_s=WITHIN_S
            )
            for name in (NO_BUG.name, *BUGS)
        }


def test_without_a_bug_the_same_troubles_are_survived(runs: Runs) -> None:
    run = runs[NO_BUG.name].result()
    assert run.code == 0, run.line


@pytest.mark.parametrize("name", BUGS)
def test_a_planted_bug_is_caught(runs: Runs, name: str) -> None:
    run = runs[name].result()
    assert run.code == 1
    assert any(run.line[finding] for finding in BUGS[name].caught_by), run.line
