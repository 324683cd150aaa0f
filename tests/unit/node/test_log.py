"""The node's log: one process, one account, counters that only rise, an outbox that forgets nothing."""

import itertools
import shutil
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from uuid import UUID

import pytest

from argos.core.errors import InputError
from argos.node.log import NodeLog
from argos.node.log_rows import CommandState, SendTerms
from argos.node.reporter import Attempt, Reporter
from argos.ports import VenueOrderState
from argos.protocol.facts import ReportKind
from unit.node.fake_venue import START
from unit.node.rig import Rig, entry, limit_entry

NOW_MS = int(START.timestamp() * 1000)
REPORTER = Reporter(account="a")


@pytest.fixture
def open_log(tmp_path: Path) -> Callable[..., NodeLog]:
    def open_at(*, account: str = "a", now_ms: int = NOW_MS) -> NodeLog:
        return NodeLog.open(tmp_path / "deep" / "node.db", account=account, now_ms=now_ms)

    return open_at


def test_a_log_keeps_its_id_for_ever(open_log: Callable[..., NodeLog]) -> None:
    log = open_log()
    first = UUID(log.log_id)
    log.close()
    log = open_log()
    assert UUID(log.log_id) == first
    log.close()


def test_two_may_not_hold_one_log(open_log: Callable[..., NodeLog]) -> None:
    log = open_log()
    with pytest.raises(InputError, match="NODE_LOG_IN_USE"):
        open_log()
    log.close()
    open_log().close()


def test_a_log_is_for_one_account(open_log: Callable[..., NodeLog]) -> None:
    open_log().close()
    with pytest.raises(InputError, match="NODE_LOG_OTHER_ACCOUNT"):
        open_log(account="b")
    open_log().close()  # the refusal let go of the lock


def test_counters_rise_over_restarts_and_blocks(open_log: Callable[..., NodeLog]) -> None:
    taken: list[int] = []
    for count in (1, 10_001, 3):
        log = open_log()
        taken += [log.take_counter() for _ in range(count)]
        log.close()
    assert all(later > earlier for earlier, later in itertools.pairwise(taken))


def test_a_new_log_counts_from_above_one_that_was_lost(
    open_log: Callable[..., NodeLog], tmp_path: Path
) -> None:
    log = open_log()
    last = max(log.take_counter() for _ in range(20_000))
    log.close()
    heir = NodeLog.open(tmp_path / "new.db", account="a", now_ms=NOW_MS + 1_000)
    assert heir.take_counter() > last
    heir.close()


def test_the_counter_that_was_used_last_is_known_after_a_kill(
    open_log: Callable[..., NodeLog],
) -> None:
    log = open_log()
    assert log.counter_used == 0
    used = [log.take_counter() for _ in range(3)]
    assert log.counter_used == used[-1]
    log.close()  # nothing is written at the end: a kill leaves the same
    log = open_log()
    assert log.counter_used == used[-1]
    assert log.take_counter() > used[-1]
    log.close()


def test_an_old_state_of_a_log_counts_from_above_what_was_used_since(
    open_log: Callable[..., NodeLog], tmp_path: Path
) -> None:
    log = open_log()
    log.take_counter()
    log.close()
    shutil.copytree(tmp_path / "deep", tmp_path / "backup")
    log = open_log()
    last = max(log.take_counter() for _ in range(25_000))
    log.close()
    restored = NodeLog.open(tmp_path / "backup" / "node.db", account="a", now_ms=NOW_MS + 1_000)
    assert restored.counter_used < last < restored.take_counter()
    restored.close()


def test_a_transaction_that_fails_leaves_nothing(open_log: Callable[..., NodeLog]) -> None:
    log, command = open_log(), entry()

    def fail() -> None:
        with log.transaction() as writer:
            writer.put_command(command, state=CommandState.DOUBT, attempt=1)
            writer.set_cursor("9")
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fail()
    assert log.read.command(command.command_id) is None
    assert log.cursor == ""
    log.close()


