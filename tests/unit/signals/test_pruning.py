"""Old days go, and what is left verifies, replays to the same hashes and says what can be replayed no more."""

from datetime import timedelta
from pathlib import Path

import pytest

from argos.core.errors import InputError
from argos.signals.cut import cut_of
from argos.signals.outbox import Outbox, OutboxKind
from argos.signals.outcomes import gather
from argos.signals.pruning import Pruner, left
from argos.signals.settings import Retention
from signal_stage import Stage, at, stage, votes_for

DAY_S = 86_400
DAYS = ("2026-11-20", "2026-11-21", "2026-11-22", "2026-11-23")


@pytest.fixture
def four_days() -> Stage:
    """A signal a day; alpha_vantage votes on the first day alone, and counts on all of them."""
    set_up = stage()
    for day in range(4):
        now = day * DAY_S
        votes = votes_for("AAPL", now=at(now))
        set_up.publish(*(one for one in votes if day == 0 or one.source != "alpha_vantage"))
        for tick in range(8):
            set_up.tick(now + 5 * tick)
    assert set_up.rows("SELECT count(*) FROM records") == [(4,)]
    return set_up


def numbers(set_up: Stage) -> list[object]:
    return [set_up.rows(f"SELECT count(*) FROM {name}")[0][0] for name in ("votes", "ticks")]


def test_days_that_are_kept_replay_to_the_same_hashes(four_days: Stage) -> None:
    before = {day: four_days.replay(day).decisions_hash for day in DAYS}
    four_days.prune(2, now=3 * DAY_S + 60)
    assert four_days.days() == list(DAYS[2:])
    for day in DAYS[2:]:
        replayed = four_days.replay(day)
        assert (replayed.findings, replayed.decisions_hash) == ([], before[day])
    whole = four_days.replay(DAYS[3], whole=True)
    assert (whole.findings, whole.first_tick, whole.pruned_before) == ([], 17, DAYS[2])
    assert numbers(four_days) == [6, 16 + 1]


def test_signals_heads_and_proofs_of_pruned_days_stay_whole(four_days: Stage) -> None:
    records = four_days.rows("SELECT * FROM records")
    heads = four_days.rows("SELECT * FROM heads")
    four_days.prune(1, now=3 * DAY_S + 60)
    done = four_days.verify(against=str(heads[0][2]))
    assert (done.findings, done.records, done.covered, done.pruned_before) == ([], 4, 1, DAYS[3])
    assert four_days.rows("SELECT * FROM records") == records
    assert four_days.rows("SELECT * FROM heads") == heads


def test_a_pruned_day_is_named_as_one_with_what_to_do(four_days: Stage) -> None:
    four_days.prune(2, now=3 * DAY_S + 60)
    with pytest.raises(InputError, match="SIGNAL_DAY_PRUNED") as refused:
        four_days.replay(DAYS[1])
    assert DAYS[2] in refused.value.message
    assert "retention.votes_days" in refused.value.fix
    with pytest.raises(InputError, match="SIGNAL_DAY_UNKNOWN"):
        four_days.replay("2026-11-19")


def test_after_the_mark_and_before_its_rows_are_gone_all_is_told_as_if_they_were(
    four_days: Stage,
) -> None:
    pruner = Pruner(four_days.file, Retention(votes_days=1), rows_a_step=1)
    told = []
    while pruner.step(at(3 * DAY_S + 60)):
        assert four_days.verify().findings == []
        assert four_days.replay(DAYS[3]).findings == []
        assert four_days.replay(DAYS[3], whole=True).findings == []
        told.append(len(four_days.votes()))
    assert set(told) == {3}
    assert len(told) > 10


def test_a_vote_that_a_kept_day_begins_with_outlives_its_own(four_days: Stage) -> None:
    four_days.prune(1, now=3 * DAY_S + 60)
    kept = four_days.rows("SELECT json_extract(document, '$.fetched_at') FROM kept_votes")
    assert len(kept) == 4
    assert kept[0] == ("2026-11-20T15:00:00.000000Z",)
    four_days.restart()
    four_days.publish(*votes_for("AAPL", "0.2", now=at(4 * DAY_S))[1:])
    for tick in range(4):
        four_days.tick(4 * DAY_S + 5 * tick)
    four_days.prune(1, now=4 * DAY_S + 60)
    assert four_days.replay("2026-11-24").findings == []
    assert four_days.verify().findings == []


