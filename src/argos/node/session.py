"""What the node holds of its standing with the gateway: epoch, brakes, timings and the gateway's clock."""

from collections import deque
from datetime import datetime, timedelta
from typing import Final

from argos.core.account import TradingMode
from argos.node.clock import Clock
from argos.node.settings import NodeTimings

_CLOCK_TRUSTED: Final = timedelta(milliseconds=500)
"""An own clock within this of the gateway's is taken as it is: the estimate carries the network's delay."""


class Session:
    """Until the gateway has spoken nothing may be sent, hence the first mode is HALTED."""

    def __init__(self, *, clock: Clock, timings: NodeTimings) -> None:
        self.clock = clock
        self.timings = timings
        self.epoch = 0
        self.mode = TradingMode.HALTED
        self.fenced = False
        self.answer_age_ms = 0
        self._heard_ms: int | None = None
        self._offsets: deque[timedelta] = deque(maxlen=8)

    def heard(self, *, server_time: datetime) -> None:
        """The gateway's answer was read just now; `server_time` is what its clock showed when it gave it.

        An answer that lay unread, because this process was stopped, is as old as it is: `answer_age_ms`.
        """
        self._heard_ms = self.clock.monotonic_ms()
        self._offsets.append(server_time - self.clock.now())
        self.answer_age_ms = max(0, int((self.now() - server_time) / timedelta(milliseconds=1)))

    def now(self) -> datetime:
        """The gateway's time, where the own clock is clearly wrong; else the own."""
        # The answer's way here makes every estimate too small, so the largest is the nearest.
        offset = max(self._offsets, default=timedelta(0))
        if abs(offset) <= _CLOCK_TRUSTED:
            offset = timedelta(0)
        return self.clock.now() + offset

    def may_send_again(self, *, entry: bool) -> bool:
        """Whether a command may be sent once more without a new lease.

        It needs an epoch that nobody has fenced, a gateway heard lately enough to know so, and no brake.
        """
        if self.fenced or self._heard_ms is None:
            return False
        silence_ms = self.clock.monotonic_ms() - self._heard_ms
        return silence_ms <= self.timings.contact_ms_max and not self.brakes(entry=entry)

    def brakes(self, *, entry: bool) -> bool:
        return self.mode is TradingMode.HALTED or (entry and self.mode is TradingMode.REDUCING)
