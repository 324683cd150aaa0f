"""Entries and exits of signals on the spine: accepted once, refused for good, or given up in time."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import asyncpg
import pytest

from argos.core.errors import StoreError
from argos.core.instrument import Quote
from argos.signals import handover
from argos.signals.connections import Pools
from argos.signals.execution import order_entries
from argos.signals.file import SignalFile
from argos.signals.guarding import Guard
from argos.signals.handover import SETTLE_S, Handover
from argos.signals.monitor import GRACE_S, ExitRules
from argos.signals.outbox import Outbox, OutboxKind
from argos.signals.settings import SignalSettings
from argos.signals.standing import route_standing
from argos.signals.telling import Teller, chain_name
from argos.store.signals import SignalReader
from fresh_database import FreshDatabase
from recorded_signals import PRICE, Chain, end_row, now
from spine import HEDGE, NET, Spine, access_of

pytestmark = pytest.mark.integration
SETTINGS = SignalSettings(auto_execute=True, route="main", position_fraction=Decimal("0.1"))


@dataclass(slots=True)
class Desk:
    """A file with its delivery, one step at a time, and a clock that can be moved ahead."""

    file: SignalFile
    outbox: Outbox
    pools: Pools
    spine: Spine
    looking: asyncpg.Connection
    handing: Handover = field(init=False)
    chain: Chain = field(default_factory=Chain)
    ahead_s: float = 0

    def __post_init__(self) -> None:
        self.handing = Handover(self.outbox, self.pools, clock=self.clock, auto_execute=True)

    def clock(self) -> datetime:
        return now() + timedelta(seconds=self.ahead_s)

    def record(self, settings: SignalSettings = SETTINGS, **changes: Any) -> str:
        """A signal at a price of 100, told and ordered as the cycle does; its id."""
        record = self.chain.record(**changes)
        with self.file.transaction() as connection:
            self.chain.tell(connection, record)
            order_entries(settings)(connection, record, PRICE)
        return str(record["signal"]["signal_id"])

    async def hand_over(self) -> None:
        while await self.handing.step():
            pass

    async def tell(self) -> None:
        teller = Teller(self.outbox, self.pools, chain=chain_name(self.file), clock=now)
        while await teller.step():
            pass

    async def value(self, query: str, *values: Any) -> Any:
        return await self.looking.fetchval(query, *values)

    def guard(self, **rules: Any) -> Guard:
        return Guard(
            self.file,
            self.pools,
            chain=chain_name(self.file),
            rules=ExitRules(**rules),
            clock=self.clock,
            on_close=lambda: None,
        )

    async def open_trade(self) -> str:
        """A signal whose entry was accepted, decided, and filled at both accounts."""
        trade = self.record()
        await self.hand_over()
        await self.spine.decide()
        for account in (HEDGE, NET):
            (command,) = await self.spine.lease(account)
            await self.spine.fill(command, account=account, price=Decimal("100.02"))
        return trade

    def closes(self) -> int:
        with self.file.transaction() as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM outbox WHERE kind = 'close'"
            ).fetchone()
        return int(count)


@pytest.fixture
async def desk(file: SignalFile, database: FreshDatabase, spine: Spine) -> AsyncIterator[Desk]:
    looking = await asyncpg.connect(
        str(database.dsn("argos_reader")), server_settings={"search_path": "argos"}
    )
    pools = Pools(access_of(database))
    outbox = Outbox(file)
    made = Desk(
        file=file,
        outbox=outbox,
        pools=pools,
        spine=spine,
        looking=looking,
    )
    try:
        yield made
    finally:
        await made.handing.aclose()
        pools.terminate()
        await looking.close()


async def test_a_signal_becomes_an_order_at_each_account_of_its_route(desk: Desk) -> None:
    trade = desk.record()
    await desk.hand_over()
    await desk.spine.decide()
    intent = await desk.looking.fetchrow("SELECT * FROM intents")
    assert (intent["source"], intent["trade_id"], intent["route"]) == ("signals", trade, "main")
    orders = await desk.looking.fetch("SELECT * FROM orders JOIN order_states USING (order_id)")
    assert {row["account"] for row in orders} == {HEDGE, NET}
    for row in orders:
        assert (row["status"], row["denial_code"]) == ("planned", None)
        assert (row["side"], row["sl"], row["tp"]) == ("buy", Decimal(98), Decimal(104))
        # 10 % of 100,000, by 1.2 for a confidence of 0.8, by 0.5 as no volatility is known: 6 % at a price of 100
        assert row["qty"] == 60
    assert desk.outbox.counts().waiting == {"configuration": 1, "signal": 1}


async def test_an_answer_that_was_lost_finds_its_own_intent(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.record()
    store = handover.AlertWriter.store

    async def deaf(self: Any, alert: Any) -> Any:
        await store(self, alert)
        raise StoreError("the connection was lost")

    monkeypatch.setattr(handover.AlertWriter, "store", deaf)
    with pytest.raises(StoreError):
        await desk.handing.step()
    monkeypatch.undo()
    await desk.hand_over()
    assert await desk.value("SELECT count(*) FROM intents") == 1
    assert await desk.value("SELECT count(*) FROM alerts WHERE outcome = 'duplicate'") == 1
    assert desk.outbox.counts().refused == {}


async def test_an_entry_too_late_that_was_never_begun_is_given_up_without_asking(
    desk: Desk,
) -> None:
    signal = desk.record(at=now() - timedelta(seconds=SETTINGS.intent_ttl_s + 1))
    await desk.hand_over()
    assert desk.outbox.counts().refused == {"EXPIRED_UNSENT": 1}
    await desk.tell()
    row = await desk.looking.fetchrow("SELECT * FROM signal_refusals")
    assert (str(row["signal_id"]), row["kind"]) == (signal, "intent")
    assert row["code"] == "EXPIRED_UNSENT"
    assert await desk.value("SELECT count(*) FROM intents") == 0


@pytest.mark.parametrize("arrived", [True, False])
async def test_an_entry_in_doubt_is_looked_up_once_it_is_too_late(
    desk: Desk, monkeypatch: pytest.MonkeyPatch, arrived: bool
) -> None:
    desk.record()
    store = handover.AlertWriter.store

    async def deaf(self: Any, alert: Any) -> Any:
        if arrived:
            await store(self, alert)
        raise StoreError("the connection was lost")

    monkeypatch.setattr(handover.AlertWriter, "store", deaf)
    with pytest.raises(StoreError):
        await desk.handing.step()
    monkeypatch.undo()
    desk.ahead_s = SETTINGS.intent_ttl_s + 1
    assert not await desk.handing.step()
    assert desk.outbox.counts().waiting["intent"] == 1  # a statement may still be under way
    desk.ahead_s += SETTLE_S
    await desk.hand_over()
    assert desk.outbox.counts().refused == ({} if arrived else {"EXPIRED_UNSENT": 1})
    assert await desk.value("SELECT count(*) FROM intents") == int(arrived)


async def test_a_definite_refusal_ends_the_row_with_its_code(desk: Desk) -> None:
    desk.record(replace(SETTINGS, route="nowhere"))
    desk.record(symbol="AAPL_DLY")
    desk.record()
    await desk.hand_over()
    assert desk.outbox.counts().refused == {
        "INTENT_ROUTE_UNKNOWN": 1,
        "INTENT_SYMBOL_DELAYED": 1,
    }
    assert await desk.value("SELECT count(*) FROM intents") == 1
    assert await desk.value("SELECT count(*) FROM alerts WHERE outcome = 'refused'") == 2


async def test_entries_left_from_before_it_was_switched_off_do_not_go_out_but_exits_do(
    desk: Desk,
) -> None:
    trade = await desk.open_trade()
    desk.record()
    desk.ahead_s = 10
    await desk.guard(time_stop_s=10).step()
    off = Handover(desk.outbox, desk.pools, clock=now, auto_execute=False)
    try:
        await off.step()
    finally:
        await off.aclose()
    assert desk.outbox.counts().refused == {"AUTO_EXECUTE_OFF": 1}
    rows = await desk.looking.fetch("SELECT trade_id, body->>'action' AS action FROM intents")
    assert [(row["trade_id"], row["action"]) for row in rows] == [(trade, "open"), (trade, "close")]


async def test_two_that_hand_over_the_same_file_make_each_intent_once(desk: Desk) -> None:
    for _ in range(20):
        desk.record()
    other = Handover(desk.outbox, desk.pools, clock=now, auto_execute=True)
    try:
        await asyncio.gather(desk.handing.step(), other.step())
    finally:
        await other.aclose()
    assert await desk.value("SELECT count(*) FROM intents") == 20
    assert desk.outbox.counts().refused == {}


async def test_the_time_stop_closes_a_trade_once_at_all_its_accounts(desk: Desk) -> None:
    trade = await desk.open_trade()
    await desk.tell()
    guard = desk.guard(time_stop_s=600)
    await guard.step()
    assert desk.closes() == 0
    desk.ahead_s = 601
    await guard.step()
    await guard.step()
    assert desk.closes() == 1
    desk.ahead_s = 5_000  # exits are never too late
    await desk.hand_over()
    desk.ahead_s = 0
    await desk.spine.decide()
    for account in (HEDGE, NET):
        (command,) = await desk.spine.lease(account)
        assert (command.is_exit, command.qty) == (True, 60)
        await desk.spine.fill(command, account=account, price=Decimal("99.98"))
    assert await desk.value("SELECT count(*) FROM order_states WHERE live") == 0
    body = await desk.value("SELECT body::text FROM intents WHERE body->>'action' = 'close'")
    assert trade in body
    assert "TIME_STOP" in body
    desk.ahead_s = 9_000
    await desk.guard(time_stop_s=600).step()
    assert desk.closes() == 1


async def test_a_price_beyond_a_stop_that_the_venue_does_not_have_closes_after_the_grace(
    desk: Desk,
) -> None:
    await desk.open_trade()
    guard = desk.guard()
    await guard.step()
    await show_quote(desk, bid="97.5", ask="97.6")
    await guard.step()
    assert desk.closes() == 0
    desk.ahead_s = GRACE_S
    await guard.step()
    assert desk.closes() == 1
    (row,) = desk.outbox.waiting(1, kinds=(OutboxKind.CLOSE,))
    assert row.payload["features"]["reason"] == "STOP_PASSED"
    assert row.until is None


async def test_a_signal_that_ended_early_closes_its_trade_only_when_asked_to(desk: Desk) -> None:
    trade = await desk.open_trade()
    with desk.file.transaction() as connection:
        Outbox.add(
            connection,
            kind="end",
            subject=trade,
            payload=end_row(trade, at=now()),
            made_at=now(),
        )
    await desk.tell()
    await desk.guard().step()
    assert desk.closes() == 0
    await desk.guard(close_when_ended=True).step()
    assert desk.closes() == 1


async def test_trades_of_others_are_left_alone(desk: Desk, tmp_path: Any) -> None:
    """A person's trade under the same route, and those of another chain, are not ours to close."""
    await desk.open_trade()
    await desk.tell()
    other = SignalFile.open(tmp_path / "other.sqlite")
    desk.ahead_s = 10_000
    guard = Guard(
        other,
        desk.pools,
        chain=chain_name(other),
        rules=ExitRules(time_stop_s=1),
        clock=desk.clock,
        on_close=lambda: None,
    )
    await guard.step()
    assert Outbox(other).counts().waiting == {}


