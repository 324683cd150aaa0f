"""A process that ticks as fast as it can, to be killed: `python -m signal_child FILE`. Says each tick it has stored."""

import random
import sys
from datetime import UTC, datetime
from pathlib import Path

from argos.signals.pruning import Pruner
from argos.signals.settings import Retention
from signal_stage import SYMBOLS, stage, votes_for

DAYS_KEPT = 3


def main(path: Path) -> None:
    """Its clock begins on a fixed day and now and then leaps by hours, so that days end while it runs and go."""
    set_up = stage(path)
    pruner = Pruner(set_up.file, Retention(votes_days=DAYS_KEPT), rows_a_step=20)
    chance = random.Random(len(set_up.rows("SELECT day FROM heads")))
    seconds = _after_the_last(set_up.rows("SELECT at FROM ticks ORDER BY number DESC LIMIT 1"))
    while True:
        seconds += chance.choice([5.0, 5.0, 5.0, 5.0, 40_000.0])
        for symbol in SYMBOLS:
            set_up.publish(
                *votes_for(symbol, chance.choice(["0.8", "0.9"]), now=at_second(seconds))
            )
        done = set_up.tick(seconds)
        sys.stdout.write(f"{done.number}\n")
        sys.stdout.flush()
        pruner.step(at_second(seconds))


def at_second(seconds: float) -> datetime:
    return datetime.fromtimestamp(_START_S + seconds, tz=UTC)


_START_S = datetime(2026, 11, 20, 15, 0, tzinfo=UTC).timestamp()


def _after_the_last(rows: list[tuple[str]]) -> float:
    return datetime.fromisoformat(rows[0][0]).timestamp() - _START_S if rows else 0.0


if __name__ == "__main__":
    main(Path(sys.argv[1]))
