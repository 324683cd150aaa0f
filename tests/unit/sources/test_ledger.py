"""The ledger: nothing is sent that is not counted, and no limit is passed, whatever the order of calls."""

import os
import signal
import sqlite3
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import InputError, StoreError
from argos.sources.budget import PAUSE_MAX, Budget, Granted, Refused, Window
from argos.sources.ledger import CallLedger, SourceFile
from argos.sources.reasons import SourceReason

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)
STEPS = st.lists(
    st.tuples(st.integers(0, 400), st.integers(0, 40), st.integers(0, 60)), max_size=60
)
"""Seconds since the call before, the most it may cost, what it cost."""


def ledger_of(budget: Budget, file: SourceFile | None = None) -> CallLedger:
    return CallLedger(file or SourceFile.empty(), {"p": budget})


def ask(ledger: CallLedger, now: datetime, microdollars: int = 0) -> Granted | Refused:
    return ledger.ask("p", subject="AAPL", microdollars=microdollars, now=now)


def test_a_fixture_server_spends_nothing_of_the_providers_day() -> None:
    file, budget = SourceFile.empty(), Budget(calls_per_day=1)
    simulated = CallLedger(file, {"p": budget}, simulated={"p"})
    assert isinstance(ask(simulated, NOON), Granted)
    assert isinstance(ask(simulated, NOON), Refused)
    simulated.pause("p", seconds=60, now=NOON)

    real = ledger_of(budget, file)
    spent = real.spent("p", now=NOON)
    assert (spent.calls, spent.paused_until) == (0, None)
    assert isinstance(ask(real, NOON), Granted)
    assert simulated.spent("p", now=NOON).calls == 1


@given(steps=STEPS, calls=st.integers(0, 5), seconds=st.integers(1, 900))
def test_no_window_ever_holds_more_calls_than_allowed(
    steps: list[tuple[int, int, int]], calls: int, seconds: int
) -> None:
    ledger = ledger_of(Budget(windows=(Window(seconds=seconds, calls_max=calls),)))
    now, sent = NOON, []
    for wait, _, _ in steps:
        now += timedelta(seconds=wait)
        if isinstance(ask(ledger, now), Granted):
            sent.append(now)
    for moment in sent:
        inside = [one for one in sent if moment <= one < moment + timedelta(seconds=seconds)]
        assert len(inside) <= calls


@given(steps=STEPS, dollars=st.integers(0, 200))
def test_what_is_granted_fits_into_the_day_at_its_dearest(
    steps: list[tuple[int, int, int]], dollars: int
) -> None:
    ledger = ledger_of(Budget(microdollars_per_day=dollars))
    now, spent = NOON, {}
    for wait, most, cost in steps:
        now += timedelta(seconds=wait * 200)
        day = now.date()
        asked = ask(ledger, now, most)
        before = spent.get(day, 0)
        assert isinstance(asked, Granted) is (most == 0 or before + most <= dollars)
        if isinstance(asked, Granted):
            ledger.settle(asked.call_id, ending="OK", microdollars=min(cost, most))
            spent[day] = before + min(cost, most)
        assert ledger.spent("p", now=now).microdollars == spent.get(day, 0)


@given(steps=STEPS, calls=st.integers(0, 4))
def test_a_refusal_tells_the_first_moment_at_which_it_ends(
    steps: list[tuple[int, int, int]], calls: int
) -> None:
    budget = Budget(windows=(Window(seconds=300, calls_max=calls),), calls_per_day=calls + 2)
    ledger = ledger_of(budget)
    now = NOON
    for wait, _, _ in steps:
        now += timedelta(seconds=wait)
        asked = ask(ledger, now)
        if isinstance(asked, Refused) and calls:
            assert asked.again_at > now
            before = asked.again_at - timedelta(microseconds=1)
            assert isinstance(ask(ledger, before), Refused)
            now = asked.again_at
            assert isinstance(ask(ledger, now), Granted)


