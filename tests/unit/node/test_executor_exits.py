"""Closes, changes and cancels through the executor: what is there is looked for, and a refusal is not the end."""

from collections.abc import Callable
from decimal import Decimal

import pytest

from argos.core.order import CommandKind
from argos.node.work import Outcome
from argos.ports import VenueOrderState
from argos.protocol.values import decimal_text
from unit.node.fake_venue import Crash
from unit.node.rig import Rig, change_of, entry, exit_of, limit_entry

MakeRig = Callable[..., Rig]


async def test_a_close_that_was_leased_again_for_less_says_so(rig: Rig) -> None:
    """The gateway wrote down what it leased first: only the node can tell what the close was in the end."""
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening, qty=Decimal(1))
    await rig.deliver(closing)
    assert rig.venue.closed_qty == [Decimal(1)]
    assert rig.fact(closing, "accepted").body["qty"] == "1"


async def test_a_close_finds_the_position_by_who_opened_it(rig: Rig) -> None:
    mine, other = entry("mine"), entry("other")
    await rig.deliver(other)
    await rig.deliver(mine)
    closing = exit_of(mine)
    await rig.deliver(closing)

    assert [position.magic for position in rig.venue.held.values()] == [other.magic]
    assert rig.kinds(closing) == ["send_started", "accepted", "fill"]
    assert rig.fact(closing, "accepted").body["qty"] == decimal_text(mine.qty)
    assert "qty" not in rig.fact(mine, "accepted").body


async def test_a_close_by_position_id_takes_that_position(rig: Rig) -> None:
    mine, other = entry("mine"), entry("other")
    await rig.deliver(mine)
    await rig.deliver(other)
    wanted = next(p for p in rig.venue.held.values() if p.magic == other.magic)
    await rig.deliver(exit_of(mine, position_id=wanted.position_id))
    assert [position.magic for position in rig.venue.held.values()] == [mine.magic]


async def test_a_close_never_asks_for_more_than_is_there(rig: Rig) -> None:
    rig.venue.script.append("partial")
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening)
    await rig.deliver(closing)

    assert rig.venue.closed_qty == [opening.qty / 2]
    assert rig.fact(closing, "accepted").body["qty"] == decimal_text(opening.qty / 2)


