"""What an account was worth: from snapshots of its node to the answer, transfers and floating falls included."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4

import asyncpg
import pytest

from argos.core.account import AccountSnapshot
from argos.gateway.equity import EquityKeeper
from argos.gateway.schemas.equity import AccountHistoryAnswer
from argos.gateway.schemas.journal import PerformanceAnswer
from argos.protocol.facts import Report, ReportKind
from argos.store.database import open_pool
from argos.store.equity import EquityStore
from fresh_database import FreshDatabase
from running_gateway import Caller
from spine import HEDGE, Spine, now

pytestmark = pytest.mark.integration


def seen(at: datetime, equity: str, balance: str) -> AccountSnapshot:
    return AccountSnapshot(
        account=HEDGE, currency="USD", balance=Decimal(balance), equity=Decimal(equity),
        margin_free=Decimal(balance), hedging=True, taken_at=at,
    )  # fmt: skip


async def record(database: FreshDatabase, snapshots: list[AccountSnapshot]) -> None:
    pool = await open_pool(database.dsn("argos_dispatch"), name="test", size_max=1)
    try:
        keeper = EquityKeeper(EquityStore(pool), clock=now)
        for snapshot in snapshots:
            keeper.see(snapshot)
        keeper.finish()
        await keeper.flush()
    finally:
        await pool.close()


async def test_a_deposit_is_taken_out_and_a_floating_fall_is_kept(
    gateway: Caller, spine: Spine, database: FreshDatabase
) -> None:
    begin = now().replace(second=0, microsecond=0) - timedelta(hours=2)
    told = [
        (0, "1000", "1000"), (1, "1000", "1000"), (1.2, "800", "1000"), (1.4, "1000", "1000"),
        (5, "1500", "1500"), (9, "1650", "1500"),
    ]  # fmt: skip
    await record(database, [seen(begin + timedelta(minutes=at), *money) for at, *money in told])
    charge = {"ticket": "1", "type": "2", "amount": "500", "comment": "deposit"}
    report = Report(
        fact_id=uuid4(), kind=ReportKind.SNAPSHOT, order_id=None, command_id=None,
        at=now(), body={"charge": charge},
    )  # fmt: skip
    await spine.report(HEDGE, report)
    asked = {"account": HEDGE, "until": (begin + timedelta(hours=1)).isoformat()}
    found: dict[str, Any] = (
        await gateway.get(f"/api/accounts/{HEDGE}/equity", until=asked["until"])
    ).json
    assert found.keys() == {
        field.alias or name for name, field in AccountHistoryAnswer.model_fields.items()
    }
    AccountHistoryAnswer.model_validate(found)
    figures = found["figures"]
    assert (figures["total_return"], figures["drawdown"]) == ("0.1", "0.2")
    assert found["transfers"] == {
        "n": 1, "amount": "500", "unexplained_n": 0, "unexplained": "0",
    }  # fmt: skip
    performance = (await gateway.get("/api/performance", **asked)).json
    PerformanceAnswer.model_validate(performance)
    (item,) = performance["accounts"]
    assert item["figures"] == figures
    assert (await gateway.get("/api/accounts/nobody/equity")).status == 404


async def test_rows_are_never_changed(database: FreshDatabase, spine: Spine) -> None:
    at = datetime(2026, 11, 2, tzinfo=UTC)
    await record(database, [seen(at, "1000", "1000")])
    connection = await asyncpg.connect(str(database.superuser))
    try:
        for change in (
            "UPDATE argos.account_equity SET equity = 1",
            "DELETE FROM argos.account_equity",
        ):
            with pytest.raises(asyncpg.RestrictViolationError):
                await connection.execute(change)
    finally:
        await connection.close()
