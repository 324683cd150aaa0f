"""Finding the next bar at which something happens, without walking all bars between. t: TABLE, see `binding.py`."""

from argos.backtest.compiled.jit import part
from argos.backtest.compiled.memory import bytes_from, code, first_byte, number, position_of, whole
from argos.backtest.layout import BLOCK_BARS


@part()
def cell(t, column, s, i):
    """Bar i of symbol s in a column float64[symbols, bars]."""
    return number(column, s * t.bars + i)


@part()
def next_signal(t, s, start, end):
    """First bar in [start, end) with a signal of symbol s, else `end`. Eight bars are looked at together."""
    row = t.side + s * t.padded
    if start >= end:
        return end
    w = start >> 3
    found = bytes_from(whole(row, w), start & 7)
    if found != 0:
        return min(start + first_byte(found), end)
    w += 1
    last = (end + 7) >> 3
    while w < last and whole(row, w) == 0:
        w += 1
    if w >= last:
        return end
    return min((w << 3) + first_byte(whole(row, w)), end)


@part()
def next_flag(flags, start, end):
    """First bar in [start, end) whose flag is not 0, else `end`; without flags `end`."""
    if flags == 0:
        return end
    i = start
    while i < end and code(flags, i) == 0:
        i += 1
    return i


@part()
def first_touch(t, s, start, end, up, down):
    """First bar in [start, end) with high >= up or low <= down, else `end`. A missing bar (NaN) touches nothing."""
    highs = t.high + 8 * s * t.bars
    lows = t.low + 8 * s * t.bars
    block_highs = t.block_high + 8 * s * t.blocks
    block_lows = t.block_low + 8 * s * t.blocks
    i = start
    while i < end:
        block = i // BLOCK_BARS
        stop = min((block + 1) * BLOCK_BARS, end)
        if number(block_highs, block) >= up or number(block_lows, block) <= down:
            while i < stop:
                if number(highs, i) >= up or number(lows, i) <= down:
                    return i
                i += 1
        i = stop
    return end


@part()
def mid_of(price, quote):
    """The mid at which a quote of `quote` times the mid is at `price`. Without a spread it needs no division."""
    if quote == 1.0:
        return price
    return price / quote


@part()
def trail_level(best, side, trail, trail_rate):
    """Quoted price at which a trailing stop stands; `best` is the best mid price of closed bars."""
    if trail > 0.0:
        return best - side * trail
    return best * (1.0 - trail_rate * side)


@part()
def trailing_touch_long(t, s, start, end, best, p, quote, take):
    """First bar in [start, end) on which a trailing long is stopped or reaches `take` (mid), else `end`."""
    i = start
    down = mid_of(max(p.stop, trail_level(best, 1.0, p.trail, p.trail_rate)), quote)
    while i < end:
        block = i // BLOCK_BARS
        stop = min((block + 1) * BLOCK_BARS, end)
        top = number(t.block_high, s * t.blocks + block)
        if top <= best and top < take and number(t.block_low, s * t.blocks + block) > down:
            i = stop
            continue
        while i < stop:
            high = cell(t, t.high, s, i)
            if cell(t, t.low, s, i) <= down or high >= take:
                p.ahead_best = best
                p.ahead_bar = i
                return i
            if high > best:
                best = high
                down = mid_of(max(p.stop, trail_level(best, 1.0, p.trail, p.trail_rate)), quote)
            i += 1
    p.ahead_best = best
    p.ahead_bar = end
    return end


@part()
def trailing_touch_short(t, s, start, end, best, p, quote, take):
    """First bar in [start, end) on which a trailing short is stopped or reaches `take` (mid), else `end`."""
    i = start
    up = mid_of(min(p.stop, trail_level(best, -1.0, p.trail, p.trail_rate)), quote)
    while i < end:
        block = i // BLOCK_BARS
        stop = min((block + 1) * BLOCK_BARS, end)
        bottom = number(t.block_low, s * t.blocks + block)
        if bottom >= best and bottom > take and number(t.block_high, s * t.blocks + block) < up:
            i = stop
            continue
        while i < stop:
            low = cell(t, t.low, s, i)
            if cell(t, t.high, s, i) >= up or low <= take:
                p.ahead_best = best
                p.ahead_bar = i
                return i
            if low < best:
                best = low
                up = mid_of(min(p.stop, trail_level(best, -1.0, p.trail, p.trail_rate)), quote)
            i += 1
    p.ahead_best = best
    p.ahead_bar = end
    return end


@part()
def margin_bar(t, account, start, end):
    """First bar in [start, end) on which a margin call is due with today's holdings, else `end`."""
    i = start
    while i < end:
        block = i // BLOCK_BARS
        stop = min((block + 1) * BLOCK_BARS, end)
        while i < stop:
            worst = account.cash
            gross = 0.0
            for s in range(t.symbols):
                qty = position_of(t.positions, s).qty
                if qty != 0.0:
                    price = worst_price(t, s, i, qty)
                    worst += qty * price
                    gross += abs(qty) * price
            if gross > 0.0 and worst < account.maintenance * gross:
                return i
            i += 1
    return end


@part()
def worst_price(t, s, i, qty):
    """The bar's mid price that is worst for a holding; the carried close where there is no bar."""
    price = cell(t, t.low, s, i) if qty > 0.0 else cell(t, t.high, s, i)
    if price != price:
        return cell(t, t.close, s, i)
    return price
