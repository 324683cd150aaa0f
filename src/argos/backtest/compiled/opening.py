"""What may happen to one symbol at a bar's open: swap, exits, then entries."""

import numpy as np

from argos.backtest.compiled.fills import (
    bounded,
    enter,
    extra,
    leave,
    room,
    size_of,
    slippage_of,
    stop_level,
)
from argos.backtest.compiled.jit import (
    EXIT,
    LIMIT_ENTRY,
    NO_REASON,
    REVERSE,
    SIGNAL_EXIT,
    SIGNAL_TARGET,
    STOP_ENTRY,
    TIME,
    part,
)
from argos.backtest.compiled.memory import account_of, code, position_of, rule_of
from argos.backtest.compiled.scans import cell


@part()
def include(t, p, s, end):
    """Takes the bars before `end` into the best price of a trailing stop."""
    if p.qty == 0.0 or (p.trail == 0.0 and p.trail_rate == 0.0):
        return
    if p.ahead_bar == end and p.best_bar < end:
        # The search for the trailing stop has been here.
        p.best = p.ahead_best
        p.best_bar = end
        return
    i = p.best_bar
    best = p.best
    while i < end:
        # Inside its entry bar a holding cannot claim the extreme: it may have been before the entry.
        inside = p.inside != 0 and i == p.entry_bar
        if p.side > 0:
            price = cell(t, t.close, s, i) if inside else cell(t, t.high, s, i)
            if price > best:
                best = price
        else:
            price = cell(t, t.close, s, i) if inside else cell(t, t.low, s, i)
            if price < best:
                best = price
        i += 1
    p.best = best
    p.best_bar = end


@part()
def equity_at_open(t, i):
    """Cash and all holdings at the open of bar i, at mid; the last close where there is no bar."""
    equity = account_of(t.account, 0).cash
    for s in range(t.symbols):
        qty = position_of(t.positions, s).qty
        if qty != 0.0:
            equity += qty * open_or_close(t, s, i)
    return equity


@part()
def exposure_at_open(t, i):
    """Sum of all holdings' notional at the open of bar i; 0 when no leverage bounds it."""
    gross = 0.0
    if account_of(t.account, 0).leverage == np.inf:
        return gross
    for s in range(t.symbols):
        qty = position_of(t.positions, s).qty
        if qty != 0.0:
            gross += abs(qty) * open_or_close(t, s, i)
    return gross


@part()
def open_or_close(t, s, i):
    price = cell(t, t.open, s, i)
    if price != price:
        return cell(t, t.close, s, i)
    return price


@part()
def finance(t, p, s, i):
    """Swap of the nights between the bar before and this one, at the last close."""
    rule = rule_of(t.rules, s)
    if p.qty == 0.0 or t.nights == 0 or code(t.nights, i) == 0:
        return
    rate = rule.swap_long if p.side > 0 else rule.swap_short
    cost = abs(p.qty) * cell(t, t.close, s, i - 1) * rate * code(t.nights, i)
    if rule.money_step > 0.0:
        cost = np.rint(cost / rule.money_step) * rule.money_step
    p.financing += cost
    account = account_of(t.account, 0)
    account.cash -= cost
    account.financing += cost


@part()
def take_order(t, p, s, i):
    """The decision of the bar that just closed replaces what waited or rested."""
    signal = code(t.side, s * t.padded + i - 1)
    if signal == 0:
        return
    p.order = signal
    p.order_bar = i - 1
    p.resting = 0
    if p.qty == 0.0 or signal != p.side:
        p.entering = 0.0


@part()
def exits_at_open(t, p, s, i):
    """Closes at the open what a rest, the time, or a signal asks to close."""
    price = cell(t, t.open, s, i)
    if price != price:
        return
    if p.qty == 0.0:
        if p.order == SIGNAL_EXIT:
            p.order = 0
        return
    rule = rule_of(t.rules, s)
    reason = p.leaving
    qty = abs(p.qty)
    if reason < 0:
        reason, qty = exit_by_order(t, p, s, i)
        if reason < 0 and rule.hold_bars > 0 and i - p.entry_bar >= rule.hold_bars:
            reason = TIME
    elif p.order == SIGNAL_EXIT:
        # It is leaving already.
        p.order = 0
    if reason < 0:
        return
    whole = qty == abs(p.qty)
    done = min(qty, room(t, p, rule, s, i))
    if whole:
        p.entering = 0.0
        p.leaving = reason
    if done > 0.0:
        quoted = price * (1.0 - rule.half_spread * p.side)
        rate = slippage_of(t, rule, s, done, i)
        leave(t, p, s, i, done, quoted, price, rate, reason)


