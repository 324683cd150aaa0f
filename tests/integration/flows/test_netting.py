"""One position, several trades: whom a stop or a person closes at an account that nets."""

from decimal import Decimal

from argos.protocol.commands import Command
from argos.protocol.facts import Report
from argos.store.database import open_pool
from argos.store.reading import ReadingStore
from fresh_database import FreshDatabase
from integration.flows.stage import Stage, deal, filled
from spine import NET, positions_of

POSITION = "N1"


async def _enter(stage: Stage, trade_id: str) -> Command:
    """Ten more of the one position, for this trade."""
    await stage.decide(trade_id)
    command = await stage.lease_one(NET)
    await stage.spine.report(NET, _opening(command))
    return command


def _opening(command: Command) -> Report:
    return filled(command, account=NET, position_id=POSITION)


def _closed_elsewhere(like: Command, qty: str, *, reason: str = "sl", number: int = 1) -> Report:
    """The position's stop, or a person, closes `qty`; the venue names the order that opened it first."""
    return deal(
        account=NET, like=_opening(like), venue_exec_id=f"out-{number}", side="sell", entry="out",
        qty=qty, price="99", reason=reason, commission="0.7", profit="-20.4",
    )  # fmt: skip


async def _held(stage: Stage, *commands: Command) -> list[Decimal]:
    states = [await stage.state(command.order_id) for command in commands]
    return [state["filled_qty"] - state["closed_qty"] for state in states]


async def _derived(stage: Stage) -> Decimal:
    async with stage.sweeps.transaction() as connection:
        positions = await stage.sweeps.derived_positions(connection)
    return positions.get(NET, {}).get(("AAPL", None), Decimal(0))


async def test_a_stop_of_the_whole_position_ends_every_trade_in_it(stage: Stage) -> None:
    first, second = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    await stage.spine.report(NET, _closed_elsewhere(first, "20"))
    assert await _held(stage, first, second) == [0, 0]
    legs = [await stage.leg(trade_id, NET) for trade_id in ("T-1", "T-2")]
    assert [leg["exit_qty"] for leg in legs] == ["10", "10"]
    assert [leg["divergence"] for leg in legs] == [[], []]
    # each entry was charged 0.35, and the close 0.70
    assert [Decimal(leg["commission"]) for leg in legs] == [Decimal("0.70"), Decimal("0.70")]
    assert sum(Decimal(leg["venue_profit"]) for leg in legs) == Decimal("-20.4")
    assert await _derived(stage) == 0
    assert {row["live"] for row in await stage.orders("entry", NET)} == {False}


async def test_a_close_of_a_part_takes_the_trade_that_was_filled_first(stage: Stage) -> None:
    first, second = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    await stage.spine.report(NET, _closed_elsewhere(first, "14", reason="manual"))
    assert await _held(stage, first, second) == [0, 6]
    await stage.close("T-2")
    closing = await stage.lease_one(NET)
    assert closing.qty == 6
    await stage.spine.report(NET, filled(closing, account=NET, position_id=POSITION))
    assert await _held(stage, first, second) == [0, 0]
    assert await _derived(stage) == 0


async def test_a_stop_after_the_first_trade_has_gone_is_the_seconds_alone(stage: Stage) -> None:
    """The position still bears the first trade's identity at the venue."""
    first, second = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    await stage.close("T-1")
    closing = await stage.lease_one(NET)
    await stage.spine.report(NET, filled(closing, account=NET, position_id=POSITION))
    await stage.spine.report(NET, _closed_elsewhere(first, "10"))
    assert await _held(stage, first, second) == [0, 0]
    assert (await stage.leg("T-2", NET))["exit_qty"] == "10"
    assert (await stage.leg("T-1", NET))["divergence"] == []
    assert await stage.value("SELECT count(*) FROM execution_shares") == 0