def test_a_call_that_was_never_seen_to_end_keeps_its_highest_cost(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    file = SourceFile.open(path)
    assert isinstance(ask(ledger_of(Budget(), file), NOON, 50_000), Granted)
    file.close()
    again = SourceFile.open(path)
    spent = ledger_of(Budget(), again).spent("p", now=NOON)
    again.close()
    assert (spent.calls, spent.microdollars, spent.open_calls) == (1, 50_000, 1)


def test_an_end_counts_once() -> None:
    ledger = ledger_of(Budget())
    asked = ask(ledger, NOON, 100)
    assert isinstance(asked, Granted)
    ledger.settle(asked.call_id, ending="OK", microdollars=30)
    ledger.settle(asked.call_id, ending="OK", microdollars=10)
    assert ledger.spent("p", now=NOON).microdollars == 30


def test_a_pause_ends_by_itself_and_none_lasts_for_ever() -> None:
    ledger = ledger_of(Budget())
    ledger.pause("p", seconds=1e12, now=NOON)
    asked = ask(ledger, NOON)
    assert asked == Refused(reason=SourceReason.PAUSED, again_at=NOON + PAUSE_MAX)
    assert isinstance(ask(ledger, NOON + PAUSE_MAX), Granted)


def test_a_clock_that_went_back_does_not_block_for_ever() -> None:
    ledger = ledger_of(Budget(windows=(Window(seconds=60, calls_max=1),)))
    assert isinstance(ask(ledger, NOON + timedelta(days=365)), Granted)
    ledger.pause("p", seconds=60, now=NOON + timedelta(days=365))
    assert isinstance(ask(ledger, NOON), Granted)
    assert isinstance(ask(ledger, NOON), Refused)


def test_a_day_keeps_its_calls_when_their_rows_are_gone() -> None:
    ledger = ledger_of(Budget(calls_per_day=2))
    ask(ledger, NOON)
    ask(ledger, NOON + timedelta(days=30))
    assert ledger.spent("p", now=NOON).calls == 1


def test_the_file_is_its_owners_alone(tmp_path: Path) -> None:
    file = SourceFile.open(tmp_path / "sources.sqlite")
    assert {path.stat().st_mode & 0o777 for path in tmp_path.iterdir()} == {0o600}
    file.close()


def test_two_processes_share_one_budget(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    budget = Budget(calls_per_day=3)
    files = [SourceFile.open(path), SourceFile.open(path)]
    ledgers = [ledger_of(budget, file) for file in files]
    granted = [isinstance(ask(ledgers[number % 2], NOON), Granted) for number in range(5)]
    for file in files:
        file.close()
    assert granted == [True, True, True, False, False]


def test_a_file_of_another_version_is_not_written(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    SourceFile.open(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '99'")
    connection.close()
    with pytest.raises(InputError, match="SOURCE_FILE_VERSION"):
        SourceFile.open(path)


def test_what_is_no_database_is_told_as_such(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    path.write_bytes(b"not a database" * 100)
    with pytest.raises(StoreError, match="SOURCE_FILE_UNUSABLE"):
        SourceFile.open(path)


KILLED = """
import os, sys
from datetime import UTC, datetime
from pathlib import Path
from argos.sources.budget import Budget, Granted
from argos.sources.ledger import CallLedger, SourceFile

ledger = CallLedger(SourceFile.open(Path(sys.argv[1])), {"p": Budget()})
while True:
    asked = ledger.ask("p", subject="AAPL", microdollars=7, now=datetime(2026, 11, 24, 12, tzinfo=UTC))
    assert isinstance(asked, Granted)
    os.write(1, b"x")  # the byte that leaves
    ledger.settle(asked.call_id, ending="OK", microdollars=5)
"""


def test_a_process_that_is_killed_has_counted_every_call_that_left(tmp_path: Path) -> None:
    path = tmp_path / "sources.sqlite"
    process = subprocess.Popen(
        [sys.executable, "-c", KILLED, str(path)], stdout=subprocess.PIPE, env=os.environ.copy()
    )
    assert process.stdout is not None
    left = process.stdout.read(25)
    process.send_signal(signal.SIGKILL)
    left += process.stdout.read()
    process.wait()
    process.stdout.close()
    file = SourceFile.open(path)
    spent = ledger_of(Budget(), file).spent("p", now=NOON)
    file.close()
    # Killed between counting and sending, it has counted one more; never one less.
    assert len(left) <= spent.calls <= len(left) + 1
    assert spent.microdollars == 5 * spent.calls + 2 * spent.open_calls
    assert spent.open_calls <= 1
