"""pgbench doing what the gateway makes the database do: the same tables and triggers, one alert per transaction."""

import asyncio
import json
import os
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from alert_bodies import alert_body
from argos.protocol.intent_body import parse_intent_body, to_intent
from argos.protocol.intent_store import record_of
from argos.protocol.values import parse_json
from argos.stack.postgres_binaries import find_binaries
from rig import ROUTE, BenchError, Rig

SCRIPT: Final = """
WITH ids AS MATERIALIZED (
    SELECT gen_random_uuid() AS alert_id, gen_random_uuid() AS intent_id, gen_random_uuid() AS event_id
), fresh AS (
    INSERT INTO intents (
        intent_id, alert_id, source, event_id, trade_id, route, symbol, received_at, content_hash, body
    )
    SELECT intent_id, alert_id, 'pgbench', event_id, event_id::text, '{route}', 'AAPL', now(),
           sha256(uuid_send(event_id)), '{intent}'::jsonb
    FROM ids
    ON CONFLICT (source, event_id) DO NOTHING
    RETURNING intent_id
), stored AS (
    INSERT INTO alerts (
        alert_id, received_at, source, remote, content_type, body, checks, outcome, code, intent_id
    )
    SELECT alert_id, now(), 'pgbench', '127.0.0.1', 'application/json', '{raw}'::text::bytea,
           '{checks}'::jsonb, 'accepted', NULL, intent_id
    FROM ids
), queued AS (
    INSERT INTO outbox (topic, key, payload)
    SELECT 'decide', '{route}|AAPL', jsonb_build_object('intent_id', intent_id) FROM ids
)
SELECT pg_notify('argos_outbox', 'decide') FROM fresh;
"""
CHECKS: Final = [
    {"check": "hook", "ok": True},
    {"check": "size", "ok": True, "bytes": 650},
    {"check": "json", "ok": True, "content_type": "application/json"},
    {"check": "secret", "ok": True},
    {"check": "intent", "ok": True},
]
_TPS: Final = re.compile(r"tps = ([0-9.]+) \(without initial connection time\)")


async def run_pgbench(rig: Rig, directory: Path, *, clients: int, seconds: int) -> float:
    """Alerts stored per second, as the gateway's own role."""
    program = find_binaries(None).directory / "pgbench"
    if not program.exists():
        raise BenchError(f"pgbench is not among the server's programs: {program.parent}")
    script = directory / "alert.sql"
    script.write_text(_script(), "utf-8")
    dsn = rig.access.as_role("argos_gateway")
    argv = [
        str(program), "--no-vacuum", f"--client={clients}", "--jobs=1", f"--time={seconds}",
        "--protocol=prepared", f"--file={script}", f"--host={dsn.host}", f"--port={dsn.port}",
        f"--username={dsn.user}", dsn.database,
    ]  # fmt: skip
    environ = {**os.environ, "PGPASSWORD": dsn.password, "PGOPTIONS": "-c search_path=argos"}
    process = await asyncio.create_subprocess_exec(
        *argv, env=environ, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    out, err = await process.communicate()
    found = _TPS.search(out.decode())
    if process.returncode or found is None:
        raise BenchError(f"pgbench failed: {err.decode().strip()[-500:]}")
    return float(found.group(1))


def _script() -> str:
    """One line, as pgbench wants it; a colon before a word would be a variable."""
    raw = alert_body(
        event_id="ema-cross|3.2|NASDAQ:AAPL|5|1|buy|1",
        trade_id="ema-cross.AAPL.1",
        route=ROUTE,
        secret="***",
        entry_price="189.55",
        sl="187.10",
        tp="193.20",
        size={"mode": "risk_fraction", "value": "0.005"},
        confidence="0.8",
        order_type="market",
    ).decode()
    body = parse_intent_body(parse_json(raw))
    intent = to_intent(body, source="pgbench", received_at=datetime.now(UTC))
    return SCRIPT.format(
        route=ROUTE,
        raw=_spaced(raw),
        intent=_spaced(record_of(intent).document.decode()),
        checks=_spaced(json.dumps(CHECKS)),
    )


def _spaced(text: str) -> str:
    """JSON without what pgbench would take for a variable (a colon and a word): the space changes nothing."""
    return re.sub(r":(?=\w)", ": ", text)
