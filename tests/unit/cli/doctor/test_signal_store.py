"""The doctor on the signals' file: it warns while there is time, and only then."""

from pathlib import Path

import pytest

from argos.cli.doctor.finding import State
from argos.cli.doctor.signal_store import KEPT_FREE_BYTES, judge_store
from argos.signals.disk_use import DiskUse, disk_use
from argos.signals.settings import Retention
from signal_stage import at, stage, vote

MIB = 1 << 20
GIB = 1 << 30


def use(*, days: int = 10, bytes_a_day: int | None = 100 * MIB, free: int = 0) -> DiskUse:
    return DiskUse(
        file_bytes=days * 100 * MIB,
        free_bytes=free,
        gives_back=True,
        bytes_a_day=bytes_a_day,
        days=days,
        pruned_before="",
    )


@pytest.mark.parametrize(
    ("held", "votes_days", "room", "state", "told"),
    [
        (use(), 30, 2100 * MIB, State.OK, "100.0 MiB a day"),
        (use(), 30, 2000 * MIB, State.WARN, "full in 20 days"),
        (use(free=200 * MIB), 30, 1900 * MIB, State.OK, "100.0 MiB a day"),
        (use(), 30, 200 * MIB, State.FAIL, "full in 2 days"),
        (use(days=31), 30, 0, State.OK, "100.0 MiB a day"),
        (use(), None, 80 * GIB, State.OK, "nothing is pruned"),
        (use(), None, 8 * GIB, State.WARN, "full in 82 days"),
        (use(bytes_a_day=None), 30, 0, State.OK, "too new"),
        (use(bytes_a_day=0), 30, 0, State.OK, "0.0 MiB a day"),
    ],
)
def test_it_warns_when_the_disk_fills_before_old_days_make_room(
    held: DiskUse, votes_days: int | None, room: int, state: State, told: str
) -> None:
    keep = Retention(votes_days=votes_days)
    finding = judge_store(held, keep, disk_free_bytes=KEPT_FREE_BYTES + room)
    assert finding.state is state
    assert told in finding.detail


def test_it_names_how_many_days_the_disk_can_hold() -> None:
    finding = judge_store(use(), Retention(), disk_free_bytes=KEPT_FREE_BYTES + 1000 * MIB)
    assert "retention.votes_days=19" in finding.fix


def test_the_rate_is_that_of_the_last_day_of_ticks(tmp_path: Path) -> None:
    path = tmp_path / "signals.sqlite"
    set_up = stage(path)
    set_up.tick(0)
    assert disk_use(set_up.file, path).bytes_a_day is None
    for minute in range(1, 61):
        set_up.publish(vote("massive", "AAPL", "0.7", now=at(60 * minute)))
        set_up.tick(60 * minute)
    found = disk_use(set_up.file, path)
    used = found.file_bytes - found.free_bytes
    assert found.days == 1
    assert found.bytes_a_day is not None
    assert 0 < found.bytes_a_day <= used * 24 * 61 / 60


def test_a_quiet_day_does_not_hide_how_fast_the_others_grow(tmp_path: Path) -> None:
    path, day_s = tmp_path / "signals.sqlite", 86_400
    set_up = stage(path)
    for minute in range(200):
        set_up.publish(vote("massive", "AAPL", f"0.{600 + minute}", now=at(60 * minute)))
        set_up.tick(60 * minute)
    for hour in range(49):
        set_up.tick(day_s + 3600 * hour)
    ((pages,),) = set_up.rows("PRAGMA page_count")
    assert disk_use(set_up.file, path).bytes_a_day == pages * 4096 // 3
