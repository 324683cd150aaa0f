"""What the supervisors need of the operating system: death with the parent, and who a process id really is."""

import asyncio
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Final

PR_SET_PDEATHSIG: Final = 1
POLL_S: Final = 0.01


def die_with_parent(signal_number: signal.Signals) -> Callable[[], None] | None:
    """What to run in a child between fork and exec so that the kernel signals it when its parent is gone.

    Linux only; None elsewhere, where the next start ends what was left. Two rules of prctl(2) for the caller: a
    change of user clears it (subprocess runs `preexec_fn` after the change, so it holds), and "parent" means the
    *thread* that forked, so start such children from a thread that lives as long as the program.
    """
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None, use_errno=True).prctl
    parent_pid = os.getpid()
    number = int(signal_number)

    def arm() -> None:
        prctl(PR_SET_PDEATHSIG, number, 0, 0, 0)
        # The parent may have died before the line above; then nobody will ever signal us.
        if os.getppid() != parent_pid:
            os._exit(1)

    return arm


def command_of(pid: int) -> list[str]:
    """The arguments of a running process; empty for one that is gone, a zombie, or hidden from us."""
    if sys.platform == "linux":
        try:
            raw = Path(f"/proc/{pid}/cmdline").read_bytes()
        except OSError:
            return []
        return [os.fsdecode(part) for part in raw.split(b"\0") if part]
    return _ask_ps(pid, "command=").split()


def runs_on(pid: int, argument: str) -> bool:
    """Whether that process lives and `argument` is the last one it was started with."""
    if sys.platform == "linux":
        return command_of(pid)[-1:] == [argument]
    # ps joins the arguments by spaces, which `argument` may hold, too.
    return _ask_ps(pid, "command=").endswith(f" {argument}")


def birth_mark(pid: int) -> str | None:
    """A text that tells this process from any other that ever gets the same id; None if it is gone."""
    if not command_of(pid):
        return None
    if sys.platform == "linux":
        try:
            stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
            boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        except OSError:
            return None
        # proc(5): start time is field 22; fields count from after the name, which may hold spaces.
        return f"{boot}:{stat.rpartition(')')[2].split()[19]}"
    return _ask_ps(pid, "lstart=") or None


def _ask_ps(pid: int, column: str) -> str:
    answer = subprocess.run(  # noqa: S603 - fixed program, a number and a constant
        ["/bin/ps", "-o", column, "-p", str(pid)], capture_output=True, text=True, check=False
    )
    return answer.stdout.strip()


def send(pid: int, signal_number: signal.Signals) -> None:
    """Signal a process; one that is already gone is fine."""
    try:
        os.kill(pid, signal_number)
    except ProcessLookupError:
        return


async def end_stranger(
    pid: int, *, mark: str, steps: Sequence[tuple[signal.Signals, float]]
) -> bool:
    """End a process that is not our child: each signal, then its wait in seconds. True once it is gone."""
    for signal_number, wait_s in steps:
        if birth_mark(pid) != mark:
            return True
        send(pid, signal_number)
        # A stopped process acts on nothing but SIGKILL until it is continued.
        send(pid, signal.SIGCONT)
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if birth_mark(pid) != mark:
                return True
            await asyncio.sleep(POLL_S)
    return birth_mark(pid) != mark
