"""What an operator tells a node, and what the gateway may tune when the node says hello."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from pathlib import Path
from typing import Any, Final


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeLimits:
    """The node's own ceilings for entries, whatever the gateway asks; None means none set."""

    qty_max: Decimal | None = None
    orders_per_minute_max: int | None = None
    symbols: frozenset[str] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeTimings:
    """`doubt_*`: how many clean looks over how long end a doubt; `attempts_max`: sends of one command.

    `scan_gap_*`: no scan begins sooner after another, and while a fill is awaited; `hint_settle_ms`: how
    long the answer to a call may come after the hint of its fill; `report_gap_ms`: how long a fact may wait for more;
    `report_rest_ms`: no report begins sooner after another, unless the gateway says that something waits for it;
    `snapshot_gap_ms`: polls that follow sooner go without a snapshot; `again_ms_max`: the longest pause after a poll
    that brought only what the lanes had no room for; `instruments_ms`: how often the symbols' terms are read anew:
    the value of a tick moves with the exchange rate; `kept_back_ms`: the pause before a command that the venue would
    not take now is given back.
    """

    poll_wait_ms: int = 25_000
    request_timeout_ms: int = 10_000
    send_timeout_ms: int = 5_000
    scan_ms: int = 1_000
    scan_gap_ms: int = 250
    scan_gap_awaited_ms: int = 100
    hint_settle_ms: int = 20
    scan_timeout_ms: int = 10_000
    doubt_looks_min: int = 3
    doubt_window_ms: int = 60_000
    attempts_max: int = 5
    contact_ms_max: int = 60_000
    report_gap_ms: int = 100
    report_rest_ms: int = 100
    snapshot_gap_ms: int = 250
    retry_ms_min: int = 50
    retry_ms_max: int = 2_000
    again_ms_max: int = 250
    flush_ms_max: int = 5_000
    instruments_ms: int = 60_000
    kept_back_ms: int = 1_000


_TUNABLE: Final = (
    "poll_wait_ms",
    "send_timeout_ms",
    "scan_ms",
    "doubt_looks_min",
    "doubt_window_ms",
    "attempts_max",
)


def tuned(timings: NodeTimings, wishes: Mapping[str, Any]) -> NodeTimings:
    """`timings` with those of the gateway's `wishes` that are known and positive whole numbers."""
    known = {
        name: value
        for name in _TUNABLE
        if isinstance(value := wishes.get(name), int) and not isinstance(value, bool) and value > 0
    }
    return replace(timings, **known)


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeSettings:
    """One node: one account, one broker connection, one log.

    The key is `key`, or stands in `key_file`, or is fetched once with `enrol_code` and then kept in
    `key_file`. With a key file the node's name is the one it was enrolled under.
    """

    name: str
    account: str
    gateway_url: str
    log_path: Path
    key: bytes | None = field(default=None, repr=False)
    key_file: Path | None = None
    enrol_code: str | None = field(default=None, repr=False)
    limits: NodeLimits = NodeLimits()
    timings: NodeTimings = NodeTimings()
    lanes_max: int = 16
    queue_max: int = 1_000