@part()
def exit_by_order(t, p, s, i):
    """Why and how much the waiting order closes; NO_REASON for nothing."""
    held = abs(p.qty)
    if p.order == SIGNAL_EXIT:
        p.order = 0
        return EXIT, held
    if p.order == SIGNAL_TARGET:
        return target_exit(t, p, s, i)
    if p.order == -p.side:
        return REVERSE, held
    if p.order == p.side:
        p.order = 0
    return NO_REASON, held


@part()
def target_exit(t, p, s, i):
    """Why and how much a holding shrinks on its way to the target weight; reason -1 if it does not."""
    weight = cell(t, t.target, s, p.order_bar)
    held = abs(p.qty)
    if weight * p.side <= 0.0:
        if weight == 0.0:
            p.order = 0
            return EXIT, held
        return REVERSE, held
    equity = equity_at_open(t, i)
    wanted = abs(weight) * equity / cell(t, t.open, s, i)
    if wanted < held:
        p.order = 0
        return EXIT, held - wanted if wanted > 0.0 else held
    return NO_REASON, held


@part()
def entries_at_open(t, p, s, i):
    """Enters, goes on entering, or lays an entry to rest."""
    price = cell(t, t.open, s, i)
    if (p.order == 0 and p.entering == 0.0) or p.leaving >= 0 or price != price:
        return
    if t.entries != 0 and code(t.entries, i) == 0:
        p.order = 0
        p.entering = 0.0
        return
    rule = rule_of(t.rules, s)
    if p.entering > 0.0:
        enter_at_open(t, p, s, i, p.side, p.entering)
        return
    if p.order == SIGNAL_TARGET:
        weight = cell(t, t.target, s, p.order_bar)
        side = 1 if weight > 0.0 else -1
        fill_price = price * (1.0 + rule.half_spread * side) * (1.0 + rule.slippage * side)
        equity = equity_at_open(t, i)
        held = abs(p.qty)
        wanted = abs(weight) * equity / fill_price - held if weight != 0.0 else 0.0
        exposure = exposure_at_open(t, i)
        wanted = bounded(rule, account_of(t.account, 0), wanted, fill_price, equity, exposure)
        p.order = 0
        if wanted > 0.0:
            enter_at_open(t, p, s, i, side, wanted)
        return
    if p.qty != 0.0:
        return
    side = p.order
    d = p.order_bar
    limit = extra(t, t.limit_price, s, d)
    trigger = extra(t, t.stop_price, s, d)
    if limit > 0.0 or trigger > 0.0:
        p.resting = LIMIT_ENTRY if limit > 0.0 else STOP_ENTRY
        p.resting_price = limit if limit > 0.0 else trigger
        p.resting_side = side
        valid = rule.valid_bars
        p.resting_until = d + valid if valid > 0 else np.int64(2**62)
        p.order = 0
        return
    quoted = price * (1.0 + rule.half_spread * side)
    qty = entry_qty(t, s, i, side, d, quoted * (1.0 + rule.slippage * side))
    if qty > 0.0:
        enter_at_open(t, p, s, i, side, qty)
    else:
        account_of(t.account, 0).unfilled += 1
        p.order = 0


@part()
def entry_qty(t, s, i, side, d, price):
    """Units for an entry at `price`; 0 or less for none."""
    rule = rule_of(t.rules, s)
    stop = stop_level(t, rule, s, d, side, price)
    equity = equity_at_open(t, i)
    exposure = exposure_at_open(t, i)
    return size_of(t, rule, account_of(t.account, 0), s, d, price, stop, equity, exposure)


@part()
def enter_at_open(t, p, s, i, side, qty):
    """Market entry at the open, as far as the bar's volume goes; the rest waits for the next open."""
    rule = rule_of(t.rules, s)
    done = min(qty, room(t, p, rule, s, i))
    if done > 0.0:
        price = cell(t, t.open, s, i)
        quoted = price * (1.0 + rule.half_spread * side)
        rate = slippage_of(t, rule, s, done, i)
        enter(t, p, s, i, side, done, quoted, price, rate)
        p.entering = qty - done
        p.order = 0
