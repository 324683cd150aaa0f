"""The report's section on signals and their trades."""

from dataclasses import replace
from datetime import UTC, time
from decimal import Decimal

import pytest

from argos.core.execution import FillReason
from argos.core.intent import Side
from argos.performance.capital import unknown_capital
from argos.performance.entry import Origin, entry_of
from argos.performance.equity import EquitySpan, Flows
from argos.performance.equity_figures import account_equity
from argos.performance.exits import exit_part
from argos.performance.groups import Asked, By, performance_of
from argos.performance.metrics import figures_of
from argos.reconcile.result import Outcome
from argos.rehearsal.journal_section import (
    ENTRIES_MAX,
    JournalSection,
    figure_rows,
    render_section,
    votes_text,
)
from argos.store.journal import Beside
from consensus_records import recorded
from unit.performance.legs import leg, open_leg
from unit.performance.trades import capital, on
from unit.rehearsal.test_report import Page

ASKED = Asked(zone=UTC, now=on(9))


def made_up_entries(count: int = 3):
    record, _ = recorded("M+ A+ X- S!")
    target = exit_part(FillReason.TP, qty=Decimal(10), price=Decimal(104), at=on(0), action=None)
    legs = [
        leg(),
        leg(trade_id="T-2", symbol="<b>&", outcome=Outcome.LOSS, net_pnl=Decimal("-21.4"),
            r_multiple=Decimal("-0.43"), side=Side.SELL),
        open_leg(trade_id="T-3"),
    ]  # fmt: skip
    return tuple(
        entry_of(
            legs[number % 3],
            Origin(
                source="signals", intent={"action": "open", "order_type": "market"}, checks=(),
                exits=[target], record=record if number % 3 < 2 else None, simulated=True,
            ),
        )
        for number in range(count)
    )  # fmt: skip


def made_up_section(count: int = 3, *, known: bool = True) -> JournalSection:
    entries = made_up_entries(count)
    trades = [trade for entry in entries if (trade := entry.finished()) is not None]
    capitals = {"one": capital("10000") if known else unknown_capital(("one",), "never seen")}
    return JournalSection(
        entries=entries[:ENTRIES_MAX],
        entries_in_all=count,
        by_source=performance_of(trades, capitals=capitals, asked=ASKED, by=By.SOURCE),
        by_symbol=performance_of(trades, capitals=capitals, asked=ASKED, by=By.SYMBOL),
        beside=(
            Beside(what="signals", outcome="refused", code="SESSION_CLOSED", n=7),
            Beside(what="legs", outcome="open", code="", n=1),
        ),
    )


@pytest.fixture(scope="module")
def page() -> Page:
    return Page(render_section(made_up_section()))


def test_every_tag_is_closed_and_nothing_is_markup_that_was_not_meant(page: Page) -> None:
    assert page.open_tags == []
    assert "<b>&" in page.text
    assert [tag for tag, _ in page.tags].count("section") == 1


def test_entries_figures_sources_and_what_came_to_nothing_are_shown(page: Page) -> None:
    for words in (
        "Votes came from simulated sources",
        "its target was reached",
        "buy 10 AAPL",
        "39.30",
        "−21.40",
        "2 for, 1 against, 1 silent",
        "SESSION_CLOSED",
        "1 of 2, 0 is no win",
        "on 10,000.00 USD",
        "massive",
    ):
        assert words in page.text, words


def test_what_is_too_short_says_so(page: Page) -> None:
    assert page.text.count("too short to be read") == 2
    notes = {row.name: row.note for row in figure_rows(made_up_section().by_source.overall)}
    assert notes["Sharpe ratio"] == "too short to be read; n = 1\u00a0day; no PSR"


def test_a_return_without_a_capital_says_why_it_is_missing() -> None:
    page = Page(render_section(made_up_section(known=False)))
    assert "no capital is known: one: never seen" in page.text


def test_a_long_journal_is_cut_and_says_so() -> None:
    page = Page(render_section(made_up_section(90)))
    assert f"The newest {ENTRIES_MAX} entries of 90." in page.text


def test_an_empty_journal_has_a_section_still() -> None:
    nothing = performance_of([], capitals={}, asked=ASKED)
    page = Page(
        render_section(
            JournalSection(
                entries=(), entries_in_all=0, by_source=nothing, by_symbol=nothing, beside=()
            )
        )
    )
    assert "No trade was filled." in page.text
    assert figure_rows(figures_of([], capital=capital(), window=None))[-1].note


def test_a_trade_without_a_signal_has_no_votes() -> None:
    assert votes_text(made_up_entries()[2]) == "–"


def test_the_equity_of_the_account_is_drawn_beside_the_figures_of_closed_trades() -> None:
    spans = [
        EquitySpan(
            began_at=at, ended_at=at, first_balance=money, first_equity=money, low_equity=money, low_at=at,
            high_equity=money, high_at=at, balance=Decimal(1000), equity=money,
        )
        for day, money in enumerate((Decimal(1000), Decimal(900), Decimal(1100)))
        for at in (on(day),)
    ]  # fmt: skip
    equity = account_equity(
        "one", currency="USD", zone="UTC", reset_at=time(0), spans=spans,
        flows=Flows(transfers=(), charges=Decimal(0)),
    )  # fmt: skip
    told = Page(render_section(replace(made_up_section(), equity=equity)))
    assert told.open_tags == []
    assert "polyline" in [tag for tag, _ in told.tags]
    for words in ("Return of the account", "+10.00", "Drawdown of the account", "10.00"):
        assert words in told.text
