"""Exits do not expire: what a close leaves open is closed again, until it is closed or a person must look."""

from datetime import UTC, datetime

import pytest

from argos.ports import POSITION_CLOSED
from argos.protocol.commands import Command
from argos.protocol.facts import ReportKind
from argos.reconcile.discrepancies import SweepThresholds
from argos.routing.follow_ups import FOLLOW_UPS_MAX
from integration.flows.stage import Stage, filled, in_part, said
from spine import HEDGE, NET

AT_ONCE = SweepThresholds(unclosed_s_max=0)


async def _close_of_a_position(stage: Stage, **changes: object) -> tuple[Command, Command]:
    """The commands of a position of 10 and of its close, which the node has just been given."""
    opened = await stage.open_position()
    await stage.close(**changes)
    return opened, await stage.lease_one()


async def _cancel_after(stage: Stage, closing: Command, *, filled_qty: str) -> None:
    """The venue fills a part of the close and cancels the rest."""
    reports = [
        said(closing, ReportKind.SEND_STARTED),
        said(closing, ReportKind.ACCEPTED, venue_order_id="7"),
        said(closing, ReportKind.CANCELED, venue_order_id="7"),
    ]
    if filled_qty != "0":
        reports.insert(2, in_part(closing, filled_qty))
    await stage.spine.report(HEDGE, *reports)


async def test_what_a_canceled_close_leaves_open_is_closed_by_its_follow_up(stage: Stage) -> None:
    opened, closing = await _close_of_a_position(stage)
    await _cancel_after(stage, closing, filled_qty="4")
    assert await stage.follow_up() == 1

    again = await stage.lease_one()
    assert (again.qty, again.is_exit, again.target_magic) == (6, True, opened.magic)
    assert again.order_id != closing.order_id
    assert again.valid_until is None
    await stage.spine.report(HEDGE, filled(again))
    state = await stage.state(opened.order_id)
    assert (state["closed_qty"], state["live"]) == (10, False)
    leg = await stage.leg()
    assert leg["exit_qty"] == "10"
    assert leg["closed_at"] is not None
    assert await stage.follow_up() == 0


async def test_the_pauses_between_follow_ups_double(stage: Stage) -> None:
    _, closing = await _close_of_a_position(stage)
    pauses = []
    for _ in range(3):
        before = datetime.now(UTC)
        await _cancel_after(stage, closing, filled_qty="0")
        due = await stage.value("SELECT available_at FROM outbox WHERE topic = 'follow_up'")
        pauses.append(round((due - before).total_seconds()))
        await stage.follow_up()
        closing = await stage.lease_one()
    assert pauses == [1, 2, 4]


async def test_after_the_last_follow_up_a_person_has_to_look_and_it_is_over_when_it_is_closed(
    stage: Stage,
) -> None:
    _, closing = await _close_of_a_position(stage)
    sweep = stage.sweep(thresholds=AT_ONCE)
    for _ in range(FOLLOW_UPS_MAX):
        await _cancel_after(stage, closing, filled_qty="1")
        await sweep.run_once()
        assert "EXIT_INCOMPLETE" not in await stage.open_discrepancies()
        assert await stage.follow_up() == 1
        closing = await stage.lease_one()
    await _cancel_after(stage, closing, filled_qty="1")
    assert await stage.follow_up() == 1
    assert await stage.lease() == []
    await sweep.run_once()
    assert "EXIT_INCOMPLETE" in await stage.open_discrepancies()

    await stage.close()
    await stage.spine.report(HEDGE, filled(await stage.lease_one(), qty="4"))
    await sweep.run_once()
    assert "EXIT_INCOMPLETE" not in await stage.open_discrepancies()


@pytest.mark.parametrize(
    ("kind", "body", "follows"),
    [
        (ReportKind.REJECTED, {"code": "VENUE_REFUSED", "retryable": True}, True),
        (ReportKind.REJECTED, {"code": "VENUE_REFUSED", "retryable": False}, True),
        (ReportKind.REJECTED, {"code": POSITION_CLOSED}, False),
        (ReportKind.NOT_FOUND, {"looks": 3}, True),
        (ReportKind.CANCELED, {}, True),
        (ReportKind.EXPIRED, {}, True),
        (ReportKind.UNSENT, {"code": "CLOSE_NOTHING_OPEN"}, False),
    ],
)
async def test_an_exit_that_did_not_close_is_followed_unless_nothing_was_open(
    stage: Stage, kind: ReportKind, body: dict[str, object], follows: bool
) -> None:
    _, closing = await _close_of_a_position(stage)
    await stage.spine.report(HEDGE, said(closing, kind, **body))
    assert await stage.follow_up() == int(follows)
    assert [command.qty for command in await stage.lease()] == ([10] if follows else [])


