"""Doubt, on both kinds of venues: found and adopted, sent again where that is safe, or given up at last."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from argos.core.account import TradingMode
from argos.core.errors import VenueUnreachable
from argos.core.order import CommandKind
from argos.ports import VenueOrderState
from argos.protocol.commands import Command
from unit.node.fake_venue import START
from unit.node.rig import Rig, change_of, entry, exit_of, limit_entry

MakeRig = Callable[..., Rig]


@pytest.fixture
def unique(make_rig: MakeRig) -> Rig:
    """A node at a venue that refuses a second order of the same client id."""
    return make_rig(unique_client_ids=True)


async def doubtful(rig: Rig, command: Command, word: str) -> Command:
    rig.venue.script.append(word)
    await rig.deliver(command)
    assert rig.state(command) == "doubt"
    return command


async def test_an_order_that_is_there_is_adopted_at_the_first_look(rig: Rig) -> None:
    command = await doubtful(rig, limit_entry(), "lost_answer")
    await rig.look_for(1)
    assert rig.kinds(command) == ["send_started", "in_doubt", "accepted"]
    assert rig.fact(command, "accepted").body["venue_order_id"] == "o1"
    assert rig.state(command) == "answered"


async def test_a_fill_that_is_there_ends_the_doubt(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "lost_answer")
    await rig.look_for(1)
    assert rig.kinds(command) == ["send_started", "in_doubt", "fill", "accepted"]
    assert rig.state(command) == "done"


async def test_a_position_alone_is_evidence_enough(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "lost_answer")
    rig.venue.events.clear()
    await rig.look_for(1)
    assert rig.kinds(command)[-1] == "accepted"
    assert rig.state(command) == "done"


async def test_a_rejected_order_in_the_history_ends_the_doubt(rig: Rig) -> None:
    command = await doubtful(rig, limit_entry(), "lost_answer")
    rig.venue.end_order("o1", VenueOrderState.REJECTED)
    await rig.look_for(1)
    assert rig.kinds(command) == ["send_started", "in_doubt", "rejected"]


async def test_without_unique_ids_an_entry_is_never_sent_again(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "lost_request")
    await rig.look_for(120)
    assert rig.venue.count("submit") == 1
    assert rig.state(command) == "not_found"


async def test_not_found_needs_the_looks_the_time_and_the_end_of_validity(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "lost_request")
    # Looks a second from 1 s on: the first and last are the window apart at 1 + 60 s.
    await rig.look_for(60)
    assert rig.state(command) == "doubt"
    await rig.look_for(1)
    body = rig.fact(command, "not_found").body
    assert (body["looks"], body["seconds"]) == (61, 61)


async def test_not_found_waits_for_valid_until_however_long_that_is(rig: Rig) -> None:
    long_valid = entry(valid_until=START + timedelta(hours=1))
    command = await doubtful(rig, long_valid, "lost_request")
    await rig.look_for(200)
    assert rig.state(command) == "doubt"


async def test_failed_looks_prove_nothing(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "lost_request")
    for _ in range(100):
        rig.clock.advance(1_000)
        rig.venue.scan_script.append("unreachable")
        with pytest.raises(VenueUnreachable):
            await rig.look()
    assert rig.state(command) == "doubt"
    await rig.look_for(2)
    assert rig.state(command) == "doubt"  # two clean looks


async def test_a_look_that_began_before_the_doubt_does_not_count(rig: Rig) -> None:
    look = await rig.scanner.fresh()
    rig.clock.advance(1)
    command = await doubtful(rig, entry(), "lost_request")
    rig.clock.advance(100_000)
    for _ in range(5):
        rig.resolver.judge(look)
    assert rig.state(command) == "doubt"


async def test_late_evidence_reopens_what_was_not_found(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "late")
    await rig.look_for(120)
    assert rig.state(command) == "not_found"

    rig.venue.arrive()
    await rig.look_for(1)

    assert rig.kinds(command)[-3:] == ["not_found", "fill", "accepted"]
    assert rig.state(command) == "done"


async def test_looks_before_a_restart_do_not_count(rig: Rig) -> None:
    command = await doubtful(rig, entry(), "lost_request")
    await rig.look_for(50)
    await rig.restart()
    rig.hear()
    await rig.look_for(60)
    assert rig.state(command) == "doubt"
    await rig.look_for(1)
    assert rig.state(command) == "not_found"


# A venue with unique client ids.


async def test_with_unique_ids_an_entry_is_sent_again_under_the_same_id(unique: Rig) -> None:
    command = await doubtful(unique, entry(), "lost_request")
    await unique.look_for(1)

    assert unique.venue.calls == [("submit", command.magic)] * 2
    assert [fact.body.get("attempt") for fact in unique.facts(command)] == [1, 1, 2, 2, None]
    assert unique.kinds(command)[-3:] == ["send_started", "accepted", "fill"]
    assert unique.state(command) == "done"


async def test_a_repeat_that_is_refused_says_nothing_about_the_first(unique: Rig) -> None:
    command = await doubtful(unique, entry(), "late")
    unique.venue.script.append("refuse")
    await unique.look_for(3)

    assert unique.venue.count("submit") == 2
    assert "rejected" not in unique.kinds(command)
    assert unique.state(command) == "doubt"
    unique.venue.arrive()
    await unique.look_for(1)
    assert unique.state(command) == "done"


async def test_a_repeat_in_doubt_is_repeated_no_more_often_than_allowed(unique: Rig) -> None:
    unique.venue.script.extend(["lost_request"] * 100)
    command = entry(lease_ms=1_000_000)
    await unique.deliver(command)
    await unique.look_for(20)
    assert unique.venue.count("submit") == unique.timings.attempts_max
    assert unique.state(command) == "doubt"


@pytest.mark.parametrize(
    "hindrance", ["validity", "lease", "restart", "fenced", "halted", "reducing", "silence"]
)
async def test_a_repeat_needs_validity_lease_epoch_contact_and_no_brake(
    unique: Rig, hindrance: str
) -> None:
    valid_s = 30 if hindrance == "validity" else 3_600
    valid_until = unique.clock.now() + timedelta(seconds=valid_s)
    command = await doubtful(
        unique, entry(lease_ms=50_000, valid_until=valid_until), "lost_request"
    )
    match hindrance:
        case "validity":
            unique.clock.advance(30_000)
        case "lease":
            unique.clock.advance(50_000)
        case "restart":
            await unique.restart()  # forgets the lease
        case "fenced":
            unique.session.fenced = True
        case "halted" | "reducing":
            unique.session.mode = TradingMode(hindrance)
        case "silence":
            unique.clock.advance(unique.timings.contact_ms_max + 1)
    await unique.look()
    await unique.look()
    assert unique.venue.count("submit") == 1
    assert unique.state(command) == "doubt"


# Exits.


async def open_position(rig: Rig) -> Command:
    opening = entry()
    await rig.deliver(opening)
    return opening


async def test_a_lost_close_of_everything_is_sent_again_after_enough_looks(rig: Rig) -> None:
    opening = await open_position(rig)
    closing = await doubtful(rig, exit_of(opening), "lost_request")
    await rig.look_for(rig.timings.doubt_looks_min - 1)
    assert rig.venue.count("close") == 1
    await rig.look_for(1)
    assert rig.venue.held == {}
    assert rig.kinds(closing)[-3:] == ["send_started", "accepted", "fill"]


async def test_what_kind_of_account_it_is_is_asked_when_it_matters(rig: Rig) -> None:
    opening = await open_position(rig)
    rig.venue.traits = replace(rig.venue.traits, hedging=False)  # as known once connected
    ((position_id, position),) = rig.venue.held.items()
    rig.venue.held[position_id] = replace(position, magic=opening.magic + 1)
    await doubtful(rig, exit_of(opening), "lost_request")
    await rig.look_for(rig.timings.doubt_looks_min)
    assert rig.venue.held == {}


async def test_a_lost_partial_close_waits_the_whole_time(rig: Rig) -> None:
    opening = await open_position(rig)
    closing = await doubtful(rig, exit_of(opening, qty=Decimal(4)), "late")
    await rig.look_for(60)
    assert rig.venue.count("close") == 1
    rig.venue.arrive()
    await rig.look_for(10)
    assert rig.venue.closed_qty == [Decimal(4)]
    assert rig.state(closing) == "done"


async def test_a_close_goes_again_over_a_restart(rig: Rig) -> None:
    opening = await open_position(rig)
    await doubtful(rig, exit_of(opening), "lost_request")
    await rig.restart()
    rig.hear()
    await rig.look_for(3)
    assert rig.venue.held == {}


async def test_a_close_whose_position_has_gone_is_not_found_in_the_end(rig: Rig) -> None:
    opening = await open_position(rig)
    closing = await doubtful(rig, exit_of(opening), "lost_request")
    (position_id,) = rig.venue.held
    rig.venue.hit_stop(position_id)
    await rig.look_for(61)
    assert rig.venue.count("close") == 1
    assert rig.state(closing) == "not_found"


async def test_a_halt_keeps_a_close_in_doubt_instead_of_giving_it_up(rig: Rig) -> None:
    opening = await open_position(rig)
    closing = await doubtful(rig, exit_of(opening), "lost_request")
    rig.session.mode = TradingMode.HALTED
    await rig.look_for(100)
    assert rig.state(closing) == "doubt"
    rig.session.mode = TradingMode.ACTIVE
    await rig.look_for(1)
    assert rig.venue.held == {}


async def test_a_close_in_vain_may_be_leased_again_and_looks_first(rig: Rig) -> None:
    opening = await open_position(rig)
    rig.venue.script.extend(["lost_request"] * rig.timings.attempts_max)
    closing = exit_of(opening)
    await rig.deliver(closing)
    await rig.look_for(200)
    assert rig.state(closing) == "not_found"
    sent = rig.venue.count("close")

    await rig.deliver(replace(closing, attempt=2))
    assert rig.venue.count("close") == sent  # not a newer attempt than the node's own
    await rig.deliver(replace(closing, attempt=sent + 1))

    assert rig.venue.cursors[-1] == ""
    assert rig.venue.held == {}
    assert rig.fact(closing, "fill").command_id == closing.command_id


async def test_with_unique_ids_a_close_goes_again_at_once(unique: Rig) -> None:
    opening = await open_position(unique)
    await doubtful(unique, exit_of(opening, qty=Decimal(4)), "lost_request")
    await unique.look_for(1)
    assert unique.venue.closed_qty == [Decimal(4)]


# Cancel and modify: how it shall be, so a repeat does no harm.


async def test_a_lost_cancel_is_sent_again_while_the_order_works(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    cancel = await doubtful(rig, change_of(opening, CommandKind.CANCEL, "cancel"), "lost_request")
    await rig.look_for(1)
    assert rig.kinds(cancel)[-2:] == ["send_started", "canceled"]
    assert rig.venue.count("cancel") == 2


async def test_a_cancel_in_doubt_of_a_filled_order_came_too_late(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    cancel = await doubtful(rig, change_of(opening, CommandKind.CANCEL, "cancel"), "lost_request")
    rig.venue.fill_order("o1", opening.qty)
    await rig.look_for(1)
    assert rig.fact(cancel, "rejected").body["code"] == "CANCEL_TOO_LATE"
    assert rig.venue.count("cancel") == 1


async def test_a_cancel_of_an_order_nobody_knows_is_given_up_after_the_wait(rig: Rig) -> None:
    cancel = change_of(limit_entry(), CommandKind.CANCEL, "cancel")
    await doubtful(rig, cancel, "lost_request")
    await rig.look_for(61)
    assert rig.state(cancel) == "not_found"
    assert rig.venue.count("cancel") == 1


async def test_a_modify_whose_terms_stand_at_the_position_is_done(rig: Rig) -> None:
    opening = await open_position(rig)
    modify = change_of(opening, CommandKind.MODIFY, "modify", sl=Decimal(95))
    await doubtful(rig, modify, "lost_answer")
    await rig.look_for(1)
    assert rig.kinds(modify)[-1] == "modified"
    assert rig.venue.count("modify") == 1


async def test_a_lost_modify_is_sent_again(rig: Rig) -> None:
    opening = await open_position(rig)
    modify = change_of(opening, CommandKind.MODIFY, "modify", sl=Decimal(95))
    await doubtful(rig, modify, "lost_request")
    await rig.look_for(1)
    assert [position.sl for position in rig.venue.held.values()] == [Decimal(95)]


async def test_a_lost_modify_never_undoes_a_newer_one(rig: Rig) -> None:
    opening = await open_position(rig)
    older = change_of(opening, CommandKind.MODIFY, "older", sl=Decimal(95))
    await doubtful(rig, older, "lost_request")
    newer = change_of(older, CommandKind.MODIFY, "newer", sl=Decimal(97))
    await rig.deliver(replace(newer, sl=Decimal(97)))
    await rig.look_for(61)
    assert [position.sl for position in rig.venue.held.values()] == [Decimal(97)]
    assert rig.state(older) == "not_found"
