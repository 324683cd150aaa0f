"""What a stand-in is made of: where its broker is, what kind of terminal it plays, what goes wrong."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from argos.venues.mt5.standin.faults import Fault


@dataclass(frozen=True, slots=True, kw_only=True)
class StandInSettings:
    """`broker_url` is an mt5-like paper broker. An account's password is its API key there.

    `saved_login` and `saved_password`: the account that the terminal is logged in to when it starts.
    `answer_timeout_s`: how long an order waits for the broker before it is answered with 10012.
    `hidden`: symbols that Market Watch does not show at first. `clock_offset_s`: the broker's clock minus UTC.
    `sends_file` gets a line for each call of `order_send`: its magic, and the moment in Unix microseconds.
    """

    broker_url: str
    saved_login: int = 0
    saved_password: str = field(default="", repr=False)
    clock_offset_s: int = 0
    answer_timeout_s: float = 10.0
    installed: bool = True
    trade_allowed: bool = True
    tradeapi_disabled: bool = False
    hidden: frozenset[str] = frozenset()
    sends_file: Path | None = None
    seed: int = 0
    fault_probabilities: Mapping[Fault, float] = field(default_factory=dict)