async def test_a_fill_that_arrives_before_the_follow_up_is_due_makes_it_needless(
    stage: Stage,
) -> None:
    _, closing = await _close_of_a_position(stage)
    await _cancel_after(stage, closing, filled_qty="0")
    await stage.spine.report(HEDGE, filled(closing))
    await stage.follow_up()
    assert await stage.lease() == []
    assert len(await stage.orders("exit")) == 1


async def test_a_fill_that_arrives_after_the_follow_up_was_planned_leaves_it_nothing_to_send(
    stage: Stage,
) -> None:
    _, closing = await _close_of_a_position(stage)
    await _cancel_after(stage, closing, filled_qty="0")
    await stage.follow_up()
    await stage.spine.report(HEDGE, filled(closing))
    assert await stage.lease() == []
    _, second = await stage.orders("exit")
    assert second["status"] == "expired_unsent"
    assert await stage.follow_up() == 0


async def test_a_close_of_a_part_is_followed_for_its_part_alone(stage: Stage) -> None:
    opened, closing = await _close_of_a_position(stage, close_fraction="0.5")
    assert closing.qty == 5
    await _cancel_after(stage, closing, filled_qty="2")
    await stage.follow_up()
    again = await stage.lease_one()
    assert again.qty == 3
    await stage.spine.report(HEDGE, filled(again))
    assert (await stage.state(opened.order_id))["closed_qty"] == 5
    assert await stage.follow_up() == 0


async def test_an_entry_that_fills_after_its_close_is_closed_too(stage: Stage) -> None:
    """A limit order of 10: 4 filled, canceled by a close, and 6 more had crossed the cancel on the wire."""
    await stage.decide(order_type="limit", entry_price="99")
    resting = await stage.lease_one()
    await stage.spine.report(
        HEDGE,
        said(resting, ReportKind.SEND_STARTED),
        said(resting, ReportKind.ACCEPTED, venue_order_id="7"),
        in_part(resting, "4", number=1),
    )
    await stage.close()
    cancel = await stage.lease_one()
    await stage.spine.report(HEDGE, said(cancel, ReportKind.CANCELED, venue_order_id="7"))
    closing = await stage.lease_one()
    assert closing.qty == 4
    await stage.spine.report(HEDGE, filled(closing))
    assert await stage.follow_up() == 0

    await stage.spine.report(HEDGE, in_part(resting, "6", number=2))
    assert await stage.follow_up() == 1
    again = await stage.lease_one()
    assert again.qty == 6
    await stage.spine.report(HEDGE, filled(again))
    assert (await stage.state(resting.order_id))["live"] is False
    assert "ORDER_MOVED_AFTER_END" in await stage.alarms()


async def test_a_halt_holds_a_follow_up_back_and_does_not_end_it(stage: Stage) -> None:
    _, closing = await _close_of_a_position(stage)
    await stage.brake("halted")
    await _cancel_after(stage, closing, filled_qty="4")
    await stage.follow_up()
    assert await stage.lease() == []
    await stage.release()
    assert [command.qty for command in await stage.lease()] == [6]


async def test_the_entry_of_a_reverse_does_not_go_when_its_close_was_given_up(stage: Stage) -> None:
    """Not even when the close was looked for in vain: the position may stand, and the entry would net it out."""
    await stage.open_position(account=NET)
    await stage.decide("T-2", action="reverse", side="sell", sl="105", tp="90")
    closing = await stage.lease_one(NET)
    await stage.spine.report(NET, said(closing, ReportKind.NOT_FOUND, account=NET, looks=3))
    assert await stage.lease(NET) == []
    [entry] = [row for row in await stage.orders("entry", NET) if row["trade_id"] == "T-2"]
    assert entry["status"] == "expired_unsent"
    code = await stage.value(
        "SELECT body->>'code' FROM facts WHERE order_id = $1 AND kind = 'unsent'", entry["order_id"]
    )
    assert code == "REVERSE_CLOSE_FAILED"
    await stage.follow_up()
    assert [command.is_exit for command in await stage.lease(NET)] == [True]
