"""One leg that reconciliation chokes on never holds up the others, and is shown in the end."""

import pytest

from argos.flows.postponing import ATTEMPTS_MAX
from argos.flows.reconcile import reconcile_next
from argos.store.discrepancies import DiscrepancyBook
from fresh_database import FreshDatabase
from spine import Spine, now, open_spine

pytestmark = pytest.mark.integration


class _Choking:
    """The real store of legs, but one trade's story cannot be told."""

    def __init__(self, store: object, *, trade_id: str) -> None:
        self._store = store
        self._trade_id = trade_id

    def __getattr__(self, name: str) -> object:
        return getattr(self._store, name)

    async def stories(self, connection: object, keys: list[tuple[str, str]]) -> object:
        if any(trade_id == self._trade_id for trade_id, _ in keys):
            raise ValueError("a story that nobody thought of")
        return await self._store.stories(connection, keys)  # type: ignore[attr-defined]


async def _queue(spine: Spine, trade_id: str, account: str) -> None:
    async with spine.legs.transaction() as connection:
        await connection.execute(
            "INSERT INTO outbox (topic, key, payload) VALUES ('reconcile', $1, $2)",
            f"{trade_id}|{account}",
            {"trade_id": trade_id, "account": account},
        )


async def test_the_others_are_reconciled_and_it_is_set_aside(database: FreshDatabase) -> None:
    async with open_spine(database) as spine:
        account = next(iter(spine.sessions))
        for trade_id in ("good-1", "bad", "good-2"):
            await _queue(spine, trade_id, account)
        store = _Choking(spine.legs, trade_id="bad")
        for _ in range(3 + ATTEMPTS_MAX):
            await reconcile_next(store, DiscrepancyBook(), clock=now)  # type: ignore[arg-type]
            async with spine.legs.transaction() as connection:
                await connection.execute("UPDATE outbox SET available_at = now()")
        async with spine.legs.transaction() as connection:
            topics = [row["topic"] for row in await connection.fetch("SELECT topic FROM outbox")]
        assert topics == ["dead:reconcile"]
        [row] = await spine.control.given_up()
        assert (row["step"], row["key"]) == ("reconcile", f"bad|{account}")
        assert "a story that nobody thought of" in row["last_error"]
        assert await spine.control.retry([row["outbox_id"], 4_711]) == [row["outbox_id"]]
        await reconcile_next(spine.legs, DiscrepancyBook(), clock=now)
        async with spine.legs.transaction() as connection:
            assert await connection.fetchval("SELECT count(*) FROM outbox") == 0
        assert await spine.control.given_up() == []
