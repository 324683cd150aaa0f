"""Whatever somebody changes in the file, verifying or replaying names it."""

import json
from collections.abc import Callable

import pytest

from argos.core.canonical import canonical_bytes, sha256_of
from argos.core.errors import InputError
from signal_stage import Stage, at, stage, votes_for

DAY_S = 86_400
DAY = "2026-11-20"


@pytest.fixture
def two_days() -> Stage:
    """Two signals on the first day, one on the second, a head for the first."""
    set_up = stage()
    for symbol, begin in (("AAPL", 0), ("IBM", 100), ("MSFT", DAY_S)):
        set_up.publish(*votes_for(symbol, now=at(begin)))
        for tick in range(8):
            set_up.tick(begin + 5 * tick)
    assert set_up.verify().findings == []
    assert set_up.rows("SELECT count(*) FROM records") == [(3,)]
    return set_up


def codes(set_up: Stage) -> set[str]:
    return {finding.code for finding in set_up.verify().findings}


def replayed(set_up: Stage, day: str = DAY) -> set[str]:
    return {finding.code for finding in set_up.replay(day).findings}


def rewrite(set_up: Stage, sequence: int, change: Callable[[dict[str, object]], None]) -> None:
    """Another record with its right hash beside it."""
    ((text,),) = set_up.rows("SELECT record FROM records WHERE sequence = ?", sequence)
    record = json.loads(text)
    change(record)
    set_up.change(
        "UPDATE records SET record = ?, record_hash = ? WHERE sequence = ?",
        canonical_bytes(record).decode(),
        sha256_of(record),
        sequence,
    )


def more_sure(record: dict[str, object]) -> None:
    signal = record["signal"]
    assert isinstance(signal, dict)
    signal["score"] = "0.99"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("UPDATE records SET record_hash = '00' WHERE sequence = 1", "RECORD_COLUMN"),
        ("UPDATE records SET symbol = 'TSLA' WHERE sequence = 3", "RECORD_COLUMN"),
        ("UPDATE records SET verdict = 'refused' WHERE sequence = 3", "RECORD_COLUMN"),
        ("UPDATE records SET record = record || ' ' WHERE sequence = 2", "RECORD_TEXT"),
        ("UPDATE records SET record = 'nonsense' WHERE sequence = 2", "RECORD_SHAPE"),
        ("DELETE FROM records WHERE sequence = 1", "RECORD_ORDER"),
        ("DELETE FROM records WHERE sequence = 2", "RECORD_LINK"),
        ("DELETE FROM records WHERE sequence = 3", "RECORDS_MISCOUNTED"),
        ("UPDATE heads SET head_hash = '00'", "RECORD_COLUMN"),
        ("UPDATE heads SET head = replace(head, '\"count\":2', '\"count\":1')", "HEAD_DIFFERS"),
        ("DELETE FROM configurations", "SETTINGS_MISSING"),
        ("UPDATE consensus_rules SET document = replace(document, '20', '30')", "SETTINGS_DIFFER"),
    ],
)
def test_verifying_names_what_was_changed(two_days: Stage, change: str, code: str) -> None:
    two_days.change(change)
    assert code in codes(two_days)


def test_a_record_rewritten_with_its_hash_breaks_link_and_head(two_days: Stage) -> None:
    rewrite(two_days, 1, more_sure)
    assert {"RECORD_LINK", "HEAD_DIFFERS"} <= codes(two_days)


def test_the_last_record_rewritten_with_its_hash_shows_in_the_replay_alone(two_days: Stage) -> None:
    rewrite(two_days, 3, more_sure)
    assert codes(two_days) == set()
    (finding,) = two_days.replay("2026-11-21").findings
    assert (finding.code, finding.where) == (
        "REPLAY_DIFFERS",
        "MSFT at 2026-11-21T15:00:05.000000Z",
    )
    assert finding.text == "record 3 differs in score"


def test_a_kept_head_says_up_to_where_nothing_was_changed(two_days: Stage) -> None:
    ((kept,),) = two_days.rows("SELECT head_hash FROM heads")
    done = two_days.verify(against=kept)
    assert (done.covered_day, done.covered, done.findings) == (DAY, 2, [])


def test_a_file_rewritten_throughout_shows_against_the_kept_head_alone(two_days: Stage) -> None:
    ((kept,),) = two_days.rows("SELECT head_hash FROM heads")
    other = stage()
    other.publish(*votes_for("AAPL", "0.2", now=at(0)))
    for seconds in (0, 5, DAY_S):
        other.tick(seconds)
    assert codes(other) == set()
    assert [one.code for one in other.verify(against=kept).findings] == ["HEAD_UNKNOWN"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("DELETE FROM records WHERE sequence = 2", "REPLAY_MISSING"),
        (
            "UPDATE votes SET p_up_mille = 900 WHERE number = 1",
            "REPLAY_DIFFERS",
        ),
        ("DELETE FROM votes WHERE number IN (1, 2)", "REPLAY_EXTRA"),
        ("DELETE FROM votes WHERE number IN (1, 2)", "REPLAY_VOTES"),
        ("DELETE FROM ticks WHERE number = 2", "REPLAY_TICK"),
        ("UPDATE ticks SET symbols = 2 WHERE number = 3", "REPLAY_TICK"),
        ("DELETE FROM ends WHERE reason = 'TIME_IS_UP'", "REPLAY_END"),
        ("UPDATE ends SET reason = 'SCORE_FELL'", "REPLAY_END"),
        (
            "UPDATE votes SET p_up_mille = 900 WHERE number = 5",
            "REPLAY_DIFFERS",
        ),
    ],
)
def test_a_replay_names_what_differs(two_days: Stage, change: str, code: str) -> None:
    two_days.change(change)
    assert code in replayed(two_days)


def test_a_checkpoint_that_the_day_before_does_not_lead_to_is_found_there(two_days: Stage) -> None:
    two_days.change(
        "UPDATE checkpoints SET document = replace(document, '[1,', '[') WHERE tick > 1"
    )
    assert replayed(two_days) == {"REPLAY_STANDING"}


def test_votes_that_a_day_began_with_and_are_gone_are_counted(two_days: Stage) -> None:
    two_days.change("DELETE FROM votes WHERE number = 1")
    assert "REPLAY_VOTES" in replayed(two_days, "2026-11-21")


def test_a_day_without_ticks_cannot_be_replayed(two_days: Stage) -> None:
    with pytest.raises(InputError, match="SIGNAL_DAY_UNKNOWN"):
        two_days.replay("2026-11-19")


def test_rules_that_are_gone_are_named(two_days: Stage) -> None:
    two_days.change("DELETE FROM consensus_rules")
    with pytest.raises(InputError, match="SIGNAL_ROWS_GONE"):
        two_days.replay(DAY)
