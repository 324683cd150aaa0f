"""What a torture run will do to the stack, and when: all of it drawn from the seed before anything starts.

The plan is exact; how it meets the running processes is not, since those are real. So a seed names a run that
can be repeated in kind, not one that goes the same way to the millisecond.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from random import Random
from types import MappingProxyType
from typing import Final

from argos.core.account import TradingMode
from argos.paperbroker.settings import Fault
from argos.rehearsal.torture.kinds import ALL_KINDS, NodeKind
from argos.venues.mt5.standin.faults import Fault as TerminalFault

SYMBOLS: Final = ("AAPL", "MSFT", "IBM", "GOOG")


LINK_ENDS: Final = frozenset({"gateway", "broker"})


class Trouble(StrEnum):
    """What may be done to the running stack."""

    KILL = "kill"
    """SIGKILL for one process; its supervisor starts it again."""
    LOG_LOSS = "log_loss"
    """A node is killed and its own log is gone: what it had sent, only the broker still knows."""
    STOP = "stop"
    """SIGSTOP for a while, now and then longer than an entry is valid."""
    CUT = "cut"
    """A node's connections are reset, and new ones refused for a while."""
    STALL = "stall"
    """A node's connections stay open, and nothing moves on them for a while."""
    MUTE = "mute"
    """Requests get through for a while, answers do not."""
    DATABASE_KILL = "database_kill"
    DATABASE_RESTART = "database_restart"
    SESSIONS_KILL = "sessions_kill"
    """Some database sessions are ended by the server."""
    HALT = "halt"
    """The kill switch is thrown, and released after a while."""
    BY_HAND = "by_hand"
    """Somebody trades at a broker, past Argos."""


LINK_TROUBLES: Final = frozenset({Trouble.CUT, Trouble.STALL, Trouble.MUTE})
DATABASE_TROUBLES: Final = frozenset({Trouble.DATABASE_KILL, Trouble.DATABASE_RESTART})

FULL_TROUBLES: Final[Mapping[Trouble, float]] = MappingProxyType(
    {
        Trouble.KILL: 17.0,
        Trouble.LOG_LOSS: 0.67,
        Trouble.STOP: 4.0,
        Trouble.CUT: 6.0,
        Trouble.STALL: 3.0,
        Trouble.MUTE: 3.0,
        Trouble.DATABASE_KILL: 0.67,
        Trouble.DATABASE_RESTART: 0.34,
        Trouble.SESSIONS_KILL: 1.34,
        Trouble.HALT: 0.67,
        Trouble.BY_HAND: 2.0,
    }
)
FULL_BROKER_FAULTS: Final[Mapping[Fault, float]] = MappingProxyType(
    {
        Fault.ACCEPT_THEN_TIMEOUT: 0.04,
        Fault.LOST_ANSWER: 0.05,
        Fault.ANSWER_TWICE: 0.04,
        Fault.FILL_BEFORE_ACK: 0.03,
        Fault.LATE_FILL_AFTER_CANCEL: 0.3,
        Fault.DISCONNECT: 0.02,
        Fault.SLOW: 0.03,
        Fault.REJECT: 0.04,
    }
)
FAULT_DELAYS_MS: Final[Mapping[Fault, int]] = MappingProxyType(
    {Fault.SLOW: 2_000, Fault.DISCONNECT: 1_000}
)
"""Shorter than the time for which a doubt is looked into: an order later than that is another story."""
FULL_TERMINAL_FAULTS: Final[Mapping[TerminalFault, float]] = MappingProxyType(
    {
        TerminalFault.NONE_AFTER_SEND: 0.04,
        TerminalFault.NONE_BEFORE_SEND: 0.03,
        TerminalFault.TIMEOUT_AFTER_FILL: 0.04,
        TerminalFault.RESTART_DURING_SEND: 0.03,
        TerminalFault.REQUOTE: 0.04,
        TerminalFault.MARKET_CLOSED: 0.01,
        TerminalFault.INVALID_STOPS: 0.01,
        TerminalFault.INVALID_FILL: 0.01,
        TerminalFault.AUTOTRADING_OFF: 0.01,
        TerminalFault.QUERY_FAILS: 0.004,
        TerminalFault.STALE_HISTORY: 0.05,
        TerminalFault.TERMINAL_RESTART: 0.001,
    }
)
"""Of the terminal beside the Python node, for each call that the fault fits; about a hundred queries come a second."""
LASTS_S: Final[Mapping[Trouble, tuple[float, float]]] = MappingProxyType(
    {
        Trouble.STOP: (0.5, 6.0),
        Trouble.CUT: (0.2, 3.0),
        Trouble.STALL: (0.2, 3.0),
        Trouble.MUTE: (0.2, 2.0),
        Trouble.HALT: (1.5, 3.5),
    }
)
"""How long each trouble lasts that does not pass at once: drawn evenly from here."""

