"""vectorbt (open, Apache 2 with the Commons Clause), numba or Rust behind it.

It cannot turn a holding round that is sized by percent, so each is 5 % of the starting capital (10 % would be ruined on
this market); it does not look for stop and target on the entry bar; where the old stop is touched on the bar of a
waiting reversal it takes the stop and forgets the reversal; a target pays slippage, too.
"""

import numpy as np
import pandas as pd
import vectorbt as vbt

from peers import workload as w

NAME = "vectorbt"
ENGINE = "numba"
COLUMNS = 20
"""Combinations in one simulation. Of 1 to 400 that we tried this is the fastest."""
SIZE = 0.05


def version() -> str:
    return str(vbt.__version__)


class Peer:
    engine = ENGINE

    def __init__(self, market: w.Market) -> None:
        vbt.settings["engine"] = "numba" if self.engine == "numba" else "auto"
        vbt.settings.array_wrapper["freq"] = "1min"
        vbt.settings.returns["year_freq"] = "365 days"
        index = pd.DatetimeIndex(market.opened_ns.view("datetime64[ns]"))
        self.open, self.high, self.low, self.close = (
            pd.Series(getattr(market, name), index=index)
            for name in ("open", "high", "low", "close")
        )
        self.price = self.open.copy()
        self.price.iloc[-1] = self.close.iloc[-1]
        self.last = np.zeros(len(market), bool)
        self.last[-1] = True

    def portfolio(self, fast: int | list[int], slow: int | list[int]) -> vbt.Portfolio:
        quick = vbt.MA.run(self.close, fast, ewm=True, short_name="quick")
        steady = vbt.MA.run(self.close, slow, ewm=True, short_name="steady")
        rises = next_bar(quick.ma_crossed_above(steady))
        falls = next_bar(quick.ma_crossed_below(steady))
        leave = self.last if rises.ndim == 1 else self.last[:, None]
        return vbt.Portfolio.from_signals(
            self.close, rises, leave, falls, leave, price=self.price, open=self.open,
            high=self.high, low=self.low, sl_stop=w.STOP, tp_stop=w.TAKE,
            stop_entry_price="fillprice", stop_exit_price="stopmarket",
            upon_opposite_entry="reverse", size=SIZE * w.CASH, size_type="value", fees=w.FEE,
            slippage=w.SLIP, init_cash=w.CASH, freq="1min", engine=self.engine,
        )  # fmt: skip

    def single(self) -> np.ndarray:
        done = self.portfolio(w.FAST, w.SLOW)
        done.value(), done.total_return(), done.sharpe_ratio(), done.max_drawdown()
        done.trades.win_rate(), done.trades.profit_factor()
        return trades_of(done)

    def sweep(self, grid: list[tuple[int, int]]) -> int:
        for start in range(0, len(grid), COLUMNS):
            fast, slow = zip(*grid[start : start + COLUMNS], strict=True)
            done = self.portfolio(list(fast), list(slow))
            done.total_return(), done.sharpe_ratio(), done.max_drawdown()
            done.trades.win_rate(), done.trades.profit_factor(), done.trades.count()
        return len(grid)


def next_bar(flags: pd.Series | pd.DataFrame) -> pd.Series | pd.DataFrame:
    moved = np.zeros(flags.shape, bool)
    moved[1:] = flags.values[:-1]
    return flags.vbt.wrapper.wrap(moved)


def trades_of(done: vbt.Portfolio) -> np.ndarray:
    rows = done.trades.records
    trades = np.empty(len(rows), w.TRADE)
    for ours, theirs in (
        ("entry_bar", "entry_idx"),
        ("exit_bar", "exit_idx"),
        ("qty", "size"),
        ("entry_price", "entry_price"),
        ("exit_price", "exit_price"),
        ("net_pnl", "pnl"),
    ):
        trades[ours] = rows[theirs]
    trades["side"] = np.where(rows["direction"] == 0, 1, -1)
    return trades


class RichPeer:
    """The richer workload as near as vectorbt comes: five columns that share their cash.

    Its trailing stop takes the place of both stops; sizes are by risk, but of the starting capital; half the spread and
    the slippage are one fraction, and the commission per unit is one of the price.
    """

    def __init__(self, market: w.Market) -> None:
        columns = w.five(market)
        index = pd.DatetimeIndex(columns["opened_ns"].view("datetime64[ns]"))
        self.open, self.high, self.low, self.close = (
            pd.DataFrame(np.ascontiguousarray(columns[name].T), index=index)
            for name in ("open", "high", "low", "close")
        )
        self.slip = (w.RICH_SPREAD_BPS / 2 + w.RICH_SLIPPAGE_BPS) / 1e4

    def single(self) -> np.ndarray:
        quick = vbt.MA.run(self.close, w.FAST, ewm=True).ma
        steady = vbt.MA.run(self.close, w.SLOW, ewm=True).ma
        apart = (quick.values - steady.values)[:-1]
        rises, falls = np.zeros(self.close.shape, bool), np.zeros(self.close.shape, bool)
        rises[2:] = (apart[:-1] <= 0) & (apart[1:] > 0)
        falls[2:] = (apart[:-1] >= 0) & (apart[1:] < 0)
        rises[: w.SLOW + 1] = falls[: w.SLOW + 1] = False
        before = self.close.shift(1)
        width = np.maximum(self.high, before) - np.minimum(self.low, before)
        distance = (w.RICH_MULTIPLE * width.ewm(alpha=1 / 14, adjust=False).mean()).shift(1).values
        price = self.open.values
        size = np.minimum(w.RICH_RISK * w.CASH / distance, w.RICH_CAP * w.CASH / price)
        done = vbt.Portfolio.from_signals(
            self.close, rises, False, falls, False, price=self.open, open=self.open,
            high=self.high, low=self.low, sl_stop=distance / price, sl_trail=True,
            stop_entry_price="fillprice", stop_exit_price="stopmarket",
            upon_opposite_entry="reverse", size=size, fees=w.RICH_COMMISSION / price,
            slippage=self.slip, init_cash=10 * w.CASH, cash_sharing=True, group_by=True,
            freq="1min", engine=ENGINE,
        )  # fmt: skip
        done.value(), done.total_return(), done.sharpe_ratio(), done.max_drawdown()
        done.trades.win_rate(), done.trades.profit_factor()
        return trades_of(done)
