"""The rehearsal's strategy: EMA cross and channel breakout on daily closes. A source of lively alerts, not of profit.

Like a strategy on TradingView it never sees a broker: it keeps its own idea of which orders filled, from the
bars alone. Where a bar touches a price so narrowly that a broker's spread decides, it does not guess: it tells
the broker to close, and takes the trade as ended.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.core.intent import Action, OrderType, Side, Size, SizeMode
from argos.core.money import round_near
from argos.prices.demo import DailyBar
from argos.rehearsal.prices import TradingDay

PRICE_TICK: Final = Decimal("0.01")
"""Limits, stops and targets lie on it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class StrategySettings:
    """Spans in days; distances as fractions of the price. `sizes` are dealt in turn, None is the route's own."""

    trade_prefix: str = "ema"
    fast_span: int = 3
    slow_span: int = 9
    channel_days: int = 3
    stop: Decimal = Decimal("0.045")
    target: Decimal = Decimal("0.08")
    trail_step: Decimal = Decimal("0.02")
    held_days_max: int = 4
    pending_days_max: int = 3
    discounts: tuple[Decimal, ...] = (Decimal("0.004"), Decimal("0.015"))
    sizes: tuple[Size | None, ...] = (
        None,
        Size(mode=SizeMode.NOTIONAL, value=Decimal(5000)),
        Size(mode=SizeMode.RISK_FRACTION, value=Decimal("0.002")),
    )
    doubt: Decimal = Decimal("0.0015")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """One wish at a close. `price` is the close it was made at, for a limit entry the limit.

    A reverse opens `trade_id` and ends the trade named in `reverses`.
    """

    action: Action
    trade_id: str
    symbol: str
    price: Decimal
    why: str
    side: Side | None = None
    order_type: OrderType = OrderType.MARKET
    sl: Decimal | None = None
    tp: Decimal | None = None
    size: Size | None = None
    reverses: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class OpenTrade:
    """A trade as the strategy imagines it. `days` since the entry was sent, or since it filled."""

    trade_id: str
    side: Side
    entry_price: Decimal
    sl: Decimal
    tp: Decimal
    pending: bool
    days: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SymbolState:
    """All the strategy remembers of one symbol between closes."""

    symbol: str
    closes: tuple[Decimal, ...] = ()
    fast: Decimal | None = None
    slow: Decimal | None = None
    days: int = 0
    trades: int = 0
    trade: OpenTrade | None = None


class _Touch(StrEnum):
    NO = "no"
    DOUBTFUL = "doubtful"
    YES = "yes"


@dataclass(slots=True)
class EmaStrategy:
    """Keeps one state per symbol and asks `decide` at each close. The same days give the same decisions."""

    settings: StrategySettings = field(default_factory=StrategySettings)
    states: dict[str, SymbolState] = field(default_factory=dict)

    @property
    def trades(self) -> int:
        """Trades begun so far."""
        return sum(state.trades for state in self.states.values())

    def at_close(self, day: TradingDay) -> tuple[Decision, ...]:
        made: list[Decision] = []
        for symbol, bar in day.bars.items():
            state = self.states.get(symbol, SymbolState(symbol=symbol))
            self.states[symbol], decisions = decide(state, bar, settings=self.settings)
            made += decisions
        return tuple(made)

    def finish(self, closes: Mapping[str, Decimal]) -> tuple[Decision, ...]:
        """Ends what is open or pending, at the last closes."""
        made: list[Decision] = []
        for symbol, state in self.states.items():
            if state.trade is not None:
                made += _end(state.trade, symbol, price=closes[symbol], why="end of rehearsal")
            self.states[symbol] = replace(state, trade=None)
        return tuple(made)


def decide(
    state: SymbolState, bar: DailyBar, *, settings: StrategySettings
) -> tuple[SymbolState, tuple[Decision, ...]]:
    """What the strategy wants at this bar's close, and what it remembers from then on."""
    signal, state = _observe(state, bar, settings=settings)
    if state.trade is None:
        return _enter(state, bar, side=signal, settings=settings)
    trade = replace(state.trade, days=state.trade.days + 1)
    if trade.pending:
        return _await_fill(replace(state, trade=trade), trade, bar, settings=settings)
    return _hold(replace(state, trade=trade), trade, bar, signal=signal, settings=settings)


def _observe(
    state: SymbolState, bar: DailyBar, *, settings: StrategySettings
) -> tuple[Side | None, SymbolState]:
    """Today's signal: a cross of the averages, or a close beyond the channel in the direction of the trend."""
    fast = _ema(state.fast, bar.close, span=settings.fast_span)
    slow = _ema(state.slow, bar.close, span=settings.slow_span)
    trend = Side.BUY if fast > slow else Side.SELL
    signal = None
    if state.days >= settings.slow_span and state.fast is not None and state.slow is not None:
        crossed = (state.fast > state.slow) != (fast > slow)
        edge = max(state.closes) if trend is Side.BUY else min(state.closes)
        broke_out = (bar.close - edge) * trend.sign > 0
        signal = trend if crossed or broke_out else None
    closes = (*state.closes, bar.close)[-settings.channel_days :]
    return signal, replace(state, closes=closes, fast=fast, slow=slow, days=state.days + 1)


def _ema(before: Decimal | None, close: Decimal, *, span: int) -> Decimal:
    return close if before is None else before + (close - before) * 2 / (span + 1)


