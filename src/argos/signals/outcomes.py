"""What came of votes and signals, by prices that the user brings: no price of a provider is kept to judge them by.

A claim made at a moment is judged from the open of the first bar at or after it to the open of the first bar at or
after its horizon: prices that could be had. Claims of one source on one symbol that overlap are one: only the first
of a horizon counts, else a source that repeats itself every five seconds would have a great n.
"""

import json
import sqlite3
from bisect import bisect_left
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Any, Final

from argos.consensus.scoring import CONSENSUS, Claim, claim_of_vote
from argos.core.texts import parse_moment
from argos.signals.cut import cut_of
from argos.signals.vote_rows import VoteReader
from argos.sources.voting import is_simulated

_NS: Final = 1_000_000_000
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Opens:
    """One symbol's bars: when each opened, UTC nanoseconds and rising, and at what."""

    at_ns: Sequence[int]
    price: Sequence[float]


class LeftOut(StrEnum):
    """Why a vote or a signal is no claim."""

    NO_SIDE = "no_side"
    SIMULATED = "simulated"
    OVERLAPS = "overlaps"
    NO_PRICE = "no_price"
    UNCHANGED = "unchanged"


@dataclass(slots=True)
class Gathered:
    """Claims with their outcomes, and how many were left out by whom and why. votes_since: the first day whose votes
    are kept, empty while all of them are; signals are kept for ever.
    """

    votes_since: str = ""
    claims: list[Claim] = field(default_factory=list)
    left_out: Counter[tuple[str, LeftOut]] = field(default_factory=Counter)


@dataclass(frozen=True, slots=True)
class _Outcome:
    rose: bool | None
    known_at: datetime


def gather(
    connection: sqlite3.Connection,
    opens: Mapping[str, Opens],
    *,
    horizon: timedelta,
    with_simulated: bool = False,
) -> Gathered:
    """Claims of every source from its stored votes, and of the consensus from its recorded signals, oldest first.

    A price that comes more than a horizon late is none. What a fixture server had a part in is left out unless
    `with_simulated`: its market is none that the prices could be of.
    """
    found = Gathered(votes_since=cut_of(connection).day)
    busy: dict[tuple[str, str], datetime] = {}
    for _, vote in VoteReader(connection).between(0):
        about = _About(vote.source, vote.symbol, vote.fetched_at)
        if vote.p_up is None:
            found.left_out[vote.source, LeftOut.NO_SIDE] += 1
            continue
        simulated = is_simulated(vote) and not with_simulated
        outcome = _judged(about, opens, found, busy, simulated=simulated, horizon=horizon)
        if outcome is not None and outcome.rose is not None:
            claim = claim_of_vote(vote, rose=outcome.rose, known_at=outcome.known_at)
            assert claim is not None
            found.claims.append(claim)
    for (text,) in connection.execute("SELECT record FROM records ORDER BY sequence"):
        signal = json.loads(text)["signal"]
        about = _About(CONSENSUS, signal["symbol"], parse_moment(signal["at"], field="at"))
        simulated = signal["simulated"] and not with_simulated
        outcome = _judged(about, opens, found, busy, simulated=simulated, horizon=horizon)
        if outcome is not None and outcome.rose is not None:
            found.claims.append(_claim_of(signal, about.at, outcome.rose, outcome.known_at))
    return found


@dataclass(frozen=True, slots=True)
class _About:
    by: str
    symbol: str
    at: datetime


def _judged(
    about: _About,
    opens: Mapping[str, Opens],
    found: Gathered,
    busy: dict[tuple[str, str], datetime],
    *,
    simulated: bool,
    horizon: timedelta,
) -> _Outcome | None:
    key = (about.by, about.symbol)
    if simulated:
        found.left_out[about.by, LeftOut.SIMULATED] += 1
        return None
    if key in busy and about.at < busy[key]:
        found.left_out[about.by, LeftOut.OVERLAPS] += 1
        return None
    series = opens.get(about.symbol)
    outcome = None if series is None else outcome_of(series, about.at, horizon=horizon)
    if outcome is None:
        found.left_out[about.by, LeftOut.NO_PRICE] += 1
        return None
    busy[key] = about.at + horizon
    if outcome.rose is None:
        found.left_out[about.by, LeftOut.UNCHANGED] += 1
    return outcome


def outcome_of(opens: Opens, at: datetime, *, horizon: timedelta) -> _Outcome | None:
    """Whether the price rose over the horizon; `rose` is None when it is the same. None without both prices."""
    entry = _first_from(opens, at, within=horizon)
    leave = _first_from(opens, at + horizon, within=horizon)
    if entry is None or leave is None or entry == leave:
        return None
    before, after = opens.price[entry], opens.price[leave]
    known_at = _EPOCH + timedelta(microseconds=opens.at_ns[leave] // 1000)
    return _Outcome(rose=None if before == after else after > before, known_at=known_at)


def _first_from(opens: Opens, moment: datetime, *, within: timedelta) -> int | None:
    since = moment - _EPOCH
    at_ns = (since.days * 86_400 + since.seconds) * _NS + since.microseconds * 1000
    place = bisect_left(opens.at_ns, at_ns)
    latest_ns = at_ns + int(within.total_seconds() * _NS)
    if place == len(opens.at_ns) or opens.at_ns[place] > latest_ns:
        return None
    return place


def _claim_of(signal: Mapping[str, Any], at: datetime, rose: bool, known_at: datetime) -> Claim:
    """By its score, as that is what a calibration is fitted on."""
    return Claim(
        by=CONSENSUS,
        at=at,
        known_at=known_at,
        p=float(signal["score"]),
        came_true=rose is (signal["direction"] == "long"),
    )