async def test_a_partial_close_takes_what_it_was_asked_to(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    await rig.deliver(exit_of(opening, qty=Decimal(3)))
    assert rig.venue.closed_qty == [Decimal(3)]
    assert [p.qty for p in rig.venue.held.values()] == [opening.qty - 3]


async def test_a_close_with_nothing_open_is_not_sent(rig: Rig) -> None:
    closing = exit_of(entry())
    assert await rig.deliver(closing) is Outcome.DONE
    assert rig.fact(closing, "unsent").body["code"] == "CLOSE_NOTHING_OPEN"
    assert rig.venue.calls == []


async def test_a_close_on_the_wrong_side_would_add_and_is_not_sent(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening, side=opening.side)
    await rig.deliver(closing)
    assert rig.fact(closing, "unsent").body["code"] == "CLOSE_NOTHING_OPEN"


async def test_on_a_netting_account_a_close_takes_the_symbols_position(make_rig: MakeRig) -> None:
    rig = make_rig(hedging=False)
    older, mine = entry("older"), entry("mine")
    await rig.deliver(older)  # whose identity the one position keeps
    await rig.deliver(exit_of(mine))
    assert rig.venue.held == {}


async def test_a_close_of_an_order_in_doubt_waits_for_the_doubt_to_end(rig: Rig) -> None:
    rig.venue.script.append("late")
    opening = entry()
    await rig.deliver(opening)
    closing = exit_of(opening)

    assert await rig.deliver(closing) is Outcome.DROPPED
    rig.venue.arrive()
    await rig.look()
    assert await rig.deliver(closing) is Outcome.DONE

    assert rig.venue.held == {}


async def test_a_close_looks_again_when_the_venue_cannot_be_read(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.scan_script.extend(["unreachable", "unreachable"])
    await rig.deliver(exit_of(opening))
    assert rig.venue.held == {}


async def test_a_close_that_cannot_look_within_its_lease_is_given_back(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.scan_script.append("unreachable")
    closing = exit_of(opening, lease_ms=1)
    assert await rig.deliver(closing) is Outcome.DROPPED
    assert rig.state(closing) == "unknown"


async def test_a_look_before_a_close_does_not_outlive_the_lease(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    # Every scan of this broker takes 1 ms: the lease is over when it is done.
    assert await rig.deliver(exit_of(opening, lease_ms=1)) is Outcome.DROPPED
    assert rig.venue.count("close") == 0


async def test_a_close_that_is_refused_for_now_is_tried_again(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["requote", "requote"])
    closing = exit_of(opening)
    await rig.deliver(closing)

    assert rig.venue.count("close") == 3
    assert rig.kinds(closing) == ["send_started"] * 3 + ["accepted", "fill"]
    assert rig.fact(closing, "accepted").body["attempt"] == 3
    assert rig.venue.held == {}


async def test_a_close_that_is_refused_for_now_too_often_is_rejected(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["requote"] * 9)
    closing = exit_of(opening)
    await rig.deliver(closing)

    assert rig.venue.count("close") == rig.timings.attempts_max
    assert rig.kinds(closing)[-1] == "rejected"
    assert rig.fact(closing, "rejected").body["retryable"] is True
    assert rig.state(closing) == "done"


async def test_a_close_is_not_tried_again_beyond_its_lease(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.append("requote")
    closing = exit_of(
        opening, lease_ms=2
    )  # each look takes 1 ms: one before, one after the requote
    await rig.deliver(closing)
    assert rig.venue.count("close") == 1
    assert rig.kinds(closing) == ["send_started", "rejected"]


async def test_a_crash_between_two_tries_of_a_close_is_a_doubt(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    rig.venue.script.append("requote")
    rig.venue.scan_script.extend(["ok", "crash"])
    closing = exit_of(opening)
    with pytest.raises(Crash):
        await rig.deliver(closing)
    await rig.restart()
    assert rig.state(closing) == "doubt"


async def test_an_entry_that_is_refused_for_now_is_rejected_at_once(rig: Rig) -> None:
    rig.venue.script.append("requote")
    command = entry()
    await rig.deliver(command)
    assert rig.kinds(command) == ["send_started", "rejected"]
    assert rig.venue.count("submit") == 1


# Cancel and modify.


async def test_a_cancel_ends_a_working_order(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)

    assert rig.kinds(cancel) == ["send_started", "canceled"]
    assert rig.state(opening) == "done"
    await rig.look()
    assert rig.kinds(opening) == ["send_started", "accepted"]


async def test_a_cancel_that_comes_after_the_fill_is_rejected(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    assert rig.fact(cancel, "rejected").body["code"] == "CANCEL_TOO_LATE"


async def test_a_modify_names_the_position_that_the_order_opened(rig: Rig) -> None:
    opening = entry()
    await rig.deliver(opening)
    modify = change_of(opening, CommandKind.MODIFY, "modify", sl=Decimal(95), tp=Decimal(110))
    await rig.deliver(modify)

    (position_id,) = rig.venue.held
    assert rig.venue.modifies == [
        {"position_id": position_id, "price": None, "sl": Decimal(95), "tp": Decimal(110)}
    ]
    assert rig.kinds(modify) == ["send_started", "modified"]
    assert rig.fact(modify, "modified").body["sl"] == "95"


async def test_a_modify_after_the_end_of_the_order_is_rejected(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    rig.venue.end_order("o1", VenueOrderState.EXPIRED)
    modify = change_of(opening, CommandKind.MODIFY, "modify", sl=Decimal(80))
    await rig.deliver(modify)
    assert rig.fact(modify, "rejected").body["code"] == "MODIFY_TOO_LATE"


async def test_a_cancel_that_is_refused_is_said_again(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["refuse", "refuse"])
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    assert rig.venue.count("cancel") == 3
    assert "rejected" not in rig.kinds(cancel)
    assert rig.fact(cancel, "canceled").order_id == opening.order_id


async def test_a_cancel_that_stays_refused_is_the_venues_no(rig: Rig) -> None:
    opening = limit_entry()
    await rig.deliver(opening)
    rig.venue.script.extend(["refuse"] * 9)
    cancel = change_of(opening, CommandKind.CANCEL, "cancel")
    await rig.deliver(cancel)
    assert rig.venue.count("cancel") == rig.timings.attempts_max
    assert rig.fact(cancel, "rejected").body["code"] == "VENUE_NO_MONEY"
    assert rig.state(cancel) == "done"


# A further attempt of a command this log has never seen.
