"""Signals over the API: what stands, what was refused, what became of each, and how their service is doing."""

from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from prometheus_client.parser import text_string_to_metric_families

from argos.core.canonical import sha256_of
from argos.gateway.schemas.signals import LatestSignalsAnswer, SignalItem, SignalStatsAnswer
from argos.proofs.heads import head_of_day
from argos.signals.connections import Pools
from argos.signals.execution import order_entries
from argos.signals.file import SignalFile
from argos.signals.handover import Handover
from argos.signals.outbox import Outbox, OutboxKind
from argos.signals.settings import SignalSettings
from argos.signals.telling import Teller, chain_name
from argos.store.signals import ServiceReport, SignalStore
from fresh_database import FreshDatabase
from recorded_signals import PRICE, Chain, end_row, now
from running_gateway import Caller
from spine import REPORTS_KEY, access_of

pytestmark = pytest.mark.integration
REFUSALS = [{"code": "CONFIDENCE_TOO_LOW", "text": "0.7 is below 0.75"}]


@pytest.fixture
async def pools(database: FreshDatabase) -> AsyncIterator[Pools]:
    opened = Pools(access_of(database))
    yield opened
    opened.terminate()


@pytest.fixture
async def ids(gateway: Caller, pools: Pools, tmp_path: Path) -> dict[str, str]:
    """Signals by what became of them, oldest first: traded, replaced, over, ended, refused, priceless (newest)."""
    file, chain = SignalFile.open(tmp_path / "signals.sqlite"), Chain()
    outbox = Outbox(file)
    start, last = now() - timedelta(minutes=9), now()
    kinds: dict[str, dict[str, Any]] = {
        "over": {"symbol": "NVDA", "at": start},
        "replaced": {"at": start + timedelta(minutes=6)},
        "traded": {"at": start + timedelta(minutes=7), "probability": "0.61"},
        "ended": {"symbol": "MSFT", "at": start + timedelta(minutes=7), "direction": "short"},
        "refused": {
            "symbol": "AMD",
            "status": "refused",
            "refusals": REFUSALS,
            "at": last,
            "signal_id": UUID(int=2**128 - 1),
        },
        "priceless": {"symbol": "TSLA", "simulated": False, "at": last},
    }
    found: dict[str, str] = {}
    with file.transaction() as connection:
        for name, changes in kinds.items():
            record = chain.record(**changes)
            found[name] = record["signal"]["signal_id"]
            chain.tell(connection, record)
            if name in {"traded", "priceless"}:
                price = PRICE if name == "traded" else None
                settings = SignalSettings(auto_execute=True, route="main", intent_ttl_s=3_600)
                order_entries(settings)(connection, record, price)
        day = now().date()
        of_day = [record for record in chain.records if record["at"][:10] == day.isoformat()]
        if len(of_day) == len(chain.records):  # not around midnight
            head = head_of_day(day, of_day, before=None)
            payload = {"head": head, "head_hash": sha256_of(head)}
            Outbox.add(
                connection,
                kind=OutboxKind.HEAD,
                subject=head["day"],
                payload=payload,
                made_at=now(),
            )
        Outbox.add(
            connection,
            kind=OutboxKind.END,
            subject=found["ended"],
            payload=end_row(found["ended"], at=now()),
            made_at=now(),
        )
    teller = Teller(outbox, pools, chain=chain_name(file), clock=now)
    while await teller.step():
        pass
    handing = Handover(outbox, pools, clock=now, auto_execute=True)
    try:
        await handing.step()
    finally:
        await handing.aclose()
    await SignalStore(await pools.of("argos_strategy")).report(
        ServiceReport(
            chain=chain_name(file),
            strategy="consensus",
            version="1",
            environment="dev",
            route="main",
            auto_execute=True,
            waiting=2,
            oldest_waiting_at=now() - timedelta(seconds=30),
            set_aside=0,
        )
    )
    return found


async def test_every_signal_is_as_documented_and_says_what_became_of_it(
    gateway: Caller, ids: dict[str, str]
) -> None:
    items = await gateway.items("/api/signals")
    assert [item["sequence"] for item in items] == [6, 5, 4, 3, 2, 1]
    for item in items:
        assert item.keys() == SignalItem.model_fields.keys()
        SignalItem.model_validate(item)
    by_name = {name: item for item in items for name in ids if ids[name] == item["signal_id"]}
    assert by_name.keys() == ids.keys()
    assert {name for name, item in by_name.items() if item["stands"]} == {
        "replaced",
        "traded",
        "priceless",
    }
    traded = by_name["traded"]
    assert (traded["measure"], traded["probability"]) == ("probability", "0.61")
    assert by_name["over"]["measure"] == "score"
    assert [vote["direction"] for vote in traded["votes"]] == ["long", "long", "abstain"]
    (intent,) = await gateway.items("/api/intents", trade_id=ids["traded"])
    assert traded["intent_id"] == intent["intent_id"]
    assert by_name["priceless"]["intent_refusal"] == "NO_PRICE"
    assert by_name["refused"]["refusals"] == REFUSALS
    assert by_name["ended"]["end_reason"] == "SCORE_FELL"
    await _the_newest_of_each_symbol_stands(gateway, ids)


