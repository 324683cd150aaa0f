"""What a journal owes: of both kinds of node, read from outside while the node may be running."""

import re
import sqlite3
from pathlib import Path

import pytest

from argos.cli.mt5.install.debts import Debts, read_debts, require_settled
from argos.core.errors import InputError
from argos.node.log import NodeLog

JOURNAL = Path(__file__).parents[5] / "mt5" / "MQL5" / "Include" / "Argos" / "Journal.mqh"


def experts_tables() -> list[str]:
    """The statements with which the expert itself makes its journal."""
    source = re.sub(r'"\s*\n\s*"', "", JOURNAL.read_text(encoding="utf-8"))
    return re.findall(r'"(CREATE TABLE IF NOT EXISTS (?:commands|facts) .*?\))"\)', source)


def experts_journal(path: Path) -> sqlite3.Connection:
    connection = sqlite3.connect(path, isolation_level=None)
    tables = experts_tables()
    assert len(tables) == 2
    for table in tables:
        connection.execute(table)
    return connection


def command(connection: sqlite3.Connection, command_id: str, state: str) -> None:
    connection.execute(
        "INSERT INTO commands (command_id, order_id, kind, seq, state, attempt, body)"
        " VALUES (?, 'o', 'submit', 1, ?, 1, '')",
        (command_id, state),
    )


def fact(connection: sqlite3.Connection, fact_id: str, **columns: object) -> None:
    names = ["fact_id", "kind", "body", *columns]
    connection.execute(
        f"INSERT INTO facts ({', '.join(names)}) VALUES ({', '.join('?' for _ in names)})",
        (fact_id, "fill", "", *columns.values()),
    )


def test_a_journal_that_was_never_made_owes_nothing(tmp_path: Path) -> None:
    assert read_debts(tmp_path / "none.sqlite").settled


def test_the_python_nodes_log_tells_while_its_node_holds_it(tmp_path: Path) -> None:
    path = tmp_path / "node.sqlite"
    log = NodeLog.open(path, account="prop-1", now_ms=1)
    try:
        assert read_debts(path).settled
        connection = sqlite3.connect(path, isolation_level=None)
        for number, state in enumerate(("send_started", "doubt", "answered", "ended")):
            command(connection, str(number), state)
        fact(connection, "told", reported_at_ms=5)
        fact(connection, "refused", refused_code="FACT_MALFORMED")
        fact(connection, "waiting")
        connection.close()
        assert read_debts(path) == Debts(open_commands=2, facts_untold=1)
    finally:
        log.close()


def test_the_experts_journal_tells_the_same(tmp_path: Path) -> None:
    path = tmp_path / "argos-prop-1.sqlite"
    connection = experts_journal(path)
    assert read_debts(path).settled
    command(connection, "a", "doubt")
    fact(connection, "told", reported=1)
    fact(connection, "refused", refused_code="FACT_MALFORMED")
    fact(connection, "waiting")
    assert read_debts(path) == Debts(open_commands=1, facts_untold=1)
    with pytest.raises(InputError) as refused:
        require_settled(path)
    assert refused.value.code == "MT5_JOURNAL_OWES"
    assert "1 orders in doubt or under way, 1 facts not told" in refused.value.message
    connection.close()


def test_what_is_no_journal_is_never_taken_for_a_settled_one(tmp_path: Path) -> None:
    (tmp_path / "torn.sqlite").write_bytes(b"not a database, by no means at all" * 40)
    sqlite3.connect(tmp_path / "empty.sqlite").execute("CREATE TABLE other (a)").connection.close()
    for name in ("torn.sqlite", "empty.sqlite"):
        with pytest.raises(InputError) as refused:
            read_debts(tmp_path / name)
        assert refused.value.code == "MT5_JOURNAL_UNREADABLE"
