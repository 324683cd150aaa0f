"""How a node ends: known apart from the runtime, so that whoever starts nodes need not load one."""

from enum import IntEnum


class ExitCode(IntEnum):
    STOPPED = 0
    MISCONFIGURED = 2
    FENCED = 3
