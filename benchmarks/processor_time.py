"""Processor time that each kind of process takes: where a wait is a queue for the two processors, this is its cause."""

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

from memory import children_of

_TICKS_PER_S: Final = os.sysconf("SC_CLK_TCK") if sys.platform != "win32" else 100
_COMM_END: Final = ")"


def processor_ms(pids: Mapping[str, int], *, postgres: int | None) -> dict[str, float]:
    """Kind of process -> milliseconds taken so far. `pids` by name (`node-1` is of kind `node`).

    PostgreSQL's sessions count as `postgres_<role>`, its other processes as `postgres`. Empty where there is no /proc.
    """
    taken: dict[str, float] = {}
    if sys.platform != "linux":
        return taken
    for name, pid in pids.items():
        _add(taken, name.partition("-")[0], pid)
    if postgres is not None:
        for pid in (postgres, *children_of(postgres)):
            _add(taken, _postgres_kind(pid), pid)
    return taken


def _add(taken: dict[str, float], kind: str, pid: int) -> None:
    try:
        fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rpartition(_COMM_END)[2].split()
    except OSError:
        return
    taken[kind] = taken.get(kind, 0.0) + (int(fields[11]) + int(fields[12])) * 1000 / _TICKS_PER_S


def _postgres_kind(pid: int) -> str:
    try:
        words = Path(f"/proc/{pid}/cmdline").read_bytes().decode("utf-8", "replace").split()
    except OSError:
        return "postgres"
    role = words[1] if len(words) > 1 else ""
    return f"postgres_{role.removeprefix('argos_')}" if role.startswith("argos_") else "postgres"
