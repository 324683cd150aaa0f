"""Peak resident memory per kind of process, looked at while the measurements run."""

import asyncio
import subprocess
import sys
from pathlib import Path
from typing import Final

LOOK_S: Final = 0.5
KIB_PER_MIB: Final = 1024


class MemoryWatch:
    """Keeps the largest peak (VmHWM) seen of each kind. Shared memory counts in full, as the kernel counts it."""

    def __init__(self) -> None:
        self._pids: dict[str, set[int]] = {}
        self._parents: dict[str, int] = {}
        self.peak_mib: dict[str, float] = {}

    def watch(self, kind: str, pid: int) -> None:
        self._pids.setdefault(kind, set()).add(pid)

    def watch_children(self, kind: str, pid: int | None) -> None:
        """The process and whatever it starts."""
        if pid is not None:
            self._parents[kind] = pid

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(LOOK_S)

    def look(self) -> None:
        for kind, pids in self._pids.items():
            for pid in pids:
                self._note(kind, pid)
        for kind, parent in self._parents.items():
            for pid in (parent, *children_of(parent)):
                self._note(kind, pid)

    def _note(self, kind: str, pid: int) -> None:
        peak = _peak_mib(pid)
        if peak is not None:
            self.peak_mib[kind] = max(peak, self.peak_mib.get(kind, 0.0))

    def figures(self) -> dict[str, float]:
        self.look()
        return {f"memory_{kind}_mib": peak for kind, peak in sorted(self.peak_mib.items())}


def _peak_mib(pid: int) -> float | None:
    """None when the process is gone. Elsewhere than on Linux: the present size, there is no peak to be had."""
    if sys.platform != "linux":
        argv = ["/bin/ps", "-o", "rss=", "-p", str(pid)]
        text = subprocess.run(argv, capture_output=True, text=True, check=False).stdout.strip()
        return int(text) / KIB_PER_MIB if text else None
    try:
        lines = Path(f"/proc/{pid}/status").read_text("utf-8").splitlines()
    except OSError:
        return None
    for line in lines:
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) / KIB_PER_MIB
    return None


def children_of(pid: int) -> list[int]:
    """Processes that it has started and that still run; none where there is no /proc."""
    try:
        text = Path(f"/proc/{pid}/task/{pid}/children").read_text("ascii")
    except OSError:
        return []
    return [int(word) for word in text.split()]
