"""Gates that ask whether the symbol and the prices make sense at this account."""

from decimal import Decimal

from argos.core.decision import Approved, Denied, Verdict, number_text
from argos.core.denial import DenialCode
from argos.risk.gate import GateInput, not_judged, stop_reference
from argos.risk.sizing import unusable_terms


def symbol_known(given: GateInput) -> Verdict:
    request = given.request
    if request.snapshot is None:
        return not_judged("no snapshot")
    if request.instrument is not None:
        return Approved()
    return Denied(
        code=DenialCode.SYMBOL_UNKNOWN,
        text=f"{given.place} is not among the {len(request.snapshot.instruments)} symbols known there",
        values={"symbol": request.symbol, "asked": request.intent.symbol},
    )


def symbol_tradable(given: GateInput) -> Verdict:
    instrument = given.request.instrument
    if instrument is None:
        return not_judged("symbol unknown")
    if not instrument.tradable:
        reason: str | None = "the broker has it closed for trading"
    else:
        reason = unusable_terms(instrument)
    if reason is None:
        return Approved()
    return Denied(
        code=DenialCode.SYMBOL_NOT_TRADABLE, text=f"{given.place} cannot be traded: {reason}"
    )


def stop_side(given: GateInput) -> Verdict:
    """The stop lies on the losing side of the price, and of the target if there is no price to hold it against."""
    request = given.request
    reference, name = stop_reference(request), "price"
    if reference is None:
        reference, name = request.tp, "target"
    if request.sl is None or reference is None:
        return Approved() if request.sl is None else not_judged("no price known")
    if (reference - request.sl) * request.side.sign > 0:
        return Approved()
    return _wrong_side(
        DenialCode.STOP_WRONG_SIDE, given, level=("stop", request.sl), beside=(name, reference)
    )


def target_side(given: GateInput) -> Verdict:
    request = given.request
    reference = stop_reference(request)
    if request.tp is None or reference is None:
        return Approved() if request.tp is None else not_judged("no price known")
    if (request.tp - reference) * request.side.sign > 0:
        return Approved()
    return _wrong_side(
        DenialCode.TARGET_WRONG_SIDE,
        given,
        level=("target", request.tp),
        beside=("price", reference),
    )


def _wrong_side(
    code: DenialCode, given: GateInput, *, level: tuple[str, Decimal], beside: tuple[str, Decimal]
) -> Denied:
    (name, value), (reference_name, reference) = level, beside
    return Denied(
        code=code,
        text=f"{name} {number_text(value)} lies on the wrong side of the {reference_name}"
        f" {number_text(reference)} for a {given.request.side.value} of {given.place}",
        values={name: number_text(value), reference_name: number_text(reference)},
    )


def stop_distance(given: GateInput) -> Verdict:
    """Stop and target keep the broker's distance; on which side they lie is not asked here."""
    request = given.request
    instrument, reference = request.instrument, stop_reference(request)
    if instrument is None or reference is None:
        return not_judged("symbol unknown" if instrument is None else "no price known")
    distance_min = instrument.stops_distance_min
    for name, level in (("stop", request.sl), ("target", request.tp)):
        if level is not None and abs(level - reference) < distance_min:
            return Denied(
                code=DenialCode.STOP_TOO_CLOSE,
                text=f"{name} {number_text(level)} is {number_text(abs(level - reference))} from"
                f" {number_text(reference)}; {number_text(distance_min)} is the least for {given.place}",
                values={
                    "distance": number_text(abs(level - reference)),
                    "distance_min": number_text(distance_min),
                },
            )
    return Approved()
