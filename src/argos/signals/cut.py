"""Up to where old days are pruned: one mark, set before the first row of them goes, so that none is half there."""

import json
import sqlite3
from dataclasses import asdict, dataclass
from typing import Final

from argos.core.errors import InputError

_KEY: Final = "pruned_before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cut:
    """day: the first that is whole, empty while nothing was pruned. tick: its first tick; vote: the last before it."""

    day: str = ""
    tick: int = 1
    vote: int = 0


def cut_of(connection: sqlite3.Connection) -> Cut:
    row = connection.execute("SELECT value FROM meta WHERE key = ?", (_KEY,)).fetchone()
    return Cut() if row is None else Cut(**json.loads(row[0]))


def set_cut(connection: sqlite3.Connection, cut: Cut) -> None:
    connection.execute(
        "INSERT INTO meta VALUES (?, ?) ON CONFLICT (key) DO UPDATE SET value = excluded.value",
        (_KEY, json.dumps(asdict(cut))),
    )


def check_day_kept(connection: sqlite3.Connection, day: str) -> None:
    """Raises InputError SIGNAL_DAY_PRUNED for a day whose votes and ticks are gone by our own doing.

    Every such day has a head: one before the first of all had no ticks to prune.
    """
    cut = cut_of(connection)
    has_head = connection.execute("SELECT 1 FROM heads WHERE day = ?", (day,)).fetchone()
    if day < cut.day and has_head is not None:
        raise InputError(
            f"the votes and ticks of {day} are pruned, as those of all days before {cut.day}",
            code="SIGNAL_DAY_PRUNED",
            field="DAY",
            fix=f"replay a day from {cut.day} on; its signals still stand in the chain, for `argos signals verify` and"
            " `proof`. retention.votes_days says how many days are kept",
        )
