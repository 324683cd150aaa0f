"""The account's sums in plain Python, beside `reference.py`: returns per time block, drawdown, costs."""

from typing import Final

from argos.backtest.layout import RETURN_SUMS
from argos.backtest.tables import Book, Clock

WRITTEN: Final = (
    "peak",
    "peak_bar",
    "drawdown",
    "drawdown_bars",
    "held_bars",
    "wins",
    "won",
    "lost",
    "ambiguous",
    "turnover",
    "commission",
    "financing",
    "spread_cost",
    "slippage_cost",
    "unfilled",
    "margin_calls",
)


class Sums:
    """What ACCOUNT counts, with the same names, and the return sums."""

    def __init__(self, clock: Clock, book: Book) -> None:
        account = book.account[0]
        self.bars = len(book.equity)
        self.return_sums = [[0.0] * RETURN_SUMS for _ in book.return_sums]
        self.per_bar = bool(account["per_bar"])
        self.block_ends: list[int] = clock.block_ends.tolist()
        self.period_ends: list[int] = clock.period_ends.tolist()
        self.period = self.block = 0
        self.last_equity = self.equity = self.peak = float(account["cash"])
        self.peak_bar = -1
        self.drawdown = 0.0
        self.drawdown_bars = self.held_bars = self.wins = self.ambiguous = 0
        self.unfilled = self.margin_calls = 0
        self.won = self.lost = self.turnover = self.commission = self.financing = 0.0
        self.spread_cost = self.slippage_cost = 0.0
        self.bar = 0

    def take(self, i: int, equity: float, *, held: bool) -> None:
        """The equity at the close of bar i."""
        self.held_bars += held
        if self.per_bar:
            self._add_return(i, equity)
        elif self.period < len(self.period_ends) and i == self.period_ends[self.period]:
            self._add_return(i, equity)
            self.period += 1
        if equity >= self.peak:
            if i - self.peak_bar > 1:
                self.drawdown_bars = max(self.drawdown_bars, i - self.peak_bar)
            self.peak, self.peak_bar = equity, i
        else:
            self.drawdown = max(self.drawdown, 1.0 - equity / self.peak)
        if i == self.bars - 1 and self.peak_bar < i:
            self.drawdown_bars = max(self.drawdown_bars, i - self.peak_bar)
        self.equity = equity
        self.bar = i + 1

    def _add_return(self, i: int, equity: float) -> None:
        while i >= self.block_ends[self.block]:
            self.block += 1
        r = (equity - self.last_equity) / self.last_equity
        for power in range(RETURN_SUMS):
            self.return_sums[self.block][power] += r ** (power + 1)
        self.last_equity = equity

    def add_trade(self, net: float, *, ambiguous: bool) -> None:
        """A trade that ended with `net`."""
        self.ambiguous += ambiguous
        if net > 0:
            self.won += net
            self.wins += 1
        else:
            self.lost -= net

    def write(self, book: Book, *, cash: float, trades: int, fills: int) -> None:
        """Into the account and the return sums of `book`."""
        account = book.account[0]
        for name in WRITTEN:
            account[name] = getattr(self, name)
        for name, value in (("cash", cash), ("trades", trades), ("fills", fills)):
            account[name] = value
        account["bar"], account["equity"] = self.bar, self.equity
        book.return_sums[:] = self.return_sums
