"""Which part of an account's past a scan has to tell, and whether the terminal has told all of it.

A terminal fills its history in its own time: after a reconnect a position can be gone while the deal that
closed it is not there yet. So the cursor follows what was seen, not the clock, and the balance is the judge.
"""

import secrets
from collections.abc import Iterable, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from argos.venues.mt5.clock import moment_msc
from argos.venues.mt5.rows import RAW_TIME

OVERLAP: Final = timedelta(hours=3)
"""More than the hour by which a broker's clock is set back in autumn."""
BEGINNING: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""Before there was any account."""
AHEAD: Final = timedelta(hours=48)
"""No broker's clock is further ahead of ours."""
GAP_STANDS: Final = timedelta(seconds=15)
"""So long must looks show the same gap before it is held for a booking that history does not tell."""
CREDIT: Final = 3
"""The type of deals that move the credit, which is no part of the balance."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """What one scan tells anew, and the cursor that says it was told."""

    fresh: tuple[Mapping[str, Any], ...]
    cursor: str


Tickets = Mapping[str, AbstractSet[int]]
"""By the kind of row: orders and deals count their tickets apart."""


class Told:
    """Remembers what was told under the last cursor, so that the overlap is not told again and again.

    A cursor that is not the last one given out (a scan that nobody took, another process) tells all anew.
    """

    def __init__(self) -> None:
        self._name = secrets.token_hex(4)
        self._number = 0
        self._cursor = ""
        self._tickets: Tickets = {}

    def window(self, cursor: str, *, now: datetime) -> tuple[datetime, datetime]:
        """From and to, by the broker's clock; all of the past for an empty cursor."""
        since = moment_msc(_newest_of(cursor))
        return max(BEGINNING, since - OVERLAP), now + AHEAD

    def known(self, cursor: str) -> Tickets:
        """What was told under that cursor."""
        return self._tickets if cursor and cursor == self._cursor else {}

    def take(
        self,
        cursor: str,
        rows: Mapping[str, Sequence[Mapping[str, Any]]],
        *,
        passed: Tickets | None = None,
    ) -> Seen:
        """`rows` by their kind, each with its ticket and its raw time; `passed` were there and known, and not read."""
        known = self.known(cursor)
        fresh: dict[tuple[str, int], Mapping[str, Any]] = {}
        tickets: dict[str, AbstractSet[int]] = {}
        newest = _newest_of(cursor)
        for kind, items in rows.items():
            before = known.get(kind, frozenset())
            shown = {int(row["ticket"]): row for row in items}
            fresh |= {(kind, key): row for key, row in shown.items() if key not in before}
            tickets[kind] = shown.keys() | (passed or {}).get(kind, frozenset())
            newest = max(newest, max((int(row[RAW_TIME]) for row in items), default=0))
        if cursor and not fresh:
            return Seen(fresh=(), cursor=cursor)
        self._number += 1
        self._cursor = f"{newest}-{self._name}-{self._number}"
        self._tickets = tickets
        return Seen(fresh=tuple(fresh.values()), cursor=self._cursor)


def _newest_of(cursor: str) -> int:
    return int(cursor.partition("-")[0] or 0)


@dataclass
class BalanceCheck:
    """Every change of a balance is a deal. What the deals do not explain is history that has not come yet.

    `carried` is what was unexplained from the beginning: a history that the broker has cut off.
    """

    carried: Decimal | None = None
    deals: dict[int, Decimal] = field(default_factory=dict)
    _gap: tuple[Decimal, datetime] | None = None

    def learn(self, deals: Iterable[Mapping[str, Any]]) -> None:
        for deal in deals:
            if deal["type"] == CREDIT:
                continue
            self.deals[int(deal["ticket"])] = (
                deal["profit"] + deal["commission"] + deal["swap"] + deal["fee"]
            )

    def explains(self, balance: Decimal, *, at: datetime) -> bool:
        """Whether the deals learned so far explain the balance; a gap that stands is taken as it is."""
        carried = balance - sum(self.deals.values(), Decimal(0))
        if self.carried is None or carried == self.carried:
            self.carried, self._gap = carried, None
            return True
        since = self._gap[1] if self._gap and self._gap[0] == carried else at
        if at - since >= GAP_STANDS:
            self.carried, self._gap = carried, None
            return True
        self._gap = (carried, since)
        return False
