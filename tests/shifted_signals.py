"""The signal service with a clock that a test sets: `python shifted_signals.py FILE`, which holds seconds ahead."""

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

from argos.sources import running

FILE = Path(sys.argv[1])


def shifted() -> datetime:
    """The machine's clock, as much ahead as the file says; as it is where there is none."""
    try:
        ahead_s = float(FILE.read_text())
    except (FileNotFoundError, ValueError):
        ahead_s = 0.0
    return datetime.now(tz=UTC) + timedelta(seconds=ahead_s)


running.utc_now = shifted

from argos.entries import signals  # noqa: E402 - the names above must be in place first

if __name__ == "__main__":
    sys.exit(signals.main([]))
