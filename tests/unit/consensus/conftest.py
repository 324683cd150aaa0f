"""The `story` fixture: a symbol's way through its phases as a table."""

from collections.abc import Callable

import pytest

from argos.consensus.machine import FIRST, decide
from argos.consensus.settings import ConsensusSettings
from unit.consensus.builders import at, votes_of

Story = Callable[..., None]


def _tell(text: str, settings: ConsensusSettings | None = None) -> None:
    """Columns: second, votes -> verdict, phase and the reasons. Each line's votes are fresh and all that there are."""
    settings = settings or ConsensusSettings()
    standing = FIRST
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    for line in lines[1:]:
        before, outcome = (part.strip() for part in line.split("->"))
        second, _, words = before.partition(" ")
        now = at(float(second))
        standing, decision = decide(
            standing, votes_of(words, as_of=now), settings, symbol="AAPL", now=now
        )
        seen = [decision.verdict.value, standing.phase.value, *(r.value for r in decision.reasons)]
        assert seen == outcome.split(), f"after: {line}"


@pytest.fixture
def story() -> Story:
    return _tell
