"""The curve and the tables of an account's equity."""

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from io import StringIO

from rich.console import Console

from argos.cli.journal.equity_words import account_notes, show_history, sparkline
from argos.performance.equity import EquitySpan, flows_of
from argos.performance.equity_documents import history_document
from argos.performance.equity_figures import account_equity

BEGIN = datetime(2026, 11, 2, tzinfo=UTC)


def test_a_curve_goes_from_its_least_to_its_greatest_and_ends_at_the_end() -> None:
    assert sparkline([Decimal(number) for number in range(8)]) == "▁▂▃▄▅▆▇█"
    assert sparkline([Decimal(5)] * 3) == "▁▁▁"
    assert sparkline([]) == ""
    many = sparkline([Decimal(0)] * 599 + [Decimal(1)])
    assert (len(many), many[-1]) == (60, "█")


def test_a_history_tells_its_figures_and_what_is_unexplained() -> None:
    spans = [
        EquitySpan(
            began_at=at, ended_at=at, first_balance=money, first_equity=money, low_equity=money, low_at=at,
            high_equity=money, high_at=at, balance=money, equity=money,
        )
        for number, money in enumerate((Decimal(1000), Decimal(1500)))
        for at in (BEGIN + timedelta(hours=number),)
    ]  # fmt: skip
    flows = flows_of(spans, moves=[], bookings=[], now=BEGIN + timedelta(days=9))
    found = account_equity(
        "one", currency="USD", zone="UTC", reset_at=time(0), spans=spans, flows=flows
    )
    item = history_document(found)
    out = StringIO()
    show_history(Console(file=out, width=160), item)
    text = out.getvalue()
    for words in (
        "time-weighted",
        "not back yet" if not found.figures else "back",
        "1,500.00",
        "n = 1",
    ):
        assert words in text
    (note,) = account_notes(item)
    assert note.startswith("one: 500 USD came or went")
