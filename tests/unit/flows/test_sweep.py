"""The sweep: a drift counts when two looks agree, what is found is opened once, and what is gone is resolved."""

from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid4

from argos.core.account import AccountSnapshot
from argos.core.intent import Side
from argos.core.position import Position
from argos.flows.sweep import EXPIRY_GRACE_S, Sweep, expire_unsent, sync_discrepancies
from argos.reconcile.discrepancies import DEFAULT_THRESHOLDS
from argos.reconcile.discrepancy_codes import Discrepancy, DiscrepancyCode
from unit.core.builders import AAPL, make_snapshot

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)


def position(qty: str) -> Position:
    return Position(
        symbol="EURUSD",
        side=Side.BUY,
        qty=Decimal(qty),
        price_open=Decimal("1.07"),
        position_id="p",
        sl=None,
        tp=None,
        magic=0,
        client_order_id="",
    )


def discrepancy(key: str) -> Discrepancy:
    return Discrepancy(
        code=DiscrepancyCode.NODE_ABSENT,
        account="a",
        trade_id=None,
        order_id=None,
        expected={},
        observed={},
        key=key,
    )


@dataclass
class FakeBook:
    """Discrepancies in memory: open ones by key."""

    open: dict[str, UUID] = field(default_factory=dict)
    recorded: list[str] = field(default_factory=list)
    resolved: list[UUID] = field(default_factory=list)

    async def open_keys(self, _: Any, *, codes: Sequence[str]) -> Mapping[str, UUID]:
        return dict(self.open)

    async def open_keys_of_legs(
        self, _: Any, legs: Any, *, codes: Sequence[str]
    ) -> Mapping[str, UUID]:
        return {}

    async def record(
        self, _: Any, found: Sequence[Discrepancy], *, now: datetime, random_bits: Sequence[int]
    ) -> None:
        assert len(random_bits) == len(found)
        for item in found:
            self.recorded.append(item.key)
            self.open[item.key] = uuid4()

    async def resolve(self, _: Any, ids: Sequence[UUID], *, now: datetime, how: str) -> None:
        self.resolved += ids
        self.open = {key: item for key, item in self.open.items() if item not in ids}


@dataclass
class FakeStore:
    """One account whose fills add up to `derived` and whose broker shows `observed`."""

    derived: Decimal = Decimal(0)
    observed: Sequence[Position] = ()
    expired: Sequence[Mapping[str, Any]] = ()
    snapshots: Sequence[AccountSnapshot] = ()
    asked_before: datetime | None = None
    ended: list[Mapping[str, Any]] = field(default_factory=list)

    @asynccontextmanager
    async def transaction(self) -> Any:
        yield None

    async def expired_commands(self, _: Any, *, now: datetime) -> Sequence[Mapping[str, Any]]:
        self.asked_before = now
        return self.expired

    async def end_unsent(self, _: Any, rows: Mapping[str, Any]) -> None:
        self.ended.append(rows)

    async def standing_orders(self, _: Any, *, since: datetime) -> list[Any]:
        return []

    async def unfinished_exits(self, _: Any) -> Sequence[Any]:
        return ()

    async def derived_positions(self, _: Any) -> Mapping[str, Mapping[Any, Decimal]]:
        return {"a": {("EURUSD", "p"): self.derived}} if self.derived else {}

    async def observed_positions(self, _: Any) -> Sequence[tuple[str, bool, Sequence[Position]]]:
        return [("a", True, self.observed)]

    async def account_snapshots(self, _: Any) -> Sequence[AccountSnapshot]:
        return self.snapshots


def sweep_of(store: FakeStore, book: FakeBook) -> Sweep:
    return Sweep(store=store, book=book, thresholds=DEFAULT_THRESHOLDS, clock=lambda: NOW)


async def test_a_drift_is_told_when_two_looks_show_it_alike() -> None:
    store, book = FakeStore(derived=Decimal(2), observed=[position("1")]), FakeBook()
    sweep = sweep_of(store, book)
    await sweep.run_once()
    assert book.recorded == []
    await sweep.run_once()
    assert len(book.recorded) == 1
    await sweep.run_once()
    assert len(book.recorded) == 1, "it is open already"