def _enter(
    state: SymbolState,
    bar: DailyBar,
    *,
    side: Side | None,
    settings: StrategySettings,
    reverses: str | None = None,
) -> tuple[SymbolState, tuple[Decision, ...]]:
    """A new trade, if there is a side: two at market, then one by a limit a little better than the close."""
    if side is None:
        return state, ()
    number = state.trades + 1
    by_limit = number % 3 == 0 and reverses is None
    price = bar.close
    if by_limit:
        discount = settings.discounts[number // 3 % len(settings.discounts)]
        price = round_near(bar.close * (1 - side.sign * discount), step=PRICE_TICK)
    trade = OpenTrade(
        trade_id=f"{settings.trade_prefix}-{state.symbol}-{number:04d}",
        side=side,
        entry_price=price,
        sl=round_near(price * (1 - side.sign * settings.stop), step=PRICE_TICK),
        tp=round_near(price * (1 + side.sign * settings.target), step=PRICE_TICK),
        pending=by_limit,
    )
    decision = Decision(
        action=Action.REVERSE if reverses else Action.OPEN,
        trade_id=trade.trade_id,
        symbol=state.symbol,
        price=price,
        why="the trend turned" if reverses else "cross or breakout",
        side=side,
        order_type=OrderType.LIMIT if by_limit else OrderType.MARKET,
        sl=trade.sl,
        tp=trade.tp,
        size=settings.sizes[number % len(settings.sizes)],
        reverses=reverses,
    )
    return replace(state, trades=number, trade=trade), (decision,)


def _await_fill(
    state: SymbolState, trade: OpenTrade, bar: DailyBar, *, settings: StrategySettings
) -> tuple[SymbolState, tuple[Decision, ...]]:
    """A limit entry is filled, given up, or waits on."""
    filled = _touch(bar, trade.entry_price, falling=trade.side is Side.BUY, doubt=settings.doubt)
    if filled is _Touch.NO:
        if trade.days < settings.pending_days_max:
            return state, ()
        given_up = _end(trade, state.symbol, price=bar.close, why="the limit was not reached")
        return replace(state, trade=None), given_up
    stopped = _stopped(trade, bar, settings=settings)
    targeted = _targeted(trade, bar, settings=settings)
    if filled is _Touch.YES and targeted is _Touch.NO and stopped is not _Touch.DOUBTFUL:
        left = None if stopped is _Touch.YES else replace(trade, pending=False, days=0)
        return replace(state, trade=left), ()
    ended = (
        *_end(trade, state.symbol, price=bar.close, why="the limit was touched narrowly"),
        *_end(replace(trade, pending=False), state.symbol, price=bar.close, why="to be sure"),
    )
    return replace(state, trade=None), ended


def _hold(
    state: SymbolState,
    trade: OpenTrade,
    bar: DailyBar,
    *,
    signal: Side | None,
    settings: StrategySettings,
) -> tuple[SymbolState, tuple[Decision, ...]]:
    """An open trade is found ended at its stop or target, turned, closed, trailed, or left alone."""
    touches = {
        _stopped(trade, bar, settings=settings),
        _targeted(trade, bar, settings=settings),
    }
    gone = replace(state, trade=None)
    if _Touch.YES in touches:
        return gone, ()
    if _Touch.DOUBTFUL in touches:
        return gone, _end(trade, state.symbol, price=bar.close, why="stop or target was touched")
    if signal is trade.side.opposite:
        if state.trades % 2 == 0:
            return _enter(gone, bar, side=signal, settings=settings, reverses=trade.trade_id)
        return gone, _end(trade, state.symbol, price=bar.close, why="the trend turned")
    if trade.days >= settings.held_days_max:
        return gone, _end(trade, state.symbol, price=bar.close, why="held long enough")
    return _trail(state, trade, bar, settings=settings)


def _trail(
    state: SymbolState, trade: OpenTrade, bar: DailyBar, *, settings: StrategySettings
) -> tuple[SymbolState, tuple[Decision, ...]]:
    """The stop follows a price that ran in the trade's favour, in steps worth an alert."""
    sign = trade.side.sign
    sl = round_near(bar.close * (1 - sign * settings.stop), step=PRICE_TICK)
    if (sl - trade.sl) * sign < bar.close * settings.trail_step:
        return state, ()
    decision = Decision(
        action=Action.MODIFY,
        trade_id=trade.trade_id,
        symbol=state.symbol,
        price=bar.close,
        why="the stop follows",
        sl=sl,
        tp=trade.tp,
    )
    return replace(state, trade=replace(trade, sl=sl)), (decision,)


def _end(trade: OpenTrade, symbol: str, *, price: Decimal, why: str) -> tuple[Decision, ...]:
    action = Action.CANCEL if trade.pending else Action.CLOSE
    return (Decision(action=action, trade_id=trade.trade_id, symbol=symbol, price=price, why=why),)


def _stopped(trade: OpenTrade, bar: DailyBar, *, settings: StrategySettings) -> _Touch:
    return _touch(bar, trade.sl, falling=trade.side is Side.BUY, doubt=settings.doubt)


def _targeted(trade: OpenTrade, bar: DailyBar, *, settings: StrategySettings) -> _Touch:
    return _touch(bar, trade.tp, falling=trade.side is Side.SELL, doubt=settings.doubt)


def _touch(bar: DailyBar, level: Decimal, *, falling: bool, doubt: Decimal) -> _Touch:
    """Whether the day's range went through `level`, coming from above (`falling`) or from below."""
    beyond = (level - bar.low if falling else bar.high - level) / level
    if beyond > doubt:
        return _Touch.YES
    return _Touch.DOUBTFUL if beyond >= -doubt else _Touch.NO
