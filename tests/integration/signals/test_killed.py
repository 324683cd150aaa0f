"""kill -9 at any instant, pruning too: at most the tick under way is gone, nothing is doubled, the file is whole."""

import os
import random
import subprocess
import sys
from pathlib import Path

from argos.signals.cut import cut_of
from argos.signals.file import SignalFile
from argos.signals.pruning import kept_days
from argos.signals.replaying import replay_day
from argos.signals.verifying import verify_file
from signal_child import DAYS_KEPT

KILLS = 8
TICKS_MAX = 60


def run_and_kill(path: Path, *, ticks: int) -> int:
    """Lets it store so many ticks and kills it; the number of the last that it said it had stored."""
    process = subprocess.Popen(
        [sys.executable, "-m", "signal_child", str(path)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    said = 0
    for _ in range(ticks):
        said = int(process.stdout.readline())
    process.kill()
    # What it said before it died counts as well.
    rest = process.stdout.read().split("\n")[:-1]
    process.wait()
    process.stdout.close()
    return int(rest[-1]) if rest else said


def test_a_process_killed_again_and_again_leaves_a_file_that_is_whole(tmp_path: Path) -> None:
    """Eight kills of a process that stores some hundred ticks a second, over many days of its own clock."""
    path, chance = tmp_path / "signals.sqlite", random.Random(7)
    for _ in range(KILLS):
        said = run_and_kill(path, ticks=chance.randrange(1, TICKS_MAX))
        file = SignalFile.look(path)
        with file.reading() as connection:
            (stored,) = connection.execute("SELECT max(number) FROM ticks").fetchone()
            assert stored in (said, said + 1)
            assert verify_file(connection).findings == []
        file.close()
    file = SignalFile.look(path)
    with file.reading() as connection:
        cut = cut_of(connection)
        days = kept_days(connection, cut)
        for day in days:
            assert replay_day(connection, day).findings == []
        recorded = connection.execute("SELECT signal_id FROM records ORDER BY sequence").fetchall()
        told = "SELECT subject FROM outbox WHERE kind = 'signal' ORDER BY number"
        assert connection.execute(told).fetchall() == recorded
        heads = connection.execute("SELECT count(*) FROM heads").fetchone()
    file.close()
    assert DAYS_KEPT <= len(days) < heads[0]
    assert min(days) == cut.day
    assert len(recorded) > KILLS
    assert heads[0] > KILLS
