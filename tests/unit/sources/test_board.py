"""The board's newest price: fresh, or none."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from argos.sources.answers import PriceSeen
from argos.sources.board import Board, VoteStore
from argos.sources.ledger import SourceFile

NOW = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def board() -> Board:
    return Board(VoteStore(SourceFile.empty()), clock=lambda: NOW)


@pytest.mark.parametrize(("age_s", "known"), [(0, True), (60, True), (61, False), (-61, False)])
def test_a_price_is_known_for_a_minute(age_s: float, known: bool) -> None:
    held = board()
    held.see_prices({"AAPL": PriceSeen(Decimal("12.5"), NOW - timedelta(seconds=age_s))})
    assert held.price("AAPL") == (Decimal("12.5") if known else None)
    assert held.price("IBM") is None


def test_the_newest_price_takes_the_place_of_the_one_before() -> None:
    held = board()
    held.see_prices({"AAPL": PriceSeen(Decimal("12.5"), NOW)})
    held.see_prices({"AAPL": PriceSeen(Decimal("12.7"), NOW)})
    assert held.price("AAPL") == Decimal("12.7")
