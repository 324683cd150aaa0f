"""The rules of the simulation, bar by bar, in plain Python: to be read, and to hold the compiled kernel against.

It is also what plays small markets, where compiling would take longer than the run. The order of things on a bar:

1. At the open, for each symbol in turn: swap of the nights since the last bar; then what must leave leaves, that is
   what an earlier bar's volume left over, what a signal closes, what has been held long enough.
2. At the open, for each symbol in turn: entries, sized on the equity at this open; or they begin to rest.
3. Inside the bar, for each symbol in turn: the stop, the target, or a resting entry and then its own bracket. The stop
   comes first wherever the bar does not tell.
4. A margin call at the bar's worst prices; then what the session's end or the last bar closes, at the close.
5. The close: equity is marked, and the strategy decides what waits for the next open.
"""

import math
from typing import Final

import numpy as np

from argos.backtest.layout import FILL, TRADE, Reason, Signal
from argos.backtest.ledger import Holding, Ledger
from argos.backtest.tables import Book, Clock, Feed, Fine, Orders

INF: Final = math.inf
LIMIT, STOP = 1, 2


Prices = tuple[float, float, float, float]


class Simulation:
    """One run. `play(i)` must be called for each bar in turn."""

    def __init__(self, feed: Feed, fine: Fine, orders: Orders, clock: Clock, book: Book) -> None:
        self.symbols, self.bars = feed.close.shape
        self.open, self.high, self.low, self.close = (column.tolist() for column in feed[:4])
        self.fine = [column.tolist() for column in fine[:4]]
        self.fine_start = fine.start.tolist()
        self.orders = orders
        self.nights, self.entries, self.flat_after = (flags.tolist() for flags in clock[:3])
        self.ledger = Ledger(feed, orders, clock, book)
        self.rules, self.holdings = self.ledger.rules, self.ledger.holdings
        self.volume = self.ledger.volume
        # A view, not a list: a bar-by-bar strategy writes its signals as the run goes on.
        self.side = [memoryview(row) for row in orders.side]
        self.equity: list[float] = []
        self.sums = self.ledger.sums
        self.read_rules(book)

    def read_rules(self, book: Book) -> None:
        """Takes the rules as they stand in `book`; what comes next is played by them."""
        self.ledger.read_rules(book)
        self.maintenance = float(book.account[0]["maintenance"])
        self.end_close = bool(book.account[0]["end_close"])

    # What happens on a bar.

    def play(self, i: int) -> None:
        """Bar i from its open to its close."""
        busy = [
            (s, p)
            for s, p in enumerate(self.holdings)
            if p.qty or p.order or p.resting or (i > 0 and self.side[s][i - 1])
        ]
        for s, p in busy:
            if i > 0:
                self.finance(s, p, i)
                self.take_order(s, p, i)
            self.exits_at_open(s, p, i)
        for s, p in busy:
            self.entries_at_open(s, p, i)
        for s, p in busy:
            if p.resting and i > p.resting_until:
                p.resting = 0
            self.inside_bar(s, p, i)
        if self.maintenance > 0:
            self.margin_call(i)
        if self.flat_after and self.flat_after[i]:
            self.close_all(i, Reason.SESSION)
        elif i == self.bars - 1 and self.end_close:
            self.close_all(i, Reason.END)
        for s, p in busy:
            if p.qty and p.trailing:
                self.move_best(s, p, i)
        self.mark(i)

    def finance(self, s: int, p: Holding, i: int) -> None:
        """Swap of the nights between the bar before and this one, at the last close."""
        if p.qty == 0 or not self.nights or not self.nights[i]:
            return
        rule = self.rules[s]
        rate = rule.swap_long if p.side > 0 else rule.swap_short
        cost = abs(p.qty) * self.close[s][i - 1] * rate * self.nights[i]
        if rule.money_step > 0:
            cost = round(cost / rule.money_step) * rule.money_step
        p.financing += cost
        self.ledger.cash -= cost
        self.sums.financing += cost

    def take_order(self, s: int, p: Holding, i: int) -> None:
        """The decision of the bar that just closed replaces what waited or rested."""
        code = self.side[s][i - 1]
        if code == 0:
            return
        p.order, p.order_bar, p.resting = code, i - 1, 0
        if p.qty == 0 or code != p.side:
            p.entering = 0.0

    def exits_at_open(self, s: int, p: Holding, i: int) -> None:
        """Closes at the open what a rest, the time, or a signal asks to close."""
        price = self.open[s][i]
        if math.isnan(price):
            return
        if p.qty == 0:
            if p.order == Signal.EXIT:
                p.order = 0
            return
        rule = self.rules[s]
        reason, qty = p.leaving, abs(p.qty)
        if reason < 0:
            reason, qty = self.exit_by_order(s, p, i)
            if reason < 0 and 0 < rule.hold_bars <= i - p.entry_bar:
                reason = Reason.TIME
        elif p.order == Signal.EXIT:
            # It is leaving already.
            p.order = 0
        if reason < 0:
            return
        if qty == abs(p.qty):
            p.entering = 0.0
            p.leaving = reason
        done = min(qty, self.ledger.room(s, p, i))
        if done > 0:
            quoted = price * (1.0 - rule.half_spread * p.side)
            self.ledger.leave(
                s, p, i, done, quoted, price, rule.slip(done, self.volume[s][i]), reason
            )

    def exit_by_order(self, s: int, p: Holding, i: int) -> tuple[int, float]:
        """Why and how much the waiting order closes; reason -1 for nothing."""
        held = abs(p.qty)
        if p.order == Signal.EXIT:
            p.order = 0
            return Reason.EXIT, held
        if p.order == -p.side:
            return Reason.REVERSE, held
        if p.order == p.side:
            p.order = 0
        if p.order != Signal.TARGET:
            return -1, held
        weight = float(self.orders.target[s, p.order_bar])
        if weight * p.side < 0:
            return Reason.REVERSE, held
        if weight == 0:
            p.order = 0
            return Reason.EXIT, held
        wanted = abs(weight) * self.equity_at_open(i) / self.open[s][i]
        if wanted < held:
            p.order = 0
            return Reason.EXIT, held - wanted if wanted > 0 else held
        return -1, held

    def entries_at_open(self, s: int, p: Holding, i: int) -> None:
        """Enters, goes on entering, or lays an entry to rest."""
        price = self.open[s][i]
        if (p.order == 0 and p.entering == 0) or p.leaving >= 0 or math.isnan(price):
            return
        if self.entries and not self.entries[i]:
            p.order, p.entering = 0, 0.0
            return
        if p.entering > 0:
            self.enter_at_open(s, p, i, p.side, p.entering)
        elif p.order == Signal.TARGET:
            self.enter_target(s, p, i)
        elif p.qty == 0:
            self.enter_by_signal(s, p, i)

    def enter_target(self, s: int, p: Holding, i: int) -> None:
        """Grows a holding to its target weight."""
        rule, price = self.rules[s], self.open[s][i]
        weight = float(self.orders.target[s, p.order_bar])
        side = 1 if weight > 0 else -1
        fill_price = price * (1.0 + rule.half_spread * side) * (1.0 + rule.slippage * side)
        equity = self.equity_at_open(i)
        wanted = abs(weight) * equity / fill_price - abs(p.qty) if weight != 0 else 0.0
        wanted = self.ledger.bounded(rule, wanted, fill_price, equity, self.exposure_at_open(i))
        p.order = 0
        if wanted > 0:
            self.enter_at_open(s, p, i, side, wanted)

    def enter_by_signal(self, s: int, p: Holding, i: int) -> None:
        """A LONG or SHORT signal: to market, or to rest."""
        rule, side, d = self.rules[s], p.order, p.order_bar
        limit = self.ledger.said("limit_price", s, d)
        trigger = self.ledger.said("stop_price", s, d)
        if limit > 0 or trigger > 0:
            p.resting = LIMIT if limit > 0 else STOP
            p.resting_price = limit if limit > 0 else trigger
            p.resting_side = side
            p.resting_until = d + rule.valid_bars if rule.valid_bars > 0 else INF
            p.order = 0
            return
        quoted = self.open[s][i] * (1.0 + rule.half_spread * side)
        qty = self.entry_qty(s, i, side, d, quoted * (1.0 + rule.slippage * side))
        if qty > 0:
            self.enter_at_open(s, p, i, side, qty)
        else:
            self.sums.unfilled += 1
            p.order = 0

    def enter_at_open(self, s: int, p: Holding, i: int, side: int, qty: float) -> None:
        """Market entry at the open, as far as the bar's volume goes; the rest waits for the next open."""
        rule = self.rules[s]
        done = min(qty, self.ledger.room(s, p, i))
        if done > 0:
            price = self.open[s][i]
            quoted = price * (1.0 + rule.half_spread * side)
            self.ledger.enter(
                s, p, i, side, done, quoted, price, rule.slip(done, self.volume[s][i])
            )
            p.entering = qty - done
            p.order = 0

    def inside_bar(self, s: int, p: Holding, i: int) -> None:
        """Stops, targets and resting entries. A bar that touches something is replayed on its finer bars, if any."""
        if p.leaving >= 0 or (p.qty == 0 and not p.resting):
            return
        if not self.touched(s, p, self.high[s][i], self.low[s][i]):
            return
        whole = (self.open[s][i], self.high[s][i], self.low[s][i], self.close[s][i])
        first, last = self.fine_start[i : i + 2] if self.fine_start else (0, 0)
        if last == first:
            self.step(s, p, i, whole, fresh=p.qty != 0 and p.entry_bar == i)
            return
        for k in range(first, last):
            was = p.qty
            fresh = p.qty != 0 and p.entry_bar == i and k == first
            o, h, low, c = (column[s][k] for column in self.fine)
            self.step(s, p, i, (o, h, low, c), fresh=fresh)
            if p.leaving >= 0 or (p.qty == 0 and (was != 0 or not p.resting)):
                return

    def touched(self, s: int, p: Holding, high: float, low: float) -> bool:
        """Whether a bar reaches any level of the holding or of the resting entry."""
        rule = self.rules[s]
        if p.qty:
            quote = 1.0 - rule.half_spread * p.side
            stop, take = p.stop_now() / quote, p.take / quote
            if p.side > 0:
                return low <= stop or high >= take
            return high >= stop or low <= take
        level = p.resting_price / (1.0 + rule.half_spread * p.resting_side)
        falls = (p.resting_side > 0) == (p.resting == LIMIT)
        return low <= level if falls else high >= level

    def step(self, s: int, p: Holding, i: int, prices: Prices, *, fresh: bool) -> None:
        """One bar, or one finer bar of it. `fresh`: opened at this very open, so there was no gap."""
        if p.qty:
            self.bracket(s, p, i, prices, fresh=fresh)
        elif p.resting:
            self.rested(s, p, i, prices)

    def bracket(self, s: int, p: Holding, i: int, prices: Prices, *, fresh: bool) -> None:
        """Stop and target on a bar that the holding saw from its open on. Both touched: the stop, and counted."""
        start, high, low, _ = prices
        quote = 1.0 - self.rules[s].half_spread * p.side
        stop = p.stop_now()
        gap = p.entry_price if fresh else start * quote
        if p.side > 0:
            stopped, taken = low <= stop / quote, high >= p.take / quote
        else:
            stopped, taken = high >= stop / quote, low <= p.take / quote
        worse, better = (min, max) if p.side > 0 else (max, min)
        if stopped:
            p.ambiguous = p.ambiguous or taken
            self.stop_out(s, p, i, worse(stop, gap), quote)
        elif taken:
            self.take_out(s, p, i, better(p.take, gap), quote)

    def bracket_after_entry(
        self, s: int, p: Holding, i: int, prices: Prices, *, limit: bool
    ) -> None:
        """Stop and target on the rest of a bar that was entered inside.

        Only the close is surely after the entry; after a limit entry so is the adverse extreme. A stop that may have
        been touched counts as touched; a target counts only when the close is beyond it.
        """
        _, high, low, close = prices
        quote = 1.0 - self.rules[s].half_spread * p.side
        stop = p.stop_now()
        if p.side > 0:
            stopped, surely, taken = (
                low <= stop / quote,
                close <= stop / quote,
                close >= p.take / quote,
            )
        else:
            stopped, surely, taken = (
                high >= stop / quote,
                close >= stop / quote,
                close <= p.take / quote,
            )
        if stopped:
            known = surely or (limit and not taken)
            p.ambiguous = p.ambiguous or not known
            self.stop_out(s, p, i, stop, quote)
        elif taken:
            self.take_out(s, p, i, p.take, quote)

    def stop_out(self, s: int, p: Holding, i: int, quoted: float, quote: float) -> None:
        """Market exit at `quoted`; what the volume does not take leaves at the next open."""
        reason = Reason.STOP if p.stop_now() == p.stop_first else Reason.TRAIL
        done = min(abs(p.qty), self.ledger.room(s, p, i))
        p.entering = 0.0
        p.leaving = reason
        if done > 0:
            rate = self.rules[s].slip(done, self.volume[s][i])
            self.ledger.leave(s, p, i, done, quoted, quoted / quote, rate, reason)

    def take_out(self, s: int, p: Holding, i: int, quoted: float, quote: float) -> None:
        """Limit exit at `quoted`, without slippage; what the volume does not take goes on resting."""
        done = min(abs(p.qty), self.ledger.room(s, p, i))
        p.entering = 0.0
        if done > 0:
            self.ledger.leave(s, p, i, done, quoted, quoted / quote, 0.0, Reason.TAKE)

    def rested(self, s: int, p: Holding, i: int, prices: Prices) -> None:
        """A resting entry: filled at the open if that is beyond its price, else at its price when touched."""
        start, high, low, _ = prices
        rule, side, limit = self.rules[s], p.resting_side, p.resting == LIMIT
        if self.entries and not self.entries[i]:
            return
        quote = 1.0 + rule.half_spread * side
        level = p.resting_price / quote
        if (side > 0) == limit:
            hit, at_open = low <= level, start <= level
        else:
            hit, at_open = high >= level, start >= level
        if not hit:
            return
        quoted, mid = (start * quote, start) if at_open else (p.resting_price, level)
        usual = 0.0 if limit else rule.slippage
        qty = self.entry_qty(s, i, side, p.order_bar, quoted * (1.0 + usual * side))
        if not qty > 0:
            self.sums.unfilled += 1
            p.resting = 0
            return
        done = min(qty, self.ledger.room(s, p, i))
        if done <= 0:
            return
        rate = 0.0 if limit else rule.slip(done, self.volume[s][i])
        p.resting = 0
        self.ledger.enter(s, p, i, side, done, quoted, mid, rate)
        if not limit:
            p.entering = qty - done
        if at_open:
            self.bracket(s, p, i, prices, fresh=True)
        else:
            p.inside = True
            self.bracket_after_entry(s, p, i, prices, limit=limit)

    def margin_call(self, i: int) -> None:
        """Closes everything at the bar's worst prices if equity there is below the maintenance."""
        worst, gross = self.ledger.cash, 0.0
        for s, p in enumerate(self.holdings):
            if p.qty:
                price = self.worst_price(s, p, i)
                worst += p.qty * price
                gross += abs(p.qty) * price
        if not (gross > 0 and worst < self.maintenance * gross):
            return
        self.sums.margin_calls += 1
        for s, p in enumerate(self.holdings):
            if p.qty:
                self.leave_all(s, p, i, self.worst_price(s, p, i), Reason.MARGIN)
            p.withdraw()

    def close_all(self, i: int, reason: Reason) -> None:
        """Everything is closed at the close of bar i, whatever its volume; what waits or rests is withdrawn."""
        for s, p in enumerate(self.holdings):
            if p.qty:
                self.leave_all(s, p, i, self.close[s][i], reason)
            p.withdraw()

    def leave_all(self, s: int, p: Holding, i: int, price: float, reason: Reason) -> None:
        rule = self.rules[s]
        quoted = price * (1.0 - rule.half_spread * p.side)
        self.ledger.leave(s, p, i, abs(p.qty), quoted, price, rule.slippage, reason)

    def move_best(self, s: int, p: Holding, i: int) -> None:
        """Takes the closed bar into the best price of a trailing stop.

        Inside its entry bar a holding cannot claim the extreme: it may have been before the entry.
        """
        extreme = self.high[s][i] if p.side > 0 else self.low[s][i]
        price = self.close[s][i] if p.inside and i == p.entry_bar else extreme
        if (price - p.best) * p.side > 0:
            p.best = price

    def mark(self, i: int) -> None:
        """Equity at the close."""
        equity, held = self.ledger.cash, False
        for s, p in enumerate(self.holdings):
            if p.qty:
                equity = equity + p.qty * self.close[s][i]
                held = True
        self.equity.append(equity)
        self.sums.take(i, equity, held=held)

    # Sizes and levels.

    def entry_qty(self, s: int, i: int, side: int, d: int, price: float) -> float:
        """Units for an entry at `price`, 0 or less for none. See `settings.Sizing`."""
        rule, equity = self.rules[s], self.equity_at_open(i)
        if not equity > 0:
            return 0.0
        value = self.ledger.said("size", s, d)
        if not value > 0:
            value = rule.size_value
        confidence = self.ledger.said("confidence", s, d)
        if rule.by_confidence and not math.isnan(confidence):
            value = value * confidence
        qty = self.ledger.sized(rule, value, price, equity, s, d, side)
        qty = min(qty, rule.size_cap * equity / price)
        return self.ledger.bounded(rule, qty, price, equity, self.exposure_at_open(i))

    def equity_at_open(self, i: int) -> float:
        """Cash and all holdings at the open of bar i, at mid; the last close where there is no bar."""
        equity = self.ledger.cash
        for s, p in enumerate(self.holdings):
            if p.qty:
                equity += p.qty * self.open_or_close(s, i)
        return equity

    def exposure_at_open(self, i: int) -> float:
        """Sum of all holdings' notional at the open of bar i."""
        gross = 0.0
        for s, p in enumerate(self.holdings):
            if p.qty:
                gross += abs(p.qty) * self.open_or_close(s, i)
        return gross

    def open_or_close(self, s: int, i: int) -> float:
        price: float = self.open[s][i]
        carried: float = self.close[s][i]
        return carried if math.isnan(price) else price

    def worst_price(self, s: int, p: Holding, i: int) -> float:
        """The bar's mid price that is worst for a holding; the carried close where there is no bar."""
        price: float = self.low[s][i] if p.qty > 0 else self.high[s][i]
        carried: float = self.close[s][i]
        return carried if math.isnan(price) else price

    # Giving it back.

    def show(self, book: Book) -> None:
        """What a strategy may look at between bars: its holdings and its cash."""
        for s, p in enumerate(self.holdings):
            row = book.positions[s]
            row["qty"], row["entry_price"] = p.qty, p.entry_price
        book.account[0]["cash"] = self.ledger.cash

    def write(self, book: Book) -> Book:
        """The run so far in the tables of `book`, trades and fills as new arrays."""
        self.show(book)
        book.equity[: len(self.equity)] = self.equity
        self.sums.write(
            book,
            cash=self.ledger.cash,
            trades=len(self.ledger.trades),
            fills=len(self.ledger.fills),
        )
        return book._replace(
            trades=np.array(self.ledger.trades, TRADE), fills=np.array(self.ledger.fills, FILL)
        )
