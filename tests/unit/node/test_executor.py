"""One command through the executor: sent once, or not at all with a reason, or given back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.account import TradingMode
from argos.core.order import CommandKind
from argos.node.settings import NodeLimits, NodeTimings
from argos.node.work import Outcome, Work
from argos.ports import ABLE, VenueOrderState, VenueStanding
from argos.protocol.facts import decode_execution, execution_fact_id
from argos.protocol.values import decimal_text, moment_text
from unit.node.rig import (
    ACCOUNT,
    ASK,
    BID,
    START,
    Crash,
    Rig,
    change_of,
    entry,
    exit_of,
    limit_entry,
)

MakeRig = Callable[..., Rig]


async def test_an_entry_is_sent_once_and_told_from_start_to_fill(rig: Rig) -> None:
    command = entry()

    assert await rig.deliver(command) is Outcome.DONE

    assert rig.kinds(command) == ["send_started", "accepted", "fill"]
    assert rig.venue.calls == [("submit", command.magic)]
    assert rig.state(command) == "done"


async def test_the_start_of_sending_tells_the_quote_of_now_and_of_the_alert(rig: Rig) -> None:
    command = entry()
    await rig.deliver(command)

    assert rig.fact(command, "send_started").body == {
        "command_kind": "submit",
        "attempt": 1,
        "bid": decimal_text(BID),
        "ask": decimal_text(ASK),
        "quote_at": moment_text(START),
        "arrival_bid": decimal_text(BID - 1),
        "arrival_ask": decimal_text(ASK - 1),
        "arrival_quote_at": moment_text(command.alert_received_at),
    }


async def test_without_quotes_an_entry_is_sent_and_says_so(rig: Rig) -> None:
    rig.venue.quotes_known = False
    command = entry()
    await rig.deliver(command)

    body = rig.fact(command, "send_started").body
    assert body["bid"] is None
    assert body["arrival_quote_at"] is None
    assert rig.fact(command, "fill").body["bid_at_send"] is None


async def test_a_fill_carries_the_execution_and_the_quote_at_send(rig: Rig) -> None:
    command = entry()
    await rig.deliver(command)

    fill, execution = rig.fact(command, "fill"), rig.venue.executions[0]
    assert decode_execution(fill.body) == execution
    assert fill.body["bid_at_send"] == decimal_text(BID)
    assert fill.body["ask_at_send"] == decimal_text(ASK)
    assert fill.order_id == command.order_id
    assert fill.fact_id == execution_fact_id(account=ACCOUNT, venue_exec_id=execution.venue_exec_id)


async def test_a_repeated_command_is_reported_again_and_not_sent_again(rig: Rig) -> None:
    command = entry()
    await rig.deliver(command)
    with rig.log.transaction() as writer:
        writer.mark_reported(rig.log.read.pending_facts(limit=10), at_ms=1)
    assert rig.facts(command) == []

    assert await rig.deliver(replace(command, attempt=2)) is Outcome.DONE

    assert rig.kinds(command) == ["send_started", "accepted", "fill"]
    assert rig.venue.count("submit") == 1


async def test_a_refusal_of_the_venue_keeps_its_words(rig: Rig) -> None:
    rig.venue.script.append("refuse")
    command = entry()
    await rig.deliver(command)

    assert rig.kinds(command) == ["send_started", "rejected"]
    body = rig.fact(command, "rejected").body
    assert (body["code"], body["text"]) == ("VENUE_NO_MONEY", "no money")
    assert (body["venue_code"], body["retryable"]) == ("10019", False)
    assert rig.state(command) == "done"


async def test_no_answer_is_doubt_and_never_a_refusal(rig: Rig) -> None:
    rig.venue.script.append("lost_request")
    command = entry()
    await rig.deliver(command)

    assert rig.kinds(command) == ["send_started", "in_doubt"]
    assert "timeout" in rig.fact(command, "in_doubt").body["text"]
    assert rig.state(command) == "doubt"


async def test_a_partial_fill_whose_rest_is_gone_is_fill_and_cancel(rig: Rig) -> None:
    rig.venue.script.append("partial")
    command = entry()
    await rig.deliver(command)

    assert rig.kinds(command) == ["send_started", "accepted", "fill", "canceled"]
    assert rig.fact(command, "fill").body["qty"] == decimal_text(command.qty / 2)
    assert rig.state(command) == "done"


async def test_a_limit_order_that_works_stays_open_in_the_log(rig: Rig) -> None:
    command = limit_entry()
    await rig.deliver(command)

    assert rig.kinds(command) == ["send_started", "accepted"]
    assert rig.fact(command, "accepted").body["state"] == "working"
    assert rig.state(command) == "answered"


@pytest.mark.parametrize("late_ms", [0, 1, 60_000])
async def test_an_entry_past_its_validity_is_not_sent(rig: Rig, late_ms: int) -> None:
    command = entry(lease_ms=100_000)
    rig.clock.advance(30_000 + late_ms)

    assert await rig.deliver(command) is Outcome.DONE

    assert rig.kinds(command) == ["unsent"]
    assert rig.fact(command, "unsent").body["code"] == "EXPIRED_UNSENT"
    assert rig.venue.calls == []


async def test_an_entry_just_before_its_validity_ends_is_sent(rig: Rig) -> None:
    rig.clock.advance(29_999)
    await rig.deliver(entry())
    assert rig.venue.count("submit") == 1


async def test_validity_is_judged_by_the_gateways_clock_when_ours_is_wrong(rig: Rig) -> None:
    rig.session.heard(server_time=rig.clock.now() + timedelta(minutes=1))
    command = entry()
    await rig.deliver(command)
    assert rig.fact(command, "unsent").body["code"] == "EXPIRED_UNSENT"


async def test_a_lease_that_is_over_gives_the_command_back_without_a_trace(rig: Rig) -> None:
    command = entry()
    work = Work(command=command, lease_until_ms=rig.clock.monotonic_ms())

    assert await rig.executor.execute(work) is Outcome.DROPPED

    assert rig.state(command) == "unknown"
    assert rig.facts() == []
    assert rig.venue.calls == []


async def test_a_fenced_node_sends_nothing_and_says_nothing(rig: Rig) -> None:
    rig.session.fenced = True
    command = entry()
    assert await rig.deliver(command) is Outcome.DROPPED
    assert rig.venue.calls == []
    assert rig.facts() == []


@pytest.mark.parametrize("mode", [TradingMode.REDUCING, TradingMode.HALTED])
async def test_a_brake_refuses_entries(rig: Rig, mode: TradingMode) -> None:
    rig.session.mode = mode
    command = entry()
    assert await rig.deliver(command) is Outcome.DONE
    assert rig.fact(command, "unsent").body["code"] == "HALTED"
    assert rig.venue.calls == []


async def test_reducing_lets_exits_through(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.session.mode = TradingMode.REDUCING
    await rig.deliver(exit_of(opening))
    assert rig.venue.held == {}


async def test_a_halt_gives_exits_back_instead_of_ending_them(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.session.mode = TradingMode.HALTED
    closing = exit_of(opening)
    assert await rig.deliver(closing) is Outcome.DROPPED
    assert rig.state(closing) == "unknown"
    assert rig.venue.count("close") == 0


async def test_before_the_gateway_has_spoken_nothing_is_sent(rig: Rig) -> None:
    rig.session.mode = TradingMode.HALTED  # the mode every session begins with
    await rig.deliver(entry())
    assert rig.venue.calls == []


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        (NodeLimits(qty_max=Decimal(9)), "NODE_LIMIT_QTY"),
        (NodeLimits(symbols=frozenset({"AAPL"})), "NODE_LIMIT_SYMBOL"),
        (NodeLimits(orders_per_minute_max=0), "NODE_LIMIT_RATE"),
    ],
)
async def test_the_nodes_own_limits_hold(make_rig: MakeRig, limits: NodeLimits, code: str) -> None:
    rig = make_rig(settings={"limits": limits})
    command = entry()
    await rig.deliver(command)
    assert rig.fact(command, "unsent").body["code"] == code
    assert rig.venue.calls == []


async def test_the_rate_limit_counts_the_last_minute_over_a_restart(make_rig: MakeRig) -> None:
    rig = make_rig(settings={"limits": NodeLimits(orders_per_minute_max=1)})
    await rig.deliver(entry("first"))
    await rig.restart()
    second, third = entry("second"), entry("third", valid_until=START + timedelta(hours=1))
    await rig.deliver(second)
    assert rig.fact(second, "unsent").body["code"] == "NODE_LIMIT_RATE"

    rig.clock.advance(60_000)
    await rig.deliver(third)
    assert rig.venue.count("submit") == 2


async def test_limits_never_hold_back_an_exit(make_rig: MakeRig) -> None:
    limits = NodeLimits(orders_per_minute_max=1, qty_max=Decimal(10))
    rig = make_rig(settings={"limits": limits})
    opening = entry()
    await rig.deliver(opening)
    await rig.deliver(exit_of(opening, qty=Decimal(11)))
    assert rig.venue.held == {}


# Closing.


async def test_a_close_that_was_leased_again_for_less_says_so(rig: Rig) -> None:
    """The gateway wrote down what it leased first: only the node can tell what the close was in the end."""
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening, qty=Decimal(1))
    await rig.deliver(closing)
    assert rig.venue.closed_qty == [Decimal(1)]
    assert rig.fact(closing, "accepted").body["qty"] == "1"


async def test_a_close_finds_the_position_by_who_opened_it(rig: Rig) -> None:
    mine, other = entry("mine"), entry("other")
    await rig.deliver(other)
    await rig.deliver(mine)
    closing = exit_of(mine)
    await rig.deliver(closing)

    assert [position.magic for position in rig.venue.held.values()] == [other.magic]
    assert rig.kinds(closing) == ["send_started", "accepted", "fill"]
    assert rig.fact(closing, "accepted").body["qty"] == decimal_text(mine.qty)
    assert "qty" not in rig.fact(mine, "accepted").body


async def test_a_close_by_position_id_takes_that_position(rig: Rig) -> None:
    mine, other = entry("mine"), entry("other")
    await rig.deliver(mine)
    await rig.deliver(other)
    wanted = next(p for p in rig.venue.held.values() if p.magic == other.magic)
    await rig.deliver(exit_of(mine, position_id=wanted.position_id))
    assert [position.magic for position in rig.venue.held.values()] == [mine.magic]


async def test_a_close_never_asks_for_more_than_is_there(rig: Rig) -> None:
    rig.venue.script.append("partial")
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening)
    await rig.deliver(closing)

    assert rig.venue.closed_qty == [opening.qty / 2]
    assert rig.fact(closing, "accepted").body["qty"] == decimal_text(opening.qty / 2)


async def test_a_partial_close_takes_what_it_was_asked_to(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    await rig.deliver(exit_of(opening, qty=Decimal(3)))
    assert rig.venue.closed_qty == [Decimal(3)]
    assert [p.qty for p in rig.venue.held.values()] == [opening.qty - 3]


async def test_a_close_with_nothing_open_is_not_sent(rig: Rig) -> None:
    closing = exit_of(entry())
    assert await rig.deliver(closing) is Outcome.DONE
    assert rig.fact(closing, "unsent").body["code"] == "CLOSE_NOTHING_OPEN"
    assert rig.venue.calls == []


async def test_a_close_on_the_wrong_side_would_add_and_is_not_sent(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening, side=opening.side)
    await rig.deliver(closing)
    assert rig.fact(closing, "unsent").body["code"] == "CLOSE_NOTHING_OPEN"


async def test_on_a_netting_account_a_close_takes_the_symbols_position(make_rig: MakeRig) -> None:
    rig = make_rig(hedging=False)
    older, mine = entry("older"), entry("mine")
    await rig.deliver(older)  # whose identity the one position keeps
    await rig.deliver(exit_of(mine))
    assert rig.venue.held == {}


async def test_a_close_of_an_order_in_doubt_waits_for_the_doubt_to_end(rig: Rig) -> None:
    rig.venue.script.append("late")
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening)

    assert await rig.deliver(closing) is Outcome.DROPPED
    rig.venue.arrive()
    await rig.look()
    assert await rig.deliver(closing) is Outcome.DONE

    assert rig.venue.held == {}


async def test_a_close_looks_again_when_the_venue_cannot_be_read(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.scan_script.extend(["unreachable", "unreachable"])
    await rig.deliver(exit_of(opening))
    assert rig.venue.held == {}


async def test_a_close_that_cannot_look_within_its_lease_is_given_back(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.scan_script.append("unreachable")
    closing = exit_of(opening, lease_ms=1)
    assert await rig.deliver(closing) is Outcome.DROPPED
    assert rig.state(closing) == "unknown"


async def test_a_look_before_a_close_does_not_outlive_the_lease(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    # Every scan of this broker takes 1 ms: the lease is over when it is done.
    assert await rig.deliver(exit_of(opening, lease_ms=1)) is Outcome.DROPPED
    assert rig.venue.count("close") == 0


async def test_a_close_that_is_refused_for_now_is_tried_again(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["requote", "requote"])
    closing = exit_of(opening)
    await rig.deliver(closing)

    assert rig.venue.count("close") == 3
    assert rig.kinds(closing) == ["send_started"] * 3 + ["accepted", "fill"]
    assert rig.fact(closing, "accepted").body["attempt"] == 3
    assert rig.venue.held == {}


async def test_a_close_that_is_refused_for_now_too_often_is_rejected(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["requote"] * 9)
    closing = exit_of(opening)
    await rig.deliver(closing)

    assert rig.venue.count("close") == rig.timings.attempts_max
    assert rig.kinds(closing)[-1] == "rejected"
    assert rig.fact(closing, "rejected").body["retryable"] is True
    assert rig.state(closing) == "done"


async def test_a_close_is_not_tried_again_beyond_its_lease(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.append("requote")
    closing = exit_of(
        opening, lease_ms=2
    )  # each look takes 1 ms: one before, one after the requote
    await rig.deliver(closing)
    assert rig.venue.count("close") == 1
    assert rig.kinds(closing) == ["send_started", "rejected"]


async def test_a_crash_between_two_tries_of_a_close_is_a_doubt(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.append("requote")
    rig.venue.scan_script.extend(["ok", "crash"])
    closing = exit_of(opening)
    with pytest.raises(Crash):
        await rig.deliver(closing)
    await rig.restart()
    assert rig.state(closing) == "doubt"


async def test_an_entry_that_is_refused_for_now_is_rejected_at_once(rig: Rig) -> None:
    rig.venue.script.append("requote")
    command = entry()
    await rig.deliver(command)
    assert rig.kinds(command) == ["send_started", "rejected"]
    assert rig.venue.count("submit") == 1


# Cancel and modify.


async def test_a_cancel_ends_a_working_order(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)

    assert rig.kinds(cancel) == ["send_started", "canceled"]
    assert rig.state(opening) == "done"
    await rig.look()
    assert rig.kinds(opening) == ["send_started", "accepted"]


async def test_a_cancel_that_comes_after_the_fill_is_rejected(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    assert rig.fact(cancel, "rejected").body["code"] == "CANCEL_TOO_LATE"


async def test_a_modify_names_the_position_that_the_order_opened(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    modify = change_of(opening, CommandKind.MODIFY, "modify", sl=Decimal(95), tp=Decimal(110))
    await rig.deliver(modify)

    (position_id,) = rig.venue.held
    assert rig.venue.modifies == [
        {"position_id": position_id, "price": None, "sl": Decimal(95), "tp": Decimal(110)}
    ]
    assert rig.kinds(modify) == ["send_started", "modified"]
    assert rig.fact(modify, "modified").body["sl"] == "95"


async def test_a_modify_after_the_end_of_the_order_is_rejected(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    rig.venue.end_order("o1", VenueOrderState.EXPIRED)
    modify = change_of(opening, CommandKind.MODIFY, "modify", sl=Decimal(80))
    await rig.deliver(modify)
    assert rig.fact(modify, "rejected").body["code"] == "MODIFY_TOO_LATE"


async def test_a_cancel_that_is_refused_is_said_again(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["refuse", "refuse"])
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    assert rig.venue.count("cancel") == 3
    assert "rejected" not in rig.kinds(cancel)
    assert rig.fact(cancel, "canceled").order_id == opening.order_id


async def test_a_cancel_that_stays_refused_is_the_venues_no(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["refuse"] * 9)
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    assert rig.venue.count("cancel") == rig.timings.attempts_max
    assert rig.fact(cancel, "rejected").body["code"] == "VENUE_NO_MONEY"
    assert rig.state(cancel) == "done"


# A further attempt of a command this log has never seen.


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


FORBIDDEN = VenueStanding(forbidden="Algo Trading is off", code="10027", exits_wait=True)


async def test_what_the_venue_would_refuse_anyway_is_an_entrys_end_and_an_exits_pause(
    make_rig: MakeRig,
) -> None:
    rig = make_rig(settings={"timings": NodeTimings(kept_back_ms=1)})
    opened, late = entry(), entry("late")
    await rig.deliver(opened)
    rig.venue.stands = FORBIDDEN
    close = exit_of(opened)
    assert await rig.deliver(late) is Outcome.DONE
    assert rig.fact(late, "unsent").body["code"] == "NODE_NOT_PERMITTED"
    assert rig.fact(late, "unsent").body["text"] == FORBIDDEN.forbidden
    assert await rig.deliver(close) is Outcome.DROPPED
    assert rig.kinds(close) == []
    rig.venue.stands = replace(FORBIDDEN, exits_wait=False)
    assert await rig.deliver(close) is Outcome.DONE
    assert [name for name, _ in rig.venue.calls] == ["submit", "close"]


async def test_while_nothing_reaches_the_venue_commands_are_given_back(make_rig: MakeRig) -> None:
    rig = make_rig(settings={"timings": NodeTimings(kept_back_ms=1)})
    rig.venue.stands = replace(FORBIDDEN, offline=True)
    command = entry()
    assert await rig.deliver(command) is Outcome.DROPPED
    assert rig.venue.calls == []
    rig.venue.stands = ABLE
    assert await rig.deliver(command) is Outcome.DONE
