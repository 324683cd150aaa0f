"""Gates that ask how much: the order's size against the broker's terms and the operator's ceilings."""

from decimal import Decimal

from argos.core.decision import Approved, Denied, Verdict, number_text
from argos.core.denial import DenialCode
from argos.core.intent import SizeMode
from argos.risk.gate import GateInput, entry_prices, not_judged
from argos.risk.sizing import Sized
from argos.risk.tick_values import tick_value


def tick_value_agrees(given: GateInput) -> Verdict:
    """Never denies: where broker and formula differ, the size is measured by the dearer, and the order says so."""
    request = given.request
    if request.snapshot is None or request.instrument is None:
        return not_judged("symbol unknown")
    value = tick_value(request.instrument, request.snapshot)
    if value.formula is None:
        return not_judged("no formula and rate to hold the broker's tick value against")
    if not value.differs:
        return Approved()
    return Approved(
        note=f"the broker says that 1.0 of price is worth {number_text(value.told)} a unit, contract size and rates say"
        f" {number_text(value.formula)}: the dearer, {number_text(value.trusted)}, is what sizes are measured by"
    )


def size_found(given: GateInput) -> Verdict:
    """With the sum that the size came from: an order's checks are kept, and say why it was as large as it was."""
    match given.sized:
        case Denied() as denied:
            return denied
        case Sized(binding="", working=working):
            return Approved(values=working)
        case Sized(binding=binding, working={"mode": SizeMode.CONSENSUS.value} as working):
            return Approved(note=f"{binding} decided", values=working)
        case Sized(qty=qty, qty_exact=exact, binding=binding, working=working):
            return Approved(
                note=f"the risk would allow {number_text(exact)}; {binding} keeps it at {number_text(qty)}",
                values=working,
            )
        case None:
            return not_judged("symbol unknown")


def size_minimum(given: GateInput) -> Verdict:
    instrument = given.request.instrument
    if instrument is None or not isinstance(given.sized, Sized):
        return not_judged("no size")
    if given.sized.qty > 0 and given.sized.qty >= instrument.qty_min:
        return Approved()
    asked, least = number_text(given.sized.qty_exact), number_text(instrument.qty_min)
    text = f"size {asked} is below the minimum {least} of {given.place}"
    if given.sized.qty_exact >= instrument.qty_min:
        text = f"size {asked} is less than one step {number_text(instrument.qty_step)} of {given.place}"
    if given.sized.binding:
        text += f"; {given.sized.binding} leaves no more"
    return Denied(
        code=DenialCode.SIZE_BELOW_MINIMUM, text=text, values={"qty": asked, "qty_min": least}
    )


def size_maximum(given: GateInput) -> Verdict:
    """Per order: the broker's largest quantity, the account's qty_max (units) and notional_max (its currency)."""
    instrument, limits = given.request.instrument, given.request.account.limits
    if instrument is None or not isinstance(given.sized, Sized):
        return not_judged("no size")
    qty = given.sized.qty
    ceilings: list[tuple[str, Decimal, Decimal | None]] = [
        ("broker's qty_max", qty, instrument.qty_max),
        ("account's qty_max", qty, limits.qty_max),
    ]
    if limits.notional_max is not None:
        prices = entry_prices(given.request)
        if not prices:
            return Denied(
                code=DenialCode.SIZE_NEEDS_PRICE,
                text=f"notional_max {number_text(limits.notional_max)} of {given.place} needs a price to judge by",
            )
        notional = qty * max(prices) * _unit_value(given)
        ceilings.append(("account's notional_max", notional, limits.notional_max))
    for name, value, ceiling in ceilings:
        if ceiling is not None and value > ceiling:
            return Denied(
                code=DenialCode.SIZE_ABOVE_MAXIMUM,
                text=f"size {number_text(value)} is above the {name} {number_text(ceiling)} of {given.place}",
                values={"size": number_text(value), "limit": name, "max": number_text(ceiling)},
            )
    return Approved()


def _unit_value(given: GateInput) -> Decimal:
    instrument, snapshot = given.request.instrument, given.request.snapshot
    assert instrument is not None, "only what is known is sized"
    assert snapshot is not None, "instruments come with a snapshot"
    return tick_value(instrument, snapshot).trusted


def not_opposed(given: GateInput) -> Verdict:
    """A netting account would set the entry off against the other trade, and neither could be closed properly."""
    opposed = given.request.opposed_trades
    if not opposed:
        return Approved()
    return Denied(
        code=DenialCode.NETTING_OPPOSED,
        text=f"{given.place} is netted, and the other side is held by {', '.join(opposed)}",
        values={"trades": ", ".join(opposed)},
    )


def positions_maximum(given: GateInput) -> Verdict:
    request = given.request
    most = request.account.limits.positions_max
    if most is None or request.positions_after <= most:
        return Approved()
    return Denied(
        code=DenialCode.POSITIONS_MAX,
        text=f"{given.place} would be position {request.positions_after}; {most} is the most",
        values={"positions_after": str(request.positions_after), "positions_max": str(most)},
    )
