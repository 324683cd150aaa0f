"""How snapshots become rows: bounded, and with nothing extreme lost."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from argos.core.account import AccountSnapshot
from argos.core.errors import StoreError
from argos.gateway.equity import EquityKeeper

BEGIN = datetime(2026, 11, 2, 12, tzinfo=UTC)


class Rows:
    def __init__(self) -> None:
        self.rows: list[dict[str, Any]] = []
        self.away = False

    async def append(self, rows: Sequence[dict[str, Any]]) -> None:
        if self.away:
            raise StoreError("away")
        self.rows += rows


def seen(after_s: float, equity: str, *, balance: str = "1000") -> AccountSnapshot:
    return AccountSnapshot(
        account="one", currency="USD", balance=Decimal(balance), equity=Decimal(equity),
        margin_free=Decimal(balance), hedging=False, taken_at=BEGIN + timedelta(seconds=after_s),
    )  # fmt: skip


@pytest.fixture
def rows() -> Rows:
    return Rows()


@pytest.fixture
def keeper(rows: Rows) -> EquityKeeper:
    return EquityKeeper(rows, clock=lambda: BEGIN)


async def test_a_minute_is_one_row_with_its_extremes(keeper: EquityKeeper, rows: Rows) -> None:
    for number, equity in enumerate(("1000", "1020", "950", "990")):
        keeper.see(seen(number, equity))
    keeper.see(seen(61, "991"))
    await keeper.flush()
    (row,) = rows.rows
    told = [row[name] for name in ("first_equity", "low_equity", "high_equity", "equity")]
    assert told == ["1000", "950", "1020", "990"]
    assert row["snapshots"] == 4


async def test_what_stands_still_is_told_once_a_quarter_and_what_moves_each_minute(
    keeper: EquityKeeper, rows: Rows
) -> None:
    for second in range(0, 2 * 3600, 5):
        keeper.see(seen(second, "1000"))
    keeper.see(seen(7205, "1001"))
    keeper.finish()
    await keeper.flush()
    assert len(rows.rows) == 8 + 1
    keeper.see(seen(7300, "1001"))
    keeper.finish()
    await keeper.flush()
    assert len(rows.rows) == 9, "the same equity in the same quarter is nothing new"


async def test_a_fall_that_was_made_good_within_its_minute_is_kept(
    keeper: EquityKeeper, rows: Rows
) -> None:
    for second, equity in ((0, "1000"), (60, "1000"), (65, "900"), (70, "1000")):
        keeper.see(seen(second, equity))
    keeper.finish()
    await keeper.flush()
    assert [row["low_equity"] for row in rows.rows] == ["1000", "900"]


async def test_an_older_snapshot_says_nothing(keeper: EquityKeeper, rows: Rows) -> None:
    keeper.see(seen(10, "1000"))
    keeper.see(seen(5, "1"))
    keeper.finish()
    await keeper.flush()
    assert rows.rows[0]["low_equity"] == "1000"


async def test_a_database_that_is_away_loses_no_minute(keeper: EquityKeeper, rows: Rows) -> None:
    keeper.see(seen(0, "1000"))
    keeper.finish()
    rows.away = True
    with pytest.raises(StoreError):
        await keeper.flush()
    rows.away = False
    await keeper.flush()
    await keeper.flush()
    assert len(rows.rows) == 1


async def test_only_minutes_that_are_over_are_finished(keeper: EquityKeeper, rows: Rows) -> None:
    keeper.see(seen(0, "1000"))
    keeper.finish(before=BEGIN + timedelta(seconds=30))
    await keeper.flush()
    assert rows.rows == []
    keeper.finish(before=BEGIN + timedelta(seconds=60))
    await keeper.flush()
    assert len(rows.rows) == 1
