"""Daily closes on PostgreSQL: written once, chosen by source, cut at splits, and kept up to date from the board."""

import asyncio
from collections.abc import AsyncIterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import asyncpg
import pytest

from argos.core.closes import DailyCloses
from argos.core.errors import InputError
from argos.signals.closes import CloseKeeper, keep_closes
from argos.sources.board import Board, VoteStore
from argos.sources.ledger import SourceFile
from argos.store.closes import CloseRow, listed, newest, put
from argos.store.database import open_pool
from argos.store.lanes import transaction
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration
D = Decimal
TODAY = datetime.now(UTC).date()


@pytest.fixture
async def strategy(database: FreshDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.dsn("argos_strategy"), name="test", size_max=1)
    yield pool
    await pool.close()


def back(days: int) -> date:
    return TODAY - timedelta(days=days)


def rows(symbol: str, source: str, prices: dict[int, str]) -> list[CloseRow]:
    return [CloseRow(symbol, back(ago), D(price), source) for ago, price in prices.items()]


async def test_what_was_said_first_of_a_day_stays(strategy: asyncpg.Pool) -> None:
    async with transaction(strategy) as connection:
        assert await put(connection, rows("AAPL", "av", {2: "100", 1: "101"})) == 2
        assert await put(connection, rows("AAPL", "av", {1: "999", 0: "102"})) == 1
        assert await put(connection, []) == 0
        found = await newest(connection, ["AAPL", "MSFT"])
    assert found == {"AAPL": {back(2): D(100), back(1): D(101), back(0): D(102)}}


async def test_one_source_speaks_for_a_symbol_and_a_fixture_only_for_want_of_others(
    strategy: asyncpg.Pool,
) -> None:
    async with transaction(strategy) as connection:
        await put(connection, rows("AAPL", "simulated:av", {1: "10", 0: "11"}))
        assert (await newest(connection, ["AAPL"]))["AAPL"] == {back(1): D(10), back(0): D(11)}
        await put(connection, rows("AAPL", "older", {3: "100"}))
        await put(connection, rows("AAPL", "newer", {2: "200"}))
        assert (await newest(connection, ["AAPL"]))["AAPL"] == {back(2): D(200)}


async def test_splits_old_days_and_all_but_61_are_left_out(strategy: asyncpg.Pool) -> None:
    async with transaction(strategy) as connection:
        await put(connection, rows("AAPL", "av", dict.fromkeys(range(100), "100")))
        await put(connection, rows("SPLT", "av", {3: "100", 2: "50", 1: "51"}))
        await put(connection, rows("GONE", "av", dict.fromkeys(range(120, 200), "100")))
        found = await newest(connection, ["AAPL", "SPLT", "GONE"])
        assert {symbol: len(closes) for symbol, closes in found.items()} == {"AAPL": 61, "SPLT": 2}
        assert max(found["AAPL"]) == TODAY
        assert [row["days"] for row in await listed(connection)] == [100, 80, 3]


async def test_nobody_changes_a_close_afterwards(
    strategy: asyncpg.Pool, superuser: asyncpg.Connection
) -> None:
    async with transaction(strategy) as connection:
        await put(connection, rows("AAPL", "av", {0: "100"}))
    for verb in (
        "UPDATE daily_closes SET close = 1",
        "DELETE FROM daily_closes",
        "TRUNCATE daily_closes",
    ):
        with pytest.raises(asyncpg.RestrictViolationError, match="FACT_IMMUTABLE"):
            await superuser.execute(verb)


async def test_a_price_that_is_none_is_refused(strategy: asyncpg.Pool) -> None:
    with pytest.raises(InputError):
        async with transaction(strategy) as connection:
            await put(connection, rows("AAPL", "av", {0: "0"}))


async def test_the_boards_series_are_written_once_and_simulated_ones_as_such(
    strategy: asyncpg.Pool,
) -> None:
    board = Board(VoteStore(SourceFile.empty()))
    keeper = CloseKeeper(board, strategy, clock=lambda: datetime.now(UTC))

    def tell(symbol: str, *, simulated: bool, days: int) -> None:
        closes = {back(n): D(100) for n in range(1, days + 1)}
        series = DailyCloses(symbol=symbol, source="av", simulated=simulated, closes=closes)
        board.keep_daily([series])

    assert await keeper.keep() == 0
    tell("AAPL", simulated=False, days=3)
    tell("MSFT", simulated=True, days=200)
    assert await keeper.keep() == 3 + 119, "days that no decision reads are not written"
    assert await keeper.keep() == 0
    tell("AAPL", simulated=False, days=5)
    assert await keeper.keep() == 2
    async with transaction(strategy) as connection:
        assert [row["source"] for row in await listed(connection)] == ["av", "simulated:av"]


async def test_the_loop_goes_on_when_the_database_is_away(database: FreshDatabase) -> None:
    pool = await open_pool(database.dsn("argos_strategy"), name="test", size_max=1)
    board = Board(VoteStore(SourceFile.empty()))
    rounds = []

    async def sleep(_: float) -> None:
        """After two rounds without a database it is stopped; nothing was raised."""
        rounds.append(len(rounds))
        if len(rounds) == 2:
            raise asyncio.CancelledError

    closes = {back(1): D(100)}
    board.keep_daily([DailyCloses(symbol="AAPL", source="av", simulated=False, closes=closes)])
    await pool.close()
    with pytest.raises(asyncio.CancelledError):
        await keep_closes(board, pool, clock=lambda: datetime.now(UTC), sleep=sleep)
    assert rounds == [0, 1]
