"""The records that engine and results share: each field named once, with its unit and sign.

Money is in account currency, prices in quote currency per unit, quantities in units. Bars count from 0. A cost is
positive when we pay. `direction` and `side` are +1 for long or bought, -1 for short or sold.
"""

from enum import IntEnum
from typing import Final

import numpy as np
import numpy.typing as npt

BLOCK_BARS: Final = 32
"""Bars in one block of the market's block extremes."""
WORD: Final = 8
"""Signals that are looked at together; rows of them are padded to whole words."""


class Signal(IntEnum):
    """What a strategy decides at the close of a bar; it is acted on from the next bar's open on."""

    NONE = 0
    LONG = 1
    SHORT = -1
    EXIT = 2
    TARGET = 3  # move the holding to `target` times equity


class Reason(IntEnum):
    """Why a trade ended."""

    STOP = 0
    TAKE = 1
    REVERSE = 2
    END = 3
    TRAIL = 4
    TIME = 5
    EXIT = 6
    SESSION = 7
    MARGIN = 8


class SizeMode(IntEnum):
    """How an entry is sized. See `settings.Sizing`."""

    EQUITY_FRACTION = 0
    UNITS = 1
    NOTIONAL = 2
    RISK_FRACTION = 3
    VOLATILITY_TARGET = 4


TRADE: Final = np.dtype(
    [
        ("symbol", np.int32),  # index into Bars.symbols
        ("side", np.int8),
        ("reason", np.int8),  # a Reason
        (
            "ambiguous",
            np.int8,
        ),  # 1: the order of events inside a bar was unknown and the worse one was taken
        ("entry_bar", np.int64),  # bar of the first entry fill
        ("exit_bar", np.int64),  # bar of the last exit fill
        ("qty", np.float64),  # units bought and sold again, > 0
        ("entry_price", np.float64),  # mean of the entry fills, slippage and spread in it
        ("exit_price", np.float64),  # mean of the exit fills
        ("stop_price", np.float64),  # stop at entry, NaN without one
        ("take_price", np.float64),  # target at entry, NaN without one
        ("confidence", np.float64),  # of the signal, NaN without one
        ("gross_pnl", np.float64),  # money between entry and exit prices
        ("commission", np.float64),  # commissions and fees of all fills
        ("financing", np.float64),  # swap or borrow of all nights
        ("spread_cost", np.float64),  # what half spreads cost; inside the prices already
        ("slippage_cost", np.float64),  # what slippage cost; inside the prices already
        ("net_pnl", np.float64),  # gross_pnl - commission - financing
    ],
    align=True,
)

FILL: Final = np.dtype(
    [
        ("symbol", np.int32),
        ("reason", np.int8),  # a Reason for an exit, -1 for an entry
        ("bar", np.int64),
        ("qty", np.float64),  # signed: > 0 bought, < 0 sold
        ("price", np.float64),
        ("mid_price", np.float64),  # the price without spread and slippage
        ("commission", np.float64),
    ],
    align=True,
)

RULES: Final = np.dtype(
    [
        ("half_spread", np.float64),  # fraction of the mid
        ("slippage", np.float64),  # fraction of the quoted price, adverse
        (
            "impact",
            np.float64,
        ),  # further fraction at a share of 1 of the bar's volume, with the share squared
        ("fee_rate", np.float64),  # fraction of notional
        ("fee_unit", np.float64),
        ("fee_order", np.float64),
        ("fee_min", np.float64),
        ("sell_rate", np.float64),
        ("sell_unit", np.float64),
        ("money_step", np.float64),  # 0: money is not rounded
        ("swap_long", np.float64),  # fraction of notional a night
        ("swap_short", np.float64),
        ("stop_fraction", np.float64),  # of the fill price; 0: none
        ("take_fraction", np.float64),
        ("trail_fraction", np.float64),
        ("hold_bars", np.int64),  # closed at the open after so many bars; 0: never
        ("valid_bars", np.int64),  # how long a limit or stop entry rests; 0: until replaced
        ("size_mode", np.int64),
        ("size_value", np.float64),
        ("size_cap", np.float64),  # greatest notional as a fraction of equity; inf: none
        ("by_confidence", np.int64),  # 1: the value is multiplied by the signal's confidence
        ("qty_step", np.float64),  # 0: any quantity
        ("volume_share", np.float64),  # most of a bar's volume we may be; 0: no bound
    ],
    align=True,
)
"""The rules of one symbol, one record each: what `Settings` says, as numbers."""

