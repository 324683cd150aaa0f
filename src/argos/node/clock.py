"""The node's two clocks: wall time for what it reports, monotonic time for how long something took."""

import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    def now(self) -> datetime:
        """Aware, UTC."""
        ...

    def monotonic_ms(self) -> int: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(tz=UTC)

    def monotonic_ms(self) -> int:
        return time.monotonic_ns() // 1_000_000


def unix_ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