async def _the_newest_of_each_symbol_stands(gateway: Caller, ids: dict[str, str]) -> None:
    page = (await gateway.get("/api/signals", limit=1)).json
    page = (await gateway.get("/api/signals", limit=1, cursor=page["next_cursor"])).json
    assert page["items"][0]["sequence"] == 5
    answer = (await gateway.get("/api/signals/latest")).json
    LatestSignalsAnswer.model_validate(answer)
    assert [item["signal_id"] for item in answer["items"]] == [ids["priceless"], ids["traded"]]
    assert answer["newest"]["signal_id"] == ids["priceless"]
    of_one = (await gateway.get("/api/signals/latest", symbol="MSFT")).json
    assert (of_one["items"], of_one["newest"]["signal_id"]) == ([], ids["ended"])
    nothing = (await gateway.get("/api/signals/latest", symbol="NONE")).json
    assert nothing == {"items": [], "newest": None}
    first = (await gateway.get("/api/signals/latest", limit=1)).json
    assert [item["signal_id"] for item in first["items"]] == [ids["priceless"]]


async def test_figures_over_many(gateway: Caller, ids: dict[str, str]) -> None:
    stats = (await gateway.get("/api/signals/stats")).json
    assert stats.keys() == SignalStatsAnswer.model_fields.keys()
    SignalStatsAnswer.model_validate(stats)
    assert stats["signals"] == 6
    assert stats["by_symbol"] == {"AAPL": 2, "NVDA": 1, "MSFT": 1, "AMD": 1, "TSLA": 1}
    assert stats["by_direction"] == {"long": 5, "short": 1}
    assert stats["by_status"] == {"valid": 5, "refused": 1}
    assert stats["by_refusal"] == {"CONFIDENCE_TOO_LOW": 1}
    assert stats["not_traded"] == {"NO_PRICE": 1}
    assert stats["simulated_share"] == "0.8333"
    assert stats["last_signal_id"] == ids["priceless"]
    assert stats["lag_max_s"] >= 500  # the oldest was made nine minutes before it came here
    (service,) = stats["services"]
    assert (service["status"], service["waiting"]) == ("running", 2)
    later = (await gateway.get("/api/signals/stats", since=now().isoformat())).json
    assert (later["signals"], later["simulated_share"], later["by_symbol"]) == (0, None, {})
    await _metrics_tell_them_too(gateway)


async def _metrics_tell_them_too(gateway: Caller) -> None:
    text = (await gateway.get("/metrics")).raw.decode()
    found = {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name.startswith("argos_signals")
    }
    assert found["argos_signals_recorded", "valid"] == 5
    assert found["argos_signals_recorded", "refused"] == 1
    by_name = {key[0]: value for key, value in found.items() if key[0] != "argos_signals_recorded"}
    assert by_name["argos_signals_waiting"] == 2
    assert by_name["argos_signals_set_aside"] == 0
    assert by_name["argos_signals_lag_seconds"] >= 30
    assert by_name["argos_signals_last_age_seconds"] >= 0
    assert by_name["argos_signals_report_age_seconds"] >= 0


async def test_a_service_that_fell_silent_is_said_but_alerts_are_still_taken(
    gateway: Caller, ids: dict[str, str], database: FreshDatabase
) -> None:
    connection = await asyncpg.connect(str(database.superuser))
    try:
        await connection.execute(
            "UPDATE argos.signal_services SET reported_at = now() - interval '5 minutes'"
        )
    finally:
        await connection.close()
    health = await gateway.get("/health", key=None)
    assert (health.status, health.json["status"]) == (200, "ready")
    assert health.json["signals"]["ok"] is False
    assert "silent for 30" in health.json["signals"]["detail"]
    stats = (await gateway.get("/api/signals/stats")).json
    assert stats["services"][0]["status"] == "silent"


async def test_without_any_signal_there_is_nothing_and_nothing_breaks(gateway: Caller) -> None:
    for path in ("", "/latest", "/stats"):
        assert (await gateway.get(f"/api/signals{path}", key=None)).status == 401
        assert (await gateway.get(f"/api/signals{path}", key=REPORTS_KEY)).status == 403
        assert (await gateway.get(f"/api/signals{path}", simbol="AAPL")).status == 422
    assert (await gateway.get("/api/signals", status="perhaps")).status == 422
    assert (await gateway.get("/api/signals/latest")).json == {"items": [], "newest": None}
    stats = (await gateway.get("/api/signals/stats")).json
    SignalStatsAnswer.model_validate(stats)
    assert (stats["signals"], stats["last_signal_at"], stats["lag_max_s"]) == (0, None, None)
    health = (await gateway.get("/health", key=None)).json
    assert health["signals"] == {"ok": True, "detail": "no signal service has reported here"}
