"""Trades in groups: why they ended, on which side, in which symbol."""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Floats, Reason
from argos.backtest.result import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class TradeGroup:
    """Trades that have something in common. net: money, signed; wins: net_pnl above 0; bars_mean: entry to exit."""

    name: str
    trades: int
    wins: int
    net: float
    bars_mean: float

    @property
    def win_rate(self) -> float:
        return self.wins / self.trades

    @property
    def net_mean(self) -> float:
        return self.net / self.trades


def costs_by_trade(result: Result) -> Floats:
    """Commission, financing, spread and slippage of each trade: float64[trades], account currency, paid > 0."""
    trades = result.trades
    found: Floats = (
        trades["commission"] + trades["financing"] + trades["spread_cost"] + trades["slippage_cost"]
    )
    return found


def by_reason(result: Result) -> list[TradeGroup]:
    """By why they ended, most trades first. Names are those of `Reason`, in small letters."""
    names = {int(reason): reason.name.lower() for reason in Reason}
    return _grouped(result, result.trades["reason"], names)


def by_side(result: Result) -> list[TradeGroup]:
    """Long and short, most trades first."""
    return _grouped(result, result.trades["side"], {1: "long", -1: "short"})


def by_symbol(result: Result) -> list[TradeGroup]:
    """By symbol, most trades first; symbols without a trade are left out."""
    return _grouped(result, result.trades["symbol"], dict(enumerate(result.bars.symbols)))


def _grouped(
    result: Result, keys: npt.NDArray[np.generic], names: dict[int, str]
) -> list[TradeGroup]:
    trades = result.trades
    net = trades["net_pnl"]
    bars = trades["exit_bar"] - trades["entry_bar"]
    found = []
    for key in np.unique(keys).tolist():
        mine = keys == key
        found.append(
            TradeGroup(
                name=names[int(key)],
                trades=int(mine.sum()),
                wins=int((net[mine] > 0).sum()),
                net=float(net[mine].sum()),
                bars_mean=float(bars[mine].mean()),
            )
        )
    return sorted(found, key=lambda group: -group.trades)
