"""Gates that ask what the venue says of the account and the symbol: blocks, session, quote, money, volume."""

from decimal import Decimal

from argos.core.decision import Approved, Denied, Verdict, number_text
from argos.core.denial import DenialCode
from argos.core.instrument import Instrument
from argos.core.intent import OrderType
from argos.core.money import ZERO
from argos.risk.buying_power import buying_power_of, reserved_notional
from argos.risk.gate import GateInput, entry_prices, not_judged
from argos.risk.holdings import holdings_of, notional_of
from argos.risk.sizing import Sized


def account_unblocked(given: GateInput) -> Verdict:
    request = given.request
    blocks = request.snapshot.blocks if request.snapshot else None
    if blocks is None:
        return not_judged("the node does not tell whether the account may trade")
    if not blocks:
        return Approved()
    told = ", ".join(blocks)
    return Denied(
        code=DenialCode.ACCOUNT_BLOCKED,
        text=f"the venue does not let {request.account.account} trade: {told}",
        values={"blocks": told},
    )


def market_open(given: GateInput) -> Verdict:
    """By the venue's own word. One that was said before the session's next change is out of date after it.

    A limit or stop order waits for the session at its venue, as long as it lives: it passes.
    """
    request = given.request
    market = request.snapshot.market if request.snapshot else None
    if market is None:
        return not_judged("the venue does not tell its sessions")
    changed = market.changes_at is not None and request.now >= market.changes_at
    if market.is_open is not changed:
        return Approved()
    values = {"seen_at": f"{market.seen_at:%Y-%m-%dT%H:%M:%SZ}"}
    text = f"the market of {given.place} is closed"
    if market.changes_at is not None:
        moment = f"{market.changes_at:%Y-%m-%dT%H:%M:%SZ}"
        values["changes_at"] = moment
        text += f" since {moment}" if changed else f" until {moment}"
    if request.order_type is not OrderType.MARKET:
        return Approved(note=f"{text}; the order waits for it", values=values)
    return Denied(code=DenialCode.MARKET_CLOSED, text=text, values=values)


def quote_fresh(given: GateInput) -> Verdict:
    """By the quote's own time: a snapshot of this second may hold a price of this morning."""
    request = given.request
    age_s_max = request.account.limits.risk.quote_age_s_max
    if age_s_max is None:
        return not_judged("no quote_age_s_max")
    if request.quote is None:
        return Denied(
            code=DenialCode.QUOTE_STALE,
            text=f"there is no quote of {given.place}",
            values={"quote_age_s_max": str(age_s_max)},
        )
    age_s = (request.now - request.quote.at).total_seconds()
    values = {"age_s": f"{age_s:.1f}", "quote_age_s_max": str(age_s_max)}
    if age_s <= age_s_max:
        return Approved(values=values)
    return Denied(
        code=DenialCode.QUOTE_STALE,
        text=f"the quote of {given.place} is {age_s:.1f} s old; {age_s_max} s is the most",
        values=values,
    )


def buying_power_left(given: GateInput) -> Verdict:
    """What the order takes, beside what our own entries on their way will take that the venue does not hold yet."""
    request = given.request
    fraction = request.account.limits.risk.buying_power_fraction_max
    if fraction is None:
        return not_judged("no buying_power_fraction_max")
    if not isinstance(given.sized, Sized):
        return not_judged("no size")
    reserved = reserved_notional(request)
    order = notional_of(request, qty=given.sized.qty, prices=entry_prices(request))
    if request.snapshot is None or reserved is None or order is None:
        text = f"the buying power for {given.place} cannot be judged: it, a price or a symbol's terms are not known"
        return Denied(code=DenialCode.BUYING_POWER, text=text)
    power = buying_power_of(request.snapshot)
    need, ours = order * power.margin_fraction, reserved * power.margin_fraction
    room = max(ZERO, power.amount * fraction - ours)
    values = {
        "need": number_text(need),
        "buying_power": number_text(power.amount),
        "basis": power.basis,
        "reserved": number_text(ours),
        "room": number_text(room),
        "buying_power_fraction_max": number_text(fraction),
    }
    if need <= room:
        return Approved(values=values)
    return Denied(
        code=DenialCode.BUYING_POWER,
        text=f"{given.place} needs {number_text(need)}; {number_text(room)} is left of {number_text(fraction)} x"
        f" {number_text(power.amount)} with {number_text(ours)} on its way",
        values=values,
    )


def volume_left(given: GateInput) -> Verdict:
    """The broker's own ceiling on all that is held and working on one side of the symbol."""
    request, instrument = given.request, given.request.instrument
    limit = volume_limit_units(instrument)
    if limit is None or instrument is None:
        return not_judged("the broker sets no such limit")
    if not isinstance(given.sized, Sized):
        return not_judged("no size")
    before = sum(
        (
            item.qty
            for item in holdings_of(request)
            if item.symbol == request.symbol and item.side is request.side
        ),
        ZERO,
    )
    after = before + given.sized.qty
    values = {
        "held": number_text(before),
        "qty": number_text(given.sized.qty),
        "volume_limit": number_text(limit),
    }
    if after <= limit:
        return Approved(values=values)
    return Denied(
        code=DenialCode.VOLUME_LIMIT,
        text=f"{given.place} would hold {number_text(after)} on the {request.side.value} side;"
        f" the broker's volume_limit is {number_text(limit)}",
        values=values,
    )


def volume_limit_units(instrument: Instrument | None) -> Decimal | None:
    """The symbol's volume_limit in units; None where the broker sets none (it says 0, or does not say)."""
    if instrument is None or instrument.venue_terms is None:
        return None
    lots = instrument.venue_terms.volume_limit
    return lots * instrument.contract_size if lots > 0 else None
