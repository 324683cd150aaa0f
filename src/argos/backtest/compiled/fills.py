"""One fill: its price, its costs, and what it does to the holding and the account."""

import math

import numpy as np

from argos.backtest.compiled.jit import NO_REASON, part
from argos.backtest.compiled.memory import account_of, fill_of, number, rule_of, trade_of


@part()
def fee_of(rule, qty, price, direction):
    """Commission and, on a sale, the regulatory fee; as `CostModel`, in floats."""
    fee = qty * price * rule.fee_rate + qty * rule.fee_unit
    fee = max(fee + rule.fee_order, rule.fee_min)
    step = rule.money_step
    if step > 0.0:
        fee = np.rint(fee / step) * step
    if direction < 0.0:
        levy = qty * price * rule.sell_rate + qty * rule.sell_unit
        if step > 0.0:
            # A float that should be a whole number of cents must not become a cent more.
            levy = math.ceil(levy / step - 1e-9) * step
        fee += levy
    return fee


@part()
def slippage_of(t, rule, s, qty, i):
    """Adverse fraction of a market fill of `qty`: the usual one, and impact by the square of the volume share."""
    if rule.impact == 0.0:
        return rule.slippage
    volume = number(t.volume, s * t.bars + i)
    share = min(qty / volume, 1.0) if volume > 0.0 else 1.0
    return rule.slippage + rule.impact * share * share


@part()
def room(t, p, rule, s, i):
    """Units that may still be done on bar i."""
    if rule.volume_share == 0.0:
        return np.inf
    volume = number(t.volume, s * t.bars + i)
    used = p.used_qty if p.used_bar == i else 0.0
    return max(rule.volume_share * volume - used, 0.0)


@part()
def fill(t, p, s, i, direction, qty, quoted, mid, rate, reason):
    """Does `qty` at `quoted`, moved against us by `rate`. Gives the price and the fee."""
    rule = rule_of(t.rules, s)
    account = account_of(t.account, 0)
    price = quoted * (1.0 + rate * direction)
    fee = fee_of(rule, qty, price, direction)
    account.cash -= qty * direction * price + fee
    spread_cost = qty * abs(quoted - mid)
    slippage_cost = qty * abs(price - quoted)
    account.turnover += qty * price
    account.commission += fee
    account.spread_cost += spread_cost
    account.slippage_cost += slippage_cost
    p.spread_cost += spread_cost
    p.slippage_cost += slippage_cost
    if p.used_bar != i:
        p.used_bar = i
        p.used_qty = 0.0
    p.used_qty += qty
    if t.fills_room > 0:
        row = fill_of(t.fills, account.fills)
        row.symbol = s
        row.reason = reason
        row.bar = i
        row.qty = qty * direction
        row.price = price
        row.mid_price = mid
        row.commission = fee
    account.fills += 1
    return price, fee


@part()
def enter(t, p, s, i, side, qty, quoted, mid, rate):
    """Opens a holding, or adds to one."""
    if p.qty == 0.0:
        p.spread_cost = 0.0
        p.slippage_cost = 0.0
    price, fee = fill(t, p, s, i, float(side), qty, quoted, mid, rate, NO_REASON)
    if p.qty == 0.0:
        begin(t, rule_of(t.rules, s), p, s, i, side, price)
        p.qty = qty * side
        p.entry_fee = fee
    else:
        held = abs(p.qty)
        p.entry_price = (p.entry_price * held + price * qty) / (held + qty)
        p.qty += qty * side
        p.entry_fee += fee


@part()
def begin(t, rule, p, s, i, side, price):
    """A new holding's levels, from the first fill and the signal that asked for it."""
    d = p.order_bar
    p.side = side
    p.entry_bar = i
    p.entry_price = price
    p.stop = stop_level(t, rule, s, d, side, price)
    p.take = side * np.inf
    distance = extra(t, t.take_distance, s, d)
    if distance > 0.0:
        p.take = price + side * distance
    elif rule.take_fraction > 0.0:
        p.take = price * (1.0 + rule.take_fraction * side)
    distance = extra(t, t.trail_distance, s, d)
    p.trail = distance if distance > 0.0 else 0.0
    p.trail_rate = rule.trail_fraction
    p.best = price
    p.best_bar = i
    p.ahead_bar = -1
    p.inside = 0
    p.stop_first = p.stop
    p.take_first = p.take
    p.confidence = extra(t, t.confidence, s, d)
    p.exit_fee = 0.0
    p.exit_qty = 0.0
    p.exit_price = 0.0
    p.gross = 0.0
    p.financing = 0.0
    p.ambiguous = 0
    p.leaving = -1
    p.entering = 0.0


