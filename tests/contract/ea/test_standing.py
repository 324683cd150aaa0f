"""The expert's standing with its gateway: signatures, epochs, brakes, limits, and a gateway that comes and goes."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import orjson
import pytest

from argos.core.order import CommandKind
from argos.protocol.snapshots import decode_snapshot
from contract.ea.conftest import SYMBOL, Desk, MakeDesk, order
from contract.node.gateway_stub import CODE, KEY, NODE
from eventually import eventually
from unit.node.rig import change_of, exit_of


async def test_the_hello_tells_account_terms_and_terminal(desk: Desk) -> None:
    hello = desk.gateway.bodies("hello")[0]
    snapshot = decode_snapshot(hello["info"])
    assert snapshot.balance == Decimal(100_000)
    assert snapshot.hedging is True
    assert snapshot.instruments[SYMBOL].tick_size == Decimal("0.01")
    assert snapshot.instruments[SYMBOL].stops_distance_min == Decimal("0.02")
    assert snapshot.quotes[SYMBOL].bid < snapshot.quotes[SYMBOL].ask
    assert abs(snapshot.taken_at - datetime.now(tz=UTC)) < timedelta(seconds=5)
    terminal = hello["terminal"]
    assert (terminal["venue"], terminal["unique_client_ids"]) == ("mt5", False)
    assert (terminal["connected"], terminal["algo_trading"]) == (True, True)
    assert terminal["broker_offset_ms"] == 3 * 3_600_000


async def test_counters_rise_over_restarts_and_each_hello_is_a_new_epoch(desk: Desk) -> None:
    assert await desk.expert.quit() == 0
    desk.expert.start()
    await desk.working()
    counters = desk.gateway.counters
    assert counters == sorted(set(counters))
    hellos = desk.gateway.bodies("hello")
    assert hellos[0]["log_id"] == hellos[1]["log_id"]
    assert hellos[1]["log_counter"] > hellos[0]["log_counter"]
    assert desk.gateway.epochs[-1] == ("poll", 2)


async def test_a_command_that_comes_twice_is_sent_once_and_told_again(desk: Desk) -> None:
    command = order()
    await desk.do(command, "fill")
    told = desk.reported("fill", command)
    desk.gateway.lease(command)
    await eventually(lambda: desk.reported("fill", command) > told, what="told again")
    assert len(await desk.deals()) == 1


async def test_what_is_too_late_at_the_node_is_not_sent(desk: Desk) -> None:
    late = order(valid_until=datetime.now(tz=UTC) - timedelta(seconds=1))
    facts = await desk.do(late, "unsent")
    assert facts["unsent"].body["code"] == "EXPIRED_UNSENT"
    assert await desk.deals() == []


async def test_a_halt_refuses_entries_and_gives_exits_back(desk: Desk) -> None:
    command = order()
    await desk.do(command, "fill")
    desk.gateway.mode = "halted"
    await desk.working()
    facts = await desk.do(order(), "unsent")
    assert facts["unsent"].body["code"] == "HALTED"
    close = exit_of(command, str(uuid4()))
    desk.gateway.lease(close)
    await eventually(lambda: close.command_id in desk.gateway.given, what="the close leased")
    await desk.working()
    assert desk.facts(close) == {}
    desk.gateway.mode = "reducing"
    await desk.working()
    await desk.do(close, "fill")
    facts = await desk.do(order(), "unsent")
    assert facts["unsent"].body["code"] == "HALTED"


@pytest.mark.parametrize(
    ("inputs", "code"),
    [
        ({"InpLotsMax": "5"}, "NODE_LIMIT_QTY"),
        ({"InpSymbols": "MSFT, IBM"}, "NODE_LIMIT_SYMBOL"),
        ({"InpOrdersPerMinuteMax": "1"}, "NODE_LIMIT_RATE"),
    ],
    ids=["lots", "symbols", "rate"],
)
async def test_the_nodes_own_limits_hold_entries_back_and_never_exits(
    make_desk: MakeDesk, inputs: dict[str, str], code: str
) -> None:
    desk: Desk = await make_desk()
    desk.expert.start(**inputs)
    await desk.working()
    if code == "NODE_LIMIT_RATE":
        await desk.do(order(), "fill")
    facts = await desk.do(order(), "unsent")
    assert facts["unsent"].body["code"] == code
    body = {"account": desk.broker_account, "symbol": SYMBOL, "side": "buy", "qty": "20"}
    await desk.broker.control("/control/manual", body)
    rows = await desk.broker_rows("positions")
    by_hand = next(row for row in rows if row["magic"] == "0")
    close = exit_of(order(), str(uuid4()), qty=Decimal(20), position_id=str(by_hand["identifier"]))
    await desk.do(close, "fill")


async def test_a_gateway_that_goes_and_comes_loses_no_fact(desk: Desk) -> None:
    desk.gateway.faults["reports"].extend(["away", "lost", "unsigned", "foreign"])
    command = order()
    await desk.do(command, "send_started", "accepted", "fill")
    desk.gateway.faults["poll"].extend(["broken", "unsigned", "replayed", "stale"])
    again = order()
    await desk.do(again, "fill")
    assert len(await desk.deals()) == 2


async def test_what_happened_while_the_gateway_was_gone_is_told_after_a_restart(desk: Desk) -> None:
    desk.gateway.faults["reports"].extend(["away"] * 500)
    command = order()
    desk.gateway.lease(command)

    async def filled() -> bool:
        return len(await desk.deals()) == 1

    await eventually(filled, what="the deal")
    desk.expert.kill()
    desk.gateway.faults["reports"].clear()
    desk.expert.start()
    await desk.told(command, "send_started", "fill")
    assert len(await desk.deals()) == 1


async def test_a_fact_that_the_gateway_refuses_does_not_hold_up_the_others(desk: Desk) -> None:
    desk.gateway.refuse["accepted"] = "FACT_MALFORMED"
    command = order()
    facts = await desk.do(command, "fill")
    assert "accepted" not in facts
    await desk.do(order(), "fill")
    assert desk.reported("accepted", command) == 1


async def test_a_newer_epoch_ends_the_expert_and_a_forged_one_does_not(desk: Desk) -> None:
    desk.gateway.faults["poll"].append("forged_fence")
    await desk.do(order(), "fill")
    desk.gateway.faults["poll"].append("fenced")
    assert await desk.expert.ended() == 0
    assert "a newer epoch" in desk.expert.log


async def test_a_copied_journal_takes_the_new_name_that_the_gateway_gives(desk: Desk) -> None:
    await desk.expert.quit()
    desk.gateway.log_id = str(uuid4())
    desk.expert.start()
    await desk.working()
    await desk.expert.quit()
    desk.expert.start()
    await desk.working()
    assert desk.gateway.bodies("hello")[-1]["log_id"] == desk.gateway.log_id


async def test_two_experts_never_hold_one_journal(desk: Desk) -> None:
    second = type(desk.expert)(
        program=desk.expert.program,
        directory=desk.expert.directory,
        arguments=desk.expert.arguments,
    ).start()
    assert await second.ended() == 3
    assert "another expert holds" in desk.expert.log


async def test_a_terminal_on_another_account_is_not_traded(desk: Desk) -> None:
    await desk.do(order(), "fill")
    await desk.expert.quit()
    desk.expert.arguments += ["--account", "2002"]
    desk.expert.start()
    assert await desk.expert.ended() == 0
    assert "this journal is of login 1001" in desk.expert.log


async def test_the_algo_button_refuses_entries_and_is_told(desk: Desk) -> None:
    command = order()
    await desk.do(command, "fill")
    await desk.expert.tell("algo off")
    facts = await desk.do(order(), "unsent")
    assert facts["unsent"].body["code"] == "NODE_NOT_PERMITTED"

    def is_told() -> bool:
        beats = [f for f in desk.gateway.facts.values() if f.kind.value == "heartbeat"]
        return any(fact.body["algo_trading"] is False for fact in beats)

    await eventually(is_told, what="the button told")
    await desk.expert.tell("algo on")
    await desk.do(exit_of(command, str(uuid4())), "fill")


async def test_a_permission_that_the_server_takes_stops_entries_for_a_while(desk: Desk) -> None:
    await desk.expert.tell("retcode 10026")
    facts = await desk.do(order(), "rejected")
    assert facts["rejected"].body["venue_code"] == "10026"
    facts = await desk.do(order(), "unsent")
    assert facts["unsent"].body["code"] == "NODE_NOT_PERMITTED"


async def test_commands_of_one_symbol_run_in_their_order(desk: Desk) -> None:
    command = order(seq=1)
    protect = change_of(command, CommandKind.MODIFY, str(uuid4()), sl=Decimal(90))
    close = exit_of(command, str(uuid4()), seq=3)
    desk.gateway.lease(close, protect, command)
    await desk.told(close, "fill")
    await desk.told(protect, "modified")
    assert await desk.broker_rows("positions") == []


async def test_an_enrolment_code_is_traded_for_a_key_that_is_kept(make_desk: MakeDesk) -> None:
    desk: Desk = await make_desk()
    desk.expert.key_file.unlink()
    desk.gateway.faults["enrol"].append("away")
    desk.expert.start(InpEnrolCode=CODE)
    await desk.working()
    await desk.expert.quit()
    desk.expert.start()
    await desk.working()
    assert len(desk.gateway.bodies("enrol")) == 1


async def test_without_key_or_code_the_expert_says_so_and_ends(make_desk: MakeDesk) -> None:
    desk: Desk = await make_desk()
    desk.expert.key_file.unlink()
    desk.expert.start()
    await desk.expert.ended()
    assert "NODE_KEY_MISSING" in desk.expert.log


async def test_a_gateway_that_is_not_allowed_in_the_terminal_is_said(make_desk: MakeDesk) -> None:
    desk: Desk = await make_desk()
    at = desk.expert.arguments.index("--allow")
    desk.expert.arguments[at + 1] = "http://other.example"
    desk.expert.start()
    await eventually(lambda: "error 4014" in desk.expert.log, what="the terminal's error")


async def test_lists_are_not_trusted_right_after_the_terminal_connected(
    make_desk: MakeDesk,
) -> None:
    desk: Desk = await make_desk()
    started_at = datetime.now(tz=UTC)
    desk.expert.start(InpSettleMs=1_500)
    await desk.working()
    assert datetime.now(tz=UTC) - started_at >= timedelta(milliseconds=1_500)


async def test_the_expert_takes_a_new_key_keeps_it_and_works_on(desk: Desk) -> None:
    desk.gateway.faults["rekey"].extend(["away", "foreign", "lost"])
    desk.gateway.wants_rekey = True
    await eventually(lambda: not desk.gateway.wants_rekey, what="the new key in use")
    await desk.do(order(), "fill")
    kept = orjson.loads(desk.expert.key_file.read_bytes())
    assert kept == {"node": NODE, "key": desk.gateway.keys[0].hex()}
    assert desk.gateway.keys[0] != KEY
    assert await desk.expert.quit() == 0
    desk.expert.start()
    await desk.working()


async def test_the_snapshot_tells_money_terminal_and_what_is_still_to_be_told(desk: Desk) -> None:
    await desk.working()
    snapshot = decode_snapshot(desk.gateway.bodies("hello")[0]["info"])
    assert (snapshot.margin, snapshot.fifo) == (Decimal(0), False)
    assert snapshot.leverage
    assert snapshot.leverage > 0
    assert snapshot.node.items() >= {"connected": True, "algo_trading": True, "build": 5000}.items()

    def all_told() -> bool:
        polls = [body["snapshot"] for body in desk.gateway.bodies("poll") if body["snapshot"]]
        return bool(polls) and polls[-1]["node"]["unreported"] == 0

    await eventually(all_told, what="nothing left to tell")
    limits = desk.gateway.bodies("hello")[0]["terminal"]["limits"]
    assert limits.keys() == {"lots_max", "orders_per_minute_max", "symbols"}
