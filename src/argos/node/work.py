"""A command on its way through a lane, and how it left it."""

from dataclasses import dataclass
from enum import StrEnum

from argos.protocol.commands import Command


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """`lease_until_ms`: monotonic; sending may begin before it. `again`: our own repeat of one in doubt."""

    command: Command
    lease_until_ms: int
    again: bool = False


class Outcome(StrEnum):
    """DONE: its facts are in the log. DROPPED: it left no trace, and the gateway will lease it again."""

    DONE = "done"
    DROPPED = "dropped"