def test_what_a_cut_leaves_out_is_still_found_to_be_changed(four_days: Stage) -> None:
    four_days.prune(2, now=3 * DAY_S + 60)
    four_days.change("DELETE FROM kept_votes")
    assert {one.code for one in four_days.replay(DAYS[2]).findings} >= {"REPLAY_VOTES"}
    four_days.change("DELETE FROM votes WHERE number = (SELECT max(number) FROM votes)")
    assert {one.code for one in four_days.replay(DAYS[3]).findings} >= {"REPLAY_VOTES"}
    four_days.change("DELETE FROM records WHERE sequence = 1")
    assert {one.code for one in four_days.verify().findings} >= {"HEAD_DIFFERS"}


def test_a_clock_that_leaps_ahead_ends_no_day_but_the_oldest(four_days: Stage) -> None:
    years_s = 5 * 365 * DAY_S
    four_days.tick(years_s)
    four_days.prune(3, now=years_s)
    assert four_days.days()[:2] == list(DAYS[2:])


def test_days_without_a_head_are_not_pruned(four_days: Stage) -> None:
    four_days.change("DELETE FROM heads WHERE day >= ?", DAYS[1])
    assert four_days.prune(1, now=3 * DAY_S + 60) == 0
    assert four_days.days() == list(DAYS)


def test_nothing_is_pruned_while_no_day_is_too_many_and_null_keeps_all(four_days: Stage) -> None:
    assert four_days.prune(4, now=3 * DAY_S + 60) == 0
    endless = Pruner(four_days.file, Retention(votes_days=None, outbox_days=None))
    assert endless.step(at(900 * DAY_S)) is False


def test_fewer_days_that_were_chosen_later_bring_no_pruned_day_back(four_days: Stage) -> None:
    four_days.prune(1, now=3 * DAY_S + 60)
    assert four_days.prune(4, now=3 * DAY_S + 60) == 0
    assert four_days.days() == [DAYS[3]]


def test_told_rows_go_and_what_keeps_from_doing_a_thing_twice_stays(four_days: Stage) -> None:
    outbox = Outbox(four_days.file)
    with four_days.file.transaction() as connection:
        Outbox.add(connection, kind="close", subject="one", payload={}, made_at=at(0))
    rows = outbox.waiting(100, kinds=tuple(OutboxKind))
    ends = [row for row in rows if row.kind is OutboxKind.END]
    outcome = {row.number: "delivered" for row in rows if row not in ends[:1]}
    outcome |= {rows[-1].number: "accepted", ends[1].number: "SIGNAL_CONTRADICTS"}
    outbox.done(outcome, at=at(3 * DAY_S))
    assert four_days.prune(9, now=32 * DAY_S) == 0
    with four_days.file.reading() as connection:
        counted = left(connection, Retention(), now=at(34 * DAY_S)).outbox
    four_days.prune(9, now=34 * DAY_S)
    remaining = four_days.rows("SELECT kind FROM outbox ORDER BY kind")
    assert counted == len(rows) - len(remaining)
    assert remaining == [("close",), ("configuration",), ("end",), ("end",)]


def test_what_is_to_be_pruned_is_counted_before(four_days: Stage) -> None:
    before = numbers(four_days)
    with four_days.file.reading() as connection:
        counted = left(connection, Retention(votes_days=2), now=at(0))
    assert numbers(four_days) == before
    four_days.prune(2, now=3 * DAY_S + 60)
    assert counted.pruned_before == DAYS[2]
    assert [before[0] - counted.votes, before[1] - counted.ticks] == numbers(four_days)


def test_claims_of_votes_begin_at_the_cut(four_days: Stage) -> None:
    four_days.prune(1, now=3 * DAY_S + 60)
    with four_days.file.reading() as connection:
        found = gather(connection, {}, horizon=timedelta(seconds=60))
    assert found.votes_since == DAYS[3]
    assert sum(found.left_out.values()) == 3 + 4


def test_space_comes_back_to_the_disk_when_much_of_it_is_free(tmp_path: Path) -> None:
    set_up = stage(tmp_path / "signals.sqlite")
    set_up.tick(0)
    with set_up.file.transaction() as connection:
        connection.executemany(
            "INSERT INTO votes VALUES (?, 1, 1, NULL, NULL, zeroblob(3500))",
            [(number,) for number in range(-9_999, 1)],
        )
    set_up.tick(DAY_S)
    ((pages,),) = set_up.rows("PRAGMA page_count")
    pruner = Pruner(set_up.file, Retention(votes_days=1))
    steps = sum(1 for _ in iter(lambda: pruner.step(at(DAY_S)), False))
    ((left_pages,),) = set_up.rows("PRAGMA page_count")
    assert pages > 10_000
    assert left_pages < 5_000
    assert steps < 50
    with set_up.file.reading() as connection:
        assert cut_of(connection).tick == 2
    assert set_up.verify().findings == []