POSITION: Final = np.dtype(
    [
        ("qty", np.float64),  # signed
        ("side", np.int64),
        ("entry_bar", np.int64),
        ("entry_price", np.float64),
        ("stop", np.float64),  # quoted price; -inf or +inf: none
        ("take", np.float64),
        ("trail", np.float64),  # distance in price; 0: none
        ("trail_rate", np.float64),  # distance as a fraction of the best price; 0: none
        ("best", np.float64),  # best mid price since entry, of bars before `best_bar`
        ("best_bar", np.int64),
        ("ahead_best", np.float64),  # what `best` will be at `ahead_bar`, if nothing comes between
        ("ahead_bar", np.int64),
        ("inside", np.int64),  # 1: entered inside its entry bar, not at the open
        ("stop_first", np.float64),
        ("take_first", np.float64),
        ("confidence", np.float64),
        ("entry_fee", np.float64),
        ("exit_fee", np.float64),
        ("exit_qty", np.float64),
        ("exit_price", np.float64),
        ("gross", np.float64),
        ("financing", np.float64),
        ("spread_cost", np.float64),
        ("slippage_cost", np.float64),
        ("ambiguous", np.int64),
        ("leaving", np.int64),  # Reason of an exit that is still being filled, -1 for none
        ("entering", np.float64),  # units of an entry that are still to be filled
        ("order", np.int64),  # Signal that waits for a bar to act on
        ("order_bar", np.int64),  # bar at whose close it was given
        ("resting", np.int64),  # 0: no resting entry, 1: limit, 2: stop
        ("resting_side", np.int64),
        ("resting_price", np.float64),  # quoted price
        ("resting_until", np.int64),  # last bar on which it may fill
        ("used_bar", np.int64),
        ("used_qty", np.float64),  # units done on `used_bar`
        ("next_bar", np.int64),  # next bar at which this symbol must be looked at
    ],
    align=True,
)
"""State of one symbol between bars."""

ACCOUNT: Final = np.dtype(
    [
        ("cash", np.float64),
        ("leverage", np.float64),  # greatest gross exposure as a multiple of equity; inf: none
        (
            "maintenance",
            np.float64,
        ),  # equity below this fraction of exposure is a margin call; 0: none
        ("bar", np.int64),  # next bar to be done
        ("known", np.int64),  # signals of bars below have been looked for
        ("event_bar", np.int64),  # next bar at which something may happen by itself
        ("end_close", np.int64),  # 1: what is open is closed at the last close
        ("per_bar", np.int64),  # 1: return sums are taken at every bar, 0: at `period_ends`
        ("period", np.int64),  # next of `period_ends`
        ("block", np.int64),  # time block of the last return taken
        ("taken", np.int64),  # next bar whose equity is to be taken into the sums
        ("night_bar", np.int64),  # next bar with a rollover
        ("flat_bar", np.int64),  # next bar that ends flat
        ("last_equity", np.float64),  # equity at the last bar whose return was taken
        ("equity", np.float64),  # equity at the close of the last bar done
        ("peak", np.float64),
        ("peak_bar", np.int64),
        ("floor", np.float64),  # equity at which the deepest drawdown so far would be passed
        ("drawdown", np.float64),  # deepest, as a fraction > 0
        ("drawdown_bars", np.int64),  # longest time from a peak to its return
        ("held_bars", np.int64),  # bars at whose close something was held
        ("trades", np.int64),
        ("fills", np.int64),
        ("wins", np.int64),
        ("won", np.float64),  # sum of net_pnl > 0
        ("lost", np.float64),  # minus the sum of the others
        ("ambiguous", np.int64),
        ("turnover", np.float64),  # notional of all fills
        ("commission", np.float64),
        ("financing", np.float64),
        ("spread_cost", np.float64),
        ("slippage_cost", np.float64),
        ("unfilled", np.int64),  # entries that came to no quantity
        ("margin_calls", np.int64),
    ],
    align=True,
)
"""State and sums of the account. `trades` and `fills` count what ended, written down or not."""

RETURN_SUMS: Final = 4
"""Columns of the return sums per time block: sums of r, r^2, r^3, r^4."""

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Codes = npt.NDArray[np.int8]
Records = npt.NDArray[np.void]