async def test_the_standing_tells_what_an_entry_would_meet(desk: Desk) -> None:
    reader = SignalReader(await desk.pools.of("argos_reader"))
    before = await route_standing(reader, SETTINGS, now=now())
    assert (before.exists, before.enabled, before.brakes) == (True, True, ())
    assert [account.account for account in before.accounts] == [NET, HEDGE]
    assert [account.equity for account in before.accounts] == [100_000, 100_000]
    assert [account.held for account in before.accounts] == [frozenset(), frozenset()]
    await desk.open_trade()
    after = await route_standing(reader, SETTINGS, now=now())
    assert [account.held for account in after.accounts] == [{"AAPL"}, {"AAPL"}]
    nowhere = await route_standing(reader, replace(SETTINGS, route="nowhere"), now=now())
    assert (nowhere.exists, nowhere.accounts) == (False, ())


async def test_the_standing_tells_brakes_in_words(desk: Desk, database: FreshDatabase) -> None:
    connection = await asyncpg.connect(
        str(database.dsn("argos_control")), server_settings={"search_path": "argos"}
    )
    try:
        await connection.execute(
            "INSERT INTO halts (scope, key, mode, reason, set_by) VALUES"
            " ('strategy', 'consensus@1', 'halted', 'look first', 'me'),"
            " ('strategy', 'other@1', 'halted', 'retired', 'me'),"
            " ('account', $1, 'reducing', 'news', 'me')",
            HEDGE,
        )
    finally:
        await connection.close()
    reader = SignalReader(await desk.pools.of("argos_reader"))
    standing = await route_standing(reader, SETTINGS, now=now())
    assert standing.brakes == ("strategy halted: look first",)
    assert {account.account: account.brake for account in standing.accounts} == {
        HEDGE: "reducing: news",
        NET: "",
    }


async def show_quote(desk: Desk, *, bid: str, ask: str) -> None:
    await desk.spine.show_accounts(
        quote=Quote(symbol="AAPL", bid=Decimal(bid), ask=Decimal(ask), at=now())
    )
