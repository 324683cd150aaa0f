"""The account of the plain engine: rules and holdings of each symbol, sizes and levels, and what one fill does."""

import math
from dataclasses import dataclass
from typing import Final

from argos.backtest.layout import SizeMode
from argos.backtest.plainsums import Sums
from argos.backtest.tables import Book, Clock, Feed, Orders

NAN: Final = math.nan
INF: Final = math.inf


@dataclass(slots=True)
class Rule:
    """RULES of one symbol, as Python floats."""

    half_spread: float
    slippage: float
    impact: float
    fee_rate: float
    fee_unit: float
    fee_order: float
    fee_min: float
    sell_rate: float
    sell_unit: float
    money_step: float
    swap_long: float
    swap_short: float
    stop_fraction: float
    take_fraction: float
    trail_fraction: float
    hold_bars: int
    valid_bars: int
    size_mode: int
    size_value: float
    size_cap: float
    by_confidence: int
    qty_step: float
    volume_share: float

    def fee(self, qty: float, price: float, direction: int) -> float:
        """Commission and, on a sale, the regulatory fee."""
        fee = qty * price * self.fee_rate + qty * self.fee_unit
        fee = max(fee + self.fee_order, self.fee_min)
        if self.money_step > 0:
            fee = round(fee / self.money_step) * self.money_step
        if direction < 0:
            levy = qty * price * self.sell_rate + qty * self.sell_unit
            if self.money_step > 0:
                levy = math.ceil(levy / self.money_step - 1e-9) * self.money_step
            fee += levy
        return fee

    def slip(self, qty: float, volume: float) -> float:
        """Adverse fraction of a market fill: the usual one, and impact by the square of the volume share."""
        if self.impact == 0:
            return self.slippage
        share = min(qty / volume, 1.0) if volume > 0 else 1.0
        return self.slippage + self.impact * share * share


@dataclass(slots=True)
class Holding:
    """One symbol's state; the fields are those of POSITION."""

    qty: float = 0.0
    side: int = 0
    entry_bar: int = 0
    entry_price: float = 0.0
    stop: float = 0.0
    take: float = 0.0
    trail: float = 0.0
    trail_rate: float = 0.0
    best: float = 0.0
    inside: bool = False
    stop_first: float = 0.0
    take_first: float = 0.0
    confidence: float = NAN
    entry_fee: float = 0.0
    exit_fee: float = 0.0
    exit_qty: float = 0.0
    exit_price: float = 0.0
    gross: float = 0.0
    financing: float = 0.0
    spread_cost: float = 0.0
    slippage_cost: float = 0.0
    ambiguous: bool = False
    leaving: int = -1
    entering: float = 0.0
    order: int = 0
    order_bar: int = 0
    resting: int = 0
    resting_side: int = 0
    resting_price: float = 0.0
    resting_until: float = INF
    used_bar: int = -1
    used_qty: float = 0.0

    @property
    def trailing(self) -> bool:
        return self.trail != 0 or self.trail_rate != 0

    def stop_now(self) -> float:
        """Quoted price of the stop, moved by the trailing stop."""
        if not self.trailing:
            return self.stop
        if self.trail > 0:
            level = self.best - self.side * self.trail
        else:
            level = self.best * (1.0 - self.trail_rate * self.side)
        return max(self.stop, level) if self.side > 0 else min(self.stop, level)

    def withdraw(self) -> None:
        """Forgets all that waits or rests."""
        self.order = self.resting = 0
        self.entering = 0.0
        self.leaving = -1


