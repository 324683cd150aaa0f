"""Looks at an account that moves, through a package that plays a terminal."""

from datetime import UTC, datetime

import pytest

from argos.core.errors import VenueUnreachable
from argos.venues.mt5.clock import BrokerClock
from argos.venues.mt5.link import TerminalLink
from argos.venues.mt5.scan import TerminalScanner
from argos.venues.mt5.settings import TerminalSettings
from argos.venues.mt5.standin.shapes import AccountInfo, SymbolInfo, TerminalInfo, TradeDeal

NOW = datetime(2026, 1, 5, tzinfo=UTC)
NOW_MS = int(NOW.timestamp() * 1_000)
LOGIN, SYMBOL = 5, "AAPL"


class Terminal:
    """Tells its deals, and a balance that they add up to, less what is `hidden`."""

    def __init__(self) -> None:
        self.deals: list[TradeDeal] = []
        self.hidden = 0
        self.asked: list[str] = []

    def trade(self) -> None:
        number = len(self.deals) + 1
        self.deals.append(
            TradeDeal(
                ticket=number,
                order=number,
                time_msc=NOW_MS + number,
                symbol=SYMBOL,
                volume=1.0,
                price=100.0,
                profit=2.5,
            )
        )

    def initialize(self, *_: object, **__: object) -> bool:
        return True

    def terminal_info(self) -> TerminalInfo:
        return TerminalInfo(connected=True)

    def account_info(self) -> AccountInfo:
        balance = sum(deal.profit for deal in self.deals)
        return AccountInfo(login=LOGIN, balance=balance, currency="USD", currency_digits=2)

    def symbol_info(self, name: str) -> SymbolInfo:
        return SymbolInfo(
            name=name, visible=True, trade_contract_size=1.0, trade_tick_size=0.01, point=0.01
        )

    def orders_get(self) -> tuple[object, ...]:
        return ()

    def positions_get(self) -> tuple[object, ...]:
        return ()

    def history_orders_get(self, *_: datetime) -> tuple[object, ...]:
        return ()

    def history_deals_get(self, since: datetime, _: datetime) -> tuple[TradeDeal, ...]:
        self.asked.append("all" if since < NOW.replace(year=2020) else "window")
        return tuple(self.deals[: len(self.deals) - self.hidden])

    def last_error(self) -> tuple[int, str]:
        return 1, "Success"


@pytest.fixture
def terminal() -> Terminal:
    return Terminal()


def scanner_of(terminal: Terminal, **more: object) -> TerminalScanner:
    link = TerminalLink(terminal, TerminalSettings(login=LOGIN))
    return TerminalScanner(
        link, account="a", clock=BrokerClock(), now=lambda: NOW, quotes=dict, **more
    )


def test_orders_that_go_between_the_questions_do_not_spoil_a_look(terminal):
    scanner = scanner_of(terminal, between=terminal.trade)
    first = scanner.scan("")
    assert len(first.executions) == len(terminal.deals) > 0
    told = len(terminal.deals)
    second = scanner.scan(first.cursor)
    assert len(second.executions) == len(terminal.deals) - told > 0
    assert terminal.asked == ["all", "window"], "one reading each"


def test_what_was_told_is_not_told_again(terminal):
    terminal.trade()
    scanner = scanner_of(terminal)
    first = scanner.scan("")
    terminal.trade()
    second = scanner.scan(first.cursor)
    assert [item.venue_exec_id for item in second.executions] == ["2"]
    third = scanner.scan(second.cursor)
    assert (third.executions, third.cursor) == ((), second.cursor)


def test_a_balance_that_the_window_does_not_explain_sends_the_next_look_through_all_of_the_past(
    terminal,
):
    terminal.trade()
    scanner = scanner_of(terminal)
    cursor = scanner.scan("").cursor
    terminal.trade()
    terminal.hidden = 1
    with pytest.raises(VenueUnreachable):
        scanner.scan(cursor)
    terminal.hidden = 0
    assert [item.venue_exec_id for item in scanner.scan(cursor).executions] == ["2"]
    assert terminal.asked == ["all", "window", "window", "all"]
