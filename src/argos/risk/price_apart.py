"""Gates that hold the prices of an intent against the venue's own quote: wrong by a factor is a wrong symbol or unit.

A split, a provider that tells cents, a symbol map that points elsewhere, a stop sent as a distance: each of them looks
like any other order, and only the account's own quote can tell. An old quote tells it, too.
"""

from collections.abc import Sequence
from decimal import Context, Decimal
from typing import Final

from argos.core.decision import Approved, Denied, Purpose, RiskRequest, Verdict, number_text
from argos.core.denial import DenialCode
from argos.core.instrument import Quote
from argos.core.intent import OrderType, Side
from argos.core.money import ONE
from argos.risk.gate import GateInput, not_judged

NO_QUOTE: Final = "no quote to compare"
SEEN: Final = "price_seen"
"""What the price is called at which a strategy saw the market; the other names are those of an order's own prices."""

_SHOWN: Final = Context(prec=4)
"""So exactly a distance is told. It is judged as it is."""

Named = tuple[str, Decimal]
"""A price, and what it is called in texts."""


def price_near(given: GateInput) -> Verdict:
    """What the intent was built on, against the quote: the order's own prices, or what the strategy saw.

    Of a change, only the price to which it moves a working order.
    """
    request = given.request
    limits = request.account.limits.risk
    quote = usable_quote(request)
    if quote is None and request.purpose is Purpose.ENTRY and limits.quote_required:
        return Denied(
            code=DenialCode.QUOTE_MISSING,
            text=f"{NO_QUOTE}: none of {given.place} is known, and quote_required is set there",
        )
    return _near(
        given,
        _stated_prices(request),
        quote=quote,
        limit=("price_apart_fraction_max", limits.price_apart_fraction_max),
        code=DenialCode.PRICE_APART,
    )


def levels_near(given: GateInput) -> Verdict:
    """Stop and target are prices somewhere near the quote; on which side of it, other gates ask."""
    request = given.request
    named = (("stop", request.sl), ("target", request.tp))
    return _near(
        given,
        [(name, level) for name, level in named if level is not None and level > 0],
        quote=usable_quote(request),
        limit=("level_apart_fraction_max", request.account.limits.risk.level_apart_fraction_max),
        code=DenialCode.LEVEL_APART,
    )


def fraction_apart(first: Decimal, second: Decimal) -> Decimal:
    """How far two positive prices are apart: the larger one divided by the smaller, less 1.

    So 0 for equal ones, and k - 1 for prices wrong by a factor of k, whichever of them is the larger.
    """
    return max(first, second) / min(first, second) - ONE


def usable_quote(request: RiskRequest) -> Quote | None:
    """The account's last quote of the symbol, however old; None where no side of it has a price."""
    quote = request.quote
    return quote if quote is not None and max(quote.bid, quote.ask) > 0 else None


def _stated_prices(request: RiskRequest) -> list[Named]:
    if request.order_type is OrderType.MARKET:
        seen = request.intent.entry_price if request.purpose is Purpose.ENTRY else None
        known = [(SEEN, seen)]
    elif request.purpose is not Purpose.ENTRY and request.intent.entry_price is None:
        known = []
    else:
        known = [("price", request.price), ("stop_limit_price", request.stop_limit_price)]
    return [(name, price) for name, price in known if price is not None and price > 0]


def _near(
    given: GateInput,
    prices: Sequence[Named],
    *,
    quote: Quote | None,
    limit: tuple[str, Decimal | None],
    code: DenialCode,
) -> Verdict:
    """The verdict on the price of `prices` that is farthest from the quote."""
    request, (limit_name, fraction_max) = given.request, limit
    if fraction_max is None:
        return not_judged(f"{limit_name} is off")
    if not prices:
        return not_judged("no price stated")
    if quote is None:
        return not_judged(NO_QUOTE)
    apart, name, price, beside = max(
        (fraction_apart(price, beside), name, price, beside)
        for name, price in prices
        for beside in (_side_of_quote(request, quote, price, is_seen=name == SEEN),)
    )
    age = f"{(request.now - quote.at).total_seconds():.1f}"
    values = {
        name: number_text(price),
        "quote": number_text(beside),
        "quote_age_s": age,
        "apart": number_text(_SHOWN.plus(apart)),
        limit_name: number_text(fraction_max),
    }
    if apart <= fraction_max:
        return Approved(values=values)
    return Denied(
        code=code,
        text=f"{name.replace('_', ' ')} {number_text(price)} and the quote {number_text(beside)} of {given.place},"
        f" {age} s old, are {values['apart']} apart; {number_text(fraction_max)} ({limit_name}) is the most",
        values=values,
    )


def _side_of_quote(request: RiskRequest, quote: Quote, price: Decimal, *, is_seen: bool) -> Decimal:
    """What `price` is held against: of a market order, the side at which it is done; else the nearer side.

    A price inside the spread is no distance away. A side without a price is left out.
    """
    sides = sorted(side for side in (quote.bid, quote.ask) if side > 0)
    if is_seen:
        return sides[-1] if request.side is Side.BUY else sides[0]
    return min(max(price, sides[0]), sides[-1])