KILL_WEIGHTS: Final[Mapping[str, float]] = MappingProxyType(
    {"node": 7.0, "gateway": 1.5, "worker": 2.0, "broker": 2.5, "market": 0.5}
)
"""How likely each sort of process is to be struck."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertMix:
    """What is asked for. Shares are of trades or alerts; the rest are plain market trades, opened and closed."""

    limit_share: float = 0.25
    cancel_share: float = 0.6
    """Of trades with a limit order: those whose order is cancelled."""
    limit_away_bps: float = 20.0
    reverse_share: float = 0.12
    partial_share: float = 0.2
    modify_share: float = 0.2
    kept_open_share: float = 0.15
    copies_max: int = 4
    conflict_share: float = 0.01
    forged_share: float = 0.01
    stale_share: float = 0.01
    reorder_share: float = 0.2
    reorder_s_max: float = 3.0
    hold_s: tuple[float, float] = (0.8, 6.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class TortureMix:
    """How hard, and in which ways. Troubles are counts per 100 alerts, but at least one of each that is named."""

    alert_gap_s: float = 0.27
    alerts: AlertMix = field(default_factory=AlertMix)
    troubles: Mapping[Trouble, float] = field(default_factory=lambda: FULL_TROUBLES)
    lasts_s: Mapping[Trouble, tuple[float, float]] = field(default_factory=lambda: LASTS_S)
    kill_weights: Mapping[str, float] = field(default_factory=lambda: KILL_WEIGHTS)
    broker_faults: Mapping[Fault, float] = field(default_factory=lambda: FULL_BROKER_FAULTS)
    fault_delays_ms: Mapping[Fault, int] = field(default_factory=lambda: FAULT_DELAYS_MS)
    kinds: tuple[NodeKind, ...] = ALL_KINDS
    terminal_faults: Mapping[TerminalFault, float] = field(
        default_factory=lambda: FULL_TERMINAL_FAULTS
    )
    brokers: tuple[str, ...] = ("meridian", "harbor")
    """Whose paper nodes there are. The MT5 nodes have their accounts at meridian, which must be among them."""
    expiry_s: int = 12
    send_timeout_ms: int = 800
    doubt_window_ms: int = 4_000
    settle_s_max: float = 60.0
    patience_s: float = 15.0
    """How long findings may go away by themselves once nothing is underway any more."""
    link_ends: frozenset[str] = LINK_ENDS
    """Which of a node's two links are troubled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Strike:
    """One trouble, `at_s` after the start. `aim` in [0, 1) chooses among what can be struck then."""

    at_s: float
    trouble: Trouble
    aim: float
    lasts_s: float = 0.0
    mode: TradingMode = TradingMode.HALTED


@dataclass(frozen=True, slots=True, kw_only=True)
class TorturePlan:
    """Everything a run will do. `span_s` is the time from the first alert to the last."""

    seed: int
    alerts: int
    mix: TortureMix
    span_s: float
    strikes: tuple[Strike, ...]

    def count(self, *troubles: Trouble) -> int:
        return sum(strike.trouble in troubles for strike in self.strikes)


def make_plan(*, alerts: int, seed: int, mix: TortureMix | None = None) -> TorturePlan:
    """The plan of a run with that many alerts."""
    mix = mix or TortureMix()
    span_s = alerts * mix.alert_gap_s
    strikes = [
        strike
        for trouble, per_hundred in mix.troubles.items()
        for strike in _strikes_of(
            trouble,
            count=max(1, round(per_hundred * alerts / 100)),
            span_s=span_s,
            seed=seed,
            mix=mix,
        )
    ]
    return TorturePlan(
        seed=seed,
        alerts=alerts,
        mix=mix,
        span_s=span_s,
        strikes=tuple(sorted(strikes, key=lambda strike: strike.at_s)),
    )


def _strikes_of(
    trouble: Trouble, *, count: int, span_s: float, seed: int, mix: TortureMix
) -> Sequence[Strike]:
    """Spread over the run, one in each of `count` equal parts of it, so that no part goes without."""
    draw = Random(f"{seed}|strikes|{trouble}")
    shortest_s, longest_s = mix.lasts_s.get(trouble, (0.0, 0.0))
    return [
        Strike(
            at_s=(number + draw.uniform(0.1, 0.9)) * span_s / count,
            trouble=trouble,
            aim=draw.random(),
            lasts_s=draw.uniform(shortest_s, longest_s),
            mode=draw.choice((TradingMode.HALTED, TradingMode.REDUCING)),
        )
        for number in range(count)
    ]


def choose_name(names: Sequence[str], *, aim: float, weights: Mapping[str, float]) -> str | None:
    """One of the process names, by the weight of its sort (the word before the first dash)."""
    sorts = [name.split("-", 1)[0] for name in names]
    shares = [weights.get(sort, 0.0) / sorts.count(sort) for sort in sorts]
    reach = aim * sum(shares)
    for name, share in zip(names, shares, strict=True):
        reach -= share
        if reach < 0 and share > 0:
            return name
    return None
