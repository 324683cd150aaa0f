"""One entry through the executor: sent once, or not at all with a reason, or given back."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.account import TradingMode
from argos.node.settings import NodeLimits, NodeTimings
from argos.node.work import Outcome, Work
from argos.ports import ABLE, VenueStanding
from argos.protocol.facts import decode_execution, execution_fact_id
from argos.protocol.values import decimal_text, moment_text
from unit.node.fake_venue import ACCOUNT, ASK, BID, START
from unit.node.rig import Rig, entry, exit_of, limit_entry

MakeRig = Callable[..., Rig]
FORBIDDEN = VenueStanding(forbidden="Algo Trading is off", code="10027", exits_wait=True)


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
