"""What is summed up of the equity: returns per time block, the deepest drawdown and the longest.

equity: float64[bars] by address; sums: float64[blocks, 4] by address.
"""

from argos.backtest.compiled.jit import part
from argos.backtest.compiled.memory import CHUNK, account_of, highest, lowest, number, put, whole


@part()
def extremes(equity, start, end):
    """Highest and lowest equity of bars [start, end)."""
    if end - start == CHUNK:
        return highest(equity, start), lowest(equity, start)
    high = -1e300
    low = 1e300
    for i in range(start, end):
        e = number(equity, i)
        high = e if e > high else high
        low = e if e < low else low
    return high, low


@part(fastmath={"reassoc", "nsz", "nnan", "ninf"})
def return_powers(equity, start, end):
    """Sums of r, r^2, r^3, r^4 of the returns of bars [start, end), each against the bar before.

    The order of additions is left to the processor, here only: it can move the last digit of a
    metric, never a trade.
    """
    s1 = 0.0
    s2 = 0.0
    s3 = 0.0
    s4 = 0.0
    for i in range(start, end):
        before = number(equity, i - 1)
        r = (number(equity, i) - before) / before
        q = r * r
        s1 += r
        s2 += q
        s3 += q * r
        s4 += q * q
    return s1, s2, s3, s4


@part()
def add_powers(sums, block, s1, s2, s3, s4):
    at = block * 4
    put(sums, at, number(sums, at) + s1)
    put(sums, at + 1, number(sums, at + 1) + s2)
    put(sums, at + 2, number(sums, at + 2) + s3)
    put(sums, at + 3, number(sums, at + 3) + s4)


@part()
def add_return(sums, block, r):
    q = r * r
    add_powers(sums, block, r, q, q * r, q * q)


@part()
def walk_drawdown(equity, start, end, account):
    """Peak, deepest drawdown and longest time under a peak, bar by bar."""
    peak = account.peak
    peak_bar = account.peak_bar
    floor = account.floor
    drawdown = account.drawdown
    longest = account.drawdown_bars
    for i in range(start, end):
        e = number(equity, i)
        if e >= peak:
            if i - peak_bar > 1:
                longest = max(longest, i - peak_bar)
            peak_bar = i
            if e > peak:
                peak = e
                floor = e * (1.0 - drawdown)
        elif e < floor:
            drawdown = max(drawdown, 1.0 - e / peak)
            floor = e
    account.peak = peak
    account.peak_bar = peak_bar
    account.floor = floor
    account.drawdown = drawdown
    account.drawdown_bars = longest


@part()
def take_equity(t, end, finish):
    """Takes the equity of bars up to `end` into the sums, in chunks; the incomplete last one only when `finish`."""
    account = account_of(t.account, 0)
    equity = t.equity
    while account.taken < end:
        start = account.taken
        stop = start + CHUNK if start > 0 else 1
        if account.per_bar != 0:
            # A market of fewer bars than blocks begins with empty ones.
            while whole(t.block_ends, account.block) <= start:
                account.block += 1
            stop = min(stop, whole(t.block_ends, account.block))
        if stop > end:
            if not finish:
                return
            stop = end
        high, low = extremes(equity, start, stop)
        if account.per_bar != 0:
            take_bars(t, account, start, stop, high, low)
        else:
            take_periods(t, account, stop)
        if high == account.peak and low == high and account.peak_bar == start - 1:
            account.peak_bar = stop - 1
        elif high >= account.peak or low < account.floor:
            walk_drawdown(equity, start, stop, account)
        account.taken = stop


@part()
def take_bars(t, account, start, stop, high, low):
    """Returns of each bar in [start, stop), all of one block; nothing to do while equity stands still."""
    if low != high or low != account.last_equity:
        if start == 0:
            r = (number(t.equity, 0) - account.last_equity) / account.last_equity
            add_return(t.return_sums, account.block, r)
        else:
            s1, s2, s3, s4 = return_powers(t.equity, start, stop)
            add_powers(t.return_sums, account.block, s1, s2, s3, s4)
        account.last_equity = number(t.equity, stop - 1)


@part()
def take_periods(t, account, stop):
    """Returns at the period ends before `stop`, each in the block that its last bar is in."""
    while account.period < t.periods and whole(t.period_ends, account.period) < stop:
        end = whole(t.period_ends, account.period)
        while whole(t.block_ends, account.block) <= end:
            account.block += 1
        e = number(t.equity, end)
        add_return(t.return_sums, account.block, (e - account.last_equity) / account.last_equity)
        account.last_equity = e
        account.period += 1
