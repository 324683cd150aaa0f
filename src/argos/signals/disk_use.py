"""How large the file is, how fast it grows, and how large it will be once as many days are in it as are kept."""

import sqlite3
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Final

from argos.core.texts import moment_text, parse_moment
from argos.signals.cut import Cut, cut_of
from argos.signals.file import SignalFile
from argos.signals.pruning import kept_days
from argos.signals.settings import Retention

_DAY: Final = timedelta(days=1)
_LOOKED_AT_MIN: Final = timedelta(minutes=10)
"""Of a shorter stretch of ticks nobody can say how fast the file grows."""


@dataclass(frozen=True, slots=True, kw_only=True)
class DiskUse:
    """file_bytes: with the log beside it. free_bytes: of them, what the next rows take before the file grows.

    gives_back: free space can go back to the disk while the service runs. bytes_a_day: by the last 24 hours of ticks,
    or by as many as there are, as if all hours were like those; or by all that is kept, if that is more, as a Sunday
    says little of a Monday. None while there are too few. days: that are kept.
    """

    file_bytes: int
    free_bytes: int
    gives_back: bool
    bytes_a_day: int | None
    days: int
    pruned_before: str

    def growth_bytes(self, keep: Retention) -> int | None:
        """By how much the file will still grow until old days make room for new ones; None for without end."""
        if keep.votes_days is None or self.bytes_a_day is None:
            return None
        # one more than is kept: the day under way
        to_come = max(keep.votes_days + 1 - self.days, 0) * self.bytes_a_day
        return max(to_come - self.free_bytes, 0)


def disk_use(file: SignalFile, path: Path) -> DiskUse:
    """Raises StoreError."""
    beside = path.with_name(f"{path.name}-wal")
    file_bytes = sum(one.stat().st_size for one in (path, beside) if one.exists())
    with file.reading() as connection:
        page, pages, free, vacuum = (
            connection.execute(f"PRAGMA {name}").fetchone()[0]
            for name in ("page_size", "page_count", "freelist_count", "auto_vacuum")
        )
        cut = cut_of(connection)
        days = len(kept_days(connection, cut))
        used = (pages - free) * page
        rate = _bytes_a_day(connection, cut, used)
    return DiskUse(
        file_bytes=file_bytes,
        free_bytes=free * page,
        gives_back=bool(vacuum),
        bytes_a_day=rate,
        days=days,
        pruned_before=cut.day,
    )


def _bytes_a_day(connection: sqlite3.Connection, cut: Cut, used_bytes: int) -> int | None:
    last = connection.execute(
        "SELECT at, votes_upto FROM ticks ORDER BY number DESC LIMIT 1"
    ).fetchone()
    if last is None:
        return None
    ended_at = parse_moment(last[0], field="at")
    # votes by their numbers: to count them would take as long as to read them
    lately = connection.execute(
        "SELECT at, votes_upto FROM ticks WHERE day >= substr(:since, 1, 10) AND at >= :since"
        " ORDER BY day, number LIMIT 1",
        {"since": moment_text(ended_at - _DAY)},
    ).fetchone()
    first = connection.execute("SELECT at FROM ticks WHERE number = ?", (cut.tick,)).fetchone()
    span = ended_at - parse_moment(lately[0], field="at")
    stored = last[1] - cut.vote
    if span < _LOOKED_AT_MIN or first is None or stored <= 0:
        return None
    of_late = used_bytes * (last[1] - lately[1]) / stored * (_DAY / span)
    of_all = used_bytes * (_DAY / max(ended_at - parse_moment(first[0], field="at"), _DAY))
    return int(max(of_late, of_all))
