"""An execution told as nobody's, and later as an order's fill: it is the order's, once, however it was told."""

import json
import random
from collections.abc import Sequence
from dataclasses import replace
from decimal import Decimal
from uuid import uuid4

import pytest

from argos.protocol.commands import Command
from argos.protocol.facts import Report, ReportKind
from argos.store.reading import fetch_page
from integration.flows.stage import Stage, deal, filled, said
from spine import HEDGE, NET

NOBODYS = {"magic": "0", "client_order_id": ""}


def as_nobodys(command: Command, *, account: str = HEDGE, **changes: str) -> Report:
    """The command's fill as a scan shows it at a venue that keeps no identity."""
    return deal(account=account, like=filled(command, account=account), **{**NOBODYS, **changes})


async def units_of_trades(stage: Stage) -> dict[str, Decimal]:
    """Trade -> units of all that was filled for it, by what is stored: parts where there are any."""
    rows = await stage.look(
        "SELECT trade_id, sum(qty) AS qty FROM ("
        "  SELECT x.trade_id, x.fill_qty AS qty FROM executions x WHERE NOT EXISTS"
        "    (SELECT FROM execution_shares h WHERE (h.account, h.venue_exec_id) = (x.account, x.venue_exec_id))"
        "  UNION ALL SELECT h.trade_id, h.qty FROM execution_shares h"
        ") part GROUP BY trade_id HAVING sum(qty) <> 0"
    )
    return {row["trade_id"]: row["qty"] for row in rows}


async def shown(stage: Stage) -> Sequence[dict[str, str]]:
    """What GET /api/executions lists."""
    page = await fetch_page(stage.looking, "executions", limit=9, after=None, filters=())
    return [json.loads(text) for text in page.items]


@pytest.mark.parametrize("same_fact_id", [True, False])
async def test_a_fill_that_was_nobodys_fills_its_order_once(
    stage: Stage, same_fact_id: bool
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(HEDGE, as_nobodys(command))
    external = f"external:P{command.seq}"
    assert await units_of_trades(stage) == {external: 10}
    assert (await stage.leg(external))["filled_qty"] == "10"

    fill = filled(command)
    fill = fill if same_fact_id else replace(fill, fact_id=uuid4())
    for _ in range(2):
        await stage.spine.report(HEDGE, fill)
        state = await stage.state(command.order_id)
        assert (state["status"], state["filled_qty"], state["live"]) == ("filled", 10, True)
        assert await units_of_trades(stage) == {"T-1": 10}
        [execution] = await shown(stage)
        assert (execution["order_id"], execution["trade_id"]) == (str(command.order_id), "T-1")
    assert (await stage.leg(external))["filled_qty"] == "0"
    assert (await stage.leg())["filled_qty"] == "10"
    assert await stage.value("SELECT count(*) FROM executions") == 1
    assert await stage.alarms() == set()


async def test_the_deal_told_again_after_the_claim_changes_nothing(stage: Stage) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(HEDGE, as_nobodys(command))
    await stage.spine.report(HEDGE, filled(command))
    await stage.spine.report(HEDGE, replace(as_nobodys(command), fact_id=uuid4()))
    assert await units_of_trades(stage) == {"T-1": 10}


async def test_both_tellings_in_any_order_and_number_are_one_fill(stage: Stage) -> None:
    for seed in range(8):
        trade_id, chance = f"T-{seed}", random.Random(seed)
        await stage.decide(trade_id)
        command = await stage.lease_one()
        fill = filled(command)
        told = [
            said(command, ReportKind.SEND_STARTED),
            said(command, ReportKind.ACCEPTED, venue_order_id="7"),
            as_nobodys(command),
            replace(as_nobodys(command), fact_id=uuid4()),
            fill,
            replace(fill, fact_id=uuid4()),
        ]
        told += chance.choices(told, k=3)
        chance.shuffle(told)
        while told:
            size = chance.randint(1, len(told))
            piece, told = told[:size], told[size:]
            await stage.spine.report(HEDGE, *piece)
        state = await stage.state(command.order_id)
        assert (state["status"], state["filled_qty"]) == ("filled", 10), seed
        assert (await units_of_trades(stage))[trade_id] == 10, seed
    assert (await units_of_trades(stage)).keys() == {f"T-{seed}" for seed in range(8)}
    assert await stage.alarms() == set()


async def test_what_closed_a_position_comes_along_when_its_opening_is_claimed(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    opened = as_nobodys(command)
    closed = deal(
        like=opened, venue_exec_id="close-1", side="sell", entry="out", reason="sl", price="95",
        profit="-50.2",
    )  # fmt: skip
    await stage.spine.report(HEDGE, opened)
    await stage.spine.report(HEDGE, closed)
    await stage.spine.report(HEDGE, filled(command))
    state = await stage.state(command.order_id)
    assert (state["filled_qty"], state["closed_qty"], state["live"]) == (10, 10, False)
    assert await units_of_trades(stage) == {"T-1": 20}
    assert {item["trade_id"] for item in await shown(stage)} == {"T-1"}


async def test_a_close_shared_out_among_trades_goes_back_to_the_one_whose_order_it_was(
    stage: Stage,
) -> None:
    """A netting account: as nobody's it closed the first trade, first in, first out."""
    first = await stage.open_position("T-1", account=NET)
    second = await stage.open_position("T-2", account=NET)
    await stage.close("T-2")
    closing = await stage.lease_one(NET)
    by_hand = as_nobodys(closing, account=NET, position_id="AAPL", reason="manual")
    await stage.spine.report(NET, by_hand)
    assert [(await stage.state(entry.order_id))["closed_qty"] for entry in (first, second)] == [
        10,
        0,
    ]
    await stage.spine.report(NET, filled(closing, account=NET, position_id="AAPL"))
    states = [await stage.state(command.order_id) for command in (first, second, closing)]
    assert [(state["filled_qty"], state["closed_qty"], state["live"]) for state in states] == [
        (10, 0, True),
        (10, 10, False),
        (10, 0, False),
    ]


async def test_a_fill_named_for_an_order_of_another_account_claims_nothing(stage: Stage) -> None:
    await stage.decide()
    command, foreign = await stage.lease_one(), await stage.lease_one(NET)
    await stage.spine.report(HEDGE, as_nobodys(command))
    await stage.spine.report(
        HEDGE, replace(filled(command), order_id=foreign.order_id, fact_id=uuid4())
    )
    assert await units_of_trades(stage) == {f"external:P{command.seq}": 10}
    assert (await stage.state(foreign.order_id))["filled_qty"] == 0
    assert (await stage.state(foreign.order_id))["filled_qty"] == 0


async def test_the_leg_and_the_close_know_the_claimed_order(stage: Stage) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(
        HEDGE, said(command, ReportKind.SEND_STARTED, bid="99.98", ask="100.02")
    )
    await stage.spine.report(HEDGE, as_nobodys(command))
    await stage.spine.report(HEDGE, filled(command))
    leg = await stage.leg()
    assert (leg["divergence"], leg["outcome"], leg["slippage_reference"] is not None) == (
        [],
        "open",
        True,
    )
    await stage.close()
    closing = await stage.lease_one()
    assert closing.position_id == f"P{command.seq}"
