"""The lists: shapes, filters, pages, and who may read."""

import json
from dataclasses import replace
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest
from pydantic import BaseModel

from argos.gateway import filters
from argos.gateway.schemas.configured import (
    AccountItem,
    HaltItem,
    InstrumentItem,
    NodeItem,
    RouteItem,
)
from argos.gateway.schemas.readings import (
    AlarmItem,
    AlertItem,
    DiscrepancyItem,
    ExecutionItem,
    IntentItem,
    LegItem,
    OrderItem,
    PositionItem,
)
from argos.gateway.schemas.signals import SignalItem
from argos.protocol.facts import ReportKind
from fresh_database import FreshDatabase
from recorded_signals import signal
from running_gateway import Caller
from spine import (
    ASK,
    HEDGE,
    NET,
    REPORTS_KEY,
    Spine,
    about,
    fill_of,
    intent_body,
    now,
    positions_of,
)

pytestmark = pytest.mark.integration

LISTS: dict[str, type[BaseModel]] = {
    "alerts": AlertItem,
    "intents": IntentItem,
    "orders": OrderItem,
    "executions": ExecutionItem,
    "positions": PositionItem,
    "trades": LegItem,
    "discrepancies": DiscrepancyItem,
    "alarms": AlarmItem,
    "accounts": AccountItem,
    "instruments": InstrumentItem,
    "routes": RouteItem,
    "nodes": NodeItem,
    "halts": HaltItem,
    "signals": SignalItem,
}
_FOUND = """
INSERT INTO argos.discrepancies (
    discrepancy_id, key, occurrence, code, account, trade_id, expected, observed, found_at
) VALUES ($1, $2 || $3, 1, $2, $3, 'T-1', '{"qty": "10"}', '{"qty": "0"}', now())
"""
SIGNAL_ID = "3f1d0a52-3d0b-5a77-9c35-0d6f8d1f4a11"
_SIGNAL = """
INSERT INTO argos.signals (
    signal_id, chain, sequence, symbol, strategy, version, direction, score, status, simulated, environment,
    config_digest, at, valid_until, record, record_hash
) SELECT ($2::jsonb->>'signal_id')::uuid, 'c', $1, $2->>'symbol', 'consensus', '1', $2->>'direction', 0.8,
         $2->>'status', true, 'dev', $2->>'config_digest', now(), now(),
         jsonb_build_object('signal', $2::jsonb), repeat('5c', 32)
"""


@pytest.fixture
async def busy(gateway: Caller, spine: Spine, database: FreshDatabase) -> Caller:
    """A gateway with something in every list: T-1 filled at both accounts, T-2 denied, one alert refused."""
    assert (await gateway.post("/api/intents", intent_body("T-1"))).status == 202
    assert (await gateway.post("/api/intents", intent_body("T-2", symbol="NOPE"))).status == 202
    assert (await gateway.post("/api/intents", {"trade_id": "T-3"})).status == 422
    await spine.decide()
    for account in (HEDGE, NET):
        (command,) = await spine.lease(account)
        await spine.fill(command, account=account, price=ASK)
        await spine.report(account, positions_of(f"P{command.seq}"))
        late = fill_of(command, account=account, price=ASK)
        again = replace(
            late, fact_id=uuid4(), body={**late.body, "venue_exec_id": f"late-{account}"}
        )
        await spine.report(account, again)  # more than was ordered: recorded, and an alarm
    await spine.reconcile()
    halt = {"scope": "account", "key": NET, "mode": "reducing", "reason": "news"}
    assert (await gateway.post("/api/halt", halt)).status == 200
    halt = {"scope": "strategy", "key": "other@1", "mode": "halted", "reason": "retired"}
    assert (await gateway.post("/api/halt", halt)).status == 200
    connection = await asyncpg.connect(str(database.superuser))
    try:
        open_id, resolved_id = uuid4(), uuid4()
        await connection.execute(_FOUND, open_id, "POSITION_DRIFT", HEDGE)
        await connection.execute(_FOUND, resolved_id, "NEVER_FILLED", NET)
        await connection.execute(
            "INSERT INTO argos.discrepancy_resolutions VALUES ($1, now(), 'seen at the venue')",
            resolved_id,
        )
        long = signal(now(), signal_id=UUID(SIGNAL_ID))
        short = signal(now(), symbol="AMD", direction="short", status="refused")
        for sequence, made in enumerate((long, short), start=1):
            await connection.execute(_SIGNAL, sequence, json.dumps(made))
    finally:
        await connection.close()
    return gateway


