"""A lock that lives exactly as long as its process: two nodes can never write one log."""

import os
import sys
from pathlib import Path

from argos.core.errors import InputError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int) -> None:
        msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)

else:
    import fcntl

    def _lock(descriptor: int) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)


class ProcessLock:
    """Held from construction to `release`, or to the end of the process however it ends."""

    def __init__(self, path: Path) -> None:
        """InputError with NODE_LOG_IN_USE when another process, or another part of this one, holds it."""
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
        try:
            _lock(self._descriptor)
        except OSError as error:
            os.close(self._descriptor)
            raise InputError(
                f"another process holds {path}",
                code="NODE_LOG_IN_USE",
                fix="stop the other node, or give this one its own log",
            ) from error

    def release(self) -> None:
        os.close(self._descriptor)
