"""How many requests an account may make in a minute, and what each answer says of it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

WINDOW_S: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Allowance:
    """What stands after a request. `reset_at_s` is a Unix time; 0 requests left and not `granted`: too many."""

    limit: int
    remaining: int
    reset_at_s: int
    granted: bool

    def headers(self, now: datetime) -> dict[str, str]:
        told = {
            "X-RateLimit-Limit": str(self.limit),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_at_s),
        }
        if not self.granted:
            told["Retry-After"] = str(max(1, self.reset_at_s - int(now.timestamp())))
        return told


@dataclass(slots=True)
class RateLimit:
    """Counts requests in whole minutes of the real clock; each account by itself. A limit of 0 is none."""

    per_minute: int
    clock: Callable[[], datetime]
    _used: dict[str, tuple[int, int]] = field(default_factory=dict)

    def take(self, account: str) -> Allowance | None:
        """Count one request; None if there is no limit. A refused one is not counted."""
        if not self.per_minute:
            return None
        window = int(self.clock().timestamp()) // WINDOW_S
        began, used = self._used.get(account, (window, 0))
        if began != window:
            used = 0
        granted = used < self.per_minute
        used += granted
        self._used[account] = window, used
        return Allowance(
            limit=self.per_minute,
            remaining=self.per_minute - used,
            reset_at_s=(window + 1) * WINDOW_S,
            granted=granted,
        )
