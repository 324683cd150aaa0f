"""The cycle's clock: ticks that are missed are not made up, and what keeps a tick from being is told."""

import asyncio
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from argos.core.errors import StoreError
from argos.signals.cycle import Cycle, next_due
from argos.signals.status import Health, is_running, read_status
from signal_stage import Stage, at, stage, votes_for


class Told:
    """A cycle whose clock says what the test says; it stops when there is nothing more to say."""

    def __init__(
        self,
        path: Path,
        seconds: list[float],
        *,
        cycle_s: float = 0.001,
        prune: Callable[[datetime], bool] | None = None,
    ) -> None:
        self.stage: Stage = stage()
        self.path = path / "status.json"
        self.stop = asyncio.Event()
        self.recorded = asyncio.Event()
        self._left = list(seconds)
        self.health = Health(started_at=at(0), cycle_s=cycle_s, symbols=3)
        self.cycle = Cycle(
            self.stage.session,
            latest=self._latest,
            clock=self._clock,
            health=self.health,
            file=self.stage.file,
            status_path=self.path,
            prune=prune,
        )

    async def run(self) -> dict[str, Any]:
        await self.cycle.run(self.stop, recorded=self.recorded)
        status = read_status(self.path)
        assert status is not None
        return status

    def _latest(self) -> tuple[Any, ...]:
        return tuple(self.stage.latest.values())

    def _clock(self) -> datetime:
        self.last = self._left.pop(0) if self._left else self.last
        if not self._left:
            self.stop.set()
        return at(self.last)


async def test_ticks_are_stored_told_and_wake_who_waits(tmp_path: Path) -> None:
    told = Told(tmp_path, [0, 5, 10])
    told.stage.publish(*votes_for("AAPL", now=at(0)))
    status = await told.run()
    assert (status["ticks"], status["fired"], status["tick"]["number"]) == (3, 1, 3)
    assert status["reasons"] == {"SIGNAL_STANDS": 1, "SOURCES_TOO_FEW": 2}
    assert status["chain"]["sequence"] == 1
    assert status["waiting"]["signal"]["rows"] == 1
    assert told.recorded.is_set()
    assert status["ended_at"] is not None
    assert not is_running(status, now=at(10))
    assert is_running(status | {"ended_at": None}, now=at(10))
    assert not is_running(status | {"ended_at": None}, now=at(60))


async def test_a_clock_that_went_back_is_told_until_it_has_caught_up(tmp_path: Path) -> None:
    status = await Told(tmp_path, [100, 5, 10]).run()
    assert (status["skipped"], status["skipped_ticks"]) == ("TICK_NOT_NEW", 2)
    assert status["skipped_since"] == "2026-11-20T15:00:05.000000Z"
    status = await Told(tmp_path, [100, 5, 10, 101]).run()
    assert (status["skipped"], status["skipped_ticks"], status["ticks"]) == ("", 0, 2)


async def test_a_full_disk_is_told_and_the_next_tick_is_tried(tmp_path: Path) -> None:
    told = Told(tmp_path, [0, 5])
    told.stage.publish(*votes_for("AAPL", now=at(0)))
    told.stage.fails = True
    status = await told.run()
    assert (status["skipped"], status["ticks"]) == ("SIGNAL_FILE_UNUSABLE", 1)


async def test_one_step_of_pruning_follows_a_tick_and_may_fail(tmp_path: Path) -> None:
    pruned_at: list[datetime] = []

    def prune(now: datetime) -> bool:
        pruned_at.append(now)
        told.stop.set()
        raise StoreError("the disk is full", code="SIGNAL_FILE_UNUSABLE")

    told = Told(tmp_path, [7, 7, 7], cycle_s=600, prune=prune)
    status = await told.run()
    assert pruned_at == [at(7)]
    assert (status["ticks"], status["skipped"]) == (1, "")


@pytest.mark.parametrize(
    ("now_s", "next_s", "missed"),
    [
        (100.0, 105.0, 0),
        (104.9, 105.0, 0),
        (105.0, 110.0, 1),
        (107.0, 110.0, 1),
        (1099.0, 1100.0, 199),
    ],
)
def test_ticks_that_were_slept_through_are_counted_and_not_made_up(
    now_s: float, next_s: float, missed: int
) -> None:
    """The last tick was due at 100, and ended at `now_s`."""
    assert next_due(100.0, now_s=now_s, every_s=5.0) == (next_s, missed)
