"""The journal and its figures on the screen and in a file, from the documents that the gateway gives."""

import csv
import io
from datetime import UTC
from decimal import Decimal
from pathlib import Path

import pytest
from rich.console import Console
from rich.table import Table

from argos.cli.journal.command import CSV_COLUMNS, write_csv
from argos.cli.journal.words import (
    beside_table,
    entries_table,
    figures_table,
    held_text,
    show_entry,
    votes_table,
)
from argos.core.errors import InputError
from argos.performance.documents import entry_document, performance_document
from argos.performance.groups import Asked, By, performance_of
from unit.performance.test_groups import CAPITALS, TRADES
from unit.performance.trades import on
from unit.rehearsal.test_journal_section import made_up_entries

ITEMS = [entry_document(entry) for entry in made_up_entries(3)]


def shown(*tables: Table) -> str:
    out = Console(width=250, record=True, file=io.StringIO())
    for table in tables:
        out.print(table)
    return out.export_text()


def test_every_entry_is_a_line_and_an_open_one_says_so() -> None:
    text = shown(entries_table(ITEMS))
    won, lost, still = (line for line in text.splitlines() if "one" in line.split())
    assert {"T-1", "target", "39.3", "0.79", "signal", "yes"} <= set(won.split())
    assert {"T-2", "<b>&", "-21.4", "-0.43"} <= set(lost.split())
    assert {"T-3", "open", "alert"} <= set(still.split())
    assert "no trade was filled" in shown(entries_table([]))


def test_one_entry_tells_why_and_who_was_right() -> None:
    out = Console(width=200, record=True, file=io.StringIO())
    for item in ITEMS:
        show_entry(out, item)
    text = out.export_text()
    assert "signal, score 0.65: massive long" in text
    assert "after 1.0 h: its target was reached" in text
    assert "not yet: open" in text
    assert "from a simulated source" in text
    assert "39.3 USD net, 40 gross, R 0.79, win" in text


def test_figures_say_what_is_too_short_and_leave_out_what_has_no_value() -> None:
    found = performance_document(
        performance_of(TRADES, capitals=CAPITALS, asked=Asked(zone=UTC, now=on(99)), by=By.SOURCE)
    )
    rows = [("all", found["overall"]), *((group["key"], group) for group in found["groups"])]
    text = shown(figures_table("performance", rows), votes_table(found["groups"]))
    assert "60.0 %, too short" in text
    assert text.count("too short") >= 2
    assert "25.00 USD" in text
    assert "33.3 %" not in text
    assert "50.0 %" in text  # massive and x_api were right in two of four
    nothing = performance_document(
        performance_of([], capitals={}, asked=Asked(zone=UTC, now=on(99)))
    )
    assert "0 / 0 / 0" in shown(figures_table("performance", [("all", nothing["overall"])]))
    beside = [{"what": "legs", "outcome": "denied", "code": "MARKET_CLOSED", "n": 3}]
    assert "MARKET_CLOSED" in shown(beside_table(beside))


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(None, None), (12.3, "12.3 s"), (90, "1.5 min"), (5400, "1.5 h"), (129_600, "1.5 d")],
)
def test_times_are_told_in_the_unit_that_fits(seconds: float | None, text: str | None) -> None:
    assert held_text(seconds) == text


def test_a_file_has_a_line_for_each_entry_and_every_digit(tmp_path: Path) -> None:
    path = tmp_path / "journal.csv"
    assert write_csv(path, ITEMS) == 3
    with path.open(newline="", encoding="utf-8") as file:
        first, second, third = csv.DictReader(file)
    assert tuple(first) == CSV_COLUMNS
    assert first["votes"] == "massive=long alpha_vantage=long x_api=short sonar=abstain"
    assert (first["finished"], third["finished"], third["exit_reason"]) == ("true", "false", "")
    assert Decimal(second["net_pnl"]) == Decimal("-21.4")
    assert [file.name for file in tmp_path.iterdir()] == ["journal.csv"]


def test_a_file_that_cannot_be_written_leaves_what_was_there(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="EXPORT_NOT_WRITABLE"):
        write_csv(tmp_path / "nowhere" / "journal.csv", ITEMS)
    path = tmp_path / "journal.csv"
    path.write_text("before")

    def broken():
        yield ITEMS[0]
        raise OSError(28, "No space left on device")

    with pytest.raises(InputError, match="No space left"):
        write_csv(path, broken())
    assert path.read_text() == "before"
