"""What a run came to: trades, fills and equity as columns, and the sums of the account."""

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from argos.backtest.bars import Bars
from argos.backtest.layout import Floats, Ints, Records
from argos.backtest.settings import Settings


@dataclass(frozen=True, slots=True, kw_only=True)
class Costs:
    """Where the money went, in account currency; positive is paid. Spread and slippage are in the fill prices.

    turnover: notional of all fills.
    """

    commission: float
    financing: float
    spread: float
    slippage: float
    turnover: float

    @property
    def total(self) -> float:
        """Commission, financing, spread and slippage together."""
        return self.commission + self.financing + self.spread + self.slippage


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Result:
    """One run. `engine` says which of the two equal engines played it: "compiled" or "plain".

    trades: TRADE[trades], in the order they ended; `trades["net_pnl"]` is a column. fills: FILL[fills], in the order
    they happened. equity: float64[bars], account currency, marked at each close at mid. account: the sums (ACCOUNT[1]).
    return_sums: float64[blocks, 4], sums of r, r^2, r^3, r^4 of the returns of each time block; returns are per bar
    or per UTC day (`returns`), against the start capital at first; period_counts: int64[blocks].
    """

    bars: Bars
    settings: Settings
    strategy: str
    params: dict[str, Any] = field(default_factory=dict)
    engine: str
    returns: str
    trades: Records
    fills: Records
    equity: Floats
    account: Records
    return_sums: Floats
    period_counts: Ints

    @property
    def costs(self) -> Costs:
        sums = self.account[0]
        return Costs(
            commission=float(sums["commission"]),
            financing=float(sums["financing"]),
            spread=float(sums["spread_cost"]),
            slippage=float(sums["slippage_cost"]),
            turnover=float(sums["turnover"]),
        )

    @property
    def net_result(self) -> float:
        """What equity gained in the end, in account currency; what is still open counts at mid."""
        return float(self.equity[-1]) - self.settings.account.cash

    @property
    def ambiguous_trades(self) -> int:
        """Trades in which the order of events inside a bar was unknown and the worse one was taken."""
        return int(self.account[0]["ambiguous"])

    def holdings(self) -> Floats:
        """Units held at each close, signed: float64[symbols, bars]."""
        held = np.zeros(self.bars.close.shape)
        np.add.at(held, (self.fills["symbol"], self.fills["bar"]), self.fills["qty"])
        np.cumsum(held, axis=1, out=held)
        # What adds up to nothing may leave rounding dust behind.
        scale = np.abs(self.fills["qty"]).max(initial=0.0)
        held[np.abs(held) < 1e-9 * scale] = 0.0
        return held

    def exposure(self) -> Floats:
        """Gross exposure at each close as a multiple of equity: float64[bars]."""
        gross = np.nansum(np.abs(self.holdings()) * self.bars.close, axis=0)
        exposed: npt.NDArray[np.float64] = gross / self.equity
        return exposed

    def daily_returns(self) -> Floats:
        """Simple returns between UTC day ends, days without a trade included: float64[days]."""
        ends = self.equity[self.bars.day_ends()]
        before = np.concatenate([[self.settings.account.cash], ends[:-1]])
        found: Floats = ends / before - 1.0
        return found
