"""Further attempts and crashes in the executor: nothing is sent twice, and what is not known is a doubt."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.node.settings import NodeLimits
from argos.node.work import Outcome, Work
from unit.node.fake_venue import START, Crash
from unit.node.rig import Rig, entry, exit_of

MakeRig = Callable[..., Rig]


async def test_a_further_attempt_that_left_no_trace_is_sent_where_ids_are_unique(
    make_rig: MakeRig,
) -> None:
    rig = make_rig(unique_client_ids=True)
    command = entry(attempt=2)
    await rig.deliver(command)
    assert rig.venue.cursors[0] == ""
    assert rig.kinds(command) == ["send_started", "accepted", "fill"]
    assert rig.fact(command, "accepted").body["attempt"] == 2


async def test_an_entry_whose_first_sending_arrives_late_is_not_sent_by_the_heir_of_a_lost_log(
    make_rig: MakeRig,
) -> None:
    lost = make_rig()
    lost.venue.script.append("late")
    command = entry()
    await lost.deliver(command)
    heir = make_rig(venue=lost.venue)  # with another log
    await heir.scanner.everything()
    await heir.deliver(replace(command, attempt=2))
    assert heir.state(command) == "doubt"

    lost.venue.arrive()
    await heir.look()

    assert lost.venue.count("submit") == 1
    assert heir.state(command) == "done"
    assert set(heir.kinds(command)) == {"in_doubt", "accepted", "fill"}


@pytest.mark.parametrize("reason", ["expired", "limited", "nothing_open"])
async def test_what_an_heir_must_not_send_stays_in_doubt_until_it_was_looked_for_long_enough(
    make_rig: MakeRig, reason: str
) -> None:
    """The lost log had told of its doubt: that the heir sends nothing says nothing about that sending."""
    limits = NodeLimits(qty_max=Decimal(1)) if reason == "limited" else NodeLimits()
    heir = make_rig(unique_client_ids=True, settings={"limits": limits})
    command = exit_of(entry("opening")) if reason == "nothing_open" else entry()
    if reason == "expired":
        command = replace(command, valid_until=START - timedelta(seconds=30))

    assert await heir.deliver(replace(command, attempt=2)) is Outcome.DONE
    assert heir.kinds(command) == ["in_doubt"]

    await heir.look_for(70)
    assert heir.kinds(command) == ["in_doubt", "not_found"]
    assert heir.venue.calls == []


async def test_a_further_attempt_found_at_the_venue_is_adopted(make_rig: MakeRig) -> None:
    lost = make_rig()
    command = entry()
    await lost.deliver(command)
    heir = make_rig(venue=lost.venue)  # with another log
    await heir.scanner.everything()
    assert [fact.kind.value for fact in heir.facts()] == ["deal", "position"]

    assert await heir.deliver(replace(command, attempt=2)) is Outcome.DONE

    assert lost.venue.count("submit") == 1
    assert sorted(heir.kinds(command)) == ["accepted", "fill"]
    assert heir.state(command) == "done"


async def test_a_further_attempt_is_not_sent_while_the_venue_cannot_be_read(rig: Rig) -> None:
    rig.venue.scan_script.append("unreachable")
    command = entry(attempt=2, lease_ms=0)
    assert await rig.deliver(command) is Outcome.DROPPED
    assert rig.venue.calls == []


# Crashes: the process ends at that point, and starts again over the same log.


async def test_a_crash_before_anything_was_written_leaves_the_command_new(
    make_rig: MakeRig,
) -> None:
    rig = make_rig(unique_client_ids=True)
    rig.venue.scan_script.append("crash")
    command = entry(attempt=2)
    with pytest.raises(Crash):
        await rig.deliver(command)
    await rig.restart()
    await rig.deliver(replace(command, attempt=3))
    assert rig.venue.count("submit") == 1
    assert rig.fact(command, "fill").order_id == command.order_id


async def test_a_crash_before_the_call_is_doubt_after_the_start(rig: Rig) -> None:
    rig.venue.script.append("crash_before")
    command = entry()
    with pytest.raises(Crash):
        await rig.deliver(command)
    await rig.restart()
    assert rig.kinds(command) == ["send_started", "in_doubt"]
    assert rig.state(command) == "doubt"


async def test_a_crash_after_the_broker_acted_is_found_at_the_start(rig: Rig) -> None:
    rig.venue.script.append("crash_after")
    command = entry()
    with pytest.raises(Crash):
        await rig.deliver(command)
    await rig.restart()

    assert rig.kinds(command) == ["send_started", "in_doubt", "fill", "accepted"]
    assert rig.state(command) == "done"
    await rig.deliver(replace(command, attempt=2))
    assert rig.venue.count("submit") == 1


async def test_evidence_seen_while_the_call_was_out_ends_the_doubt_at_once(rig: Rig) -> None:
    rig.venue.script.append("crash_after")
    command = entry()
    with pytest.raises(Crash):
        await rig.deliver(command)
    await rig.scanner.fresh()  # the periodic scan, before the process ends
    await rig.restart()
    assert "in_doubt" not in rig.kinds(command)
    assert rig.state(command) == "done"


async def test_an_error_nobody_foresaw_leaves_a_call_in_doubt(rig: Rig) -> None:
    rig.venue.script.append("crash_before")
    command = entry()
    work = Work(command=command, lease_until_ms=rig.clock.monotonic_ms() + 10)
    with pytest.raises(Crash):
        await rig.executor.execute(work)
    rig.executor.abandon(work)
    assert rig.state(command) == "doubt"


def test_abandoning_a_command_that_was_never_sent_changes_nothing(rig: Rig) -> None:
    rig.executor.abandon(Work(command=entry(), lease_until_ms=0))
    assert rig.facts() == []
