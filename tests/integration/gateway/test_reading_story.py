"""One trade from alert to reconciliation, one alert, and a leg's revisions."""

import base64
import gzip
from decimal import Decimal

import pytest
from pydantic import BaseModel

from argos.gateway.schemas.readings import (
    AlertAnswer,
    ExecutionItem,
    IntentItem,
    LegItem,
    OrderItem,
)
from argos.gateway.schemas.story import (
    DeliveryItem,
    StoryAnswer,
    StoryCommand,
    StoryFact,
    StoryRefusal,
    TimelineEntry,
)
from argos.protocol.facts import ReportKind
from running_gateway import Caller
from spine import (
    ASK,
    BID,
    HEDGE,
    HOOK_KEY,
    HOOK_SECRET,
    NET,
    Spine,
    about,
    deal_by_hand,
    intent_body,
    positions_of,
)

pytestmark = pytest.mark.integration

SHAPES: dict[str, type[BaseModel]] = {
    "alerts": DeliveryItem,
    "intents": IntentItem,
    "orders": OrderItem,
    "commands": StoryCommand,
    "facts": StoryFact,
    "fills": ExecutionItem,
    "legs": LegItem,
    "timeline": TimelineEntry,
}


async def _trade(gateway: Caller, spine: Spine, trade_id: str) -> None:
    """Opened at both accounts, told twice, closed at meridian-hedge only: alder-net refuses the close."""
    opening = intent_body(trade_id)
    assert (await gateway.post("/api/intents", opening)).status == 202
    assert (await gateway.post("/api/intents", opening)).status == 200
    changed = {**opening, "sl": "90"}
    assert (await gateway.post("/api/intents", changed)).status == 409
    await spine.decide()
    (command,) = await spine.lease(HEDGE)
    await spine.fill(command, account=HEDGE, price=ASK)
    (command,) = await spine.lease(NET)
    await spine.report(
        NET,
        about(command, ReportKind.SEND_STARTED, account=NET),
        about(command, ReportKind.REJECTED, account=NET, code="10016", text="Invalid stops"),
    )
    await spine.reconcile()
    closing = {"action": "close", "side": None, "sl": None, "tp": None, "entry_price": "101"}
    assert (await gateway.post("/api/intents", intent_body(trade_id, **closing))).status == 202
    await spine.decide()
    (command,) = await spine.lease(HEDGE)
    await spine.fill(command, account=HEDGE, price=BID)
    await spine.reconcile()


async def test_the_story_holds_everything_in_the_documented_shapes(
    gateway: Caller, spine: Spine
) -> None:
    await _trade(gateway, spine, "T-1")
    story = (await gateway.get("/api/trades/T-1")).json
    assert story.keys() == StoryAnswer.model_fields.keys()
    StoryAnswer.model_validate(story)
    for name, model in SHAPES.items():
        assert story[name], name
        for item in story[name]:
            assert item.keys() == model.model_fields.keys(), name
    assert [alert["outcome"] for alert in story["alerts"]] == [
        "accepted",
        "duplicate",
        "conflict",
        "accepted",
    ]
    assert [intent["action"] for intent in story["intents"]] == ["open", "close"]
    assert len(story["fills"]) == 2
    assert {leg["account"]: leg["outcome"] for leg in story["legs"]} == {
        HEDGE: "loss",
        NET: "rejected",
    }


async def test_the_timeline_tells_what_happened_in_its_order(gateway: Caller, spine: Spine) -> None:
    await _trade(gateway, spine, "T-1")
    timeline = (await gateway.get("/api/trades/T-1")).json["timeline"]
    of_hedge = [entry["stage"] for entry in timeline if entry["account"] in {HEDGE, None}]
    assert of_hedge == [
        "received",
        "duplicate",
        "conflict",
        "decided",
        "leased",
        "send_started",
        "accepted",
        "fill",
        "received",
        "decided",
        "leased",
        "send_started",
        "accepted",
        "fill",
        "reconciled",
    ]
    refused = [entry for entry in timeline if entry["stage"] == "rejected"]
    assert [entry["what"] for entry in refused] == ["the venue refused: 10016: Invalid stops"]
    assert [entry["ms_since_alert"] for entry in timeline] == sorted(
        entry["ms_since_alert"] for entry in timeline
    )
    opened, closed = (entry for entry in timeline if entry["stage"] == "fill")
    assert opened["what"] == f"filled 10 AAPL @ {ASK} ({HEDGE}), at the quote"
    assert closed["what"] == f"filled 10 AAPL @ {BID} ({HEDGE}), at the quote"
    assert 0 < closed["ms_since_intent"] < closed["ms_since_alert"]


async def test_a_denied_trade_tells_why_at_every_account(gateway: Caller, spine: Spine) -> None:
    await gateway.post("/api/intents", intent_body("T-1", symbol="NOPE"))
    await spine.decide()
    story = (await gateway.get("/api/trades/T-1")).json
    denied = {entry["account"]: entry for entry in story["timeline"] if entry["stage"] == "denied"}
    assert denied.keys() == {HEDGE, NET}
    assert denied[NET]["what"].startswith("denied SYMBOL_UNKNOWN: ")
    failed = [check for check in story["orders"][0]["checks"] if not check["ok"]]
    assert failed[0]["code"] == "SYMBOL_UNKNOWN"


async def test_a_close_of_nothing_is_refused_in_the_story(gateway: Caller, spine: Spine) -> None:
    await gateway.post("/api/intents", intent_body("T-1", action="cancel", side=None))
    await spine.decide()
    story = (await gateway.get("/api/trades/T-1")).json
    told = [entry for entry in story["timeline"] if entry["stage"] in {"refused", "denied"}]
    assert told, story
    for refusal in story["refusals"]:
        assert refusal.keys() == StoryRefusal.model_fields.keys()