async def test_a_drift_that_changes_between_looks_is_a_fill_on_its_way() -> None:
    store, book = FakeStore(derived=Decimal(2), observed=[position("1")]), FakeBook()
    sweep = sweep_of(store, book)
    await sweep.run_once()
    store.derived = Decimal(3)
    await sweep.run_once()
    assert book.recorded == []


async def test_a_drift_that_is_gone_is_resolved() -> None:
    store, book = FakeStore(derived=Decimal(2), observed=[position("1")]), FakeBook()
    sweep = sweep_of(store, book)
    await sweep.run_once()
    await sweep.run_once()
    (opened,) = book.open.values()
    store.observed = [position("2")]
    await sweep.run_once()
    assert book.resolved == [opened]
    assert book.open == {}


async def test_a_tick_value_that_contradicts_the_rates_is_told_and_resolved_a_minute_later() -> (
    None
):
    """1.0 of AAPL is worth a dollar a share. The broker says ten cents."""
    moment = [NOW]
    wrong = make_snapshot(instruments={"AAPL": replace(AAPL, unit_value=Decimal("0.1"))})
    store, book = FakeStore(snapshots=[wrong]), FakeBook()
    sweep = Sweep(store=store, book=book, thresholds=DEFAULT_THRESHOLDS, clock=lambda: moment[0])
    await sweep.run_once()
    assert book.recorded == [f"TICK_VALUE_DIFFERS:{wrong.account}:AAPL"]
    store.snapshots = [make_snapshot()]
    moment[0] += timedelta(seconds=59)
    await sweep.run_once()
    assert len(book.open) == 1, "terms are judged once a minute, and stand until then"
    moment[0] += timedelta(seconds=1)
    await sweep.run_once()
    assert book.open == {}


async def test_a_sweep_never_claims_that_more_is_to_do() -> None:
    assert await sweep_of(FakeStore(), FakeBook()).run_once() is False


async def test_what_is_found_twice_in_one_sweep_is_opened_once_and_the_rest_stays() -> None:
    book = FakeBook(open={"old": UUID(int=1), "gone": UUID(int=2)})
    found = [discrepancy("new"), discrepancy("new"), discrepancy("old")]
    await sync_discrepancies(book, None, found, known=dict(book.open), now=NOW)
    assert book.recorded == ["new"]
    assert book.resolved == [UUID(int=2)]


async def test_an_entry_that_no_node_took_ends_after_a_moment_of_grace() -> None:
    command = {
        "command_id": UUID(int=1), "order_id": UUID(int=2), "account": "a", "kind": "submit",
        "valid_until": NOW - timedelta(seconds=5), "trade_id": "t", "qty": Decimal(3),
    }  # fmt: skip
    store = FakeStore(expired=[command, command | {"command_id": UUID(int=3), "kind": "modify"}])
    assert await expire_unsent(store, now=NOW) == 2
    assert store.asked_before == NOW - timedelta(seconds=EXPIRY_GRACE_S)
    (rows,) = store.ended
    assert [row["command_id"] for row in rows["ended"]] == [UUID(int=1), UUID(int=3)]
    assert rows["states"] == [
        {"order_id": UUID(int=2), "status": "expired_unsent", "effective_qty": "3"}
    ]
    assert {fact["body"]["code"] for fact in rows["facts"]} == {"NODE_ABSENT"}
    assert len({fact["fact_id"] for fact in rows["facts"]}) == 2


async def test_a_repeated_sweep_states_the_same_fact_again() -> None:
    command = {
        "command_id": UUID(int=1), "order_id": UUID(int=2), "account": "a", "kind": "submit",
        "valid_until": NOW, "trade_id": "t", "qty": Decimal(3),
    }  # fmt: skip
    store = FakeStore(expired=[command])
    for moment in (NOW, NOW + timedelta(minutes=1)):
        await expire_unsent(store, now=moment)
    first, second = (rows["facts"][0]["fact_id"] for rows in store.ended)
    assert first == second


async def test_nothing_is_written_when_nothing_expired() -> None:
    store = FakeStore()
    assert await expire_unsent(store, now=NOW) == 0
    assert store.ended == []
