"""A paper broker as a process: its ledger survives everything, its keys hold, its faults are on record."""

import asyncio
import json
import sqlite3
import stat
from collections.abc import Iterator
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import aiohttp
import pytest

from argos.exchange.book import Character
from argos.paperbroker.presets import harbor, meridian
from argos.paperbroker.schema import APPEND_ONLY
from argos.paperbroker.settings import LatencySettings, read_settings, settings_json
from eventually import eventually
from paper_process import KEYS, PaperProcess, exact_settings

pytestmark = pytest.mark.acceptance

KEY = "key-a0"


@pytest.fixture(params=list(Character))
def broker(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[PaperProcess]:
    process = PaperProcess(exact_settings(request.param, ledger=tmp_path / "ledger.db")).start()
    yield process
    if process.is_running:
        process.stop()


async def send(broker: PaperProcess, number: int) -> tuple[int, dict]:
    """One market order whose identity is `number`."""
    if broker.settings.character is Character.MT5:
        body = {"action": 1, "symbol": "IBM", "type": number % 2, "volume": 1, "magic": number}
        return await broker.call("POST", "/mt5/order_send", key=KEY, body=body)
    side = "buy" if number % 2 == 0 else "sell"
    body = {"symbol": "IBM", "type": "market", "qty": "1", "client_order_id": f"n-{number}"}
    return await broker.call("POST", "/v2/orders", key=KEY, body={**body, "side": side})


def number_of(order) -> int:
    return order.magic or int(order.client_order_id.removeprefix("n-"))


async def test_nothing_that_was_answered_is_lost_by_kill_9(broker):
    await broker.feed("IBM", "50")
    answered: list[int] = []

    async def client(first: int) -> None:
        for number in range(first, first + 1_000):
            try:
                status, body = await send(broker, number)
            except (aiohttp.ClientError, OSError):
                return
            assert status == 200
            assert body.get("retcode", 10009) == 10009
            answered.append(number)

    for life in range(1, 4):
        clients = [asyncio.create_task(client(life * 100_000 + at * 10_000)) for at in range(3)]
        wanted = len(answered) + 40
        await eventually(lambda wanted=wanted: len(answered) >= wanted, what="40 answers")
        broker.kill()
        await asyncio.gather(*clients)
        broker.start()
    # What fills on its own time goes on by itself after a restart.
    await eventually(lambda: all(not o.is_live for o in broker.ledger().orders), what="all filled")
    view = broker.ledger()
    orders = {number_of(order): order for order in view.orders}
    assert set(answered) <= set(orders)
    assert len(orders) == len(view.orders), "one order for each request"
    deals = [deal.order for deal in view.deals]
    assert sorted(deals) == sorted(order.ticket for order in view.orders)
    deposit = broker.settings.accounts[0].deposit
    assert view.cash["a0"] == deposit + sum(deal.cash_delta for deal in view.deals)
    net = sum(deal.qty * deal.side.sign for deal in view.deals)
    assert net == sum(position.signed_qty for position in view.positions)


async def test_quotes_closed_markets_and_the_port_survive_a_restart(broker):
    await broker.feed("IBM", "50", label="2008-03-04")
    await broker.control("/control/market", {"symbol": "IBM", "open": False})
    quotes, url = broker.ledger().quotes, broker.url
    assert broker.stop() == 0
    broker.start()
    assert broker.url == url
    assert broker.ledger().quotes == quotes
    _, health = await broker.call("GET", "/health", key="")
    assert (health["label"], health["quoted"]) == ("2008-03-04", ["IBM"])
    await send(broker, 2)
    assert not broker.ledger().deals, "the market is still closed"


async def test_the_ledger_is_private_and_its_history_cannot_be_changed(broker):
    await broker.feed("IBM", "50")
    await broker.fault("answer_twice")
    await send(broker, 2)
    if broker.settings.character is Character.MT5:
        await broker.rollover()  # swap: a row of charges
    path = broker.settings.ledger
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    filled = [name for name in APPEND_ONLY if rows_of(path, name)]
    assert set(filled) >= {"order_events", "faults"}
    with sqlite3.connect(path) as db:
        for table in filled:
            for verb in (f"UPDATE {table} SET account = 'x'", f"DELETE FROM {table}"):
                with pytest.raises(sqlite3.IntegrityError, match="append-only"):
                    db.execute(verb)


def rows_of(path: Path, table: str) -> int:
    with sqlite3.connect(f"file:{path}?mode=ro", uri=True) as db:
        return db.execute(f"SELECT count(*) FROM {table}").fetchone()[0]


async def test_every_door_has_its_key(broker):
    mt5 = broker.settings.character is Character.MT5
    account_path = "/mt5/account_info" if mt5 else "/v2/account"
    for path in (account_path, "/stream", "/control/ledger", "/control/faults"):
        for key in ("", "wrong", broker.settings.feed_key):
            status, _ = await broker.call("GET", path, key=key)
            assert status == 401, (path, key)
    status, _ = await broker.call("POST", "/feed", key=KEY, body={"ticks": []})
    assert status == 401


async def test_a_feed_that_cannot_be_read_changes_nothing(broker):
    await broker.feed("IBM", "50")
    for tick in (
        {"symbol": "NOPE", "mid": "1"},
        {"symbol": "IBM", "mid": "0"},
        {"symbol": "IBM", "mid": "x"},
        {"symbol": "IBM"},
    ):
        status, answer = await broker.call(
            "POST", "/feed", key=broker.settings.feed_key, body={"ticks": [tick]}
        )
        assert status == 422
        assert answer["error"]["code"]
    quote = broker.ledger().quotes["IBM"]
    assert quote.bid < 50 < quote.ask


async def test_faults_come_by_seed_and_are_on_record(broker):
    await broker.feed("IBM", "50")
    state = await broker.control("/control/faults", {"probabilities": {"reject": "0.5"}})
    assert state["probabilities"] == {"reject": 0.5}
    rejected = 0
    for number in range(2, 42):
        status, body = await send(broker, number)
        rejected += status == 403 or body.get("retcode") == 10006
    assert 0 < rejected < 40
    faults = broker.ledger().faults
    assert [fault.fault for fault in faults] == ["reject"] * rejected
    state = await broker.control("/control/faults", {"clear": True})
    assert state == {"probabilities": {}, "next": []}
    status, _ = await broker.call(
        "POST",
        "/control/faults",
        key=broker.settings.control_key,
        body={"next": [{"fault": "no such fault"}]},
    )
    assert status == 422


async def test_the_stream_tells_quotes_and_trades_and_twice_if_asked(broker):
    await broker.feed("IBM", "50")
    await broker.fault("answer_twice")
    headers = {"Authorization": f"Bearer {KEY}"}
    async with (
        aiohttp.ClientSession(headers=headers) as session,
        session.get(f"{broker.url}/stream") as response,
    ):
        lines = response.content
        opening = json.loads(await lines.readline())
        assert opening["type"] == "quotes"
        assert opening["quotes"][0][0] == "IBM"
        await send(broker, 2)
        executions: list[str] = []
        while len(executions) < 2:
            message = json.loads(await lines.readline())
            deal = message.get("deal") or message.get("data", {})
            if "ticket" in deal or "execution_id" in deal:
                executions.append(deal.get("execution_id") or deal["ticket"])
    assert executions[0] == executions[1]


async def test_the_control_dump_is_the_ledger(broker):
    await broker.feed("IBM", "50")
    await send(broker, 2)
    await eventually(lambda: len(broker.ledger().deals) == 1, what="the fill")
    _, dump = await broker.call("GET", "/control/ledger", key=broker.settings.control_key)
    view = broker.ledger()
    assert [deal["ticket"] for deal in dump["deals"]] == [deal.ticket for deal in view.deals]
    assert {name: Decimal(cash) for name, cash in dump["cash"].items()} == view.cash


async def test_an_accepted_order_is_filled_after_a_crash_before_its_fill(tmp_path):
    """An answer may leave before the fill: the promise is kept by the next life."""
    settings = exact_settings(Character.ALPACA, ledger=tmp_path / "ledger.db")
    slow = replace(settings, latency=LatencySettings(fill_median_ms=3_600_000))
    broker = PaperProcess(slow).start()
    await broker.feed("IBM", "50")
    await send(broker, 2)
    broker.kill()
    assert not broker.ledger().deals
    broker = PaperProcess(settings).start()
    try:
        await eventually(lambda: len(broker.ledger().deals) == 1, what="the fill")
    finally:
        broker.stop()


async def test_two_brokers_of_one_seed_and_one_story_deal_alike(tmp_path):
    told = []
    for name in ("first", "second"):
        preset = meridian(ledger=tmp_path / name / "ledger.db", keys=KEYS, seed=11)
        settings = replace(preset, latency=LatencySettings(), requote_probability=0.0)
        settings.ledger.parent.mkdir()
        broker = PaperProcess(settings).start()
        try:
            for number in range(1, 9):
                await broker.feed("IBM", f"5{number}")
                body = {"action": 1, "symbol": "IBM", "type": 0, "volume": 100, "magic": number}
                await broker.call("POST", "/mt5/order_send", key="k-hedge", body=body)
        finally:
            broker.stop()
        told.append([(deal.qty, deal.price) for deal in broker.ledger().deals])
    assert told[0] == told[1]
    assert len(told[0]) == 8


@pytest.mark.parametrize("preset", [meridian, harbor])
def test_presets_survive_their_file(preset, tmp_path):
    settings = preset(ledger=tmp_path / "ledger.db", keys=KEYS, seed=1)
    path = tmp_path / "settings.json"
    path.write_bytes(settings_json(settings))
    assert read_settings(path) == settings
