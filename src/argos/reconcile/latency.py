"""How long each step from the alert to the fill took."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Final

from argos.core.intent import Intent
from argos.reconcile.traces import OrderTrace

STAGES: Final = (
    "alert_to_receipt",
    "receipt_to_decide",
    "decide_to_node",
    "node_to_send",
    "send_to_fill",
    "total",
)
_MILLISECOND: Final = timedelta(milliseconds=1)


def latencies_ms(trace: OrderTrace | None, intent: Intent | None) -> Mapping[str, float | None]:
    """Milliseconds per stage of one order, None where an end is unknown; the five stages add up to `total`.

    Every moment is the first of its kind. Three clocks are involved (sender, node, venue besides ours): skew
    is shown as it is, also below zero.
    """
    fired = intent.timestamp_tv if intent is not None else None
    received = intent.received_at if intent is not None else None
    if trace is None:
        return {
            **dict.fromkeys(STAGES),
            "alert_to_receipt": _between(fired, received),
        }
    decided, leased, filled = trace.order.planned_at, trace.leased_at, trace.first_fill_at
    sent = trace.sent.at if trace.sent is not None else None
    return {
        "alert_to_receipt": _between(fired, received),
        "receipt_to_decide": _between(received, decided),
        "decide_to_node": _between(decided, leased),
        "node_to_send": _between(leased, sent),
        "send_to_fill": _between(sent, filled),
        "total": _between(fired, filled),
    }


def _between(start: datetime | None, end: datetime | None) -> float | None:
    return None if start is None or end is None else (end - start) / _MILLISECOND
