"""Is there an account at which nothing goes through any more: refused by its venue, or denied by our own gates?"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from itertools import groupby, takewhile
from typing import Any, Final

from argos.cli.doctor.finding import Finding, ok, warn
from argos.cli.trades.story import fix_of
from argos.core.denial import DenialCode
from argos.core.order import OrderRole

Outcome = Mapping[str, Any]
STREAK_MIN: Final = 3
"""Fewer refusals in a row are everyday life."""
LOOKED_AT: Final = 100
"""So many orders of an account and role are looked at; a longer streak is told as this many or more."""
SAID_MAX: Final = 200
OWN_WORD: Final = frozenset(
    {
        DenialCode.ROUTE_DISABLED,
        DenialCode.LEG_DISABLED,
        DenialCode.ACCOUNT_DISABLED,
        DenialCode.OUTSIDE_HOURS,
    }
)
"""Denials that a person set up to last: routes and accounts show them."""
BRAKED: Final = frozenset({DenialCode.HALTED, DenialCode.REDUCING})
VENUE: Final = "venue refusals"
DENIALS: Final = "risk denials"


@dataclass(frozen=True, slots=True, kw_only=True)
class Streak:
    """The newest orders of an account and role that all ended with one code.

    `routes`: by which they came. `said`: the words of the newest, `trade_id` its trade.
    """

    account: str
    role: str
    code: str
    count: int
    since: datetime
    last: datetime
    routes: tuple[str, ...]
    said: str
    trade_id: str

    @property
    def text(self) -> str:
        more = " or more" if self.count >= LOOKED_AT else ""
        what = "entries" if self.role == OrderRole.ENTRY else "exits"
        return (
            f"{self.account}: the last {self.count}{more} {what} (route {', '.join(self.routes)}) with {self.code},"
            f" from {_moment(self.since)} to {_moment(self.last)}; the last: {self.said[:SAID_MAX]}"
        )


def judge_outcomes(outcomes: Sequence[Outcome], *, any_brake: bool) -> Iterator[Finding]:
    """`any_brake`: whether one is set now. Without, what brakes denied is over."""
    refused = streaks(outcomes, by_venue=True)
    denied = [
        streak
        for streak in streaks(outcomes, by_venue=False)
        if streak.code not in OWN_WORD and (any_brake or streak.code not in BRAKED)
    ]
    fixes = [
        f"mend what the venue names; its words: argos trade {item.trade_id}" for item in refused
    ]
    yield _told(VENUE, refused, fixes=fixes)
    fixes = [
        f"{fix_of(item.code)}; the numbers: argos risk explain {item.trade_id}" for item in denied
    ]
    yield _told(DENIALS, denied, fixes=fixes)


def streaks(outcomes: Sequence[Outcome], *, by_venue: bool) -> list[Streak]:
    """Of each account and role, where its newest orders were all refused with one code, by its venue or by us.

    `outcomes` are newest first within an account and role. What we denied never came to the venue, so it neither
    makes nor breaks a streak of the venue's.
    """
    found = []
    for (account, role), group in groupby(outcomes, key=lambda row: (row["account"], row["role"])):
        rows = [row for row in group if not by_venue or row["by_venue"] or row["code"] is None]
        head = rows[0] if rows else None
        if head is None or head["code"] is None or head["by_venue"] is not by_venue:
            continue
        alike = list(takewhile(partial(_ended_alike, head), rows))
        if len(alike) >= STREAK_MIN:
            found.append(
                Streak(
                    account=account,
                    role=role,
                    code=head["code"],
                    count=len(alike),
                    since=alike[-1]["planned_at"],
                    last=head["planned_at"],
                    routes=tuple(sorted({row["route"] for row in alike})),
                    said=head["said"] or "",
                    trade_id=head["trade_id"],
                )
            )
    return found


def _ended_alike(first: Outcome, row: Outcome) -> bool:
    return (row["code"], row["by_venue"]) == (first["code"], first["by_venue"])


def _told(check: str, found: Sequence[Streak], *, fixes: Sequence[str]) -> Finding:
    if not found:
        return ok(check, "at no account the last orders all failed alike")
    return warn(check, "; ".join(streak.text for streak in found), fix=fixes[0])


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M:%S}Z"