async def test_every_item_of_every_list_is_as_documented(busy: Caller) -> None:
    for name, model in LISTS.items():
        items = await busy.items(f"/api/{name}")
        assert items, name
        for item in items:
            assert item.keys() == model.model_fields.keys(), name
            model.model_validate(item)


async def test_pages_of_one_give_every_item_once_in_the_same_order(busy: Caller) -> None:
    for name in LISTS:
        whole = await busy.items(f"/api/{name}")
        walked: list[dict[str, Any]] = []
        page = (await busy.get(f"/api/{name}", limit=1)).json
        while page["next_cursor"] is not None:
            walked += page["items"]
            page = (await busy.get(f"/api/{name}", limit=1, cursor=page["next_cursor"])).json
        walked += page["items"]
        assert [_timeless(item) for item in walked] == [_timeless(item) for item in whole], name


def _timeless(item: dict[str, Any]) -> dict[str, Any]:
    """Without what grows while one looks."""
    return {name: value for name, value in item.items() if not name.endswith("_age_s")}


async def test_what_comes_in_between_two_pages_does_not_move_the_second(busy: Caller) -> None:
    whole = await busy.items("/api/alerts")
    first = (await busy.get("/api/alerts", limit=2)).json
    assert (await busy.post("/api/intents", intent_body("T-9"))).status == 202
    second = (await busy.get("/api/alerts", limit=2, cursor=first["next_cursor"])).json
    assert first["items"] + second["items"] == whole


