"""The bar loop, compiled: it goes from one bar on which something can happen to the next, and marks those between.

The rules are those of `reference.py`, which people read; tests hold the two equal to the last bit.
"""

import zlib
from pathlib import Path

from numba import types

from argos.backtest.compiled.fills import leave
from argos.backtest.compiled.inside import inside_bar
from argos.backtest.compiled.jit import END, LIMIT_ENTRY, MARGIN, SESSION, kernel_jit, part
from argos.backtest.compiled.memory import (
    LANES,
    account_of,
    fetch_ahead,
    mark_first,
    mark_more,
    number,
    position_of,
    put,
    rule_of,
    table_of,
)
from argos.backtest.compiled.opening import (
    entries_at_open,
    exits_at_open,
    finance,
    include,
    take_order,
)
from argos.backtest.compiled.scans import (
    cell,
    first_touch,
    margin_bar,
    mid_of,
    next_flag,
    next_signal,
    trailing_touch_long,
    trailing_touch_short,
    worst_price,
)
from argos.backtest.compiled.sums import take_equity

DONE, FULL = 0, 1
ROWS_PER_SYMBOL = 4
"""The most trades or fills that one symbol can need on one bar."""
INFINITE = float("inf")
LINE = 8
"""Numbers that the processor fetches together; what the search and the marking want next is in the line after."""
MANY = -1
"""In place of a symbol: perhaps several."""


@part()
def watch(t, p, s, after, known, bars):
    """The first bar from `after` on at which symbol s must be looked at."""
    if p.leaving >= 0 or p.entering > 0.0 or p.order != 0:
        return after
    found = next_signal(t, s, after - 1, known)
    end = found + 1 if found < known else bars
    if p.qty != 0.0:
        rule = rule_of(t.rules, s)
        if rule.hold_bars > 0:
            end = min(end, max(p.entry_bar + rule.hold_bars, after))
        quote = 1.0 - rule.half_spread * p.side
        take = mid_of(p.take, quote)
        if p.trail != 0.0 or p.trail_rate != 0.0:
            if p.side > 0:
                return trailing_touch_long(t, s, after, end, p.best, p, quote, take)
            return trailing_touch_short(t, s, after, end, p.best, p, quote, take)
        stop = mid_of(p.stop, quote)
        up = take if p.side > 0 else stop
        down = stop if p.side > 0 else take
        if up == INFINITE and down == -INFINITE:
            return end
        return first_touch(t, s, after, end, up, down)
    if p.resting != 0:
        end = min(end, p.resting_until + 1)
        level = mid_of(p.resting_price, 1.0 + rule_of(t.rules, s).half_spread * p.resting_side)
        below = (p.resting_side > 0) == (p.resting == LIMIT_ENTRY)
        up = INFINITE if below else level
        down = level if below else -INFINITE
        return first_touch(t, s, after, end, up, down)
    return end


@part()
def mark(t, start, end):
    """Equity at the closes of bars [start, end), on which nothing is done after the first.

    LANES bars at a time while that many are left in the market: what is written beyond `end` is written again by the
    next call, and a short span needs no loop for its rest.
    """
    equity = t.equity
    cash = account_of(t.account, 0).cash
    fits = t.bars - LANES
    first = True
    for s in range(t.symbols):
        qty = position_of(t.positions, s).qty
        if qty != 0.0:
            close = t.close + 8 * s * t.bars
            i = start
            if first:
                while i < end and i <= fits:
                    mark_first(equity, i, cash, qty, close)
                    i += LANES
                while i < end:
                    put(equity, i, cash + qty * number(close, i))
                    i += 1
                first = False
            else:
                while i < end and i <= fits:
                    mark_more(equity, i, cash, qty, close)
                    i += LANES
                while i < end:
                    put(equity, i, number(equity, i) + qty * number(close, i))
                    i += 1
    if first:
        for i in range(start, end):
            put(equity, i, cash)
    else:
        account_of(t.account, 0).held_bars += end - start


