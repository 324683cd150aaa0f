"""A close that several trades share: first in, first out, and nothing is lost between them."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from argos.core.execution import Entry, Execution, FillReason
from argos.core.intent import Side
from argos.reconcile.shares import HeldEntry, after_close, share_close
from unit.core.builders import uid

D = Decimal
REST = "external:AAPL"
CLOSE = Execution(
    venue_exec_id="x-1",
    venue_order_id="7",
    position_id="AAPL",
    symbol="AAPL",
    side=Side.SELL,
    entry=Entry.OUT,
    price=D(95),
    qty=D(20),
    commission=D("0.31"),
    swap=D("0.02"),
    fee=D("0.07"),
    profit=D("-100.01"),
    reason=FillReason.SL,
    occurred_at=datetime(2026, 1, 5, 15, tzinfo=UTC),
)


def held(trade_id: str, qty: str, **changes: object) -> HeldEntry:
    plain = HeldEntry(
        order_id=uid(f"order:{trade_id}"),
        trade_id=trade_id,
        symbol="AAPL",
        side=Side.BUY,
        open_qty=D(qty),
    )
    return replace(plain, **changes)  # type: ignore[arg-type]


def parts(*entries: HeldEntry, qty: str = "20") -> list[tuple[str, Decimal]]:
    shares = share_close(replace(CLOSE, qty=D(qty)), entries, rest_trade_id=REST)
    return [(share.trade_id, share.qty) for share in shares]


def test_the_first_in_is_the_first_out() -> None:
    assert parts(held("A", "10"), held("B", "10"), qty="14") == [("A", 10), ("B", 4)]


def test_what_no_entry_held_is_left_over() -> None:
    assert parts(held("A", "10"), qty="12") == [("A", 10), (REST, 2)]


def test_a_close_that_nobody_here_held_has_no_parts() -> None:
    assert parts() == []
    assert parts(held("A", "10", side=Side.SELL), held("B", "10", symbol="MSFT")) == []
    assert parts(held("A", "0")) == []


def test_the_next_close_finds_what_the_one_before_left() -> None:
    entries = (held("A", "10"), held("B", "10"))
    first = share_close(replace(CLOSE, qty=D(14)), entries, rest_trade_id=REST)
    left = after_close(entries, first)
    assert [(entry.trade_id, entry.open_qty) for entry in left] == [("A", 0), ("B", 6)]
    assert parts(*left, qty="6") == [("B", 6)]


amounts = st.decimals(-1000, 1000, places=2)


@given(
    qty=st.integers(1, 1000),
    held_qtys=st.lists(st.integers(0, 300), max_size=6),
    commission=amounts,
    swap=amounts,
    fee=amounts,
    profit=amounts,
)
def test_the_parts_add_up_and_take_no_more_than_there_is(
    qty: int,
    held_qtys: list[int],
    commission: Decimal,
    swap: Decimal,
    fee: Decimal,
    profit: Decimal,
) -> None:
    close = replace(CLOSE, qty=D(qty), commission=commission, swap=swap, fee=fee, profit=profit)
    entries = [held(f"T-{number}", str(held_qty)) for number, held_qty in enumerate(held_qtys)]
    shares = share_close(close, entries, rest_trade_id=REST)
    assert bool(shares) == any(held_qtys)
    if shares:
        for name in ("qty", "commission", "swap", "fee", "profit"):
            assert sum(getattr(share, name) for share in shares) == getattr(close, name)
    open_qty = {entry.order_id: entry.open_qty for entry in entries}
    for share in shares:
        assert share.qty > 0
        assert share.opening_order_id is None or share.qty <= open_qty[share.opening_order_id]
