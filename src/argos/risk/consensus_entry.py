"""The size of an entry whose size is stated as `consensus`: what the account, its limits and its prices make of it."""

from dataclasses import replace
from decimal import Decimal
from typing import Final

from argos.core.decision import Denied, RiskRequest, number_text
from argos.core.denial import DenialCode
from argos.core.instrument import Instrument
from argos.core.intent import Side, Size
from argos.core.money import ZERO
from argos.risk.buying_power import buying_power_of, reserved_notional
from argos.risk.concentration import rooms_of
from argos.risk.consensus_sizing import ConsensusSizing, ConsensusTerms, size_consensus
from argos.risk.gate import entry_prices
from argos.risk.sizing import Sized, unusable_terms
from argos.risk.tick_values import loss_value
from argos.risk.volatility import ewma_volatility_daily

WHOLE_AT: Final = frozenset({"alpaca", "paper-alpaca"})
"""Venues that take brackets and short sales in whole shares only."""


def size_consensus_entry(
    request: RiskRequest, size: Size, instrument: Instrument
) -> Sized | Denied:
    """Units for `size.value` of equity at the bar, by the intent's confidence, the symbol's volatility and all bounds.

    An intent without a confidence is refused: nothing says how sure the signal was. A confidence on the bar for want of
    a better one would give every such alert the whole base size.
    """
    snapshot = request.snapshot
    assert snapshot is not None, "instruments come with a snapshot"
    if request.intent.confidence is None:
        return Denied(
            code=DenialCode.SIZE_NEEDS_CONFIDENCE,
            text=f"consensus {number_text(size.value)} of {request.symbol} needs a confidence, the intent states none",
            values={"value": number_text(size.value)},
        )
    if (unusable := unusable_terms(instrument)) is not None:
        return Denied(code=DenialCode.SYMBOL_NOT_TRADABLE, text=unusable)
    prices = entry_prices(request)
    if not prices:
        return Denied(
            code=DenialCode.SIZE_NEEDS_PRICE,
            text=f"consensus size of {request.symbol} needs a price: no entry_price was sent and there is no quote",
        )
    reserved = reserved_notional(request)
    if reserved is None:
        return Denied(
            code=DenialCode.BUYING_POWER,
            text=f"what is left for {request.symbol} cannot be judged: an entry on its way has no price or no terms",
        )
    power = buying_power_of(snapshot)
    limits = request.account.limits
    return size_consensus(
        _settings(request, size),
        ConsensusTerms(
            instrument=instrument,
            equity=snapshot.equity,
            price=max(prices),
            probability=request.intent.confidence,
            volatility_daily=_volatility_daily(request),
            buying_power=power.amount / power.margin_fraction,
            reserved=reserved,
            share=request.leg.share,
            stop_distance=_stop_distance(request, prices),
            unit_value_at_stop=loss_value(instrument, snapshot, side=request.side, sl=request.sl),
            commission_per_lot=limits.commission_per_lot,
            rooms=rooms_of(request),
            qty_max=limits.qty_max,
            whole=_is_whole(request),
        ),
    )


def _settings(request: RiskRequest, size: Size) -> ConsensusSizing:
    plain = ConsensusSizing(base_fraction=size.value)
    fraction = request.account.limits.risk.buying_power_fraction_max
    if fraction is None or fraction > plain.buying_power_fraction_max:
        return plain
    return replace(plain, buying_power_fraction_max=fraction)


def _volatility_daily(request: RiskRequest) -> Decimal | None:
    closes = request.standing.daily_closes.get(request.symbol, {})
    return ewma_volatility_daily([closes[day] for day in sorted(closes)])


def _stop_distance(request: RiskRequest, prices: tuple[Decimal, ...]) -> Decimal | None:
    stop = request.sl
    if stop is None:
        return None
    return max((abs(price - stop) for price in prices), default=ZERO)


def _is_whole(request: RiskRequest) -> bool:
    is_bracket = request.sl is not None or request.tp is not None
    return request.account.venue in WHOLE_AT and (is_bracket or request.side is Side.SELL)
