"""How fast the workload "ema-bracket-v1" can be played at all here: kernels that can do nothing else.

EMA(fast) over EMA(slow), both sides, in at the next open with 1 bp of slippage, 2 bp of fee a side, stop 1 % before
target 2 % on each bar, 10 % of equity, closed at the end. The general engine is measured against these, in one process.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit

SLIP, FEE, STOP_AT, TAKE_AT, SHARE, CASH = 1e-4, 2e-4, 0.01, 0.02, 0.10, 1_000_000.0
BLOCK = 32
TRADE_COLUMNS = 8
FIGURES = 6  # return, Sharpe of bars, drawdown, win rate, profit factor, trades

jit = njit(cache=True, nogil=True, error_model="numpy")
sums_jit = njit(
    cache=True, nogil=True, error_model="numpy", fastmath={"reassoc", "nsz", "nnan", "ninf"}
)


@jit
def single(open_, high, low, close, fast, slow, yearly, equity, trades):  # noqa: C901 - one pass is the point
    """One run with everything: indicators, trades, equity and figures in one pass. Gives (trades, *figures)."""
    n = len(close)
    a = 2.0 / (fast + 1)
    b = 2.0 / (slow + 1)
    keep_a = 1.0 - a
    keep_b = 1.0 - b
    f = close[0]
    s = close[0]
    cash = CASH
    held = 0.0
    side = 0
    waiting = 0
    entered = 0.0
    paid = 0.0
    stop = 0.0
    take = 0.0
    first = -1
    k = 0
    wins = 0
    won = 0.0
    lost = 0.0
    s1 = 0.0
    s2 = 0.0
    peak = CASH
    deepest = 0.0
    before = CASH
    for i in range(n):
        start = open_[i]
        for leaving in range(2):
            # Round 0: a reversal at the open. Round 1: the bracket, or the end.
            price = 0.0
            reason = -1
            if leaving == 0:
                if waiting != 0 and side != 0:
                    price = start * (1.0 - SLIP * side)
                    reason = 2
            elif side > 0:
                if low[i] <= stop:
                    price = min(stop, start) * (1.0 - SLIP)
                    reason = 0
                elif high[i] >= take:
                    price = max(take, start)
                    reason = 1
            elif side < 0:
                if high[i] >= stop:
                    price = max(stop, start) * (1.0 + SLIP)
                    reason = 0
                elif low[i] <= take:
                    price = min(take, start)
                    reason = 1
            if leaving == 1 and reason < 0 and side != 0 and i == n - 1:
                price = close[i] * (1.0 - SLIP * side)
                reason = 3
            if reason >= 0:
                fee = abs(held) * price * FEE
                cash += held * price - fee
                net = held * (price - entered) - paid - fee
                trades[k, 0] = first
                trades[k, 1] = i
                trades[k, 2] = side
                trades[k, 3] = reason
                trades[k, 4] = abs(held)
                trades[k, 5] = entered
                trades[k, 6] = price
                trades[k, 7] = net
                k += 1
                if net > 0.0:
                    wins += 1
                    won += net
                else:
                    lost -= net
                held = 0.0
                side = 0
            if leaving == 0 and waiting != 0:
                side = waiting
                entered = start * (1.0 + SLIP * side)
                qty = SHARE * cash / entered
                paid = qty * entered * FEE
                held = qty * side
                cash -= held * entered + paid
                stop = entered * (1.0 - STOP_AT * side)
                take = entered * (1.0 + TAKE_AT * side)
                first = i
                start = entered
                waiting = 0
        e = cash + held * close[i]
        equity[i] = e
        if e != before:
            r = e / before - 1.0
            s1 += r
            s2 += r * r
            peak = max(peak, e)
            deepest = max(deepest, 1.0 - e / peak)
            before = e
        if i > 0:
            was = f - s
            f = keep_a * f + a * close[i]
            s = keep_b * s + b * close[i]
            now = f - s
            if i >= slow:
                if was <= 0.0 and now > 0.0:
                    waiting = 1
                elif was >= 0.0 and now < 0.0:
                    waiting = -1
                if waiting == side:
                    waiting = 0
    return k, before / CASH - 1.0, sharpe(s1, s2, n, yearly), deepest, wins, won, lost


@jit
def sharpe(s1, s2, n, yearly):
    mean = s1 / n
    variance = (s2 - n * mean * mean) / (n - 1)
    return mean / math.sqrt(variance) * math.sqrt(yearly) if variance > 0.0 else np.nan


@jit
def ema(close, span):
    a = 2.0 / (span + 1)
    keep = 1.0 - a
    found = np.empty_like(close)
    e = close[0]
    found[0] = e
    for i in range(1, len(close)):
        e = keep * e + a * close[i]
        found[i] = e
    return found


@jit
def extremes(high, low):
    """Highest high and lowest low of each run of BLOCK bars."""
    blocks = (len(high) + BLOCK - 1) // BLOCK
    top = np.full(blocks, -np.inf)
    bottom = np.full(blocks, np.inf)
    for i in range(len(high)):
        top[i // BLOCK] = max(top[i // BLOCK], high[i])
        bottom[i // BLOCK] = min(bottom[i // BLOCK], low[i])
    return top, bottom


@jit
def signs_of(fast, slow, signs):
    for i in range(len(fast)):
        d = fast[i] - slow[i]
        signs[i] = np.int8(d > 0.0) - np.int8(d < 0.0)


@jit
def crossings_of(signs, words, first, n, events):
    """Bars in [first, n - 1) whose sign is new; eight that are the same are passed at once."""
    found = 0
    i = first
    while i < n - 1:
        if i & 7 == 0:
            same = np.int64(np.uint8(signs[i - 1])) * np.int64(0x0101010101010101)
            while i + 8 <= n - 1 and words[i >> 3] == same:
                i += 8
            if i >= n - 1:
                break
        if signs[i] != 0 and signs[i] != signs[i - 1]:
            events[found] = i
            found += 1
        i += 1
    return found


@jit
def touch(high, low, top, bottom, start, end, up, down):
    """First bar in [start, end) with high >= up or low <= down, else `end`."""
    i = start
    while i < end:
        block = i // BLOCK
        stop = min((block + 1) * BLOCK, end)
        if top[block] >= up or bottom[block] <= down:
            for j in range(i, stop):
                if high[j] >= up or low[j] <= down:
                    return j
        i = stop
    return end


@sums_jit
def hold(close, start, end, cash, held):
    """Sums of returns and extremes of equity over bars (start, end): equity is cash + held * close."""
    s1 = 0.0
    s2 = 0.0
    top = -1e300
    bottom = 1e300
    for i in range(start + 1, end):
        e0 = cash + held * close[i - 1]
        e1 = cash + held * close[i]
        r = (e1 - e0) / e0
        s1 += r
        s2 += r * r
        top = max(top, e1)
        bottom = min(bottom, e1)
    return s1, s2, top, bottom


@jit
def walk(close, start, end, cash, held, peak, floor, deepest):
    for i in range(start, end):
        e = cash + held * close[i]
        if e > peak:
            peak = e
            floor = e * (1.0 - deepest)
        elif e < floor:
            deepest = 1.0 - e / peak
            floor = e
    return peak, floor, deepest


@jit
def one_of_many(  # noqa: C901 - one pass is the point
    open_, high, low, close, top, bottom, fast, slow, warm_up, yearly, signs, words, events, out
):
    """Figures of one parameter set; only bars with a holding are walked."""
    n = len(close)
    signs_of(fast, slow, signs)
    found = crossings_of(signs, words, warm_up, n, events)
    cash = CASH
    held = 0.0
    side = 0
    entered = 0.0
    paid = 0.0
    stop = 0.0
    take = 0.0
    k = 0
    wins = 0
    won = 0.0
    lost = 0.0
    s1 = 0.0
    s2 = 0.0
    peak = CASH
    floor = CASH
    deepest = 0.0
    before = CASH
    for q in range(found):
        i = events[q] + 1
        until = events[q + 1] + 1 if q + 1 < found else n
        new = np.int64(signs[events[q]])
        filled = new != side
        if filled:
            if side != 0:
                price = open_[i] * (1.0 - SLIP * side)
                fee = abs(held) * price * FEE
                cash += held * price - fee
                net = held * (price - entered) - paid - fee
                k += 1
                if net > 0.0:
                    wins += 1
                    won += net
                else:
                    lost -= net
            side = new
            entered = open_[i] * (1.0 + SLIP * side)
            qty = SHARE * cash / entered
            paid = qty * entered * FEE
            held = qty * side
            cash -= held * entered + paid
            stop = entered * (1.0 - STOP_AT * side)
            take = entered * (1.0 + TAKE_AT * side)
        up = take if side > 0 else stop
        down = stop if side > 0 else take
        hit = touch(high, low, top, bottom, i, until, up, down)
        last = hit if hit < n else n - 1
        if last > i:
            e = cash + held * close[i]
            r = e / before - 1.0
            more1, more2, above, below = hold(close, i, last, cash, held)
            s1 += r + more1
            s2 += r * r + more2
            if max(above, e) > peak or min(below, e) < floor:
                peak, floor, deepest = walk(close, i, last, cash, held, peak, floor, deepest)
            before = cash + held * close[last - 1]
        if hit < until or hit == n:
            start = entered if filled and hit == i else open_[min(hit, n - 1)]
            if hit == n:
                price = close[n - 1] * (1.0 - SLIP * side)
            elif side > 0:
                price = min(stop, start) * (1.0 - SLIP) if low[hit] <= stop else max(take, start)
            else:
                price = max(stop, start) * (1.0 + SLIP) if high[hit] >= stop else min(take, start)
            fee = abs(held) * price * FEE
            cash += held * price - fee
            net = held * (price - entered) - paid - fee
            k += 1
            if net > 0.0:
                wins += 1
                won += net
            else:
                lost -= net
            held = 0.0
            side = 0
            r = cash / before - 1.0
            s1 += r
            s2 += r * r
            before = cash
            if cash > peak:
                peak = cash
                floor = cash * (1.0 - deepest)
            elif cash < floor:
                deepest = 1.0 - cash / peak
                floor = cash
    out[0] = before / CASH - 1.0
    out[1] = sharpe(s1, s2, n, yearly)
    out[2] = deepest
    out[3] = wins / k if k > 0 else np.nan
    out[4] = won / lost if lost > 0.0 else np.nan
    out[5] = k


@jit
def lane(open_, high, low, close, top, bottom, emas, fast, slow, spans, yearly, start, step, out):
    """Every `step`-th parameter set from `start` on."""
    n = len(close)
    words = np.zeros(n // 8 + 1, np.int64)
    signs = words.view(np.int8)[:n]
    events = np.empty(n + 1, np.int64)
    for j in range(start, len(out), step):
        one_of_many(
            open_, high, low, close, top, bottom, emas[fast[j]], emas[slow[j]], spans[slow[j]],
            yearly, signs, words, events, out[j],
        )  # fmt: skip


def sweep(prices, grid, *, yearly, threads):
    """Figures float64[parameter sets, FIGURES] of all (fast, slow) in `grid`; prices: open, high, low, close."""
    spans = sorted({span for pair in grid for span in pair})
    place = {span: index for index, span in enumerate(spans)}
    emas = np.stack([ema(prices[3], span) for span in spans])
    fast = np.array([place[pair[0]] for pair in grid])
    slow = np.array([place[pair[1]] for pair in grid])
    out = np.empty((len(grid), FIGURES))
    shared = (*prices, *extremes(prices[1], prices[2]), emas, fast, slow, np.array(spans), yearly)
    with ThreadPoolExecutor(threads) as pool:
        for done in [pool.submit(lane, *shared, start, threads, out) for start in range(threads)]:
            done.result()
    return out
