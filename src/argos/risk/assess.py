"""The answer to one risk request: size the entry, run its chain of gates, give all verdicts."""

from argos.core.decision import Assessment, Denied, Purpose, RiskRequest
from argos.core.denial import DenialCode
from argos.core.intent import SizeMode
from argos.risk.consensus_entry import size_consensus_entry
from argos.risk.gate import GateInput, entry_prices, run_gates
from argos.risk.gates import gates_of
from argos.risk.sizing import Sized, SizeTerms, size_order
from argos.risk.tick_values import loss_value


def assess(request: RiskRequest, *, scale_by_confidence: bool = False) -> Assessment:
    """Size and verdicts for `request`. Only entries are sized; an exit's quantity is what is open.

    With `scale_by_confidence` an intent's confidence, where it states one, scales its size; a size of mode consensus
    is measured by the confidence in any case, once.
    """
    sized = _size(request, scale_by_confidence=scale_by_confidence)
    given = GateInput(request=request, sized=sized, size=request.size)
    checks = run_gates(gates_of(request), given)
    if isinstance(sized, Sized):
        return Assessment(checks=checks, qty=sized.qty, working=sized.working)
    return Assessment(checks=checks)


def _size(request: RiskRequest, *, scale_by_confidence: bool) -> Sized | Denied | None:
    if request.purpose is not Purpose.ENTRY:
        return None
    size = request.size
    if size is None:
        return Denied(
            code=DenialCode.SIZE_MISSING,
            text=f"neither the intent nor the leg {request.account.account} nor route"
            f" {request.route.route} states a size",
        )
    if request.instrument is None:
        return None
    if request.snapshot is None:
        return None
    if size.mode is SizeMode.CONSENSUS:
        return size_consensus_entry(request, size, request.instrument)
    terms = SizeTerms(
        instrument=request.instrument,
        equity=request.snapshot.equity,
        prices=entry_prices(request),
        sl=request.sl,
        share=request.leg.share,
        confidence=request.intent.confidence if scale_by_confidence else None,
        unit_value=loss_value(
            request.instrument, request.snapshot, side=request.side, sl=request.sl
        ),
        commission_per_lot=request.account.limits.commission_per_lot,
    )
    return size_order(size, terms)