@part()
def close_all(t, i, reason):
    """Everything is closed at the close of bar i, whatever its volume; what waits or rests is withdrawn."""
    for s in range(t.symbols):
        p = position_of(t.positions, s)
        if p.qty != 0.0:
            price = cell(t, t.close, s, i)
            rule = rule_of(t.rules, s)
            quoted = price * (1.0 - rule.half_spread * p.side)
            leave(t, p, s, i, abs(p.qty), quoted, price, rule.slippage, reason)
        withdraw(p)


@part()
def withdraw(p):
    p.order = 0
    p.resting = 0
    p.entering = 0.0
    p.leaving = -1


@part()
def margin_call(t, i):
    """Closes everything at the bar's worst prices if equity there is below the maintenance."""
    account = account_of(t.account, 0)
    worst = account.cash
    gross = 0.0
    for s in range(t.symbols):
        qty = position_of(t.positions, s).qty
        if qty != 0.0:
            price = worst_price(t, s, i, qty)
            worst += qty * price
            gross += abs(qty) * price
    if not (gross > 0.0 and worst < account.maintenance * gross):
        return False
    account.margin_calls += 1
    for s in range(t.symbols):
        p = position_of(t.positions, s)
        if p.qty != 0.0:
            rule = rule_of(t.rules, s)
            price = worst_price(t, s, i, p.qty)
            quoted = price * (1.0 - rule.half_spread * p.side)
            leave(t, p, s, i, abs(p.qty), quoted, price, rule.slippage, MARGIN)
        withdraw(p)
    return True


@part()
def play_bar(t, i, every, only):
    """All that happens on bar i to the symbols that are due, or to `every` one.

    only: the one symbol that can be due, MANY if that is not known; looking at all of them costs more than playing one.
    """
    start = 0 if only < 0 or every else only
    end = t.symbols if only < 0 or every else only + 1
    for s in range(start, end):
        p = position_of(t.positions, s)
        if p.next_bar <= i or every:
            include(t, p, s, i)
            if i > 0:
                finance(t, p, s, i)
                take_order(t, p, s, i)
            exits_at_open(t, p, s, i)
    for s in range(start, end):
        p = position_of(t.positions, s)
        if p.next_bar <= i or every:
            entries_at_open(t, p, s, i)
    for s in range(start, end):
        p = position_of(t.positions, s)
        if p.next_bar <= i or every:
            if p.resting != 0 and i > p.resting_until:
                p.resting = 0
            inside_bar(t, p, s, i)


@part()
def next_event(t, i, known, bars, every):
    """The next bar after i at which something can happen, and the one symbol that is due then, or MANY.

    Symbols that were due find their own next bar anew.
    """
    account = account_of(t.account, 0)
    event = bars - 1 if i < bars - 1 else bars
    event = min(event, account.flat_bar)
    holding = False
    only = MANY
    for s in range(t.symbols):
        p = position_of(t.positions, s)
        if p.next_bar <= i or every:
            include(t, p, s, i + 1)
            p.next_bar = watch(t, p, s, i + 1, known, bars)
        if p.next_bar < event:
            event = p.next_bar
            only = s
        elif p.next_bar == event:
            only = MANY
        holding = holding or p.qty != 0.0
    if holding:
        event = min(event, account.night_bar)
        if account.maintenance > 0.0:
            event = margin_bar(t, account, i + 1, event)
    return max(event, i + 1), only


