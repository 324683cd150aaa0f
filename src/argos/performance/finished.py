"""A finished trade: what figures are made of. One per trade and account, flat, with its result known."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from argos.consensus.vote import Direction
from argos.core.intent import Side

VERSION_MARK = "@"


@dataclass(frozen=True, slots=True, kw_only=True)
class FinishedTrade:
    """Money is in `currency`. `net_pnl` = gross_pnl - commission - swap - fee; slippage is in the prices already.

    `r_multiple`: net_pnl over what the stop risked, None without a stop. `sides`: which way each source of its signal
    counted, None where there was no signal. `simulated`: a source of the signal was, None without a signal.
    """

    trade_id: str
    account: str
    currency: str
    symbol: str
    bot_version: str
    side: Side
    opened_at: datetime
    closed_at: datetime
    gross_pnl: Decimal
    net_pnl: Decimal
    r_multiple: Decimal | None = None
    sides: Mapping[str, Direction] | None = None
    simulated: bool | None = None

    @property
    def costs(self) -> Decimal:
        """Commission, swap and fee together; positive when paid."""
        return self.gross_pnl - self.net_pnl

    @property
    def holding_s(self) -> float:
        """From the first fill to the last."""
        return (self.closed_at - self.opened_at).total_seconds()


def strategy_of(bot_version: str) -> str:
    """The strategy's name without its version: "ema-cross@3.2" -> "ema-cross"."""
    return bot_version.rpartition(VERSION_MARK)[0] or bot_version


def direction_of(side: Side) -> Direction:
    return Direction.LONG if side is Side.BUY else Direction.SHORT


def vote_was_right(direction: Direction, *, side: Side, net_pnl: Decimal) -> bool | None:
    """Whether a source's side was that of the outcome; None for an abstention.

    A vote for the trade was right when it won, one against it when it lost. A result of exactly zero proves nobody
    right.
    """
    if direction is Direction.ABSTAIN:
        return None
    voted_for = direction is direction_of(side)
    return net_pnl > 0 if voted_for else net_pnl < 0
