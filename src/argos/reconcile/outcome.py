"""How a leg ended, if it has."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Final, NamedTuple

from argos.core.order import OrderStatus
from argos.reconcile.fills import FillTally
from argos.reconcile.result import Outcome
from argos.reconcile.story import Denial, LegStory
from argos.reconcile.traces import OrderTrace, words_at_end

_UNFILLED: Final[Mapping[OrderStatus, Outcome]] = {
    OrderStatus.CANCELED: Outcome.CANCELED,
    OrderStatus.EXPIRED: Outcome.EXPIRED,
    OrderStatus.REJECTED: Outcome.REJECTED,
    OrderStatus.EXPIRED_UNSENT: Outcome.EXPIRED,
    OrderStatus.DENIED: Outcome.DENIED,
}
"""Ends without a fill, the one that got farthest first: with several entries it names the leg."""


class Verdict(NamedTuple):
    outcome: Outcome
    reason_code: str | None = None
    reason_text: str | None = None


_OPEN: Final = Verdict(Outcome.OPEN)


def judge_outcome(story: LegStory, tally: FillTally, *, net_pnl: Decimal) -> Verdict:
    """In doubt while any of its orders is; open while anything is held or may still be filled."""
    traces = tally.traces.values()
    if any(trace.doubted and trace.is_in_doubt() for trace in traces):
        return Verdict(Outcome.IN_DOUBT)
    entries = [trace for trace in traces if trace.is_entry]
    if tally.steps:
        if tally.net_qty or not all(trace.is_over() for trace in entries):
            return _OPEN
        return Verdict(_by_result(net_pnl))
    if not tally.traces:
        return _denied(story.denials)
    return _unfilled(entries or list(traces))


def _by_result(net_pnl: Decimal) -> Outcome:
    if net_pnl == 0:
        return Outcome.BREAKEVEN
    return Outcome.WIN if net_pnl > 0 else Outcome.LOSS


def _denied(denials: Sequence[Denial]) -> Verdict:
    """Without any order: refused, or not decided yet."""
    if not denials:
        return _OPEN
    first = min(denials, key=lambda denial: (denial.code, denial.text, denial.intent_id))
    return Verdict(Outcome.DENIED, first.code, first.text)


def _unfilled(traces: Sequence[OrderTrace]) -> Verdict:
    states = [_state_without_fill(trace) for trace in traces]
    if any(state not in _UNFILLED for state in states):
        return _OPEN
    state = next(state for state in _UNFILLED if state in states)
    code, text = words_at_end(traces[states.index(state)], state)
    return Verdict(_UNFILLED[state], code, text)


def _state_without_fill(trace: OrderTrace) -> OrderStatus:
    # All it filled closed another trade's position: it opened nothing, and nothing will come.
    if trace.absorbed_qty and trace.is_over():
        return OrderStatus.CANCELED
    return trace.status()
