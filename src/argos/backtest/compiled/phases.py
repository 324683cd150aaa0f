"""What may happen to one symbol on one bar, in its order: at the open exits, then entries; then inside the bar."""

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
    STOP,
    STOP_ENTRY,
    TAKE,
    TIME,
    TRAIL,
    YES,
    part,
)
from argos.backtest.compiled.memory import account_of, code, number, position_of, rule_of, whole
from argos.backtest.compiled.scans import cell, mid_of, trail_level


@part()
def include(t, p, s, end):
    """Takes the bars before `end` into the best price of a trailing stop."""
    if p.qty == 0.0 or (p.trail == 0.0 and p.trail_rate == 0.0):
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
        buy_more(t, p, s, i, p.side, p.entering)
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
            buy_more(t, p, s, i, side, wanted)
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
        buy_more(t, p, s, i, side, qty)
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
def buy_more(t, p, s, i, side, qty):
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


@part()
def inside_bar(t, p, s, i):
    """Stops, targets and resting entries. A bar that touches something is replayed on its finer bars, if any."""
    if p.leaving >= 0 or (p.qty == 0.0 and p.resting == 0):
        return
    if not touched(rule_of(t.rules, s), p, cell(t, t.high, s, i), cell(t, t.low, s, i)):
        return
    if t.fine_start != 0 and whole(t.fine_start, i + 1) > whole(t.fine_start, i):
        first = whole(t.fine_start, i)
        for k in range(first, whole(t.fine_start, i + 1)):
            was = p.qty
            fresh = p.qty != 0.0 and p.entry_bar == i and k == first
            prices = (
                number(t.fine_open, s * t.fine + k),
                number(t.fine_high, s * t.fine + k),
                number(t.fine_low, s * t.fine + k),
                number(t.fine_close, s * t.fine + k),
            )
            step(t, p, s, i, prices, fresh)
            if p.leaving >= 0 or (was != 0.0 and p.qty == 0.0) or (p.qty == 0.0 and p.resting == 0):
                return
        return
    prices = (
        cell(t, t.open, s, i),
        cell(t, t.high, s, i),
        cell(t, t.low, s, i),
        cell(t, t.close, s, i),
    )
    step(t, p, s, i, prices, p.qty != 0.0 and p.entry_bar == i)


@part()
def touched(rule, p, high, low):
    """Whether a bar reaches any level of the holding or of the resting entry."""
    if p.qty != 0.0:
        quote = 1.0 - rule.half_spread * p.side
        stop = stop_now(p)
        if p.side > 0:
            return low <= mid_of(stop, quote) or high >= mid_of(p.take, quote)
        return high >= mid_of(stop, quote) or low <= mid_of(p.take, quote)
    level = mid_of(p.resting_price, 1.0 + rule.half_spread * p.resting_side)
    if (p.resting_side > 0) == (p.resting == LIMIT_ENTRY):
        return low <= level
    return high >= level


@part()
def stop_now(p):
    """Quoted price of the stop, moved by the trailing stop."""
    if p.trail == 0.0 and p.trail_rate == 0.0:
        return p.stop
    level = trail_level(p.best, float(p.side), p.trail, p.trail_rate)
    if p.side > 0:
        return max(p.stop, level)
    return min(p.stop, level)


@part()
def step(t, p, s, i, prices, fresh):
    """One bar, or one finer bar of it. `fresh`: the holding was opened at this very open, so there was no gap."""
    if p.qty != 0.0:
        bracket(t, p, s, i, prices, fresh)
    elif p.resting != 0:
        rested(t, p, s, i, prices)


