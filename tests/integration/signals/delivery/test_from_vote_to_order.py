"""From votes to orders, each part as it is: the tick, its file, the delivery, the spine, the API and the look ahead."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.consensus.vote import Direction
from argos.dsn import Access
from argos.gateway.schemas.signals import SignalItem
from argos.proofs.records import verify_chain
from argos.settings import Settings
from argos.signals.delivery import deliver
from argos.signals.execution import order_entries
from argos.signals.file import SignalFile
from argos.signals.outbox import Outbox
from argos.signals.precheck import Verdict, verdict_of
from argos.signals.session import Session
from argos.signals.standing import StandingSource
from argos.signals.store import SignalStore
from argos.store.database import open_connection
from argos.wiring.gateway import build_gateway
from eventually import eventually
from fresh_database import FreshDatabase
from recorded_signals import PRICE, now
from running_gateway import Caller, serve
from signal_stage import SETTINGS as STAGE_SETTINGS
from signal_stage import votes_for
from spine import API_KEY, ASK, HEDGE, NET, Spine, access_of

pytestmark = pytest.mark.integration
SETTINGS = replace(
    STAGE_SETTINGS,
    auto_execute=True,
    route="main",
    symbols=("AAPL",),
    max_drawdown_fraction=None,
)


class Service:
    """The cycle's session over a file, told the time and the votes; its look ahead is of what was last read."""

    def __init__(self, file: SignalFile, access: Access) -> None:
        self._file = file
        self.source = StandingSource(access, SETTINGS, clock=now)
        self._standing: Any = None
        self._session = Session(
            SignalStore(file),
            SETTINGS,
            prices=lambda _: PRICE,
            precheck=self._precheck,
            on_recorded=order_entries(SETTINGS),
        )

    def _precheck(self, symbol: str, _: Direction) -> Verdict:
        return verdict_of(self._standing, symbol=symbol, max_drawdown_fraction=None, now=now())

    async def fire(self, at: datetime) -> Mapping[str, Any]:
        """Ticks every five seconds with all sources on one side, until that gives a signal."""
        self._standing = await self.source.read()
        for ticks in range(20):
            moment = at + timedelta(seconds=5 * ticks)
            if self._session.tick(tuple(votes_for("AAPL", now=moment)), now=moment).fired:
                return self._newest()
        raise AssertionError("no signal")

    def _newest(self) -> Mapping[str, Any]:
        with self._file.reading() as connection:
            (text,) = connection.execute(
                "SELECT record FROM records ORDER BY sequence DESC LIMIT 1"
            ).fetchone()
        signal: Mapping[str, Any] = json.loads(text)["signal"]
        return signal


async def test_a_signal_becomes_orders_and_the_next_one_sees_them(
    file: SignalFile, database: FreshDatabase, spine: Spine
) -> None:
    access, woken = access_of(database), asyncio.Event()
    service = Service(file, access)
    task = asyncio.create_task(deliver(SETTINGS, file, access, clock=now, woken=woken))
    try:
        async with serve(build_gateway(access, Settings()), key=API_KEY) as gateway:
            first = await service.fire(now() - timedelta(seconds=10))
            woken.set()
            await told(file)
            await spine.decide()
            for account in (HEDGE, NET):
                (command,) = await spine.lease(account)
                assert (command.side, command.sl, command.tp) == ("buy", Decimal(98), Decimal(104))
                await spine.fill(command, account=account, price=ASK)
            # the same symbol once more: as both accounts hold it now, the look ahead refuses it
            second = await service.fire(now() + timedelta(seconds=60))
            woken.set()
            await told(file)
            await check_what_is_shown(gateway, first, second)
    finally:
        service.source.terminate()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def check_what_is_shown(
    gateway: Caller, first: Mapping[str, Any], second: Mapping[str, Any]
) -> None:
    items = await gateway.items("/api/signals")
    for item in items:
        SignalItem.model_validate(item)
    newest, oldest = items
    assert (oldest["signal_id"], newest["signal_id"]) == (first["signal_id"], second["signal_id"])
    (intent,) = await gateway.items("/api/intents", source="signals")
    assert oldest["intent_id"] == intent["intent_id"]
    assert (newest["intent_id"], newest["intent_refusal"]) == (None, None)
    assert [refusal["code"] for refusal in newest["refusals"]] == ["ALREADY_HELD"]


async def test_the_chain_in_the_database_is_the_chain_of_the_file(
    file: SignalFile, database: FreshDatabase, spine: Spine
) -> None:
    access = access_of(database)
    service = Service(file, access)
    task = asyncio.create_task(deliver(SETTINGS, file, access, clock=now, woken=asyncio.Event()))
    try:
        for minutes in (1, 3, 5):
            await service.fire(now() + timedelta(minutes=minutes))
        await told(file)
        records = await records_stored(access)
        assert verify_chain(records) == []
        assert [record["sequence"] for record in records] == [1, 2, 3]
    finally:
        service.source.terminate()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def records_stored(access: Access) -> list[Any]:
    connection = await open_connection(access.as_role("argos_reader"), name="test")
    try:
        rows = await connection.fetch("SELECT record FROM signals ORDER BY sequence")
    finally:
        await connection.close()
    return [row["record"] for row in rows]


async def told(file: SignalFile) -> None:
    await eventually(lambda: not Outbox(file).counts().waiting, what="everything is told")
