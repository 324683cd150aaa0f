"""A file that version 1 wrote goes on as it is: its votes are read as they were stored, until they are pruned."""

import sqlite3
from pathlib import Path

import pytest

from argos.core.errors import InputError
from argos.signals.file import SignalFile
from signal_stage import Stage, at, stage, votes_for

DAY_S = 86_400
DUMP = Path(__file__).with_name("version_1.sql")
"""Written by version 1 itself: two days of AAPL and IBM, two signals, a head."""
SYMBOLS = ("AAPL", "IBM")


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "signals.sqlite"
    connection = sqlite3.connect(path)
    connection.executescript(DUMP.read_text("utf-8"))
    connection.close()
    return path


def opened(path: Path) -> Stage:
    return stage(path, symbols=SYMBOLS)


def test_an_old_file_verifies_replays_and_goes_on(old: Path) -> None:
    set_up = opened(old)
    assert set_up.rows("SELECT value FROM meta WHERE key = 'version'") == [("2",)]
    assert set_up.verify().findings == []
    for day in ("2026-11-20", "2026-11-21"):
        replayed = set_up.replay(day)
        assert (replayed.findings, len(replayed.signals)) == ([], 1)
    set_up.publish(*votes_for("AAPL", "0.9", now=at(2 * DAY_S)))
    for tick in range(4):
        set_up.tick(2 * DAY_S + 5 * tick)
    assert set_up.days() == ["2026-11-20", "2026-11-21", "2026-11-22"]
    for day in set_up.days():
        assert set_up.replay(day, whole=True).findings == []
    assert len(set_up.replay("2026-11-22").signals) == 1
    assert [vote["source"] for vote in set_up.votes(symbol="IBM", source="massive")] == [
        "massive"
    ] * 2


def test_votes_of_an_old_file_are_held_after_a_restart(old: Path) -> None:
    set_up = opened(old)
    set_up.publish(*votes_for("IBM", "0.2", now=at(DAY_S)))
    assert set_up.tick(DAY_S + 15).votes == 0
    set_up.restart()
    assert set_up.tick(DAY_S + 20).votes == 0


def test_old_days_are_pruned_as_all_others(old: Path) -> None:
    set_up = opened(old)
    assert set_up.rows("SELECT count(*) FROM old_votes") == [(9,)]
    set_up.prune(1, now=DAY_S + 60)
    assert set_up.rows("SELECT count(*) FROM old_votes") == [(5,)]
    assert set_up.rows("SELECT count(*) FROM kept_votes") == [(4,)]
    assert set_up.replay("2026-11-21").findings == []


def test_who_only_reads_is_told_what_brings_the_file_up_to_date(old: Path) -> None:
    with pytest.raises(InputError, match="SIGNAL_FILE_VERSION") as refused:
        SignalFile.look(old)
    assert "argos signals run" in refused.value.fix


def test_a_file_of_a_version_to_come_is_left_as_it_is(old: Path) -> None:
    connection = sqlite3.connect(old)
    connection.execute("UPDATE meta SET value = '3' WHERE key = 'version'")
    connection.commit()
    connection.close()
    with pytest.raises(InputError, match="SIGNAL_FILE_VERSION"):
        SignalFile.open(old)
    assert sqlite3.connect(old).execute("SELECT count(*) FROM votes").fetchone() == (9,)
