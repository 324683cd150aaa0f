"""Prices on an account's tick, rounded so that nobody pays more or risks more than was asked."""

from decimal import Decimal

from argos.core.instrument import Instrument
from argos.core.intent import OrderType, Side
from argos.core.money import round_down, round_near, round_up


def price_on_tick(
    price: Decimal | None, *, instrument: Instrument | None, side: Side, order_type: OrderType
) -> Decimal | None:
    """An entry price: a limit never becomes worse for us, a stop goes to the nearest tick."""
    if price is None or instrument is None or instrument.tick_size <= 0:
        return price
    tick = instrument.tick_size
    if order_type is not OrderType.LIMIT:
        return max(tick, round_near(price, step=tick))
    return max(tick, _rounded(price, tick=tick, up=side is Side.SELL))


def stop_on_tick(
    sl: Decimal | None, *, instrument: Instrument | None, side: Side
) -> Decimal | None:
    """A stop is moved towards the entry, if at all: the loss at it only becomes smaller."""
    if sl is None or instrument is None or instrument.tick_size <= 0:
        return sl
    tick = instrument.tick_size
    return max(tick, _rounded(sl, tick=tick, up=side is Side.BUY))


def target_on_tick(tp: Decimal | None, *, instrument: Instrument | None) -> Decimal | None:
    if tp is None or instrument is None or instrument.tick_size <= 0:
        return tp
    return max(instrument.tick_size, round_near(tp, step=instrument.tick_size))


def _rounded(price: Decimal, *, tick: Decimal, up: bool) -> Decimal:
    return round_up(price, step=tick) if up else round_down(price, step=tick)
