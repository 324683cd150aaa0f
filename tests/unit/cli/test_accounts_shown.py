"""The terms of an account's symbols as a table: only what some symbol has."""

from typing import Any

import pytest

from argos.cli.accounts_shown import terms_table

PLAIN: dict[str, Any] = {
    "symbol": "AAPL",
    "tick_size": "0.01",
    "qty_step": "1",
    "quote_currency": "USD",
    "base_currency": "",
    "tradable": True,
    "quote": {"bid": "12.34", "ask": "12.36"},
    "venue_terms": None,
}
TOLD = {"digits": 5, "filling_flags": 3, "swap_long": "-7.1", "freeze_level": 0}


def test_what_no_symbol_has_gets_no_column() -> None:
    columns, rows = terms_table([PLAIN])
    assert columns == ["symbol", ">bid", ">ask", ">tick size", ">step", "quoted in", "tradable"]
    assert rows == [["AAPL", "12.34", "12.36", "0.01", "1", "USD", True]]
    assert terms_table([]) == (["symbol"], [])


def test_what_the_venue_told_of_one_symbol_is_a_column_for_all() -> None:
    columns, rows = terms_table([PLAIN, {**PLAIN, "symbol": "EURUSD", "venue_terms": TOLD}])
    by_heading = [dict(zip(columns, row, strict=True)) for row in rows]
    assert [row[">digits"] for row in by_heading] == [None, 5]
    assert [row[">swap long"] for row in by_heading] == [None, "-7.1"]
    assert [row[">freeze level"] for row in by_heading] == [None, 0]


@pytest.mark.parametrize(
    ("flags", "text"),
    [
        (0, "rests"),
        (1, "all or nothing"),
        (3, "all or nothing, what can be had"),
        (4, "passive"),
    ],
)
def test_filling_is_told_in_words(flags: int, text: str) -> None:
    columns, rows = terms_table([{**PLAIN, "venue_terms": {"filling_flags": flags}}])
    assert rows[0][columns.index("filling")] == text
