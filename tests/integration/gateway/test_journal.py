"""The journal and the figures, from fills that went through the whole spine."""

from decimal import Decimal
from typing import Any

import asyncpg
import orjson
import pytest
from pydantic import BaseModel

from argos.core.canonical import sha256_of
from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import Side
from argos.gateway.schemas.journal import (
    JournalItem,
    JournalSignal,
    JournalVote,
    PerformanceAnswer,
    WinRatesAnswer,
)
from argos.protocol.facts import Report, ReportKind, encode_execution, execution_fact_id
from argos.rehearsal.journal_section import read_section, render_section
from argos.store.database import open_pool
from argos.store.journal import JournalStore
from consensus_records import recorded
from fresh_database import FreshDatabase
from running_gateway import Caller
from spine import ASK, BID, HEDGE, NET, Spine, intent_body, now

pytestmark = pytest.mark.integration

CLOSE = {"action": "close", "side": None, "sl": None, "tp": None}


async def record_signal(database: FreshDatabase, record: dict[str, Any], **changes: Any) -> str:
    """What the outbox of the signal service writes; the trade of the signal has its id."""
    told = record["signal"]
    connection = await asyncpg.connect(str(database.superuser))
    try:
        await connection.execute("SET search_path = argos")
        await connection.set_type_codec(
            "jsonb", schema="pg_catalog", encoder=str, decoder=str, format="text"
        )
        row = {
            "signal_id": told["signal_id"], "chain": "dev", "sequence": record["sequence"],
            "symbol": told["symbol"], "strategy": told["strategy"], "version": told["version"],
            "direction": told["direction"], "score": Decimal(told["score"]), "probability": None,
            "status": told["status"], "simulated": told["simulated"], "environment": "dev",
            "config_digest": told["config_digest"], "at": now(), "valid_until": now(),
            "record_hash": sha256_of(record), **changes,
        }  # fmt: skip
        names = ", ".join(row)
        marks = ", ".join(f"${number}" for number in range(1, len(row) + 1))
        await connection.execute(
            f"INSERT INTO signals ({names}, record) VALUES ({marks}, ${len(row) + 1}::text::jsonb)",
            *row.values(),
            orjson.dumps(record).decode(),
        )
    finally:
        await connection.close()
    return str(told["signal_id"])


async def report_section(database: FreshDatabase) -> str:
    """What the demo's report shows of it."""
    pool = await open_pool(database.dsn("argos_reader"), name="test", size_max=1)
    try:
        return render_section(await read_section(JournalStore(pool), now=now()))
    finally:
        await pool.close()


async def trade(
    gateway: Caller,
    spine: Spine,
    trade_id: str,
    *,
    exit_price: Decimal | None,
    asked: dict[str, Any] | None = None,
    **changes: Any,
) -> None:
    """Bought at both accounts, refused at alder-net, and closed at meridian-hedge if a price is given."""
    opening = intent_body(trade_id, **changes)
    assert (await gateway.post("/api/intents", opening)).status == 202
    await spine.decide()
    (command,) = await spine.lease(HEDGE)
    await spine.fill(command, account=HEDGE, price=ASK)
    await spine.reconcile()
    if exit_price is None:
        return
    closing = intent_body(trade_id, **CLOSE, entry_price=None, **(asked or {}))
    assert (await gateway.post("/api/intents", closing)).status == 202
    await spine.decide()
    (command,) = await spine.lease(HEDGE)
    await spine.fill(command, account=HEDGE, price=exit_price)
    await spine.reconcile()


def stopped(position_id: str, order_id: str, *, qty: str, price: str, reason: FillReason) -> Report:
    """A close that no order of ours made."""
    execution = Execution(
        venue_exec_id=f"{reason.value}-{position_id}",
        venue_order_id="70001",
        position_id=position_id,
        symbol="AAPL",
        side=Side.SELL,
        entry=Entry.OUT,
        price=Decimal(price),
        qty=Decimal(qty),
        commission=Decimal(0),
        swap=Decimal(0),
        fee=Decimal(0),
        profit=Decimal(0),
        reason=reason,
        occurred_at=now(),
    )
    return Report(
        fact_id=execution_fact_id(account=HEDGE, venue_exec_id=execution.venue_exec_id),
        kind=ReportKind.DEAL,
        order_id=None,
        command_id=None,
        at=now(),
        body={**encode_execution(execution), "opening_order_id": order_id},
    )


def has_shape(item: dict[str, Any], model: type[BaseModel]) -> None:
    assert item.keys() == model.model_fields.keys()
    model.model_validate(item)