def test_a_command_is_read_as_it_was_written(open_log: Callable[..., NodeLog]) -> None:
    log = open_log()
    command = limit_entry(sl=Decimal(80), position_id="p")
    terms = SendTerms(bid=Decimal("1.10"), ask=Decimal("1.2"), qty=Decimal(3), closes_all=True)
    with log.transaction() as writer:
        writer.put_command(
            command, state=CommandState.SEND_STARTED, attempt=2, sent_at_ms=5, terms=terms
        )
    row = log.read.command(command.command_id)
    assert row is not None
    assert (row.command, row.state, row.attempt) == (command, CommandState.SEND_STARTED, 2)
    assert row.terms == terms
    assert row.venue_state is None
    log.close()


@pytest.mark.parametrize(
    ("seen", "state", "held"),
    [
        (["working"], "answered", "working"),
        (["working", "filled"], "done", "filled"),
        (["canceled", "working"], "done", "canceled"),
        (["canceled", "expired"], "done", "canceled"),
        (["canceled", "filled"], "done", "filled"),
        (["filled", "canceled"], "done", "filled"),
    ],
)
def test_an_end_is_undone_by_nothing_but_a_fill(
    open_log: Callable[..., NodeLog], seen: list[str], state: str, held: str
) -> None:
    log, command = open_log(), entry()
    with log.transaction() as writer:
        writer.put_command(command, state=CommandState.DOUBT, attempt=1)
    for venue_state in seen:
        row = log.read.command(command.command_id)
        assert row is not None
        with log.transaction() as writer:
            writer.note_evidence(row, venue_state=VenueOrderState(venue_state), venue_order_id="")
    row = log.read.command(command.command_id)
    assert row is not None
    assert (row.state, row.venue_state) == (state, held)
    log.close()


def some_fact(log: NodeLog, kind: ReportKind = ReportKind.ACCEPTED) -> None:
    attempt = Attempt(command=entry(), number=1)
    with log.transaction() as writer:
        writer.add_fact(REPORTER.about(attempt, kind=kind, at=START, body={}))


def test_a_fact_waits_until_it_is_taken(open_log: Callable[..., NodeLog]) -> None:
    log = open_log()
    some_fact(log)
    assert log.facts_added.is_set()
    log.close()
    log = open_log()
    pending = log.read.pending_facts(limit=9)
    with log.transaction(durable=False) as writer:
        writer.mark_reported(pending, at_ms=1)
    assert len(pending) == 1
    assert log.read.pending_facts(limit=9) == []
    some_fact(log)  # the same again
    assert log.read.pending_facts(limit=9) == []
    log.close()


def test_a_refused_fact_is_kept_and_never_sent_again(open_log: Callable[..., NodeLog]) -> None:
    log = open_log()
    some_fact(log)
    (fact,) = log.read.pending_facts(limit=9)
    with log.transaction() as writer:
        writer.mark_refused({fact.fact_id: "FACT_UNKNOWN_ORDER"})
        writer.report_again(entry().command_id)
    assert log.read.pending_facts(limit=9) == []
    log.close()


async def test_an_execution_found_to_be_ours_goes_out_again_even_while_it_is_on_its_way(
    rig: Rig,
) -> None:
    command = entry()
    await rig.deliver(command)
    execution = rig.venue.executions[0]
    stranger = replace(execution, venue_exec_id="x-late", magic=0)
    reporter = Reporter(account="a")
    with rig.log.transaction() as writer:
        writer.add_fact(reporter.deal(stranger, at=START, opening=None))
    on_its_way = [f for f in rig.log.read.pending_facts(limit=99) if f.kind == "deal"]
    row = rig.log.read.command(command.command_id)
    assert row is not None
    with rig.log.transaction() as writer:
        writer.add_fact(reporter.fill(row, execution=stranger, at=START))
        writer.mark_reported(on_its_way, at_ms=1)
    assert rig.kinds(command).count("fill") == 2
