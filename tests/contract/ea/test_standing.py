"""What only an expert in a terminal meets: its journal, its permissions, the terminal's account and allow-list.

Its standing with the gateway is that of every node, in the cards of tests/contract/node.
"""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from uuid import uuid4

import orjson

from argos.protocol.snapshots import decode_snapshot
from contract.ea.conftest import Desk, MakeDesk, order
from contract.node.gateway_stub import KEY, NODE
from eventually import eventually
from unit.node.rig import exit_of


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
    assert (snapshot.margin, snapshot.fifo, snapshot.blocks) == (Decimal(0), False, ())
    assert snapshot.leverage
    assert snapshot.leverage > 0
    assert snapshot.node.items() >= {"connected": True, "algo_trading": True, "build": 5000}.items()

    def all_told() -> bool:
        polls = [body["snapshot"] for body in desk.gateway.bodies("poll") if body["snapshot"]]
        return bool(polls) and polls[-1]["node"]["unreported"] == 0

    await eventually(all_told, what="nothing left to tell")
    limits = desk.gateway.bodies("hello")[0]["terminal"]["limits"]
    assert limits.keys() == {"lots_max", "orders_per_minute_max", "symbols"}
