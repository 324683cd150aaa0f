"""Log files that processes write into directly, so that nothing is lost when the supervisor dies."""

import os
import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import Final

SIZE_BYTES_MAX: Final = 8 * 1024 * 1024
OLD_FILES_MAX: Final = 3
TAIL_BYTES: Final = 16 * 1024


@dataclass(frozen=True, slots=True)
class LogFile:
    """One process's output: `name.log`, and `name.log.1` (younger) to `name.log.3` (older)."""

    path: Path

    def open(self) -> int:
        """A descriptor to hand to the process. Appending, so that cutting the file below leaves no hole."""
        return os.open(self.path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)

    def rotate(self, *, size_bytes_max: int = SIZE_BYTES_MAX) -> bool:
        """Copy the file aside and empty it if it is larger than that; whether it was.

        The writer keeps its descriptor, so it need not know. A line written between copy and cut is lost: some
        microseconds of a log each 8 MiB, against a pipe that would stop the process when its reader hangs.
        """
        if not self.path.exists() or self.path.stat().st_size <= size_bytes_max:
            return False
        for number in range(OLD_FILES_MAX - 1, 0, -1):
            older = self._old(number)
            if older.exists():
                older.replace(self._old(number + 1))
        shutil.copy2(self.path, self._old(1))
        os.truncate(self.path, 0)
        return True

    def tail(self, lines_max: int = 20, *, since_bytes: int = 0) -> str:
        """The last lines, for an error message; only what was written after the first `since_bytes`."""
        if not self.path.exists():
            return ""
        with self.path.open("rb") as file:
            end = file.seek(0, os.SEEK_END)
            file.seek(max(min(since_bytes, end), end - TAIL_BYTES))
            text = file.read().decode("utf-8", "replace")
        return "\n".join(text.splitlines()[-lines_max:])

    def size_bytes(self) -> int:
        """Its size now; 0 before the first line."""
        return self.path.stat().st_size if self.path.exists() else 0

    def _old(self, number: int) -> Path:
        return self.path.with_name(f"{self.path.name}.{number}")
