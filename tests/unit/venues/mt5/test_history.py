"""What a scan tells anew, and when a history is complete."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

from argos.venues.mt5.clock import moment_msc
from argos.venues.mt5.history import BEGINNING, CREDIT, GAP_STANDS, OVERLAP, BalanceCheck, Told
from argos.venues.mt5.rows import RAW_TIME

NOW = datetime(2026, 1, 5, tzinfo=UTC)


def deal(ticket: int, at_ms: int = 0, profit: str = "0") -> dict[str, object]:
    costs = {name: Decimal(0) for name in ("commission", "swap", "fee")}
    return {"ticket": ticket, "type": 0, RAW_TIME: at_ms, "profit": Decimal(profit), **costs}


def test_the_first_window_holds_all_of_the_past_and_the_brokers_future():
    since, until = Told().window("", now=NOW)
    assert since == BEGINNING
    assert until - NOW >= timedelta(hours=24)


def test_later_windows_begin_an_overlap_before_what_was_seen_last():
    told = Told()
    last_ms = 1_000_000_000_000
    cursor = told.take("", {"deal": [deal(1, last_ms)]}).cursor
    assert told.window(cursor, now=NOW)[0] == moment_msc(last_ms) - OVERLAP


def test_the_overlap_is_not_told_again_but_what_comes_late_is():
    told = Told()
    first = told.take("", {"deal": [deal(1, 100)]})
    same = told.take(first.cursor, {"deal": [deal(1, 100)]})
    assert (same.fresh, same.cursor) == ((), first.cursor)
    late = told.take(first.cursor, {"deal": [deal(1, 100), deal(2, 50)]})
    assert [row["ticket"] for row in late.fresh] == [2]
    assert late.cursor != first.cursor


def test_a_cursor_that_was_not_given_out_last_is_told_everything():
    told = Told()
    first = told.take("", {"deal": [deal(1, 100)]})
    told.take(first.cursor, {"deal": [deal(1, 100), deal(2, 200)]})  # nobody took it
    again = told.take(first.cursor, {"deal": [deal(1, 100), deal(2, 200)]})
    assert [row["ticket"] for row in again.fresh] == [1, 2]
    other = Told().take(again.cursor, {"deal": [deal(2, 200)]})
    assert [row["ticket"] for row in other.fresh] == [2]


def test_what_is_known_need_not_be_read_again():
    told = Told()
    first = told.take("", {"deal": [deal(1, 100), deal(2, 200)]})
    assert told.known(first.cursor) == {"deal": {1, 2}}
    assert told.known("") == told.known("another-1") == {}
    second = told.take(first.cursor, {"deal": [deal(3, 300)]}, passed={"deal": {1, 2}})
    assert [row["ticket"] for row in second.fresh] == [3]
    assert told.known(second.cursor) == {"deal": {1, 2, 3}}


def test_an_order_and_a_deal_of_one_ticket_are_two():
    seen = Told().take("", {"order": [deal(1)], "deal": [deal(1)]})
    assert len(seen.fresh) == 2


def test_deals_that_are_missing_are_noticed_by_the_balance():
    check = BalanceCheck()
    check.learn([deal(1, profit="1000")])
    assert check.explains(Decimal(1_000), at=NOW)
    assert not check.explains(Decimal(1_050), at=NOW)
    check.learn([deal(2, profit="50")])
    assert check.explains(Decimal(1_050), at=NOW)


def test_a_history_that_was_cut_off_is_carried():
    check = BalanceCheck()
    check.learn([deal(7, profit="10")])
    assert check.explains(Decimal(510), at=NOW)
    check.learn([deal(8, profit="-3")])
    assert check.explains(Decimal(507), at=NOW)


def test_a_gap_that_stands_is_taken_as_it_is():
    check = BalanceCheck()
    assert check.explains(Decimal(100), at=NOW)
    assert not check.explains(Decimal(90), at=NOW)
    assert not check.explains(Decimal(80), at=NOW + GAP_STANDS), "another gap begins anew"
    assert check.explains(Decimal(80), at=NOW + 2 * GAP_STANDS)
    assert check.explains(Decimal(80), at=NOW + 2 * GAP_STANDS)


def test_a_credit_is_no_part_of_the_balance():
    check = BalanceCheck()
    check.learn([deal(1, profit="1000"), {**deal(2, profit="300"), "type": CREDIT}])
    assert check.explains(Decimal(1_000), at=NOW)
    assert check.carried == 0
