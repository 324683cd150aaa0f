"""After a no that every further request would get as well: entries stop, exits go on at a bounded pace.

Codes: trade disabled, algorithmic trading disabled by server or terminal, real accounts only, no connection. The
expert advisor keeps to the same rules and the same pauses (`mt5/MQL5/Include/Argos/Circuit.mqh`).
"""

import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from argos.ports import VenueStanding
from argos.venues.mt5.package import Row

CONNECTION: Final = 10031
OPENING: Final[Mapping[int, str]] = {
    10017: "trading is disabled for this account",
    10026: "the server does not let programs trade here",
    10027: "Algo Trading is off in the terminal",
    CONNECTION: "the terminal has no connection to its server",
    10032: "the server takes orders of real accounts only",
}
PAUSE_S: Final = 30.0
"""So long no entry is tried, unless a flag of the terminal or account changes: somebody may have acted."""
EXIT_PAUSE_S: Final = 5.0
"""So long after a refused request the next exit waits."""


class TradingCircuit:
    """`note` takes every answer; `standing` says what may be sent now. Any thread may ask."""

    def __init__(self, *, now_s: Callable[[], float] = time.monotonic) -> None:
        self._now_s = now_s
        self._code = 0
        self._flags: Mapping[str, Any] = {}
        self._opened_s = 0.0

    def note(self, retcode: int, *, flags: Mapping[str, Any]) -> None:
        """An answer of the trade server, and the flags under which it was given."""
        if retcode in OPENING:
            self._flags, self._opened_s, self._code = flags, self._now_s(), retcode
        else:
            self._code = 0

    def standing(self, *, flags: Mapping[str, Any], offline: bool) -> VenueStanding:
        """What flags and answers forbid. Flags forbid as long as they stand, an answer until its pause is over."""
        if flags != self._flags:
            self._code = 0  # somebody has acted
        code, is_answer = forbidden_by(flags), False
        if not code and self._code:
            since_s = self._now_s() - self._opened_s
            is_answer = since_s < PAUSE_S
            code = self._code if is_answer else 0
        exits_wait = bool(code) and not (
            is_answer and self._now_s() - self._opened_s >= EXIT_PAUSE_S
        )
        return VenueStanding(
            flags={**flags, "not_permitted": str(code) if code else ""},
            offline=offline,
            forbidden=f"{OPENING[code]} (return code {code})" if code else "",
            code=str(code) if code else "",
            exits_wait=exits_wait,
        )


def flags_of(terminal: Row | None, account: Row | None) -> dict[str, Any]:
    """What terminal and account permit, as last told; all of it while nothing was told yet."""
    return {
        "connected": terminal is None or bool(terminal.connected),
        "algo_trading": terminal is None or bool(terminal.trade_allowed),
        "expert_may_trade": terminal is None or not terminal.tradeapi_disabled,
        "account_may_trade": account is None or bool(account.trade_allowed),
        "account_takes_experts": account is None or bool(account.trade_expert),
    }


def forbidden_by(flags: Mapping[str, Any]) -> int:
    """The return code that a request would get by these flags; 0 for none."""
    if not flags["account_may_trade"]:
        return 10017
    if not flags["account_takes_experts"]:
        return 10026
    return 0 if flags["algo_trading"] and flags["expert_may_trade"] else 10027