class Ledger:
    """Cash, holdings, trades and fills. Prices and the order of things are `reference.Simulation`'s."""

    def __init__(self, feed: Feed, orders: Orders, clock: Clock, book: Book) -> None:
        account = book.account[0]
        self.volume = feed.volume.tolist()
        self.orders = orders
        self.rules: list[Rule] = []
        self.read_rules(book)
        self.holdings = [Holding() for _ in self.rules]
        self.cash = float(account["cash"])
        self.trades: list[tuple[float, ...]] = []
        self.fills: list[tuple[float, ...]] = []
        self.sums = Sums(clock, book)

    def read_rules(self, book: Book) -> None:
        """Takes the rules as they stand in `book`; what comes next is done by them."""
        self.rules[:] = [Rule(*row) for row in book.rules.tolist()]
        self.leverage = float(book.account[0]["leverage"])

    def room(self, s: int, p: Holding, i: int) -> float:
        """Units that may still be done on bar i."""
        share = self.rules[s].volume_share
        if share == 0:
            return INF
        used = p.used_qty if p.used_bar == i else 0.0
        volume: float = self.volume[s][i]
        return max(share * volume - used, 0.0)

    def fill(
        self,
        s: int,
        p: Holding,
        i: int,
        direction: int,
        qty: float,
        quoted: float,
        mid: float,
        rate: float,
        reason: int,
    ) -> tuple[float, float]:
        """Does `qty` at `quoted`, moved against us by `rate`. Gives the price and the fee."""
        price = quoted * (1.0 + rate * direction)
        fee = self.rules[s].fee(qty, price, direction)
        self.cash -= qty * direction * price + fee
        spread_cost, slippage_cost = qty * abs(quoted - mid), qty * abs(price - quoted)
        self.sums.turnover += qty * price
        self.sums.commission += fee
        self.sums.spread_cost += spread_cost
        self.sums.slippage_cost += slippage_cost
        p.spread_cost += spread_cost
        p.slippage_cost += slippage_cost
        if p.used_bar != i:
            p.used_bar, p.used_qty = i, 0.0
        p.used_qty += qty
        self.fills.append((s, reason, i, qty * direction, price, mid, fee))
        return price, fee

    def enter(
        self,
        s: int,
        p: Holding,
        i: int,
        side: int,
        qty: float,
        quoted: float,
        mid: float,
        rate: float,
    ) -> None:
        """Opens a holding, or adds to one."""
        held = abs(p.qty)
        if held == 0:
            p.spread_cost = p.slippage_cost = 0.0
        price, fee = self.fill(s, p, i, side, qty, quoted, mid, rate, -1)
        if held == 0:
            self.begin(s, p, i, side, price)
            p.qty = qty * side
            p.entry_fee = fee
        else:
            p.entry_price = (p.entry_price * held + price * qty) / (held + qty)
            p.qty += qty * side
            p.entry_fee += fee

    def begin(self, s: int, p: Holding, i: int, side: int, price: float) -> None:
        """A new holding's levels, from the first fill and the signal that asked for it."""
        rule, d = self.rules[s], p.order_bar
        p.side, p.entry_bar, p.entry_price = side, i, price
        p.stop = p.stop_first = self.stop_level(s, d, side, price)
        p.take = side * INF
        if (distance := self.said("take_distance", s, d)) > 0:
            p.take = price + side * distance
        elif rule.take_fraction > 0:
            p.take = price * (1.0 + rule.take_fraction * side)
        p.take_first = p.take
        distance = self.said("trail_distance", s, d)
        p.trail = distance if distance > 0 else 0.0
        p.trail_rate = rule.trail_fraction
        p.best, p.inside = price, False
        p.confidence = self.said("confidence", s, d)
        p.exit_fee = p.exit_qty = p.exit_price = p.gross = p.financing = 0.0
        p.ambiguous, p.leaving, p.entering = False, -1, 0.0

    def leave(
        self,
        s: int,
        p: Holding,
        i: int,
        qty: float,
        quoted: float,
        mid: float,
        rate: float,
        reason: int,
    ) -> None:
        """Closes `qty` units of a holding; the trade is written when nothing is left."""
        price, fee = self.fill(s, p, i, -p.side, qty, quoted, mid, rate, reason)
        p.gross += qty * p.side * (price - p.entry_price)
        p.exit_fee += fee
        if p.exit_qty == 0:
            p.exit_price = price
        else:
            p.exit_price = (p.exit_price * p.exit_qty + price * qty) / (p.exit_qty + qty)
        p.exit_qty += qty
        if qty >= abs(p.qty):
            p.qty = 0.0
            self.finish(s, p, i, reason)
        else:
            p.qty -= qty * p.side

    def finish(self, s: int, p: Holding, i: int, reason: int) -> None:
        """Writes the trade that just ended and forgets the holding."""
        net = p.gross - p.entry_fee - p.exit_fee - p.financing
        self.trades.append(
            (
                s,
                p.side,
                reason,
                p.ambiguous,
                p.entry_bar,
                i,
                p.exit_qty,
                p.entry_price,
                p.exit_price,
                p.stop_first if abs(p.stop_first) < INF else NAN,
                p.take_first if abs(p.take_first) < INF else NAN,
                p.confidence,
                p.gross,
                p.entry_fee + p.exit_fee,
                p.financing,
                p.spread_cost,
                p.slippage_cost,
                net,
            )
        )
        self.sums.add_trade(net, ambiguous=p.ambiguous)
        p.side, p.leaving, p.entering = 0, -1, 0.0

    # Sizes and levels.

    def said(self, name: str, s: int, d: int) -> float:
        """What a signal of bar d says under this name; NaN without such an array."""
        values = getattr(self.orders, name)
        return float(values[s, d]) if values.size else NAN

    def stop_level(self, s: int, d: int, side: int, price: float) -> float:
        """Quoted price of the stop of a holding entered at `price`; infinite without one."""
        rule = self.rules[s]
        if (distance := self.said("stop_distance", s, d)) > 0:
            return price - side * distance
        if rule.stop_fraction > 0:
            return price * (1.0 - rule.stop_fraction * side)
        return -side * INF

    def sized(
        self, rule: Rule, value: float, price: float, equity: float, s: int, d: int, side: int
    ) -> float:
        match SizeMode(rule.size_mode):
            case SizeMode.EQUITY_FRACTION:
                return value * equity / price
            case SizeMode.UNITS:
                return value
            case SizeMode.NOTIONAL:
                return value / price
            case SizeMode.RISK_FRACTION:
                distance = abs(price - self.stop_level(s, d, side, price))
                return value * equity / distance if 0 < distance < INF else 0.0
            case SizeMode.VOLATILITY_TARGET:
                volatility = self.said("volatility", s, d)
                return value / volatility * equity / price if volatility > 0 else 0.0

    def bounded(
        self, rule: Rule, qty: float, price: float, equity: float, exposure: float
    ) -> float:
        """`qty` within the account's leverage, rounded down to the step; 0 or less for none."""
        qty = min(qty, (self.leverage * equity - exposure) / price)
        if not 0 < qty < INF:
            return 0.0
        if rule.qty_step > 0:
            # 0.3 / 0.1 must be three steps.
            qty = math.floor(qty / rule.qty_step + 1e-9) * rule.qty_step
        return qty
