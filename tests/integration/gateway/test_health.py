"""Health and metrics: what they say, and when they say no."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import asyncpg
import orjson
import pytest
from prometheus_client.parser import text_string_to_metric_families
from starlette.responses import Response

from argos.flows.accept_alert import Doors
from argos.gateway.doors import NO_DOORS, DoorsCopy, NodeKeys
from argos.gateway.health import STATE_AGE_S_MAX, HealthDesk
from argos.protocol.facts import ReportKind
from argos.store.database import open_pool
from eventually import eventually
from fresh_database import FreshDatabase
from running_gateway import Caller
from spine import API_KEY, HEDGE, NET, REPORTS_KEY, Spine, about, intent_body

pytestmark = pytest.mark.integration


async def _no_doors() -> Doors:
    return NO_DOORS


async def _no_keys() -> NodeKeys:
    return {}


@dataclass(slots=True)
class Clock:
    now_s: float = 0.0

    def __call__(self) -> float:
        return self.now_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Rig:
    desk: HealthDesk
    clock: Clock
    doors: DoorsCopy
    pool: asyncpg.Pool


@pytest.fixture
async def rig(database: FreshDatabase) -> AsyncIterator[Rig]:
    """A health desk on a database that nobody has configured, its doors not yet read."""
    pool = await open_pool(database.dsn("argos_reader"), name="health", size_max=1)
    doors = DoorsCopy(read_doors=_no_doors, read_node_keys=_no_keys)
    clock = Clock()
    desk = HealthDesk(pool, doors=doors, clock_s=clock)
    yield Rig(desk=desk, clock=clock, doors=doors, pool=pool)
    await pool.close()


def _said(response: Response) -> tuple[int, str, dict[str, Any]]:
    body = orjson.loads(response.body)
    return response.status_code, body["status"], body["checks"]


async def test_it_is_ready_once_the_doors_are_read(rig: Rig) -> None:
    status, word, checks = _said(await rig.desk.ready())
    assert (status, word) == (503, "not_ready")
    assert [name for name, check in checks.items() if not check["ok"]] == ["doors"]
    await rig.doors.refresh()
    status, word, checks = _said(await rig.desk.ready())
    assert (status, word) == (200, "ready")
    assert all(check["ok"] for check in checks.values())


async def test_without_a_database_it_lives_and_is_not_ready(rig: Rig) -> None:
    await rig.doors.refresh()
    await rig.pool.close()
    status, word, checks = _said(await rig.desk.ready())
    assert (status, word) == (503, "not_ready")
    assert not checks["database"]["ok"]
    assert not checks["migrations"]["ok"]
    assert checks["doors"]["ok"]
    assert rig.desk.live().status_code == 200


@pytest.mark.parametrize(
    ("change", "word"),
    [
        ("DELETE FROM argos.schema_migrations WHERE version = 6", "missing: 6"),
        ("UPDATE argos.schema_migrations SET checksum = 'x' WHERE version = 6", "another version"),
        ("INSERT INTO argos.schema_migrations VALUES (99, 'later', 'x')", "another version"),
    ],
)
async def test_a_database_of_another_version_is_not_ready(
    rig: Rig, database: FreshDatabase, change: str, word: str
) -> None:
    await rig.doors.refresh()
    connection = await asyncpg.connect(str(database.superuser))
    await connection.execute(change)
    await connection.close()
    status, _, checks = _said(await rig.desk.ready())
    assert status == 503
    assert checks["database"]["ok"]
    assert word in checks["migrations"]["detail"]


async def test_health_needs_no_key(gateway: Caller) -> None:
    for path in ("/health", "/health/live", "/health/ready"):
        assert (await gateway.get(path, key=None)).status == 200, path


@pytest.mark.parametrize(
    ("key", "status", "code"),
    [
        (None, 401, "UNAUTHORISED"),
        ("a stranger's", 401, "UNAUTHORISED"),
        (REPORTS_KEY, 403, "SCOPE_MISSING"),
        ("scraper-key", 200, None),
        (API_KEY, 200, None),
    ],
)
async def test_metrics_need_a_key_that_is_for_them_or_for_all_reading(
    gateway: Caller, spine: Spine, key: str | None, status: int, code: str | None
) -> None:
    await spine.control.put_api_key("prometheus", key="scraper-key", scopes=["metrics"])
    await eventually(
        lambda: _opens(gateway, "scraper-key"), what="the gateway knows the key for metrics"
    )
    reply = await gateway.get("/metrics", key=key)
    assert reply.status == status
    assert (reply.json["error"]["code"] if code else None) == code
    assert code is None or b"argos_" not in reply.raw


async def test_a_key_for_metrics_reads_nothing_else(gateway: Caller, spine: Spine) -> None:
    await spine.control.put_api_key("prometheus", key="scraper-key", scopes=["metrics"])
    await eventually(
        lambda: _opens(gateway, "scraper-key"), what="the gateway knows the key for metrics"
    )
    for path in ("/api/alerts", "/api/executions", "/api/accounts"):
        assert (await gateway.get(path, key="scraper-key")).status == 403, path


async def _opens(gateway: Caller, key: str) -> bool:
    return (await gateway.get("/metrics", key=key)).status == 200


def _samples(text: str) -> dict[str, dict[str, float]]:
    """Metric -> its labels' values, joined -> value."""
    found: dict[str, dict[str, float]] = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = "|".join(sample.labels[name] for name in sorted(sample.labels))
            found.setdefault(sample.name, {})[labels] = sample.value
    return found


async def test_metrics_tell_how_the_spine_is_doing(gateway: Caller, spine: Spine) -> None:
    await gateway.post("/api/intents", intent_body("T-1"))
    await spine.decide()
    await gateway.post("/api/intents", intent_body("T-2"))
    (command,) = await spine.lease(HEDGE)
    await spine.report(HEDGE, about(command, ReportKind.SEND_STARTED, account=HEDGE))
    await spine.report(HEDGE, about(command, ReportKind.IN_DOUBT, account=HEDGE, text="timeout"))
    await gateway.post(
        "/api/halt", {"scope": "account", "key": NET, "mode": "halted", "reason": "news"}
    )
    reply = await gateway.get("/metrics")
    assert reply.content_type == "text/plain"
    found = _samples(reply.raw.decode())
    assert found["argos_database_up"] == {"": 1}
    assert found["argos_outbox_depth"]["decide"] == 1
    assert found["argos_outbox_oldest_age_seconds"]["decide"] > 0
    assert found["argos_orders_unknown"] == {"": 1}
    assert found["argos_kill_switch_state"] == {"|global": 0, f"{NET}|account": 2}
    assert found["argos_node_heartbeat_age_seconds"].keys() == {f"node-{HEDGE}", f"node-{NET}"}
    assert found["argos_illegal_transition_total"] == {"": 0}
    assert found["argos_webhook_commit_seconds_count"].keys() == {""}


async def test_metrics_without_a_database_still_tell_of_the_process(rig: Rig) -> None:
    await rig.pool.close()
    found = _samples((await rig.desk.metrics()).body.decode())
    assert found["argos_database_up"] == {"": 0}
    assert "argos_outbox_depth" not in found
    assert "process_resident_memory_bytes" in found


async def test_many_who_ask_at_once_are_one_look(rig: Rig) -> None:
    await rig.doors.refresh()
    assert _said(await rig.desk.ready())[0] == 200
    await rig.pool.close()
    rig.clock.now_s += STATE_AGE_S_MAX
    assert _said(await rig.desk.ready())[0] == 200  # what was seen a moment ago is still told
    rig.clock.now_s += 0.001
    assert _said(await rig.desk.ready())[0] == 503
