"""What can go wrong between a program and its terminal, on demand or by seed.

- none_after_send: the request is carried out, `order_send` answers None (-10002)
- none_before_send: `order_send` answers None (-10001), nothing was carried out
- timeout_after_fill: the request is carried out, the answer is return code 10012
- requote, market_closed, invalid_stops, invalid_fill, autotrading_off: refused with the return code of that name
- query_fails: a query answers None (-1) once
- stale_history: the next queries of history answer as of the end of the session before
- terminal_restart: the terminal goes away; every call fails (-10004) until `initialize`
- restart_during_send: the request is carried out, and the terminal goes away with the answer
"""

import random
from collections import Counter
from collections.abc import Mapping
from enum import StrEnum
from typing import Final


class Fault(StrEnum):
    NONE_AFTER_SEND = "none_after_send"
    NONE_BEFORE_SEND = "none_before_send"
    TIMEOUT_AFTER_FILL = "timeout_after_fill"
    REQUOTE = "requote"
    MARKET_CLOSED = "market_closed"
    INVALID_STOPS = "invalid_stops"
    INVALID_FILL = "invalid_fill"
    AUTOTRADING_OFF = "autotrading_off"
    QUERY_FAILS = "query_fails"
    STALE_HISTORY = "stale_history"
    TERMINAL_RESTART = "terminal_restart"
    RESTART_DURING_SEND = "restart_during_send"


REFUSALS: Final[Mapping[Fault, tuple[int, str]]] = {
    Fault.REQUOTE: (10004, "Requote"),
    Fault.INVALID_STOPS: (10016, "Invalid stops"),
    Fault.MARKET_CLOSED: (10018, "Market closed"),
    Fault.AUTOTRADING_OFF: (10027, "AutoTrading disabled by client"),
    Fault.INVALID_FILL: (10030, "Unsupported filling mode"),
}
AT_SENDS: Final = (
    Fault.NONE_BEFORE_SEND,
    *REFUSALS,
    Fault.NONE_AFTER_SEND,
    Fault.TIMEOUT_AFTER_FILL,
    Fault.RESTART_DURING_SEND,
)
AT_QUERIES: Final = (Fault.TERMINAL_RESTART, Fault.QUERY_FAILS)


class FaultPlan:
    """Which call goes wrong. Demands come first, then the seeded dice."""

    def __init__(
        self, *, seed: int = 0, probabilities: Mapping[Fault, float] | None = None
    ) -> None:
        self.played: Counter[Fault] = Counter()
        self._dice = random.Random(seed)
        self._probabilities = dict(probabilities or {})
        self._demands: Counter[Fault] = Counter()

    def demand(self, fault: Fault, count: int = 1) -> None:
        """The next `count` fitting calls shall go wrong in this way."""
        self._demands[fault] += count

    def take(self, *fitting: Fault) -> Fault | None:
        """The fault that this call suffers, counted as played; None for none."""
        for fault in fitting:
            if self._demands[fault] > 0:
                self._demands[fault] -= 1
                return self._played(fault)
        for fault in fitting:
            probability = self._probabilities.get(fault, 0.0)
            if probability and self._dice.random() < probability:
                return self._played(fault)
        return None

    def _played(self, fault: Fault) -> Fault:
        self.played[fault] += 1
        return fault
