"""Finished trades by what they have in common, and how often each source's votes were right."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import Final

from argos.consensus.vote import Direction
from argos.core.money import ZERO
from argos.core.rates import HitRate, rate_of
from argos.performance.capital import Capital, capital_of, unknown_capital
from argos.performance.days import Window, window_of
from argos.performance.finished import (
    FinishedTrade,
    direction_of,
    strategy_of,
    vote_was_right,
)
from argos.performance.metrics import Figures, figures_of

NO_SIGNAL: Final = "no signal"
SIMULATED: Final = "simulated source"
REAL: Final = "real sources"


class By(StrEnum):
    """What trades are grouped by. VERSION: strategy and version together. SOURCE: a trade belongs to each source that
    voted for its direction, so groups overlap and do not add up. MONTH: in which they were closed.
    """

    SYMBOL = "symbol"
    ACCOUNT = "account"
    STRATEGY = "strategy"
    VERSION = "version"
    SOURCE = "source"
    SIMULATED = "simulated"
    MONTH = "month"


@dataclass(frozen=True, slots=True, kw_only=True)
class VoteRate:
    """How often a source's side was the outcome's, over all finished trades of signals in which it took one.

    `rate.n` = voted_for + voted_against. A result of exactly zero proves nobody right.
    """

    source: str
    rate: HitRate
    voted_for: int
    voted_against: int
    abstained: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    key: str
    figures: Figures
    votes: VoteRate | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is looked at: the time [since, until), its days in `zone`, at the moment `now`."""

    zone: tzinfo
    now: datetime
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Performance:
    overall: Figures
    groups: tuple[Group, ...]


def performance_of(
    trades: Sequence[FinishedTrade],
    *,
    capitals: Mapping[str, Capital] | Capital,
    asked: Asked,
    by: By | None = None,
) -> Performance:
    """Figures of all trades and of each group, by key. Groups are measured over the same days, a month over its own.

    `capitals`: what each account had at the start, by account; or one capital that was given, which then is every
    group's. A group is measured on the capital of the accounts that its trades were made at.
    """
    window = window_of(trades, zone=asked.zone, since=asked.since, until=asked.until, now=asked.now)
    whole = _capital(trades, capitals)
    overall = figures_of(trades, capital=whole, window=window)
    if by is None or window is None:
        return Performance(overall=overall, groups=())
    members: dict[str, list[FinishedTrade]] = defaultdict(list)
    rates = vote_rates(trades) if by is By.SOURCE else {}
    for source in rates:
        members[source] = []
    for trade in trades:
        for key in keys_of(trade, by, zone=asked.zone):
            members[key].append(trade)
    groups = []
    for key in sorted(members):
        own = members[key]
        if by is By.MONTH:
            figures = _month(key, own, trades=trades, whole=whole, window=window)
        else:
            figures = figures_of(own, capital=_capital(own, capitals), window=window)
        groups.append(Group(key=key, figures=figures, votes=rates.get(key)))
    return Performance(overall=overall, groups=tuple(groups))


def keys_of(trade: FinishedTrade, by: By, *, zone: tzinfo) -> tuple[str, ...]:
    """The groups that a trade belongs to."""
    match by:
        case By.SYMBOL:
            return (trade.symbol,)
        case By.ACCOUNT:
            return (trade.account,)
        case By.STRATEGY:
            return (strategy_of(trade.bot_version),)
        case By.VERSION:
            return (trade.bot_version,)
        case By.SIMULATED:
            names = {None: NO_SIGNAL, True: SIMULATED, False: REAL}
            return (names[trade.simulated],)
        case By.MONTH:
            return (f"{trade.closed_at.astimezone(zone):%Y-%m}",)
        case By.SOURCE:
            own = direction_of(trade.side)
            return tuple(name for name, side in (trade.sides or {}).items() if side is own)


def vote_rates(trades: Iterable[FinishedTrade]) -> dict[str, VoteRate]:
    """Of every source that had a say in a trade, those that voted against it or abstained as well."""
    counts: dict[str, _Count] = defaultdict(_Count)
    for trade in trades:
        own = direction_of(trade.side)
        for source, side in (trade.sides or {}).items():
            count = counts[source]
            right = vote_was_right(side, side=trade.side, net_pnl=trade.net_pnl)
            count.abstained += right is None
            count.right += right is True
            count.voted_for += side is own
            count.voted_against += side is not own and side is not Direction.ABSTAIN
    return {
        source: VoteRate(
            source=source,
            rate=rate_of(
                n=count.voted_for + count.voted_against,
                wins=count.right,
                confidence_mean=math.nan,
            ),
            voted_for=count.voted_for,
            voted_against=count.voted_against,
            abstained=count.abstained,
        )
        for source, count in sorted(counts.items())
    }


@dataclass(slots=True)
class _Count:
    right: int = 0
    voted_for: int = 0
    voted_against: int = 0
    abstained: int = 0


def _capital(trades: Iterable[FinishedTrade], capitals: Mapping[str, Capital] | Capital) -> Capital:
    if isinstance(capitals, Capital):
        return capitals
    return capital_of(
        [
            capitals.get(account)
            or unknown_capital((account,), "the account is not configured any more")
            for account in sorted({trade.account for trade in trades})
        ]
    )


def _month(
    key: str,
    own: Sequence[FinishedTrade],
    *,
    trades: Sequence[FinishedTrade],
    whole: Capital,
    window: Window,
) -> Figures:
    """On what the whole capital had become by the first of the month."""
    year, month = (int(part) for part in key.split("-"))
    first = date(year, month, 1)
    last = date(year + month // 12, month % 12 + 1, 1) - timedelta(days=1)
    capital = whole
    if whole.amount is not None:
        before = [trade.net_pnl for trade in trades if window.day_of(trade.closed_at) < first]
        grown = whole.amount + sum(before, ZERO)
        capital = (
            Capital(
                accounts=whole.accounts, currency=whole.currency, amount=grown, basis=whole.basis
            )
            if grown > 0
            else unknown_capital(whole.accounts, "results before it took it all")
        )
    return figures_of(own, capital=capital, window=window.part(first, last))