@part()
def stop_level(t, rule, s, d, side, price):
    """Quoted price of the stop of a holding entered at `price`; infinite without one."""
    distance = extra(t, t.stop_distance, s, d)
    if distance > 0.0:
        return price - side * distance
    if rule.stop_fraction > 0.0:
        return price * (1.0 - rule.stop_fraction * side)
    return -side * np.inf


@part()
def extra(t, column, s, d):
    """What a signal of bar d says in this column; NaN without such a column."""
    if column == 0:
        return np.nan
    return number(column, s * t.bars + d)


@part()
def leave(t, p, s, i, qty, quoted, mid, rate, reason):
    """Closes `qty` units of a holding; the trade is written when nothing is left."""
    price, fee = fill(t, p, s, i, -float(p.side), qty, quoted, mid, rate, reason)
    p.gross += qty * p.side * (price - p.entry_price)
    p.exit_fee += fee
    if p.exit_qty == 0.0:
        p.exit_price = price
    else:
        p.exit_price = (p.exit_price * p.exit_qty + price * qty) / (p.exit_qty + qty)
    p.exit_qty += qty
    if qty >= abs(p.qty):
        p.qty = 0.0
        finish(t, p, s, i, reason)
    else:
        p.qty -= qty * p.side


@part()
def finish(t, p, s, i, reason):
    """Writes the trade that just ended and forgets the holding."""
    account = account_of(t.account, 0)
    net = p.gross - p.entry_fee - p.exit_fee - p.financing
    if t.trades_room > 0:
        row = trade_of(t.trades, account.trades)
        row.symbol = s
        row.side = p.side
        row.reason = reason
        row.ambiguous = p.ambiguous
        row.entry_bar = p.entry_bar
        row.exit_bar = i
        row.qty = p.exit_qty
        row.entry_price = p.entry_price
        row.exit_price = p.exit_price
        row.stop_price = p.stop_first if abs(p.stop_first) < np.inf else np.nan
        row.take_price = p.take_first if abs(p.take_first) < np.inf else np.nan
        row.confidence = p.confidence
        row.gross_pnl = p.gross
        row.commission = p.entry_fee + p.exit_fee
        row.financing = p.financing
        row.spread_cost = p.spread_cost
        row.slippage_cost = p.slippage_cost
        row.net_pnl = net
    account.trades += 1
    account.ambiguous += p.ambiguous
    if net > 0.0:
        account.won += net
        account.wins += 1
    else:
        account.lost -= net
    p.side = 0
    p.leaving = -1
    p.entering = 0.0


@part()
def size_of(t, rule, account, s, d, price, stop, equity, exposure):
    """Units to enter with, 0 or less for none. See `settings.Sizing`."""
    if not equity > 0.0:
        return 0.0
    value = extra(t, t.size, s, d)
    if not value > 0.0:
        value = rule.size_value
    if rule.by_confidence != 0:
        confidence = extra(t, t.confidence, s, d)
        if confidence == confidence:
            value = value * confidence
    mode = rule.size_mode
    if mode == 0:
        qty = value * equity / price
    elif mode == 1:
        qty = value
    elif mode == 2:
        qty = value / price
    elif mode == 3:
        distance = abs(price - stop)
        qty = value * equity / distance if 0.0 < distance < np.inf else 0.0
    else:
        volatility = extra(t, t.volatility, s, d)
        qty = value / volatility * equity / price if volatility > 0.0 else 0.0
    qty = min(qty, rule.size_cap * equity / price)
    return bounded(rule, account, qty, price, equity, exposure)


@part()
def bounded(rule, account, qty, price, equity, exposure):
    """`qty` within the account's leverage, rounded down to the step; 0 or less for none."""
    qty = min(qty, (account.leverage * equity - exposure) / price)
    if not 0.0 < qty < np.inf:
        return 0.0
    if rule.qty_step > 0.0:
        # 0.3 / 0.1 must be three steps.
        qty = math.floor(qty / rule.qty_step + 1e-9) * rule.qty_step
    return qty