@part()
def look_ahead(t, i, only):
    """Has the prices of the next event's bar fetched while the bars before it are marked."""
    for s in range(t.symbols):
        place = s * t.bars + i
        if only >= 0 and s != only:
            # It only counts in the equity that others are sized on.
            fetch_ahead(t.open, place)
            fetch_ahead(t.close, place + LINE)
            continue
        fetch_ahead(t.open, place)
        fetch_ahead(t.high, place)
        fetch_ahead(t.low, place)
        fetch_ahead(t.close, place)
        fetch_ahead(t.high, place + LINE)
        fetch_ahead(t.low, place + LINE)
        fetch_ahead(t.close, place + LINE)
        if position_of(t.positions, s).next_bar == i and i > 0:
            # Perhaps because of a signal, of the bar before.
            if t.stop_distance != 0:
                fetch_ahead(t.stop_distance, place - 1)
            if t.take_distance != 0:
                fetch_ahead(t.take_distance, place - 1)
            if t.trail_distance != 0:
                fetch_ahead(t.trail_distance, place - 1)
            if t.confidence != 0:
                fetch_ahead(t.confidence, place - 1)


@part()
def take_new_signals(t, account, known):
    """Signals that were given since the last call bring their symbols' next bar forward."""
    start = max(account.bar - 1, account.known, 0)
    account.known = known
    if account.flat_bar < account.bar:
        account.flat_bar = next_flag(t.flat_after, account.bar, t.bars)
    for s in range(t.symbols):
        p = position_of(t.positions, s)
        found = next_signal(t, s, start, known)
        if found < known:
            p.next_bar = min(p.next_bar, found + 1)


@part()
def has_room(t, account):
    """Whether the trades and fills of another bar can be written down."""
    spare = ROWS_PER_SYMBOL * t.symbols + 1
    if 0 < t.trades_room < account.trades + spare:
        return False
    return not 0 < t.fills_room < account.fills + spare


@part()
def end_bar(t, account, i):
    """What the margin, the session and the end of the data close on bar i; whether any of it may have been."""
    every = account.maintenance > 0.0 and margin_call(t, i)
    if i == account.flat_bar:
        close_all(t, i, SESSION)
        account.flat_bar = next_flag(t.flat_after, i + 1, t.bars)
        return True
    if i == t.bars - 1 and account.end_close != 0:
        close_all(t, i, END)
        return True
    return every


def _build(version):
    @kernel_jit
    def advance(stop_bar, known, table):
        """Plays bars from the account's own up to `stop_bar`; signals of bars below `known` are given.

        table: the address of what `bind` gave, int64[fields]. Returns DONE, or FULL when trades or fills have no room
        for another bar: give more and call again.
        """
        t = table_of(table, 0)
        account = account_of(t.account, 0)
        if stop_bar < -version:
            return DONE
        take_new_signals(t, account, known)
        i = account.bar
        only = MANY
        while i < stop_bar and has_room(t, account):
            if account.night_bar < i:
                # Nights are passed over while nothing is held.
                account.night_bar = next_flag(t.nights, i, t.bars)
            every = i == account.flat_bar or i == account.night_bar or i == t.bars - 1
            play_bar(t, i, every, only)
            every = end_bar(t, account, i) or every
            if i == account.night_bar:
                account.night_bar = next_flag(t.nights, i + 1, t.bars)
            account.event_bar, only = next_event(t, i, known, t.bars, every)
            stop = min(account.event_bar, stop_bar)
            look_ahead(t, min(stop, t.bars - 1), only)
            mark(t, i, stop)
            take_equity(t, stop, stop == t.bars)
            i = stop
        account.bar = i
        if i > 0:
            account.equity = number(t.equity, i - 1)
        if i == t.bars and account.peak_bar < i - 1:
            account.drawdown_bars = max(account.drawdown_bars, i - 1 - account.peak_bar)
        return DONE if i >= stop_bar else FULL

    return advance


def _version():
    """A number of the sources: a change in any of them must not find an older one's machine code on disk."""
    here = Path(__file__).parent
    sources = sorted([*here.glob("*.py"), here.parent / "layout.py", here.parent / "binding.py"])
    return zlib.crc32(b"".join(source.read_bytes() for source in sources))


advance = _build(_version())


def compile_now():
    """Compiles the kernel, or loads its machine code from disk."""
    advance.compile((types.int64, types.int64, types.int64))
