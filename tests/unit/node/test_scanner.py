"""What a scan makes of the broker's lists: facts, each once, and nothing from a scan that failed."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import pytest

from argos.core.errors import VenueUnreachable
from argos.core.order import CommandKind
from argos.ports import VenueOrderState, VenueScan
from unit.node.fake_venue import FakeClock, FakeVenue
from unit.node.rig import Rig, change_of, entry, exit_of, limit_entry


async def test_the_first_scan_reports_the_positions_even_when_there_are_none(rig: Rig) -> None:
    await rig.look()
    (fact,) = rig.facts()
    assert fact.kind.value == "position"
    assert fact.body["positions"] == []


async def test_positions_are_told_again_only_when_they_changed(rig: Rig) -> None:
    await rig.look()
    await rig.look()
    await rig.deliver(entry())
    await rig.look()
    await rig.look()
    told = [fact for fact in rig.facts() if fact.kind.value == "position"]
    assert [len(fact.body["positions"]) for fact in told] == [0, 1]


async def test_positions_are_told_again_after_a_restart(rig: Rig) -> None:
    await rig.look()
    await rig.restart()
    assert [fact.kind.value for fact in rig.facts()] == ["position", "position"]


async def test_a_fill_seen_in_the_answer_and_by_the_scan_is_one_fact(rig: Rig) -> None:
    command = entry()
    await rig.deliver(command)
    before = rig.facts(command)
    await rig.look()
    await rig.scanner.everything()
    assert rig.facts(command) == before


async def test_a_working_order_that_fills_later_is_told_fill_by_fill(rig: Rig) -> None:
    command = limit_entry()
    await rig.deliver(command)
    rig.venue.fill_order("o1", Decimal(4))
    await rig.look()
    assert rig.state(command) == "answered"
    rig.venue.fill_order("o1", Decimal(6))
    await rig.look()

    assert rig.kinds(command) == ["send_started", "accepted", "fill", "fill"]
    assert rig.state(command) == "done"


@pytest.mark.parametrize("state", ["canceled", "expired", "rejected"])
async def test_an_order_that_ended_at_the_venue_is_told_once(rig: Rig, state: str) -> None:
    command = limit_entry()
    await rig.deliver(command)
    rig.venue.end_order("o1", VenueOrderState(state))
    await rig.look()
    await rig.scanner.everything()

    assert rig.kinds(command) == ["send_started", "accepted", state]
    assert rig.fact(command, state).body["venue_order_id"] == "o1"
    assert rig.state(command) == "done"


async def test_a_fill_after_the_cancel_is_still_told(rig: Rig) -> None:
    command = limit_entry()
    await rig.deliver(command)
    rig.venue.end_order("o1", VenueOrderState.CANCELED)
    await rig.look()
    rig.venue.fill_order("o1", command.qty)
    await rig.look()
    assert rig.kinds(command)[-2:] == ["canceled", "fill"]


async def test_a_stop_at_the_broker_is_a_deal_that_names_the_opening_order(rig: Rig) -> None:
    command = entry()
    await rig.deliver(command)
    (position_id,) = rig.venue.held
    rig.venue.hit_stop(position_id)
    await rig.look()

    deal = next(fact for fact in rig.facts() if fact.kind.value == "deal")
    assert deal.order_id is None
    assert deal.command_id is None
    assert deal.body["opening_order_id"] == str(command.order_id)
    assert deal.body["reason"] == "sl"
    await rig.scanner.everything()
    assert sum(fact.kind.value == "deal" for fact in rig.facts()) == 1


async def test_a_trade_by_hand_is_a_deal_of_nobody(rig: Rig) -> None:
    rig.venue.trade_by_hand(Decimal(7))
    await rig.look()
    deal = next(fact for fact in rig.facts() if fact.kind.value == "deal")
    assert (deal.order_id, deal.body["opening_order_id"]) == (None, None)


async def test_an_execution_without_identity_is_known_by_its_order_at_the_venue(rig: Rig) -> None:
    command = limit_entry()
    await rig.deliver(command)
    rig.venue.fill_order("o1", command.qty)
    rig.venue.events[0] = replace(rig.venue.executions[0], magic=0)
    await rig.look()
    assert rig.kinds(command)[-1] == "fill"


async def test_charges_are_told_once_each(rig: Rig) -> None:
    rig.venue.charges.append({"charge_id": "c1", "amount": "-1.20", "text": "swap"})
    await rig.look()
    await rig.look()
    told = [fact.body["charge"] for fact in rig.facts() if fact.kind.value == "snapshot"]
    assert told == [{"charge_id": "c1", "amount": "-1.20", "text": "swap"}]


async def test_a_failed_scan_is_no_observation(rig: Rig) -> None:
    await rig.deliver(entry())
    await rig.look()
    before, cursor = rig.facts(), rig.log.cursor
    rig.venue.held.clear()
    rig.venue.scan_script.append("unreachable")
    with pytest.raises(VenueUnreachable):
        await rig.look()
    assert rig.facts() == before
    assert rig.log.cursor == cursor


async def test_a_scan_goes_on_where_the_last_one_ended_and_a_start_sees_all(rig: Rig) -> None:
    await rig.deliver(entry())
    await rig.look()
    await rig.look()
    await rig.restart()
    assert rig.venue.cursors == ["", str(len(rig.venue.events)), ""]


async def test_an_exits_fill_is_the_exits_own(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.append("lost_answer")
    closing = exit_of(opening)
    await rig.deliver(closing)
    await rig.look()
    assert rig.kinds(closing) == ["send_started", "in_doubt", "fill", "accepted"]
    assert rig.fact(closing, "fill").order_id == closing.order_id


async def test_the_cancel_of_an_order_and_its_end_do_not_contradict_each_other(rig: Rig) -> None:
    command = limit_entry()
    await rig.deliver(command)
    rig.venue.script.append("lost_answer")
    cancel = change_of(command, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    await rig.look()
    assert rig.kinds(command)[-1] == "canceled"
    assert rig.kinds(cancel) == ["send_started", "in_doubt", "canceled"]


class SlowVenue(FakeVenue):
    """A broker whose scans wait to be let go."""

    def __init__(self, clock: FakeClock) -> None:
        super().__init__(clock)
        self.gate = asyncio.Event()
        self.scans = 0

    async def scan(self, *, cursor: str) -> VenueScan:
        self.scans += 1
        await self.gate.wait()
        return await super().scan(cursor=cursor)


async def test_those_who_wait_for_a_scan_share_one_that_began_after_they_asked(
    make_rig: Callable[..., Rig],
) -> None:
    venue = SlowVenue(FakeClock())
    rig = make_rig(venue=venue)
    first = asyncio.create_task(rig.scanner.fresh())
    while venue.scans == 0:
        await asyncio.sleep(0)
    late = [asyncio.create_task(rig.scanner.fresh()) for _ in range(5)]
    await asyncio.sleep(0)
    venue.gate.set()
    looks = await asyncio.gather(first, *late)

    assert venue.scans == 2
    assert looks[1].began_ms > looks[0].began_ms
    assert all(look is looks[1] for look in looks[1:])


async def test_a_scan_that_hangs_counts_as_unreachable(make_rig: Callable[..., Rig]) -> None:
    rig = make_rig(venue=SlowVenue(FakeClock()))
    rig.session.timings = replace(rig.timings, scan_timeout_ms=1)
    with pytest.raises(VenueUnreachable):
        await rig.scanner.fresh()
