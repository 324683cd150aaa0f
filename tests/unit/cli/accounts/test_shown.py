"""The terms of one symbol in words: only what its venue has."""

from typing import Any

import pytest

from argos.cli.accounts.shown import IN_TABLE, TERMS, terms_of

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


def test_what_a_venue_does_not_have_is_not_told() -> None:
    labels = ["symbol", "bid", "ask", "tick size", "step", "quoted in", "tradable"]
    assert list(terms_of(PLAIN)) == labels
    assert terms_of(PLAIN)["bid"] == "12.34"


def test_what_the_venue_told_is_there_also_when_it_is_nothing() -> None:
    told = terms_of({**PLAIN, "venue_terms": TOLD})
    assert (told["digits"], told["swap long"], told["freeze level"]) == ("5", "-7.1", "0")


def test_the_table_has_terms_that_are_known() -> None:
    assert set(IN_TABLE) <= TERMS.keys()


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
    assert terms_of({**PLAIN, "venue_terms": {"filling_flags": flags}})["filling"] == text
