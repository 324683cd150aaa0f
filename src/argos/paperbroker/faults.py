"""Faults on demand and by seed.

- accept_then_timeout: the request is carried out, no answer ever comes (delay 0: retcode 10012, or HTTP 504)
- lost_answer: the request is carried out, the connection is closed in place of an answer
- answer_twice: the request's events come twice on the stream, its deals twice in lists
- fill_before_ack: the fill is visible `delay_ms` before the answer
- late_fill_after_cancel: a cancel is answered with yes, `delay_ms` later the order fills
- disconnect: for `delay_ms` every connection of the account is cut, from the moment it is asked for
- slow: the request is carried out only after `delay_ms`
- reject: the broker says no
- error_before_accept: HTTP 500, nothing is carried out
- rate_limit: HTTP 429, nothing is carried out
- stream_cut: the account's streams end; what happens until they are back is told by nobody
- stream_twice: the request's next events come twice on the stream
- stream_swap: the request's next event comes after the one that follows it, or `delay_ms` late
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from argos.paperbroker.settings import Fault


class RequestKind(StrEnum):
    """What a client asks for, as far as faults can tell requests apart."""

    SUBMIT = "submit"
    CLOSE = "close"
    CANCEL = "cancel"
    MODIFY = "modify"


DELAYS_MS: Final[Mapping[Fault, int]] = {
    Fault.ACCEPT_THEN_TIMEOUT: 30_000,
    Fault.LOST_ANSWER: 0,
    Fault.ANSWER_TWICE: 0,
    Fault.FILL_BEFORE_ACK: 300,
    Fault.LATE_FILL_AFTER_CANCEL: 300,
    Fault.DISCONNECT: 2_000,
    Fault.SLOW: 6_000,
    Fault.REJECT: 0,
    Fault.ERROR_BEFORE_ACCEPT: 0,
    Fault.RATE_LIMIT: 0,
    Fault.STREAM_CUT: 0,
    Fault.STREAM_TWICE: 0,
    Fault.STREAM_SWAP: 300,
}

FITTING: Final[Mapping[Fault, frozenset[RequestKind]]] = {
    Fault.ACCEPT_THEN_TIMEOUT: frozenset(RequestKind),
    Fault.LOST_ANSWER: frozenset(RequestKind),
    Fault.ANSWER_TWICE: frozenset({RequestKind.SUBMIT, RequestKind.CLOSE}),
    Fault.FILL_BEFORE_ACK: frozenset({RequestKind.SUBMIT, RequestKind.CLOSE}),
    Fault.LATE_FILL_AFTER_CANCEL: frozenset({RequestKind.CANCEL}),
    Fault.DISCONNECT: frozenset(RequestKind),
    Fault.SLOW: frozenset(RequestKind),
    Fault.REJECT: frozenset(RequestKind),
    Fault.ERROR_BEFORE_ACCEPT: frozenset(RequestKind),
    Fault.RATE_LIMIT: frozenset(RequestKind),
    Fault.STREAM_CUT: frozenset(RequestKind),
    Fault.STREAM_TWICE: frozenset(RequestKind),
    Fault.STREAM_SWAP: frozenset(RequestKind),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultOrder:
    """The next `count` fitting requests shall go wrong; None means any account, any kind of request."""

    fault: Fault
    count: int
    account: str | None
    request: RequestKind | None
    delay_ms: int


class FaultDesk:
    """Decides which requests go wrong. What it plays is told to `log` as (account, fault, request)."""

    def __init__(
        self,
        *,
        seed: str,
        probabilities: Mapping[Fault, float],
        log: Callable[[str, Fault, str], None],
        delays_ms: Mapping[Fault, int] | None = None,
    ) -> None:
        self._dice = random.Random(seed)
        self._log = log
        self._delays_ms = {**DELAYS_MS, **(delays_ms or {})}
        self.probabilities = dict(probabilities)
        self.orders: list[FaultOrder] = []

    def demand(self, order: FaultOrder) -> None:
        self.orders.append(order)

    def clear(self) -> None:
        """Forget all demands and set every probability to nothing."""
        self.orders.clear()
        self.probabilities.clear()

    def plan(self, *, account: str, request: RequestKind) -> dict[Fault, int]:
        """What shall go wrong with this request, each with its delay in milliseconds. Counts it as played."""
        planned = self._take_demanded(account=account, request=request)
        for fault, probability in self.probabilities.items():
            if request in FITTING[fault] and self._dice.random() < probability:
                planned.setdefault(fault, self._delays_ms[fault])
        for fault in planned:
            self._log(account, fault, request.value)
        return planned

    def _take_demanded(self, *, account: str, request: RequestKind) -> dict[Fault, int]:
        taken: dict[Fault, int] = {}
        kept: list[FaultOrder] = []
        for order in self.orders:
            fits = (
                order.account in {None, account}
                and order.request in {None, request}
                and request in FITTING[order.fault]
                and order.fault not in taken
            )
            if not fits:
                kept.append(order)
                continue
            taken[order.fault] = order.delay_ms
            if order.count > 1:
                kept.append(_counted_down(order))
        self.orders = kept
        return taken


def _counted_down(order: FaultOrder) -> FaultOrder:
    return FaultOrder(
        fault=order.fault,
        count=order.count - 1,
        account=order.account,
        request=order.request,
        delay_ms=order.delay_ms,
    )
