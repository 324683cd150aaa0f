"""Attacks on the log itself; a tail that was rewritten or cut off as a whole shows against an anchor alone."""

from pathlib import Path

import asyncpg
import pytest

from argos.core.errors import InputError
from argos.store.audit import AuditReport, verify_chain, write_anchor
from argos.store.audit_chain import FindingKind
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration

REHASH = """
    UPDATE audit_log SET row_hash = sha256(record_send(ROW(
        prev_hash, seq, at, convert_to(stream, 'UTF8'), convert_to(subject, 'UTF8'),
        convert_to(array_to_json(keys)::text, 'UTF8'), digests, convert_to(detail::text, 'UTF8')
    )))
    WHERE {of}
"""


async def verify(database: FreshDatabase, *, anchor: Path | None = None) -> AuditReport:
    return await verify_chain(database.dsn("argos_audit"), anchor=anchor)


LOG_ATTACKS = {
    "an edited key": (
        "UPDATE audit_log SET keys[1] = 'forged' WHERE stream = 'control' AND seq = 2",
        {("control", 2, FindingKind.EDITED)},
    ),
    "an edited moment": (
        "UPDATE audit_log SET at = at - interval '1 second' WHERE stream = 'orders'",
        {("orders", 1, FindingKind.EDITED)},
    ),
    "an edited account of a change of configuration": (
        """UPDATE audit_log SET detail = jsonb_set(detail, '{by}', '"nobody"')
           WHERE stream = 'control' AND seq = 1""",
        {("control", 1, FindingKind.EDITED)},
    ),
    "an edited hash": (
        "UPDATE audit_log SET row_hash = sha256('x') WHERE stream = 'control' AND seq = 2",
        {("control", 2, FindingKind.EDITED)},
    ),
    "a deleted entry in the middle": (
        "DELETE FROM audit_log WHERE stream = 'control' AND seq = 2",
        {("control", 2, FindingKind.GAP)},
    ),
    "a deleted entry at the beginning": (
        "DELETE FROM audit_log WHERE stream = 'control' AND seq = 1",
        {("control", 1, FindingKind.GAP)},
    ),
    "a deleted entry at the end, the head left": (
        "DELETE FROM audit_log WHERE stream = 'control' AND seq = 4",
        {("control", 4, FindingKind.GAP)},
    ),
    "an entry put in at the end": (
        """INSERT INTO audit_log SELECT stream, 5, at, subject, keys, digests, row_hash, row_hash, detail
           FROM audit_log WHERE stream = 'control' AND seq = 4""",
        {("control", 5, FindingKind.INSERTED)},
    ),
    "a stream put in": (
        """INSERT INTO audit_log SELECT 'forged', 1, at, 'forged', keys, digests, '', row_hash, detail
           FROM audit_log WHERE stream = 'control' AND seq = 4""",
        {("forged", 1, FindingKind.INSERTED)},
    ),
    "two entries exchanged": (
        """UPDATE audit_log SET seq = seq + 100 WHERE stream = 'control' AND seq IN (1, 3);
           UPDATE audit_log SET seq = 104 - seq WHERE stream = 'control' AND seq > 100""",
        {("control", 1, FindingKind.SWAPPED), ("control", 3, FindingKind.SWAPPED)},
    ),
    "an entry rewritten with a hash of its own": (
        "UPDATE audit_log SET keys = '{forged}' WHERE stream = 'control' AND seq = 2;"
        + REHASH.format(of="stream = 'control' AND seq = 2"),
        {("control", 3, FindingKind.CHAIN_BROKEN)},
    ),
    "the newest entry rewritten with a hash of its own": (
        "UPDATE audit_log SET keys = '{forged}' WHERE stream = 'control' AND seq = 4;"
        + REHASH.format(of="stream = 'control' AND seq = 4"),
        {("control", 4, FindingKind.HEAD_DIFFERS)},
    ),
    "a head set back": (
        """UPDATE audit_heads h SET seq = 3, row_hash = l.prev_hash FROM audit_log l
           WHERE h.stream = 'control' AND l.stream = 'control' AND l.seq = 4""",
        {("control", 4, FindingKind.INSERTED)},
    ),
    "a head of another hash": (
        "UPDATE audit_heads SET row_hash = sha256('x') WHERE stream = 'control'",
        {("control", 4, FindingKind.HEAD_DIFFERS)},
    ),
}


@pytest.mark.parametrize("attack", LOG_ATTACKS)
async def test_an_attack_on_the_log_is_found(
    attacker: asyncpg.Connection, database: FreshDatabase, attack: str
) -> None:
    statement, expected = LOG_ATTACKS[attack]
    await configure_twice(attacker)
    await attacker.execute(statement)
    report = await verify(database)
    assert {
        (finding.stream, finding.seq, finding.kind)
        for finding in report.findings
        if finding.subject == "audit_log"
    } == expected


