"""Reports in any order and any number: the same orders, the same leg. What nobody here asked for is kept too."""

import random
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import pytest

from argos.protocol.commands import Command
from argos.protocol.facts import Report, ReportKind
from integration.flows.stage import Stage, deal, filled, in_part, said
from spine import HEDGE, NET, positions_of

CONTENT = (
    "outcome", "filled_qty", "exit_qty", "entry_price_filled", "exit_price_filled", "commission",
    "gross_pnl", "net_pnl", "venue_profit", "slippage_bps", "divergence",
)  # fmt: skip


def _story(opened: Command) -> list[Report]:
    return [
        said(opened, ReportKind.SEND_STARTED, bid="99.98", ask="100.02"),
        said(opened, ReportKind.ACCEPTED, venue_order_id="7"),
        in_part(opened, "4", number=1, price="100.02"),
        in_part(opened, "6", number=2, price="100.04"),
    ]


def _ending(closing: Command) -> list[Report]:
    return [
        said(closing, ReportKind.SEND_STARTED, bid="101.98", ask="102.02"),
        said(closing, ReportKind.ACCEPTED, venue_order_id="8"),
        in_part(closing, "7", number=1, price="101.98"),
        in_part(closing, "3", number=2, price="101.96", profit="5"),
    ]


async def _report_in_pieces(stage: Stage, reports: Sequence[Report], *, seed: int) -> None:
    """Every report once or twice, shuffled, in calls of any size."""
    chance = random.Random(seed)
    told = [*reports, *(report for report in reports if chance.random() < 0.5)]
    chance.shuffle(told)
    while told:
        size = chance.randint(1, len(told))
        piece, told = told[:size], told[size:]
        await stage.spine.report(HEDGE, *piece)


async def _tell(stage: Stage, trade_id: str, *, seed: int | None) -> dict[str, Any]:
    """Open and close a trade; what its orders and its leg came to. Without a seed: in order, once."""
    await stage.decide(trade_id)
    opened = await stage.lease_one()
    story = _story(opened)
    fills = story[2:]
    await stage.spine.report(HEDGE, *(story if seed is None else fills))
    await stage.close(trade_id)
    closing = await stage.lease_one()
    if seed is None:
        await stage.spine.report(HEDGE, *_ending(closing))
    else:
        await _report_in_pieces(stage, [*story, *_ending(closing)], seed=seed)
    states = [await stage.state(command.order_id) for command in (opened, closing)]
    leg = await stage.leg(trade_id)
    figures = ("status", "effective_qty", "filled_qty", "closed_qty", "live")
    return {
        "orders": [{name: state[name] for name in figures} for state in states],
        "leg": {name: leg[name] for name in CONTENT},
    }


async def test_repeats_and_disorder_of_reports_change_nothing(stage: Stage) -> None:
    plain = await _tell(stage, "T-plain", seed=None)
    assert [order["status"] for order in plain["orders"]] == ["filled", "filled"]
    assert (plain["orders"][0]["closed_qty"], plain["orders"][0]["live"]) == (10, False)
    assert plain["leg"]["outcome"] == "win"
    for seed in range(12):
        assert await _tell(stage, f"T-{seed}", seed=seed) == plain
    assert await stage.alarms() == set()


async def test_a_leg_gets_no_new_revision_from_a_repeat(stage: Stage) -> None:
    opened = await stage.open_position()
    await stage.leg()
    revisions = "SELECT count(*) FROM reconciled_legs WHERE trade_id = 'T-1'"
    before = await stage.value(revisions)
    await stage.spine.fill(opened, account=HEDGE, price=Decimal("100.02"))
    await stage.leg()
    assert await stage.value(revisions) == before


async def test_a_deal_that_no_order_explains_is_external_and_counts_as_a_position(
    stage: Stage,
) -> None:
    opened = await stage.open_position()
    foreign = deal(
        like=filled(opened), venue_exec_id="foreign-1", position_id="P-foreign", magic="0",
        client_order_id="", reason="manual",
    )  # fmt: skip
    await stage.spine.report(HEDGE, foreign)
    leg = await stage.leg("external:P-foreign")
    assert (leg["outcome"], leg["filled_qty"]) == ("external", "10")
    sweep = stage.sweep()
    await stage.spine.report(HEDGE, positions_of(f"P{opened.seq}"))
    await sweep.run_once()
    await sweep.run_once()
    assert await stage.open_discrepancies() == {"POSITION_DRIFT"}
    both = positions_of(f"P{opened.seq}", "P-foreign")
    await stage.spine.report(HEDGE, both)
    await sweep.run_once()
    assert await stage.open_discrepancies() == set()


