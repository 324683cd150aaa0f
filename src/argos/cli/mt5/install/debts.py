"""What a node's journal still owes: orders nobody knows the end of, and facts that the gateway has not been told.

Read from outside, without the lock: the node may be running, and nothing is changed.
"""

import sqlite3
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argos.core.errors import InputError

_OPEN: Final = "SELECT count(*) FROM commands WHERE state IN ('send_started', 'doubt')"
_UNTOLD: Final = {
    "reported_at_ms": "SELECT count(*) FROM facts WHERE reported_at_ms IS NULL AND refused_code IS NULL",
    "reported": "SELECT count(*) FROM facts WHERE reported = 0 AND refused_code = ''",
}
"""By the column that tells the Python node's log from the expert's journal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Debts:
    open_commands: int
    facts_untold: int

    @property
    def settled(self) -> bool:
        return not (self.open_commands or self.facts_untold)


def read_debts(journal: Path) -> Debts:
    """Nothing is owed by a journal that is not there. Raises InputError MT5_JOURNAL_UNREADABLE."""
    if not journal.exists():
        return Debts(open_commands=0, facts_untold=0)
    try:
        connection = sqlite3.connect(f"{journal.absolute().as_uri()}?mode=ro", uri=True, timeout=5)
        try:
            columns = {row[1] for row in connection.execute("PRAGMA table_info(facts)")}
            untold = next(text for name, text in _UNTOLD.items() if name in columns)
            return Debts(
                open_commands=connection.execute(_OPEN).fetchone()[0],
                facts_untold=connection.execute(untold).fetchone()[0],
            )
        finally:
            connection.close()
    except (sqlite3.Error, StopIteration) as error:
        raise InputError(
            f"{journal} cannot be read as a node's journal: {error!r}",
            code="MT5_JOURNAL_UNREADABLE",
            field=str(journal),
            fix="keep it, and look at it by hand; --force goes on without",
        ) from error


def require_settled(journal: Path) -> None:
    """Raises InputError MT5_JOURNAL_OWES when something would be lost with this journal's node."""
    debts = read_debts(journal)
    if not debts.settled:
        raise InputError(
            f"{journal}: {debts.open_commands} orders in doubt or under way, {debts.facts_untold} facts not told",
            code="MT5_JOURNAL_OWES",
            field=str(journal),
            fix="let it run until it has settled and told them (argos nodes, argos doubt); --force goes on without",
        )