async def configure_twice(connection: asyncpg.Connection) -> None:
    """Two changes of configuration: with the two accounts that were there, the control stream has four entries."""
    await connection.execute("""
        SET session_replication_role = origin;
        UPDATE accounts SET enabled = false WHERE account = 'one';
        UPDATE accounts SET enabled = true WHERE account = 'one';
        SET session_replication_role = replica;
    """)


async def rewrite(connection: asyncpg.Connection, stream: str, *, since: int) -> None:
    """Compute all hashes of a stream's tail again, head included, with the database's own formula."""
    newest = await connection.fetchval("SELECT max(seq) FROM audit_log WHERE stream = $1", stream)
    for seq in range(since, newest + 1):
        await connection.execute(
            """UPDATE audit_log l SET prev_hash = b.row_hash FROM audit_log b
               WHERE l.stream = $1 AND b.stream = $1 AND l.seq = $2 AND b.seq = $2 - 1""",
            stream,
            seq,
        )
        await connection.execute(REHASH.format(of=f"stream = '{stream}' AND seq = {seq}"))
    await connection.execute(
        """UPDATE audit_heads h SET row_hash = l.row_hash, prev_hash = l.prev_hash, seq = l.seq
           FROM audit_log l WHERE h.stream = $1 AND l.stream = $1 AND l.seq = $2""",
        stream,
        newest,
    )


async def test_a_rewritten_tail_is_found_by_an_anchor_alone(
    attacker: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    await configure_twice(attacker)
    await write_anchor(database.dsn("argos_audit"), tmp_path / "anchor.json")
    await attacker.execute(
        """UPDATE audit_log SET detail = detail || '{"by": "nobody"}' WHERE stream = 'control' AND seq = 2"""
    )
    await rewrite(attacker, "control", since=2)
    assert (await verify(database)).clean
    report = await verify(database, anchor=tmp_path / "anchor.json")
    assert [(finding.stream, finding.seq, finding.kind) for finding in report.findings] == [
        ("control", 4, FindingKind.ANCHOR_DIFFERS)
    ]


async def test_a_row_edited_with_its_whole_tail_is_found_by_an_anchor_alone(
    attacker: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    await write_anchor(database.dsn("argos_audit"), tmp_path / "anchor.json")
    await attacker.execute("UPDATE manual_decisions SET reason = 'another'")
    await attacker.execute("""
        UPDATE audit_log SET digests = (
            SELECT string_agg(sha256(record_send(ROW(
                r.order_id, r.discrepancy_id, convert_to(r.decision, 'UTF8'), convert_to(r.reason, 'UTF8'),
                convert_to(r.decided_by, 'UTF8'), r.decided_at
            ))), '' ORDER BY k.n)
            FROM unnest(keys) WITH ORDINALITY AS k(key, n) JOIN manual_decisions r ON r.decision_id::text = k.key
        ) WHERE stream = 'manual_decisions'
    """)
    await rewrite(attacker, "manual_decisions", since=1)
    assert (await verify(database)).clean
    report = await verify(database, anchor=tmp_path / "anchor.json")
    assert [(finding.stream, finding.seq, finding.kind) for finding in report.findings] == [
        ("manual_decisions", 1, FindingKind.ANCHOR_DIFFERS)
    ]


async def test_a_tail_cut_off_with_its_rows_is_found_by_an_anchor_alone(
    attacker: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    await write_anchor(database.dsn("argos_audit"), tmp_path / "anchor.json")
    await attacker.execute("""
        DELETE FROM alarms; DELETE FROM audit_log WHERE stream = 'alarms';
        UPDATE audit_heads SET seq = 0, row_hash = '', prev_hash = '' WHERE stream = 'alarms'
    """)
    assert (await verify(database)).clean
    report = await verify(database, anchor=tmp_path / "anchor.json")
    assert [(finding.stream, finding.seq, finding.kind) for finding in report.findings] == [
        ("alarms", 1, FindingKind.ANCHOR_DIFFERS)
    ]


async def test_an_anchor_still_holds_when_the_streams_have_grown(
    truth: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    heads = await write_anchor(database.dsn("argos_audit"), tmp_path / "anchor.json")
    assert heads["control"].seq == 2
    await configure_twice(truth)
    assert (await verify(database, anchor=tmp_path / "anchor.json")).clean


async def test_what_is_no_anchor_is_refused(database: FreshDatabase, tmp_path: Path) -> None:
    (tmp_path / "anchor.json").write_text('{"anchor": 2}')
    for name in ("anchor.json", "absent.json"):
        with pytest.raises(InputError, match="AUDIT_ANCHOR_UNREADABLE"):
            await verify(database, anchor=tmp_path / name)


async def test_an_anchor_that_cannot_be_written_is_an_input_error(
    database: FreshDatabase, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="AUDIT_ANCHOR_NOT_WRITABLE"):
        await write_anchor(database.dsn("argos_audit"), tmp_path / "absent" / "anchor.json")