async def test_what_a_person_had_added_is_closed_last_and_stays_external(stage: Stage) -> None:
    first, second = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    added = deal(
        account=NET, like=_opening(first), venue_exec_id="in-1", qty="5", magic="0",
        client_order_id="", reason="manual",
    )  # fmt: skip
    await stage.spine.report(NET, added)
    assert (await stage.leg("T-1", NET))["divergence"] == []
    await stage.spine.report(NET, _closed_elsewhere(first, "25"))
    assert await _held(stage, first, second) == [0, 0]
    external = await stage.leg(f"external:{POSITION}", NET)
    assert (external["filled_qty"], external["exit_qty"]) == ("5", "5")
    assert await _derived(stage) == 0


async def test_two_stops_and_the_second_entry_told_at_once_are_shared_in_their_order(
    stage: Stage,
) -> None:
    first = await _enter(stage, "T-1")
    await stage.decide("T-2")
    second = await stage.lease_one(NET)
    earlier, later = (
        _closed_elsewhere(first, qty, number=number) for number, qty in ((1, "12"), (2, "8"))
    )
    await stage.spine.report(NET, later, earlier, _opening(second))
    assert await _held(stage, first, second) == [0, 0]
    shares = await stage.look("SELECT trade_id, sum(qty) AS qty FROM execution_shares GROUP BY 1")
    whole = await stage.look(
        "SELECT trade_id, fill_qty FROM executions WHERE venue_exec_id = 'out-2'"
    )
    assert {row["trade_id"]: row["qty"] for row in shares} == {"T-1": 10, "T-2": 2}
    assert [(row["trade_id"], row["fill_qty"]) for row in whole] == [("T-2", 8)]


async def test_a_repeat_shares_nothing_a_second_time(stage: Stage) -> None:
    first, second = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    for _ in range(2):
        await stage.spine.report(NET, _closed_elsewhere(first, "14"))
    assert await _held(stage, first, second) == [0, 6]


async def test_the_story_of_each_trade_shows_the_fill_that_both_share(
    stage: Stage, database: FreshDatabase
) -> None:
    first, _ = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    await stage.spine.report(NET, _closed_elsewhere(first, "20"))
    pool = await open_pool(database.dsn("argos_reader"), name="test", size_max=1)
    try:
        for trade_id in ("T-1", "T-2"):
            page = await ReadingStore(pool).page(
                "executions", limit=10, after=None, filters=[None, None, trade_id]
            )
            assert len(page.items) == 2
            assert any('"out-1"' in item for item in page.items)
    finally:
        await pool.close()


async def test_positions_agree_while_a_part_is_closed(stage: Stage) -> None:
    first, _ = await _enter(stage, "T-1"), await _enter(stage, "T-2")
    await stage.spine.report(NET, _closed_elsewhere(first, "10"), positions_of(POSITION))
    sweep = stage.sweep()
    await sweep.run_once()
    await sweep.run_once()
    assert "POSITION_DRIFT" not in await stage.open_discrepancies(NET)


async def test_profits_at_the_average_of_a_shared_position_are_no_discrepancy(
    stage: Stage,
) -> None:
    """The second trade pays 4 more: the venue reckons both from 102.02 and so is right about the sum alone."""
    await _enter(stage, "T-1")
    await stage.decide("T-2")
    second = await stage.lease_one(NET)
    dearer = filled(second, account=NET, position_id=POSITION, price="104.02")
    await stage.spine.report(NET, dearer)
    for trade_id in ("T-1", "T-2"):
        await stage.close(trade_id)
        closing = await stage.lease_one(NET)
        out = filled(closing, account=NET, position_id=POSITION, price="103.02", profit="10")
        await stage.spine.report(NET, out)
    legs = [await stage.leg(trade_id, NET) for trade_id in ("T-1", "T-2")]
    assert [leg["gross_pnl"] for leg in legs] == ["30", "-10"]
    assert "PROFIT_DIFFERS" not in await stage.open_discrepancies()


async def test_a_profit_that_differs_is_shown_where_the_trade_had_the_position_alone(
    stage: Stage,
) -> None:
    opened = await _enter(stage, "T-1")
    await stage.spine.report(NET, _closed_elsewhere(opened, "10"))
    later = await _enter(stage, "T-2")
    assert later.seq > opened.seq
    leg = await stage.leg("T-1", NET)
    assert leg["gross_pnl"] != leg["venue_profit"]
    assert "PROFIT_DIFFERS" in await stage.open_discrepancies(NET)