async def test_a_trade_of_a_signal_shows_votes_verdicts_and_why_it_ended(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    record, _ = recorded("M+ A+ X- S!")
    signal_id = await record_signal(database, record)
    asked = {"features": {"reason": "TIME_STOP"}}
    await trade(gateway, spine, signal_id, exit_price=Decimal("104.02"), asked=asked)
    (item,) = await gateway.items("/api/journal", trade_id=signal_id)
    has_shape(item, JournalItem)
    has_shape(item["signal"], JournalSignal)
    assert (item["account"], item["outcome"], item["finished"]) == (HEDGE, "win", True)
    # 10 x (104.02 - 100.02) less two commissions of 0.35; the stop at 95 risked 10 x 5.02.
    assert (item["gross_pnl"], item["net_pnl"]) == ("40", "39.3")
    assert Decimal(item["r_multiple"]) == round(Decimal("39.3") / Decimal("50.2"), 6)
    assert (item["entered_by"], item["exit_reason"], item["simulated"]) == (
        "signal",
        "time_stop",
        True,
    )
    assert item["why_entered"].startswith("signal, score 0.65: massive long")
    votes = {vote["source"]: vote for vote in item["signal"]["votes"]}
    for vote in votes.values():
        has_shape(vote, JournalVote)
    assert {name: vote["was_right"] for name, vote in votes.items()} == {
        "massive": True,
        "alpha_vantage": True,
        "x_api": False,
        "sonar": None,
    }
    assert all(check["ok"] for check in item["checks"])
    assert {"not_halted", "alert_fresh"} <= {check["check"] for check in item["checks"]}


async def test_an_alert_without_a_signal_has_no_votes_and_an_open_trade_no_outcome(
    gateway: Caller, spine: Spine
) -> None:
    await trade(gateway, spine, "T-1", exit_price=None, features={"ema_fast": 12})
    (item,) = await gateway.items("/api/journal", open="true")
    assert (item["trade_id"], item["outcome"], item["signal"]) == ("T-1", "open", None)
    assert (item["exit_reason"], item["exits"], item["holding_s"]) == (None, [], None)
    assert item["features"] == {"ema_fast": 12}
    assert item["why_entered"] == "open market of ema-cross@3.2, asked by api:operator"
    assert await gateway.items("/api/journal", open="false") == []
    assert await gateway.items("/api/journal", strategy="ema") == []
    assert len(await gateway.items("/api/journal", strategy="ema-cross", symbol="AAPL")) == 1


async def test_figures_count_what_won_and_tell_what_came_to_no_trade(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    record, end = recorded("M+ A+ X- S!")
    refused, _ = recorded("M+ A+ X+ S+", at=now(), refusals=("SESSION_CLOSED",), end=end)
    signal_id = await record_signal(database, record)
    await record_signal(database, refused)
    await trade(gateway, spine, signal_id, exit_price=Decimal("104.02"))
    await trade(gateway, spine, "T-1", exit_price=BID)
    await trade(gateway, spine, "T-2", exit_price=ASK + Decimal("0.07"))
    await gateway.post("/api/intents", intent_body("T-3", symbol="NOPE"))
    await spine.decide()
    await spine.reconcile()
    reply = (await gateway.get("/api/performance/win-rate", by="source")).json
    WinRatesAnswer.model_validate(reply)
    overall = reply["overall"]
    # Won 39.30, lost 0.40 + 0.70, and 0.70 that the commissions took: exactly zero is no win.
    assert (overall["n"], overall["wins"], overall["losses"], overall["zeros"]) == (3, 1, 1, 1)
    assert (overall["win_rate"], overall["too_short"]) == ("0.333333", True)
    assert overall["simulated_n"] == 1
    groups = {group["key"]: group for group in reply["groups"]}
    assert {key: group["n"] for key, group in groups.items()} == {
        "massive": 1,
        "alpha_vantage": 1,
        "x_api": 0,
        "sonar": 0,
    }
    assert (groups["x_api"]["votes"]["voted_against"], groups["x_api"]["votes"]["hits"]) == (1, 0)
    beside = {(item["what"], item["outcome"], item["code"]): item["n"] for item in reply["beside"]}
    assert beside["legs", "denied", "SYMBOL_UNKNOWN"] == 2
    assert beside["signals", "refused", "SESSION_CLOSED"] == 1
    whole = (await gateway.get("/api/performance", by="symbol")).json
    PerformanceAnswer.model_validate(whole)
    money = whole["overall"]["money"]
    assert (money["net_pnl"], money["currency"]) == ("38.2", "USD")
    assert Decimal(money["profit_factor"]) == round(Decimal("39.3") / Decimal("1.1"), 6)
    assert [group["key"] for group in whole["groups"]] == ["AAPL"]
    page = await report_section(database)
    assert "3 finished trades" in page
    assert "SESSION_CLOSED" in page


async def test_capital_is_worked_out_from_what_the_account_was_last_seen_with(
    gateway: Caller, spine: Spine
) -> None:
    await trade(gateway, spine, "T-1", exit_price=Decimal("104.02"))
    await trade(gateway, spine, "T-2", exit_price=None)
    await spine.show_accounts()
    overall = (await gateway.get("/api/performance")).json["overall"]
    # Seen with 100,000 after it had made 39.30 and paid 0.35 for what is open; the snapshot shows no holding.
    assert overall["capital"]["amount"] == "99961.05"
    assert overall["capital"]["basis"] == "worked_out"
    assert Decimal(overall["curve"]["total_return"]) == round(
        Decimal("39.3") / Decimal("99960.7"), 6
    )
    given = (await gateway.get("/api/performance", capital="1000")).json["overall"]
    assert (given["capital"]["basis"], given["curve"]["total_return"]) == ("given", "0.0393")


async def test_what_the_venue_and_other_trades_closed_is_told_apart(
    gateway: Caller, spine: Spine
) -> None:
    await trade(gateway, spine, "T-1", exit_price=None)
    (order,) = await gateway.items("/api/orders", trade_id="T-1", account=HEDGE)
    (fill,) = await gateway.items("/api/executions", trade_id="T-1")
    await spine.report(
        HEDGE,
        stopped(fill["position_id"], order["order_id"], qty="4", price="95", reason=FillReason.SL),
        stopped(fill["position_id"], order["order_id"], qty="6", price="96", reason=FillReason.MANUAL),
    )  # fmt: skip
    await trade(gateway, spine, "T-2", exit_price=None)
    turned = intent_body("T-2", action="reverse", side="sell", sl=None, tp=None)
    assert (await gateway.post("/api/intents", turned)).status == 202
    await spine.decide()
    (command, *_) = await spine.lease(HEDGE)
    await spine.fill(command, account=HEDGE, price=BID)
    await spine.reconcile()
    items = {item["trade_id"]: item for item in await gateway.items("/api/journal")}
    assert (items["T-1"]["finished"], items["T-1"]["exit_reason"]) == (True, "several")
    assert [(part["reason"], part["qty"]) for part in items["T-1"]["exits"]] == [
        ("stop", "4"),
        ("by_hand", "6"),
    ]
    # 4 x (95 - 100.02) + 6 x (96 - 100.02) less one commission.
    assert items["T-1"]["net_pnl"] == "-44.55"
    assert items["T-2"]["exit_reason"] == "reverse"


async def test_pages_follow_each_other_and_nothing_is_left_out_or_double(
    gateway: Caller, spine: Spine
) -> None:
    for number in range(5):
        await trade(gateway, spine, f"T-{number}", exit_price=BID)
    seen, cursor = [], None
    while True:
        page = (
            await gateway.get("/api/journal", limit=2, **({"cursor": cursor} if cursor else {}))
        ).json
        seen += [item["trade_id"] for item in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [f"T-{number}" for number in reversed(range(5))]
    foreign = (await gateway.get("/api/trades", limit=2)).json["next_cursor"]
    assert (await gateway.get("/api/journal", cursor=foreign)).status == 422


async def test_nothing_has_no_figures_and_what_cannot_be_asked_is_refused(gateway: Caller) -> None:
    overall = (await gateway.get("/api/performance", by="month")).json["overall"]
    assert (overall["n"], overall["win_rate"]) == (0, None)
    assert overall["money_missing"] == overall["curve_missing"] == "there is no finished trade"
    for path, asked, code in (
        ("/api/performance/win-rate", {"by": "colour"}, "PARAMETER_INVALID"),
        ("/api/performance/win-rate", {"zone": "Mars/Olympus"}, "ZONE_UNKNOWN"),
        ("/api/performance", {"capital": "0"}, "CAPITAL_NOT_POSITIVE"),
        ("/api/performance", {"acount": NET}, "PARAMETER_INVALID"),
    ):
        reply = await gateway.get(path, **asked)
        assert (reply.status, reply.json["error"]["code"]) == (422, code)
