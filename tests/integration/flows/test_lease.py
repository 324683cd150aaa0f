"""Leases: what a node is given, once and only once, and what ends in its lane instead."""

import asyncio
from collections.abc import Sequence
from uuid import uuid4

import pytest

from argos.core.errors import InputError
from argos.core.order import CommandKind
from argos.flows.lease import (
    LEASE_MARGIN_MS,
    LEASE_MS,
    ROUNDS_MAX,
    Asker,
    NodeSession,
    lease_together,
)
from argos.protocol.commands import Command
from argos.protocol.facts import ReportKind
from integration.flows.stage import Stage, deal, filled, said
from spine import HEDGE, NET, now


async def _hello(stage: Stage, account: str = HEDGE, *, new_log: bool = False) -> NodeSession:
    """The account's node starts again; gives the session that it had before."""
    before = stage.spine.sessions[account]
    log_id = uuid4() if new_log else before.log_id
    async with stage.spine.lanes.transaction() as connection:
        epoch = await stage.spine.lanes.hello(
            connection, before.node, log_id=log_id, version="0.1.0", terminal={}
        )
    stage.spine.sessions[account] = NodeSession(
        node=before.node, account=account, epoch=epoch, log_id=log_id
    )
    return before


async def _let_leases_run_out(stage: Stage) -> None:
    await stage.execute(
        "UPDATE commands SET leased_at = leased_at - make_interval(secs => $1)",
        (LEASE_MS + LEASE_MARGIN_MS) / 1000,
    )


async def _leased_facts(stage: Stage, command: Command) -> Sequence[int]:
    rows = await stage.look(
        "SELECT body->>'attempt' AS attempt FROM facts WHERE kind = 'leased' AND command_id = $1"
        " ORDER BY recorded_at",
        command.command_id,
    )
    return [int(row["attempt"]) for row in rows]


async def test_accounts_that_lease_together_are_each_given_their_own(stage: Stage) -> None:
    await stage.decide()
    askers = [Asker(session=stage.spine.sessions[account]) for account in (NET, HEDGE)]
    net, hedge = await lease_together(stage.spine.lanes, askers, clock=now)
    rows = await stage.look(
        "SELECT account, command_id, node, xmin::text AS transaction FROM commands ORDER BY account"
    )
    by_account = {row["account"]: row for row in rows}
    for account, given in ((HEDGE, hedge), (NET, net)):
        assert not isinstance(given, InputError)
        assert [command.command_id for command in given] == [by_account[account]["command_id"]]
        assert by_account[account]["node"] == stage.spine.sessions[account].node
    assert len({row["transaction"] for row in rows}) == 1


async def test_what_holds_one_account_up_does_not_hold_up_those_that_lease_with_it(
    stage: Stage,
) -> None:
    await stage.decide()
    glanced = {"epoch": 1, "anything_waits": True}
    sessions = stage.spine.sessions
    await stage.execute("INSERT INTO audit_heads VALUES ($1, 0, '', '')", f"facts:{HEDGE}")
    async with stage.looking.transaction():
        await stage.execute(
            "SELECT FROM audit_heads WHERE stream = $1 FOR UPDATE", f"facts:{HEDGE}"
        )
        held_up, free = (
            asyncio.create_task(stage.turns.lease(sessions[account], in_flight=(), glanced=glanced))
            for account in (HEDGE, NET)
        )
        assert len(await free) == 1
        assert not held_up.done()
    assert len(await held_up) == 1


async def test_who_is_saying_hello_is_given_nothing_and_waits_for_nothing(stage: Stage) -> None:
    await stage.decide()
    session = stage.spine.sessions[HEDGE]
    async with stage.spine.lanes.transaction() as connection:
        await stage.spine.lanes.hello(
            connection, session.node, log_id=session.log_id, version="0.1.0", terminal={}
        )
        assert await stage.lease(HEDGE) == []
        assert len(await stage.lease(NET)) == 1