# list, filters, how many items; {order} is the filled order at meridian-hedge, of {intent}; it opened {position}
FILTERS: list[tuple[str, dict[str, str], int]] = [
    ("alerts", {"status": "refused"}, 1),
    ("alerts", {"refused": "true"}, 1),
    ("alerts", {"refused": "false"}, 2),
    ("alerts", {"refused": "true", "status": "accepted"}, 0),
    ("alerts", {"trade_id": "T-1"}, 1),
    ("alerts", {"symbol": "AAPL", "route": "main"}, 1),
    ("alerts", {"code": "INTENT_BOT_VERSION_MISSING"}, 1),
    ("alerts", {"source": "hook:tradingview"}, 0),
    ("intents", {"trade_id": "T-2"}, 1),
    ("intents", {"action": "open", "bot_version": "ema-cross@3.2"}, 2),
    ("intents", {"route": "elsewhere"}, 0),
    ("intents", {"symbol": "NOPE", "source": "api:operator"}, 1),
    ("intents", {"intent_id": "{intent}"}, 1),
    ("intents", {"intent_id": "{order}"}, 0),
    ("orders", {"account": HEDGE}, 2),
    ("orders", {"status": "filled"}, 2),
    ("orders", {"status": "denied", "account": NET}, 1),
    ("orders", {"code": "SYMBOL_UNKNOWN"}, 2),
    ("orders", {"role": "exit"}, 0),
    ("orders", {"trade_id": "T-1", "symbol": "AAPL", "route": "main"}, 2),
    ("orders", {"bot_version": "other@1"}, 0),
    ("executions", {"account": NET}, 2),
    ("executions", {"status": "external"}, 0),
    ("executions", {"trade_id": "T-1", "symbol": "AAPL"}, 4),
    ("executions", {"order_id": "{order}"}, 2),
    ("executions", {"position_id": "{position}", "account": HEDGE}, 2),
    ("positions", {"account": HEDGE, "symbol": "AAPL"}, 1),
    ("positions", {"trade_id": "T-1", "status": "known"}, 2),
    ("trades", {"trade_id": "T-2"}, 2),
    ("trades", {"status": "denied", "account": HEDGE}, 1),
    ("trades", {"symbol": "AAPL"}, 2),
    ("trades", {"bot_version": "ema-cross@3.2"}, 4),
    ("discrepancies", {"status": "open", "code": "POSITION_DRIFT"}, 1),
    ("discrepancies", {"status": "resolved"}, 1),
    ("discrepancies", {"trade_id": "T-1", "account": NET, "code": "NEVER_FILLED"}, 1),
    ("alarms", {"code": "ORDER_OVERFILLED", "account": HEDGE}, 1),
    ("alarms", {"code": "ORDER_OVERFILLED", "order_id": "{order}"}, 1),
    ("accounts", {"mode": "reducing"}, 1),
    ("accounts", {"account": HEDGE, "venue": "paper"}, 1),
    ("instruments", {"account": HEDGE}, 1),
    ("instruments", {"symbol": "AAPL"}, 2),
    ("routes", {"account": NET}, 1),
    ("routes", {"route": "other"}, 0),
    ("nodes", {"account": NET}, 1),
    ("nodes", {"node": f"node-{NET}", "venue": "paper"}, 1),
    ("halts", {"scope": "account"}, 1),
    ("halts", {"mode": "halted"}, 1),
    ("signals", {"symbol": "AAPL"}, 1),
    ("signals", {"status": "refused", "direction": "short"}, 1),
    ("signals", {"status": "valid", "direction": "short"}, 0),
    ("signals", {"strategy": "consensus"}, 2),
    ("signals", {"strategy": "other"}, 0),
    ("signals", {"signal_id": SIGNAL_ID}, 1),
]


async def test_filters_narrow(busy: Caller) -> None:
    (filled,) = await busy.items("/api/orders", account=HEDGE, status="filled")
    (held,) = await busy.items("/api/positions", account=HEDGE)
    known = {
        "order": filled["order_id"],
        "intent": filled["intent_id"],
        "position": held["position_id"],
    }
    for name, asked, expected in FILTERS:
        values = {key: value.format(**known) for key, value in asked.items()}
        assert len(await busy.items(f"/api/{name}", **values)) == expected, (name, asked)


def test_every_filter_of_every_list_is_tried() -> None:
    models = [value for value in vars(filters).values() if isinstance(value, type)]
    lists = {
        model.__name__.removesuffix("Asked").lower(): model.model_fields.keys()
        for model in models
        if issubclass(model, filters.Asked) and model is not filters.Asked
    }
    everywhere = filters.Asked.model_fields.keys()
    tried = {
        name: {key for path, asked, _ in FILTERS if path == name for key in asked} for name in lists
    }
    assert tried == {name: fields - everywhere for name, fields in lists.items()}


async def test_since_is_inclusive_and_until_is_not(busy: Caller) -> None:
    newest, *_, oldest = await busy.items("/api/alerts")
    since = await busy.items("/api/alerts", since=newest["received_at"])
    until = await busy.items("/api/alerts", until=newest["received_at"])
    assert [item["alert_id"] for item in since] == [newest["alert_id"]]
    assert newest["alert_id"] not in {item["alert_id"] for item in until}
    assert oldest["alert_id"] in {item["alert_id"] for item in until}


