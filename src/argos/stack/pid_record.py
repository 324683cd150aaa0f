"""Which children run, written down, so that the next start can end those that outlived a killed supervisor.

On Linux the kernel ends them, save one that was stopped at that moment; elsewhere this record is the only way.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM
from typing import Final

from argos.stack.home import write_atomically
from argos.stack.processes import birth_mark, end_stranger

STEPS: Final = ((SIGTERM, 5.0), (SIGKILL, 5.0))


class PidRecord:
    """A JSON file of name -> pid and birth mark. For one supervisor at a time: the home lock sees to that."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, pids: Mapping[str, int]) -> None:
        """Put down the children that run now."""
        held = {name: {"pid": pid, "mark": birth_mark(pid)} for name, pid in pids.items()}
        write_atomically(self._path, json.dumps(held, indent=2) + "\n")

    async def end_leftovers(self) -> list[str]:
        """End every recorded process that is still the same one; the names of those that were."""
        ended = []
        for name, pid, mark in self._read():
            if birth_mark(pid) == mark:
                await end_stranger(pid, mark=mark, steps=STEPS)
                ended.append(name)
        self._path.unlink(missing_ok=True)
        return ended

    def _read(self) -> list[tuple[str, int, str]]:
        try:
            held = json.loads(self._path.read_text(encoding="utf-8"))
        except (FileNotFoundError, ValueError):
            return []
        if not isinstance(held, dict):
            return []
        return [
            (name, entry["pid"], entry["mark"])
            for name, entry in held.items()
            if isinstance(entry, dict)
            and isinstance(entry.get("pid"), int)
            and isinstance(entry.get("mark"), str)
        ]
