"""The book of fills: whole after any interruption, right in any order, and each fill given once and for all."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from argos.core.errors import VenueUnreachable
from argos.protocol.values import moment_text
from argos.venues.alpaca.fills import PAGE_SIZE, FillBook, execution_id

AT = datetime(2026, 11, 2, 15, tzinfo=UTC)
EVER = datetime.min.replace(tzinfo=UTC)


def fill(number: int, side: str = "buy", qty: int = 1, **more: Any) -> dict[str, Any]:
    terms = {
        "id": f"20261102150000{number:03d}::{number:08d}",
        "order_id": f"order-{number}",
        "symbol": "AAPL",
        "side": side,
        "qty": str(qty),
        "price": "100",
        "transaction_time": moment_text(AT + timedelta(seconds=number)),
    }
    return terms | more


def held(symbol: str = "AAPL", qty: int = 1, price: str = "100") -> dict[str, Any]:
    side = "long" if qty > 0 else "short"
    return {"symbol": symbol, "qty": str(qty), "side": side, "avg_entry_price": price}


class Activities:
    """What Alpaca tells, newest first by page; it fails where it is told to."""

    def __init__(self, rows: list[dict[str, Any]]) -> None:
        self.rows = rows
        self.asked = 0
        self.fails_at: set[int] = set()

    async def page(self, token: str) -> list[dict[str, Any]]:
        self.asked += 1
        if self.asked in self.fails_at:
            raise VenueUnreachable("cut off")
        newest_first = sorted(self.rows, key=lambda row: row["id"], reverse=True)
        return [row for row in newest_first if not token or row["id"] < token][:PAGE_SIZE]


async def test_a_reading_that_was_cut_off_goes_on_where_it_was():
    minutes = (moment_text(AT + timedelta(minutes=number)) for number in range(350))
    rows = [fill(number, transaction_time=text) for number, text in enumerate(minutes)]
    activities = Activities(rows)
    activities.fails_at = {3}
    book = FillBook()
    with pytest.raises(VenueUnreachable):
        await book.read(activities.page)
    await book.read(activities.page)
    assert book.holdings["AAPL"].qty == 350
    assert activities.asked == 3 + 2 + 1, "two pages were not asked for again; one looks for news"
    assert [row["position_qty"] for row in book.since(EVER)] == [str(n) for n in range(1, 351)]


async def test_news_that_were_cut_off_leave_no_gap():
    activities = Activities([fill(number) for number in range(10)])
    book = FillBook()
    await book.read(activities.page)
    activities.rows += [fill(number) for number in range(10, 10 + 2 * PAGE_SIZE + 50)]
    activities.fails_at = {activities.asked + 2}
    with pytest.raises(VenueUnreachable):
        await book.read(activities.page)
    await book.read(activities.page)
    assert book.holdings["AAPL"].qty == 10 + 2 * PAGE_SIZE + 50


async def test_a_fill_that_is_told_late_takes_its_place():
    early, late, last = fill(1, qty=5), fill(2, "sell", 5), fill(3, qty=3)
    activities = Activities([early, last])
    book = FillBook()
    await book.read(activities.page)
    assert book.holdings["AAPL"].qty == 8
    assert len(book.since(EVER)) == 2
    activities.rows.append(late)
    await book.read(activities.page)
    assert [row["order_id"] for row in book.since(AT + timedelta(hours=1))] == ["order-2"]
    assert book.holdings["AAPL"].qty == 3
    assert book.opening_orders == {"AAPL": "order-3"}
    assert [row["position_qty"] for row in book.since(EVER)] == ["5", "0", "3"]


async def test_each_fill_is_given_once_however_often_it_is_told():
    activities = Activities([fill(1), fill(1), fill(2)])
    book = FillBook()
    await book.read(activities.page)
    assert len(book.since(EVER)) == 2
    await book.read(activities.page)
    assert book.since(AT + timedelta(seconds=5)) == []
    assert book.holdings["AAPL"].qty == 2


async def test_what_is_no_share_is_passed_over():
    coins = fill(1, symbol="BTC/USD", qty=3)
    option = fill(2, symbol="AAPL261218C00200000")
    book = FillBook()
    await book.read(Activities([coins, option, fill(3, symbol="BRK.B")]).page)
    assert book.holdings.keys() == {"BRK.B"}


async def test_a_sale_from_flat_may_have_a_side_of_its_own():
    book = FillBook()
    await book.read(Activities([fill(1, "sell_short", 4)]).page)
    assert book.holdings["AAPL"].qty == -4
    assert book.disagrees_on([held(qty=-4)]) == set()


async def test_what_the_broker_holds_counts_when_fills_do_not_explain_it():
    activities = Activities([fill(1, qty=2)])
    book = FillBook()
    await book.read(activities.page)
    split = [held(qty=8, price="25"), held("IBM", 7)]
    assert book.disagrees_on(split) == {"AAPL", "IBM"}
    book.correct(split, at=AT + timedelta(seconds=1))
    assert book.disagrees_on(split) == set()
    activities.rows.append(fill(5, "sell", 8, price="26"))
    await book.read(activities.page)
    assert book.since(AT + timedelta(seconds=2))[-1]["realized_pl"] == "8"
    assert book.holdings.keys() == {"IBM"}


async def test_a_fill_that_comes_after_all_changes_nothing_that_was_corrected():
    activities = Activities([fill(3, qty=3)])
    book = FillBook()
    await book.read(activities.page)
    book.correct([held(qty=5)], at=AT + timedelta(seconds=3))
    activities.rows.append(fill(1, qty=2))
    await book.read(activities.page)
    assert book.holdings["AAPL"].qty == Decimal(5)
    assert len(book.since(EVER)) == 2, "it is told all the same"


@given(st.permutations(range(12)), st.integers(1, 12))
async def test_the_order_of_telling_does_not_matter(order, first):
    sides = ["buy", "sell"]
    rows = [fill(number, sides[number % 3 == 2], 1 + number % 4) for number in range(12)]
    activities = Activities([rows[number] for number in order[:first]])
    book = FillBook()
    await book.read(activities.page)
    activities.rows = rows
    await book.read(activities.page)
    whole = FillBook()
    await whole.read(Activities(rows).page)
    assert book.since(EVER) == whole.since(EVER)
    assert (book.holdings, book.opening_orders) == (whole.holdings, whole.opening_orders)


def test_the_stream_names_a_fill_by_the_end_of_its_activity():
    assert execution_id("20261102150000000::6f2c") == "6f2c"
    assert execution_id("6f2c") == "6f2c"