async def test_a_deal_that_bears_our_magic_is_its_orders_fill_though_the_nodes_log_was_lost(
    stage: Stage,
) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(HEDGE, deal(like=filled(command)))
    state = await stage.state(command.order_id)
    assert (state["status"], state["filled_qty"]) == ("filled", 10)
    [execution] = await stage.look("SELECT * FROM executions")
    assert (execution["order_id"], execution["trade_id"]) == (command.order_id, "T-1")
    assert await stage.alarms() == set()


async def test_the_same_execution_told_as_deal_and_as_fill_counts_once(stage: Stage) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(HEDGE, deal(like=filled(command)), filled(command))
    await stage.spine.report(HEDGE, filled(command))
    assert (await stage.state(command.order_id))["filled_qty"] == 10
    assert await stage.value("SELECT count(*) FROM executions") == 1


@pytest.mark.parametrize(("reason", "account"), [("sl", HEDGE), ("tp", HEDGE), ("manual", NET)])
async def test_a_close_that_the_broker_or_a_person_did_ends_the_trade(
    stage: Stage, reason: str, account: str
) -> None:
    opened = await stage.open_position(account=account)
    taken = deal(
        account=account, like=filled(opened, account=account), venue_exec_id="close-1",
        side="sell", entry="out", reason=reason, price="95", profit="-50.2",
    )  # fmt: skip
    await stage.spine.report(account, taken)
    state = await stage.state(opened.order_id)
    assert (state["closed_qty"], state["live"]) == (10, False)
    leg = await stage.leg(account=account)
    assert (leg["outcome"], leg["exit_qty"]) == ("loss", "10")
    assert ("UNEXPECTED" in leg["divergence"]) == (reason == "manual")


async def test_a_step_outside_the_rule_book_raises_an_alarm_and_is_recorded(stage: Stage) -> None:
    """The venue speaks of an order that never left us."""
    await stage.decide()
    [entry] = await stage.orders("entry")
    [command_id] = [
        row["command_id"]
        for row in await stage.look(
            "SELECT command_id FROM commands WHERE order_id = $1", entry["order_id"]
        )
    ]
    other = await stage.lease_one(NET)
    stranger = said(other, ReportKind.ACCEPTED, venue_order_id="7")
    told = Report(
        fact_id=stranger.fact_id,
        kind=stranger.kind,
        order_id=entry["order_id"],
        command_id=command_id,
        at=stranger.at,
        body=stranger.body,
    )
    await stage.spine.report(HEDGE, told)
    assert "ORDER_ILLEGAL_TRANSITION" in await stage.alarms()
    assert (await stage.state(entry["order_id"]))["status"] == "accepted"
    kinds = await stage.look("SELECT kind FROM facts WHERE order_id = $1", entry["order_id"])
    assert [row["kind"] for row in kinds] == ["accepted"]


async def test_an_overfill_is_recorded_and_alarmed_never_clipped(stage: Stage) -> None:
    await stage.decide()
    command = await stage.lease_one()
    await stage.spine.report(
        HEDGE, in_part(command, "10", number=1), in_part(command, "2", number=2)
    )
    state = await stage.state(command.order_id)
    assert (state["status"], state["filled_qty"]) == ("filled", 12)
    assert "ORDER_OVERFILLED" in await stage.alarms()


async def test_an_older_scan_of_positions_never_replaces_a_newer_one(stage: Stage) -> None:
    older, newer = positions_of("P-old"), positions_of("P-new")
    await stage.spine.report(HEDGE, newer)
    await stage.spine.report(HEDGE, older)
    positions = await stage.value("SELECT positions FROM account_states WHERE account = $1", HEDGE)
    assert [position["position_id"] for position in positions] == ["P-new"]
