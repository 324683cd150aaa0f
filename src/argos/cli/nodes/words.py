"""A node in words: whether it lives, what holds orders back at its terminal, which key it uses."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

Item = Mapping[str, Any]

LOOK_AGE_S_MAX: Final = 30.0
"""Flags older than this are told as of then: a node that has lost its terminal goes on repeating its last look."""
_STATES: Final = {"connected": "alive", "silent": "silent", "never_seen": "never seen"}
_UNITS: Final = ((86_400.0, "d"), (3_600.0, "h"), (60.0, "min"))
_HINDRANCES: Final = (
    ("connected", "no link to the broker"),
    ("algo_trading", "Algo Trading is off"),
    ("expert_may_trade", "not allowed to trade in the terminal"),
    ("account_may_trade", "the account may not trade"),
    ("account_takes_experts", "the broker forbids algorithmic trading"),
)
"""Flags of a terminal in the order in which they are told, and what each says when it is off."""


def age_text(seconds: float | None) -> str:
    """How long that is, in one unit: `0.4 s`, `12 s`, `3 min`, `5 h`, `12 d`; empty when it is not known."""
    if seconds is None:
        return ""
    for size, unit in _UNITS:
        if seconds >= size:
            return f"{seconds / size:.0f} {unit}"
    return f"{seconds:.1f} s" if seconds < 10 else f"{seconds:.0f} s"


def age_of(moment: str, *, now: datetime) -> float:
    """Seconds since a moment of the API."""
    return (now - datetime.fromisoformat(moment).astimezone(UTC)).total_seconds()


def state_text(item: Item) -> str:
    """`alive`, `silent`, `never seen` or `disabled`; `unknown` where no gateway could be asked."""
    if not item["enabled"]:
        return "disabled"
    if item["status"] is None:
        return "never seen" if item["last_seen_at"] is None else "unknown"
    return _STATES[item["status"]]


def terminal_text(item: Item) -> str:
    """What holds orders back at the terminal, else its ping and build; empty where the venue has no terminal."""
    flags = item["terminal"] or {}
    if "account_status" in flags:
        return _alpaca_text(flags)
    if "algo_trading" not in flags:
        return ""
    wrong = [text for name, text in _HINDRANCES if flags.get(name) is False]
    if not wrong and flags.get("not_permitted"):
        wrong = [f"the broker takes no orders (return code {flags['not_permitted']})"]
    told = "; ".join(wrong) or f"ok, {flags['ping_us'] / 1_000:.0f} ms"
    told += f", build {flags['build']}"
    age_s = item["looked_age_s"]
    old = age_s is not None and age_s > LOOK_AGE_S_MAX
    return f"{age_text(age_s)} ago: {told}" if old else told


def _alpaca_text(flags: Mapping[str, Any]) -> str:
    """What keeps the account from trading, else whether its market is open."""
    market = "market open" if flags["market_open"] else "market closed"
    return f"blocked: {', '.join(flags['blocks'])}" if flags["blocks"] else f"ok, {market}"


def key_text(item: Item, *, now: datetime) -> str:
    """The key in use with its age, and what is under way: `c21b4b1e0c7a, 3 d; a new one is wanted`."""
    keys: Sequence[Item] = item["keys"]
    if not keys:
        return "none: enrol it"
    used = next((key for key in keys if key["in_use"]), keys[0])
    told = f"{used['key_id']}, {age_text(age_of(used['created_at'], now=now))}"
    if item["rekey_wanted_at"]:
        return f"{told}; a new one is wanted"
    return told if len(keys) == 1 else f"{told}; {len(keys)} live"


def enrolment_text(code: Item | None, *, now: datetime) -> str:
    """What became of the newest enrolment code."""
    if code is None:
        return "none was made"
    if code["state"] == "open":
        left_s = -age_of(code["expires_at"], now=now)
        return f"open for another {age_text(max(0.0, left_s))}, not used yet"
    when = code["used_at"] if code["state"] == "used" else code["expires_at"]
    return f"{code['state']} {age_text(age_of(when, now=now))} ago"
