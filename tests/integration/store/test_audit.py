"""Verification of databases that nobody attacked: they are clean, whatever was written and while it is written."""

import asyncio

import asyncpg
import pytest

from argos.store.audit import AuditProgress, AuditReport, verify_chain
from argos.store.audit_chain import FindingKind
from fresh_database import FreshDatabase
from truth_rows import KEY_COLUMNS, ROWS

pytestmark = pytest.mark.integration

TABLES = sorted(KEY_COLUMNS)


async def verify(database: FreshDatabase) -> AuditReport:
    return await verify_chain(database.dsn("argos_audit"))


async def test_a_database_that_nobody_touched_is_clean(
    truth: asyncpg.Connection, database: FreshDatabase
) -> None:
    report = await verify(database)
    assert report.clean
    assert report.complete
    assert report.rows == ROWS * len(TABLES)
    # facts were written for two accounts in one statement: two entries; and two accounts were added
    assert report.entries == len(TABLES) + 1 + 2


async def test_an_empty_database_is_clean(database: FreshDatabase) -> None:
    assert (await verify(database)).clean


async def test_a_function_that_hashes_wrongly_is_found(
    truth: asyncpg.Connection, database: FreshDatabase
) -> None:
    source = await truth.fetchval("SELECT pg_get_functiondef('audit_alarms'::regproc)")
    await truth.execute(source.replace("r.raised_at", "now()"))
    await truth.execute("INSERT INTO alarms (code, text) VALUES ('CODE', 'text')")
    kinds = {(finding.subject, finding.kind) for finding in (await verify(database)).findings}
    assert kinds == {("alarms", FindingKind.EDITED)}


async def test_no_setting_of_a_session_changes_what_is_hashed(
    truth: asyncpg.Connection, database: FreshDatabase
) -> None:
    await truth.execute("""
        SET timezone = 'Asia/Kathmandu'; SET datestyle = 'SQL, DMY'; SET bytea_output = 'escape';
        SET client_encoding = 'LATIN1'; SET extra_float_digits = -15; SET intervalstyle = 'iso_8601';
        SET search_path = public, pg_catalog;
        INSERT INTO argos.alerts (alert_id, received_at, source, remote, content_type, body, checks, outcome, code)
        VALUES (gen_random_uuid(), now(), 'hook:ü', '', '', '\\xff00'::bytea, '[{"a": "é"}]', 'refused', 'CODE');
        INSERT INTO argos.leg_refusals
        SELECT intent_id, 'one', E'new\\nline', E'"\\t,|\\\\', 'ü', now() FROM argos.intents LIMIT 1;
    """)
    assert (await verify(database)).clean


async def test_verification_beside_writers_sees_one_moment(
    truth: asyncpg.Connection, database: FreshDatabase
) -> None:
    stop = asyncio.Event()

    async def write() -> None:
        connection = await asyncpg.connect(str(database.superuser))
        while not stop.is_set():
            await connection.execute(
                """INSERT INTO argos.facts (account, fact_id, kind, at, body)
                   SELECT CASE WHEN n % 3 = 0 THEN 'one' ELSE 'two' END, gen_random_uuid(), 'accepted', now(), '{}'
                   FROM generate_series(1, 7) n"""
            )
            await connection.execute(
                "INSERT INTO argos.alarms (code, text) VALUES ('CODE', 'text')"
            )
        await connection.close()

    writers = [asyncio.create_task(write()) for _ in range(4)]
    reports = [await verify(database) for _ in range(5)]
    stop.set()
    await asyncio.gather(*writers)
    assert all(report.clean for report in reports)
    assert reports[-1].rows > reports[0].rows
    end = await verify(database)
    assert end.clean
    assert end.rows == ROWS * len(TABLES) + 8 * (end.heads["alarms"].seq - 1)


async def test_progress_counts_every_entry_and_row(
    truth: asyncpg.Connection, database: FreshDatabase
) -> None:
    told: list[AuditProgress] = []
    report = await verify_chain(database.dsn("argos_audit"), progress=told.append)
    last = {item.stage: item for item in told}
    assert last["audit_log"].done == last["audit_log"].total == report.entries
    assert sum(item.done for stage, item in last.items() if stage != "audit_log") == report.rows


async def test_more_differences_than_anybody_reads_make_the_report_incomplete(
    attacker: asyncpg.Connection, database: FreshDatabase
) -> None:
    await attacker.execute(
        "INSERT INTO alarms (alarm_id, code, text) SELECT 1000 + n, 'CODE', 'x' FROM generate_series(1, 10001) n"
    )
    report = await verify(database)
    assert not report.complete
    assert len(report.findings) == 10_000