@part()
def bracket(t, p, s, i, prices, fresh):
    """Stop and target on a bar that the holding saw from its open on. Both touched: the stop, and counted."""
    rule = rule_of(t.rules, s)
    open_, high, low, _ = prices
    quote = 1.0 - rule.half_spread * p.side
    stop = stop_now(p)
    gap = p.entry_price if fresh else open_ * quote
    if p.side > 0:
        stopped = low <= mid_of(stop, quote)
        taken = high >= mid_of(p.take, quote)
    else:
        stopped = high >= mid_of(stop, quote)
        taken = low <= mid_of(p.take, quote)
    if stopped:
        if taken:
            p.ambiguous = 1
        quoted = min(stop, gap) if p.side > 0 else max(stop, gap)
        stop_out(t, p, s, i, quoted, quote)
    elif taken:
        quoted = max(p.take, gap) if p.side > 0 else min(p.take, gap)
        take_out(t, p, s, i, quoted, quote)


@part()
def stop_out(t, p, s, i, quoted, quote):
    """Market exit at `quoted`; what the volume does not take leaves at the next open."""
    rule = rule_of(t.rules, s)
    reason = STOP if stop_now(p) == p.stop_first else TRAIL
    qty = abs(p.qty)
    done = min(qty, room(t, p, rule, s, i))
    p.entering = 0.0
    p.leaving = reason
    if done > 0.0:
        rate = slippage_of(t, rule, s, done, i)
        leave(t, p, s, i, done, quoted, mid_of(quoted, quote), rate, reason)


@part()
def take_out(t, p, s, i, quoted, quote):
    """Limit exit at `quoted`, without slippage; what the volume does not take goes on resting."""
    rule = rule_of(t.rules, s)
    done = min(abs(p.qty), room(t, p, rule, s, i))
    p.entering = 0.0
    if done > 0.0:
        leave(t, p, s, i, done, quoted, mid_of(quoted, quote), 0.0, TAKE)


@part()
def rested(t, p, s, i, prices):
    """A resting entry on a bar: filled at the open if that is beyond its price, else at its price when touched."""
    rule = rule_of(t.rules, s)
    open_, high, low, _ = prices
    if i > p.resting_until:
        p.resting = 0
        return
    if t.entries != 0 and code(t.entries, i) == 0:
        return
    side = p.resting_side
    limit = p.resting == LIMIT_ENTRY
    quote = 1.0 + rule.half_spread * side
    level = mid_of(p.resting_price, quote)
    if (side > 0) == limit:
        hit = low <= level
        at_open = open_ <= level
    else:
        hit = high >= level
        at_open = open_ >= level
    if not hit:
        return
    quoted = open_ * quote if at_open else p.resting_price
    mid = open_ if at_open else level
    usual = 0.0 if limit else rule.slippage
    qty = entry_qty(t, s, i, side, p.order_bar, quoted * (1.0 + usual * side))
    if not qty > 0.0:
        account_of(t.account, 0).unfilled += 1
        p.resting = 0
        return
    done = min(qty, room(t, p, rule, s, i))
    if done <= 0.0:
        return
    rate = 0.0 if limit else slippage_of(t, rule, s, done, i)
    p.resting = 0
    enter(t, p, s, i, side, done, quoted, mid, rate)
    if not limit:
        p.entering = qty - done
    if at_open:
        bracket(t, p, s, i, prices, YES)
    else:
        p.inside = 1
        bracket_after_entry(t, p, s, i, prices, limit)


@part()
def bracket_after_entry(t, p, s, i, prices, limit):
    """Stop and target on the rest of a bar that was entered inside.

    Only the close is surely after the entry; after a limit entry so is the adverse extreme. A stop that may have been
    touched counts as touched; a target counts only when the close is beyond it.
    """
    rule = rule_of(t.rules, s)
    _, high, low, close = prices
    quote = 1.0 - rule.half_spread * p.side
    stop = stop_now(p)
    if p.side > 0:
        stopped = low <= mid_of(stop, quote)
        surely = close <= mid_of(stop, quote)
        taken = close >= mid_of(p.take, quote)
    else:
        stopped = high >= mid_of(stop, quote)
        surely = close >= mid_of(stop, quote)
        taken = close <= mid_of(p.take, quote)
    if stopped:
        if not (surely or (limit and not taken)):
            p.ambiguous = 1
        stop_out(t, p, s, i, stop, quote)
    elif taken:
        take_out(t, p, s, i, p.take, quote)
