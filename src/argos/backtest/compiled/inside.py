"""What may happen to one symbol inside a bar: stop, target, resting entries."""

from argos.backtest.compiled.fills import (
    enter,
    leave,
    room,
    slippage_of,
)
from argos.backtest.compiled.jit import (
    LIMIT_ENTRY,
    STOP,
    TAKE,
    TRAIL,
    YES,
    part,
)
from argos.backtest.compiled.memory import account_of, code, number, rule_of, whole
from argos.backtest.compiled.opening import entry_qty
from argos.backtest.compiled.scans import cell, mid_of, trail_level


@part()
def inside_bar(t, p, s, i):
    """Stops, targets and resting entries. A bar that touches something is replayed on its finer bars, if any."""
    if p.leaving >= 0 or (p.qty == 0.0 and p.resting == 0):
        return
    if t.fine_start != 0 and whole(t.fine_start, i + 1) > whole(t.fine_start, i):
        replay(t, p, s, i)
        return
    prices = (
        cell(t, t.open, s, i),
        cell(t, t.high, s, i),
        cell(t, t.low, s, i),
        cell(t, t.close, s, i),
    )
    step(t, p, s, i, prices, p.qty != 0.0 and p.entry_bar == i)


@part()
def replay(t, p, s, i):
    """A touched bar on its finer bars, until the holding is gone."""
    if not touched(rule_of(t.rules, s), p, cell(t, t.high, s, i), cell(t, t.low, s, i)):
        return
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
