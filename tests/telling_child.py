"""A program as a child process that says where it is in one JSON line on stdout, and ends by SIGTERM."""

import json
import signal
import subprocess
import sys
from collections.abc import Sequence
from typing import Any


class TellingChild:
    """Begun when made; `told` is what it said. Raises AssertionError if it ends without a word."""

    def __init__(self, words: Sequence[str], *, stop_within_s: float) -> None:
        self._stop_within_s = stop_within_s
        self._process = subprocess.Popen(
            [sys.executable, *words], stdout=subprocess.PIPE, text=True
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        assert line, f"{words} ended before it was up"
        self.told: Any = json.loads(line)

    def stop(self) -> None:
        """By SIGTERM, and by force if that takes too long."""
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(self._stop_within_s)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        assert self._process.stdout is not None
        self._process.stdout.close()