async def test_what_a_person_did_by_hand_is_an_external_trade(
    gateway: Caller, spine: Spine
) -> None:
    await spine.report(HEDGE, deal_by_hand("P77", account=HEDGE), positions_of("P77"))
    await spine.reconcile()
    (fill,) = await gateway.items("/api/executions", status="external")
    (position,) = await gateway.items("/api/positions", status="external")
    assert (fill["position_id"], fill["order_id"]) == ("P77", None)
    assert position["trade_id"] == fill["trade_id"]
    story = (await gateway.get(f"/api/trades/{fill['trade_id']}")).json
    assert [leg["outcome"] for leg in story["legs"]] == ["external"]
    told = [entry for entry in story["timeline"] if entry["stage"] == "fill"]
    assert [entry["what"] for entry in told] == [f"by hand: filled 10 AAPL @ {ASK} ({HEDGE})"]
    assert told[0]["ms_since_alert"] is None


async def test_a_trade_that_nobody_knows_is_not_found(gateway: Caller) -> None:
    reply = await gateway.get("/api/trades/T-404")
    assert reply.status == 404
    assert reply.json["error"]["code"] == "NOT_FOUND"
    assert "T-404" in reply.json["error"]["message"]


async def test_a_trade_id_may_hold_a_slash(gateway: Caller, spine: Spine) -> None:
    await gateway.post("/api/intents", intent_body("ema/AAPL/1"))
    await spine.decide()
    await spine.reconcile()
    assert (await gateway.get("/api/trades/ema/AAPL/1")).json["trade_id"] == "ema/AAPL/1"
    assert (await gateway.get("/api/trades/ema%2FAAPL%2F1")).json["trade_id"] == "ema/AAPL/1"


async def test_old_revisions_of_a_leg_stay_readable(gateway: Caller, spine: Spine) -> None:
    await _trade(gateway, spine, "T-1")
    items = (await gateway.get(f"/api/reconciled/T-1/{HEDGE}/revisions")).json["items"]
    assert [item["revision"] for item in items] == [2, 1]
    assert [item["outcome"] for item in items] == ["loss", "open"]
    newest = await gateway.items("/api/trades", trade_id="T-1", account=HEDGE)
    assert newest == items[:1]
    missing = await gateway.get("/api/reconciled/T-1/nobody/revisions")
    assert missing.status == 404


async def test_an_alert_shows_its_body_without_the_secret_and_every_verdict(
    gateway: Caller, spine: Spine
) -> None:
    body = intent_body("T-1", secret=HOOK_SECRET)
    taken = await gateway.post(f"/hooks/tradingview/{HOOK_KEY}", body, key=None)
    assert taken.status == 202
    reply = await gateway.get(f"/api/alerts/{taken.json['alert_id']}")
    assert HOOK_SECRET.encode() not in reply.raw
    alert = reply.json
    assert alert.keys() == AlertAnswer.model_fields.keys()
    AlertAnswer.model_validate(alert)
    assert (alert["outcome"], alert["trade_id"]) == ("accepted", "T-1")
    assert alert["intent_id"] == taken.json["intent_id"]
    assert '"trade_id":"T-1"' in alert["body"]
    verdicts = {check["check"]: check["ok"] for check in alert["checks"]}
    assert verdicts == dict.fromkeys(["hook", "size", "json", "secret", "intent"], True)


async def test_a_repeat_names_the_alert_that_made_the_intent(gateway: Caller, spine: Spine) -> None:
    body = intent_body("T-1")
    first = (await gateway.post("/api/intents", body)).json
    again = (await gateway.post("/api/intents", body)).json
    alert = (await gateway.get(f"/api/alerts/{again['alert_id']}")).json
    assert (alert["outcome"], alert["deliveries"]) == ("duplicate", 2)
    assert alert["first_alert_id"] == first["alert_id"]


async def test_a_body_that_is_no_text_is_told_in_base64(gateway: Caller, spine: Spine) -> None:
    raw = gzip.compress(b"{}", mtime=0)
    refused = await gateway.post("/api/intents", raw)
    assert refused.status == 422
    alert = (await gateway.get(f"/api/alerts/{refused.json['alert_id']}")).json
    assert alert["body_encoding"] == "base64"
    assert base64.b64decode(alert["body"]) == raw
    assert alert["checks"][-1]["ok"] is False


async def test_an_alert_that_nobody_knows_is_not_found(gateway: Caller) -> None:
    reply = await gateway.get("/api/alerts/019aa1c4-6b2c-7d3e-8f00-5a1b2c3d4e5f")
    assert (reply.status, reply.json["error"]["code"]) == (404, "NOT_FOUND")
    reply = await gateway.get("/api/alerts/not-an-id")
    assert (reply.status, reply.json["error"]["code"]) == (422, "PARAMETER_INVALID")


async def test_features_come_back_with_the_numbers_that_were_sent(
    gateway: Caller, spine: Spine
) -> None:
    raw = intent_body("T-1", features={"x": "@"})
    text = str(raw).replace("'", '"').replace('"@"', "0.1234567890123456789012345")
    assert (await gateway.post("/api/intents", text.encode())).status == 202
    reply = await gateway.get("/api/intents")
    assert b"0.1234567890123456789012345" in reply.raw
    assert Decimal("0.1234567890123456789012345") != Decimal(
        reply.json["items"][0]["features"]["x"]
    )