async def test_a_newer_epoch_ends_the_right_to_send_and_never_the_right_to_report(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    old = await _hello(stage)
    new = stage.spine.sessions[HEDGE]
    stage.spine.sessions[HEDGE] = old
    with pytest.raises(InputError, match="NODE_EPOCH_FENCED"):
        await stage.lease()
    await stage.spine.report(HEDGE, filled(command))
    state = await stage.state(command.order_id)
    assert (state["status"], state["filled_qty"]) == ("filled", 10)
    stage.spine.sessions[HEDGE] = new
    assert await stage.lease() == []


async def test_a_command_whose_answer_was_lost_is_given_again_as_the_same_attempt(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    again = await stage.lease_one()
    assert (again.command_id, again.attempt) == (command.command_id, 1)
    assert await _leased_facts(stage, command) == [1]


async def test_a_command_that_the_node_holds_is_not_given_again(stage: Stage) -> None:
    await stage.decide()
    command = await stage.lease_one()
    assert await stage.lease(HEDGE, command) == []


async def test_a_command_that_was_spoken_of_is_not_given_again_to_the_same_log(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(HEDGE, said(command, ReportKind.SEND_STARTED))
    assert await stage.lease() == []
    await _let_leases_run_out(stage)
    assert await stage.lease() == []


async def test_a_node_whose_log_was_lost_is_given_a_command_again_when_its_lease_has_surely_ended(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await _hello(stage, new_log=True)
    assert await stage.lease() == []
    await _let_leases_run_out(stage)
    again = await stage.lease_one()
    assert (again.command_id, again.attempt) == (command.command_id, 2)
    assert await _leased_facts(stage, command) == [1, 2]


async def test_words_of_a_log_that_was_lost_do_not_keep_the_new_one_from_its_command(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(
        HEDGE, said(command, ReportKind.SEND_STARTED), said(command, ReportKind.IN_DOUBT)
    )
    await _hello(stage, new_log=True)
    await _let_leases_run_out(stage)
    assert (await stage.lease_one()).attempt == 2
    # The answer is lost, and the node is killed before it has written anything.
    await _hello(stage)
    assert (await stage.lease_one()).attempt == 2
    await stage.spine.report(HEDGE, said(command, ReportKind.ACCEPTED))
    assert await stage.lease() == []


async def test_a_lane_is_serial(stage: Stage) -> None:
    await stage.decide("T-1")
    await stage.decide("T-2")
    first = await stage.lease_one()
    assert await stage.lease(HEDGE, first) == []
    await stage.spine.report(HEDGE, filled(first))
    second = await stage.lease_one()
    assert second.seq > first.seq


async def test_an_entry_that_became_too_late_ends_at_the_lease_and_the_next_goes_at_once(
    stage: Stage,
) -> None:
    await stage.decide("T-1")
    await stage.execute("UPDATE commands SET valid_until = now() - interval '1 ms'")
    await stage.decide("T-2")
    command = await stage.lease_one()
    late, _ = await stage.orders("entry")
    assert command.order_id != late["order_id"]
    assert (late["trade_id"], late["status"]) == ("T-1", "expired_unsent")
    leg = await stage.leg("T-1")
    assert (leg["outcome"], leg["reason_code"]) == ("expired", "EXPIRED_UNSENT")


async def test_one_lease_looks_again_a_bounded_number_of_times(stage: Stage) -> None:
    for number in range(ROUNDS_MAX + 1):
        await stage.accept(f"T-{number}")
    await stage.spine.decide()
    await stage.execute("UPDATE commands SET valid_until = now() - interval '1 ms'")
    assert await stage.lease() == []
    waiting = "SELECT count(*) FROM commands WHERE account = $1 AND state = 'pending'"
    assert await stage.value(waiting, HEDGE) == 1
    assert await stage.lease() == []
    assert await stage.value(waiting, HEDGE) == 0


@pytest.mark.parametrize("mode", ["reducing", "halted"])
@pytest.mark.parametrize(
    ("scope", "key"),
    [("global", ""), ("account", HEDGE), ("route", "main"), ("strategy", "ema-cross@3.2")],
)
async def test_a_brake_that_was_set_after_the_decision_ends_the_entry(
    stage: Stage, mode: str, scope: str, key: str
) -> None:
    await stage.decide()
    await stage.brake(mode, scope=scope, key=key)
    assert await stage.lease() == []
    [entry] = await stage.orders("entry")
    assert entry["status"] == "expired_unsent"
    leg = await stage.leg()
    assert leg["reason_code"] == mode.upper()
    assert "look first" in leg["reason_text"]


async def test_reducing_lets_an_exit_through_and_halted_keeps_it_waiting(stage: Stage) -> None:
    await stage.open_position()
    await stage.close()
    await stage.brake("halted")
    assert await stage.lease() == []
    [waiting] = await stage.orders("exit")
    assert waiting["status"] == "planned"
    await stage.brake("reducing")
    closing = await stage.lease_one()
    assert (closing.is_exit, closing.order_id) == (True, waiting["order_id"])


async def test_a_brake_elsewhere_holds_nothing_here(stage: Stage) -> None:
    await stage.decide()
    await stage.brake("halted", key=NET)
    assert len(await stage.lease()) == 1


async def test_a_close_is_sized_by_what_is_open_when_it_leaves(stage: Stage) -> None:
    """The stop took 4 of 10 after the decision: the close takes the other 6."""
    opened = await stage.open_position()
    await stage.close()
    stop = deal(
        like=filled(opened), qty="4", venue_exec_id="stop-1", side="sell", entry="out", reason="sl"
    )
    await stage.spine.report(HEDGE, stop)
    closing = await stage.lease_one()
    assert closing.qty == 6


async def test_a_close_that_waits_for_its_entry_to_fill_holds_nobody_up(stage: Stage) -> None:
    """The venue holds a limit order and refuses to cancel it: should it fill, the close goes first."""
    await stage.decide("T-1", order_type="limit", entry_price="99", sl=None, tp=None)
    resting = await stage.lease_one()
    await stage.spine.report(HEDGE, said(resting, ReportKind.ACCEPTED))
    await stage.close("T-1")
    cancel = await stage.lease_one()
    assert cancel.kind is CommandKind.CANCEL
    await stage.spine.report(HEDGE, said(cancel, ReportKind.REJECTED))

    await stage.decide("T-2")
    # A fill may be told next: the cancel may just have come too late.
    assert await stage.lease() == []
    await stage.execute(
        "UPDATE order_states SET updated_at = now() - interval '6 seconds' WHERE order_id = $1",
        resting.order_id,
    )
    other = await stage.lease_one()
    assert (other.kind, other.is_exit) == (CommandKind.SUBMIT, False)

    await stage.spine.report(HEDGE, filled(resting))
    closing = await stage.lease_one()
    assert (closing.kind, closing.qty) == (CommandKind.CLOSE, resting.qty)


async def test_a_close_of_what_the_stop_has_taken_ends_without_being_sent(stage: Stage) -> None:
    opened = await stage.open_position()
    await stage.close()
    stop = deal(like=filled(opened), venue_exec_id="stop-1", side="sell", entry="out", reason="sl")
    await stage.spine.report(HEDGE, stop)
    assert await stage.lease() == []
    [close] = await stage.orders("exit")
    assert close["status"] == "expired_unsent"
    assert await stage.follow_up() == 0
