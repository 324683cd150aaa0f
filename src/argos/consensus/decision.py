"""What the consensus said of one symbol at one tick, and why it gave no signal when it gave none."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final

from argos.consensus.ballots import Ballot
from argos.consensus.pooling import Tally
from argos.consensus.settings import Method
from argos.consensus.vote import Direction


class Verdict(StrEnum):
    """FIRED: a signal is given, now and only now. STANDING: the one given before still stands. ENDED: it ends."""

    SILENT = "silent"
    FIRED = "fired"
    STANDING = "standing"
    ENDED = "ended"


class Reason(StrEnum):
    """Why nothing was signalled, or why a signal ended."""

    SOURCES_TOO_FEW = "SOURCES_TOO_FEW"
    WEIGHT_TOO_LOW = "WEIGHT_TOO_LOW"
    REQUIRED_SOURCE_SILENT = "REQUIRED_SOURCE_SILENT"
    SIDES_EQUAL = "SIDES_EQUAL"
    CONFLICTED = "CONFLICTED"
    SCORE_TOO_LOW = "SCORE_TOO_LOW"
    COOLING_DOWN = "COOLING_DOWN"
    NOT_YET_LASTING = "NOT_YET_LASTING"
    TICK_NOT_NEW = "TICK_NOT_NEW"
    SIGNAL_STANDS = "SIGNAL_STANDS"
    SCORE_FELL = "SCORE_FELL"
    TIME_IS_UP = "TIME_IS_UP"

    @property
    def meaning(self) -> str:
        return MEANINGS[self]


_R = Reason

MEANINGS: Final[Mapping[Reason, str]] = MappingProxyType(
    {
        _R.SOURCES_TOO_FEW: "fewer than `sources_min` sources take a side",
        _R.WEIGHT_TOO_LOW: "those that take a side weigh less than `weight_min`",
        _R.REQUIRED_SOURCE_SILENT: "a source that is required takes no side",
        _R.SIDES_EQUAL: "long and short have the same score, or nobody takes a side",
        _R.CONFLICTED: "the sources against the leading side weigh `conflict_at` or more",
        _R.SCORE_TOO_LOW: "the leading side's score is below `fire_at`",
        _R.COOLING_DOWN: "the symbol's last signal ended less than `cooldown_s` ago",
        _R.NOT_YET_LASTING: "the sources agree, but not yet for `ticks_min` ticks in a row",
        _R.TICK_NOT_NEW: "the tick is not after the one before: the clock stands or went back, and nothing moves",
        _R.SIGNAL_STANDS: "a signal for this symbol was given before and still stands",
        _R.SCORE_FELL: "the signal's side has a score below `clear_below`: the signal ends",
        _R.TIME_IS_UP: "the signal has stood for `ttl_s`: it ends",
    }
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """A function of the votes, the settings and the ticks so far; nothing else is in it.

    direction: of the signal for FIRED, STANDING and ENDED, of the leading side for SILENT. score: of that direction,
    0 to 1. probability: the calibrated one, None without a calibration. reasons: the first is the one that decided;
    none for FIRED. valid_until: end of the signal, None for SILENT. settings_digest: of the settings in force.
    """

    symbol: str
    at: datetime
    verdict: Verdict
    direction: Direction
    score: Decimal
    probability: Decimal | None
    reasons: tuple[Reason, ...]
    valid_until: datetime | None
    method: Method
    tally: Tally
    ballots: tuple[Ballot, ...]
    settings_digest: str