UNUSABLE: list[tuple[dict[str, str], str, str]] = [
    ({"cursor": "not-a-cursor"}, "CURSOR_INVALID", "cursor"),
    ({"cursor": ""}, "CURSOR_INVALID", "cursor"),
    ({"limit": "0"}, "PARAMETER_INVALID", "limit"),
    ({"limit": "501"}, "PARAMETER_INVALID", "limit"),
    ({"stauts": "filled"}, "PARAMETER_INVALID", "stauts"),
    ({"status": "perhaps"}, "PARAMETER_INVALID", "status"),
    ({"since": "yesterday"}, "PARAMETER_INVALID", "since"),
    ({"trade_id": "a\0b"}, "PARAMETER_INVALID", "trade_id"),
]


async def test_what_cannot_be_asked_is_refused_by_name(gateway: Caller) -> None:
    for asked, code, field in UNUSABLE:
        reply = await gateway.get("/api/orders", **asked)
        error = reply.json["error"]
        assert (reply.status, error["code"], error["field"]) == (422, code, field), asked


async def test_a_cursor_is_good_for_its_own_list_only(busy: Caller) -> None:
    cursor = (await busy.get("/api/orders", limit=1)).json["next_cursor"]
    reply = await busy.get("/api/alerts", cursor=cursor)
    assert reply.status == 422
    assert reply.json["error"]["code"] == "CURSOR_INVALID"


async def test_reading_needs_a_key_with_the_scope_read(gateway: Caller) -> None:
    paths = [f"/api/{name}" for name in LISTS]
    paths += ["/api/trades/T-1", f"/api/alerts/{uuid4()}", "/api/reconciled/T-1/a/revisions"]
    for path in paths:
        nobody = await gateway.get(path, key=None)
        stranger = await gateway.get(path, key="guessed")
        other = await gateway.get(path, key=REPORTS_KEY)
        codes = [reply.json["error"]["code"] for reply in (nobody, stranger, other)]
        assert [nobody.status, stranger.status, other.status] == [401, 401, 403], path
        assert codes == ["UNAUTHORISED", "UNAUTHORISED", "SCOPE_MISSING"], path


async def test_decimals_are_told_without_trailing_zeros(busy: Caller) -> None:
    execution = (await busy.items("/api/executions"))[0]
    assert execution["commission"] == "0.35"  # the venue said 0.350
    assert execution["fill_price"] == str(ASK)


async def test_accounts_tell_their_last_snapshot_its_age_and_their_mode(busy: Caller) -> None:
    accounts = {item["account"]: item for item in await busy.items("/api/accounts")}
    assert accounts[HEDGE]["mode"] == "active"
    assert (accounts[NET]["mode"], accounts[NET]["mode_reason"]) == ("reducing", "news")
    assert accounts[HEDGE]["snapshot"]["equity"] == "100000"
    assert accounts[HEDGE]["snapshot_age_s"] > 0
    assert accounts[HEDGE]["symbols"] == ["AAPL"]


async def test_nodes_tell_how_much_waits_for_them(gateway: Caller, spine: Spine) -> None:
    for number in range(3):
        await gateway.post("/api/intents", intent_body(f"T-{number}"))
    await spine.decide()
    (command, *_) = await spine.lease(HEDGE)
    await spine.report(HEDGE, about(command, ReportKind.SEND_STARTED, account=HEDGE))
    await spine.report(HEDGE, about(command, ReportKind.IN_DOUBT, account=HEDGE, text="timeout"))
    nodes = {item["account"]: item for item in await gateway.items("/api/nodes")}
    assert (nodes[HEDGE]["lane_depth"], nodes[HEDGE]["in_doubt"]) == (3, 1)
    assert (nodes[NET]["lane_depth"], nodes[NET]["in_doubt"]) == (3, 0)
    assert (nodes[HEDGE]["epoch"], nodes[HEDGE]["status"]) == (1, "connected")


async def test_an_intent_waits_until_it_is_decided(gateway: Caller, spine: Spine) -> None:
    await gateway.post("/api/intents", intent_body("T-1"))
    assert [item["status"] for item in await gateway.items("/api/intents")] == ["waiting"]
    await spine.decide()
    assert [item["status"] for item in await gateway.items("/api/intents")] == ["decided"]
