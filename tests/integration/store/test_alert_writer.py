"""The alert writer on a real PostgreSQL: each alert learns its own outcome, and an acknowledgement is a commit."""

import asyncio
import contextlib
import secrets
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import asyncpg
import pytest

from argos.core.errors import StoreError
from argos.protocol.intent_body import parse_intent_body, to_intent
from argos.protocol.intent_store import record_of
from argos.store.alerts import AlertOutcome, AlertWriter, NewAlert
from argos.store.database import open_pool
from eventually import eventually
from fresh_database import FreshDatabase

pytestmark = pytest.mark.integration

START = datetime(2026, 1, 31, 12, tzinfo=UTC)
SOURCE = "hook:tradingview"


def new_alert(event: str, *, received_at: datetime = START, **fields: Any) -> NewAlert:
    """A valid alert for this event; equal fields are equal content."""
    body = parse_intent_body(
        {
            "event_id": event,
            "trade_id": "t-1",
            "bot_version": "ema@1",
            "account_route": "paper",
            "symbol": "EURUSD",
            "side": "buy",
            "timestamp_tv": "2026-01-31T12:00:00Z",
            **fields,
        }
    )
    return NewAlert(
        alert_id=uuid4(),
        received_at=received_at,
        source=SOURCE,
        remote="127.0.0.1",
        content_type="text/plain",
        raw=b"{}",
        checks=[{"check": "hook", "ok": True}, {"check": "intent", "ok": True}],
        refusal_code=None,
        record=record_of(to_intent(body, source=SOURCE, received_at=received_at)),
    )


def intent_id_of(alert: NewAlert) -> UUID:
    assert alert.record is not None
    return alert.record.intent.intent_id


def refused_alert() -> NewAlert:
    return replace(new_alert("refused"), record=None, refusal_code="JSON_MALFORMED")


def again(alert: NewAlert) -> NewAlert:
    """The same event, delivered once more."""
    return replace(alert, alert_id=uuid4())


@pytest.fixture
async def pool(database: FreshDatabase) -> AsyncIterator[asyncpg.Pool]:
    pool = await open_pool(database.dsn("argos_gateway"), name="gateway", size_max=3)
    yield pool
    await pool.close()


@pytest.fixture
async def writer(pool: asyncpg.Pool) -> AsyncIterator[AlertWriter]:
    writer = AlertWriter(pool, writers=2)
    yield writer
    await writer.aclose()


async def store_all(
    writer: AlertWriter, alerts: Sequence[NewAlert]
) -> list[AlertOutcome | BaseException]:
    """Handed over in one go, so that they meet in groups."""
    return await asyncio.gather(*map(writer.store, alerts), return_exceptions=True)


async def count(connection: asyncpg.Connection, table: str) -> int:
    found: int = await connection.fetchval(f"SELECT count(*) FROM {table}")
    return found


async def test_each_alert_of_a_group_learns_its_own_outcome(
    writer: AlertWriter, superuser: asyncpg.Connection
) -> None:
    known = new_alert("known")
    assert await writer.store(known) is AlertOutcome.ACCEPTED
    alerts = [
        new_alert("new"),
        again(known),
        new_alert("known", side="sell"),
        refused_alert(),
    ]
    assert await store_all(writer, alerts) == [
        AlertOutcome.ACCEPTED,
        AlertOutcome.DUPLICATE,
        AlertOutcome.CONFLICT,
        AlertOutcome.REFUSED,
    ]
    rows = await superuser.fetch("SELECT alert_id, outcome, code, intent_id FROM alerts")
    stored = {row["alert_id"]: (row["outcome"], row["code"], row["intent_id"]) for row in rows}
    intent_ids = [intent_id_of(alert) if alert.record else None for alert in alerts]
    assert [stored[alert.alert_id] for alert in alerts] == [
        ("accepted", None, intent_ids[0]),
        ("duplicate", None, intent_ids[1]),
        ("conflict", "INTENT_EVENT_CONFLICT", intent_ids[2]),
        ("refused", "JSON_MALFORMED", None),
    ]
    assert await count(superuser, "intents") == 2
    assert await count(superuser, "outbox WHERE topic = 'decide'") == 2


async def test_repeats_within_one_group_are_duplicates_and_other_content_conflicts(
    writer: AlertWriter, superuser: asyncpg.Connection
) -> None:
    first = new_alert("event")
    outcomes = await store_all(
        writer, [first, again(first), new_alert("event", side="sell"), again(first)]
    )
    assert outcomes == [
        AlertOutcome.ACCEPTED,
        AlertOutcome.DUPLICATE,
        AlertOutcome.CONFLICT,
        AlertOutcome.DUPLICATE,
    ]
    assert await count(superuser, "intents") == 1


async def test_an_event_that_two_gateways_get_many_times_at_once_is_accepted_once(
    database: FreshDatabase, superuser: asyncpg.Connection
) -> None:
    pools = [
        await open_pool(database.dsn("argos_gateway"), name=f"g{n}", size_max=3) for n in (1, 2)
    ]
    writers = [AlertWriter(pool, writers=2) for pool in pools]
    first = new_alert("event")
    outcomes = await asyncio.gather(
        *(writers[n % 2].store(again(first)) for n in range(100)),
    )
    for writer, pool in zip(writers, pools, strict=True):
        await writer.aclose()
        await pool.close()
    assert Counter(outcomes) == {AlertOutcome.ACCEPTED: 1, AlertOutcome.DUPLICATE: 99}
    assert await count(superuser, "alerts") == 100
    assert await count(superuser, "alerts WHERE outcome = 'accepted'") == 1
    assert await count(superuser, "intents") == 1
    assert await count(superuser, "outbox") == 1


async def test_two_gateways_that_get_the_same_events_in_opposite_order_end_with_each_once(
    database: FreshDatabase, superuser: asyncpg.Connection
) -> None:
    name = database.superuser.database
    await superuser.execute(f"ALTER DATABASE {name} SET deadlock_timeout = '10ms'")
    pools = [
        await open_pool(database.dsn("argos_gateway"), name=f"g{n}", size_max=1) for n in (1, 2)
    ]
    writers = [AlertWriter(pool) for pool in pools]
    accepted: Counter[UUID] = Counter()
    for turn in range(10):
        events = [f"{turn}-{n}" for n in range(40)]
        there = [new_alert(event, received_at=moment(n)) for n, event in enumerate(events)]
        back = [new_alert(event, received_at=moment(-n)) for n, event in enumerate(events)]
        outcomes = await asyncio.gather(store_all(writers[0], there), store_all(writers[1], back))
        for alerts, results in zip((there, back), outcomes, strict=True):
            assert set(results) <= {AlertOutcome.ACCEPTED, AlertOutcome.DUPLICATE}
            for alert, outcome in zip(alerts, results, strict=True):
                accepted[intent_id_of(alert)] += outcome is AlertOutcome.ACCEPTED
    for writer, pool in zip(writers, pools, strict=True):
        await writer.aclose()
        await pool.close()
    assert set(accepted.values()) == {1}
    assert await count(superuser, "intents") == len(accepted) == 400


def moment(n: int) -> datetime:
    return START + timedelta(milliseconds=n)


def with_document(document: bytes) -> NewAlert:
    alert = new_alert("poison")
    assert alert.record is not None
    return replace(alert, record=replace(alert.record, document=document))


POISONED = {
    "a NUL in a text": lambda: replace(new_alert("poison"), content_type="text/\0plain"),
    "a NUL in a check": lambda: replace(new_alert("poison"), checks=[{"why": "\0"}]),
    "a NUL in the intent": lambda: with_document(rb'{"note": "a\u0000b"}'),
    "half a character in the intent": lambda: with_document(rb'{"note": "\ud800"}'),
    "half a character in a check": lambda: replace(new_alert("poison"), checks=[{"why": "\ud800"}]),
    "a text that no index holds": lambda: replace(
        new_alert("poison"), source=secrets.token_hex(5000)
    ),
}


@pytest.mark.parametrize("poison", POISONED)
async def test_a_poisoned_alert_fails_alone(
    writer: AlertWriter, superuser: asyncpg.Connection, poison: str
) -> None:
    alerts = [new_alert("before"), POISONED[poison](), new_alert("after"), refused_alert()]
    before, poisoned, after, refused = await store_all(writer, alerts)
    assert isinstance(poisoned, StoreError)
    assert [before, after, refused] == [
        AlertOutcome.ACCEPTED,
        AlertOutcome.ACCEPTED,
        AlertOutcome.REFUSED,
    ]
    assert await count(superuser, "alerts") == 3
    assert await writer.store(new_alert("later")) is AlertOutcome.ACCEPTED


async def test_the_order_of_acceptance_is_the_order_of_receipt_within_a_group(
    writer: AlertWriter, superuser: asyncpg.Connection
) -> None:
    received = [moment(n) for n in (5, 1, 4, 2, 3, 2)]
    alerts = [new_alert(str(n), received_at=at) for n, at in enumerate(received)]
    await store_all(writer, alerts)
    rows = await superuser.fetch("SELECT intent_id FROM intents ORDER BY sequence")
    expected = sorted(range(len(received)), key=lambda n: (received[n], n))
    ids = [intent_id_of(alert) for alert in alerts]
    assert [row["intent_id"] for row in rows] == [ids[n] for n in expected]
    queued = await superuser.fetch(
        "SELECT payload->>'intent_id' AS id FROM outbox ORDER BY outbox_id"
    )
    assert [row["id"] for row in queued] == [str(ids[n]) for n in expected]


async def test_what_was_acknowledged_is_stored_however_often_connections_are_cut(
    writer: AlertWriter, superuser: asyncpg.Connection
) -> None:
    acknowledged: list[UUID] = []
    refused: list[StoreError] = []

    async def send(n: int) -> None:
        alert = new_alert(f"{n}-{secrets.token_hex(4)}")
        try:
            await writer.store(alert)
            acknowledged.append(alert.alert_id)
        except StoreError as error:
            refused.append(error)

    for n in range(40):
        sending = asyncio.gather(*(send(n * 10 + k) for k in range(10)))
        await superuser.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'argos_gateway'"
            " AND datname = current_database()"
        )
        await sending
    assert acknowledged
    assert refused
    rows = await superuser.fetch("SELECT alert_id FROM alerts")
    assert set(acknowledged) <= {row["alert_id"] for row in rows}

    async def accepts_again() -> bool:
        with contextlib.suppress(StoreError):  # the last cut may not have been noticed yet
            return await writer.store(new_alert("in the end")) is AlertOutcome.ACCEPTED
        return False

    await eventually(accepts_again, what="an accepted alert in the end")


async def test_a_database_that_is_busy_fails_the_group_at_once_and_not_alert_by_alert(
    database: FreshDatabase, superuser: asyncpg.Connection
) -> None:
    pool = await open_pool(database.dsn("argos_gateway"), name="busy", size_max=1)
    await pool.execute("SET lock_timeout = '100ms'")
    writer = AlertWriter(pool)
    transaction = superuser.transaction()
    await transaction.start()
    await superuser.execute("SELECT FROM audit_heads WHERE stream = 'alerts' FOR UPDATE")
    outcomes = await store_all(writer, [refused_alert() for _ in range(20)])
    await transaction.rollback()
    assert {type(outcome) for outcome in outcomes} == {StoreError}
    assert len({id(outcome) for outcome in outcomes}) == 1, "one attempt, one error for all"
    await writer.aclose()
    await pool.close()


async def test_a_sender_that_hangs_up_disturbs_nobody(
    writer: AlertWriter, superuser: asyncpg.Connection
) -> None:
    first = new_alert("event")
    tasks = [asyncio.create_task(writer.store(again(first))) for _ in range(20)]
    await asyncio.sleep(0)
    for task in tasks[::2]:
        task.cancel()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    assert all(isinstance(outcome, asyncio.CancelledError) for outcome in outcomes[::2])
    assert Counter(outcomes[1::2]) == {AlertOutcome.ACCEPTED: 1, AlertOutcome.DUPLICATE: 9}


async def test_closing_answers_everybody(pool: asyncpg.Pool, superuser: asyncpg.Connection) -> None:
    writer = AlertWriter(pool)
    tasks = [asyncio.create_task(writer.store(new_alert(str(n)))) for n in range(300)]
    await tasks[0]
    await writer.aclose()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    stored = await count(superuser, "alerts")
    assert Counter(type(outcome) for outcome in outcomes) == {
        AlertOutcome: stored,
        StoreError: 300 - stored,
    }
    with pytest.raises(StoreError, match="STORE_STOPPING"):
        await writer.store(new_alert("late"))


async def test_more_than_can_wait_is_refused(pool: asyncpg.Pool) -> None:
    writer = AlertWriter(pool)
    tasks = [asyncio.create_task(writer.store(refused_alert())) for _ in range(4_200)]
    await asyncio.sleep(0)
    with pytest.raises(StoreError, match="STORE_OVERLOADED"):
        await tasks[-1]
    await writer.aclose()
    await asyncio.gather(*tasks, return_exceptions=True)


async def test_an_alert_can_be_stored_twice_by_a_sender_that_got_no_answer(
    writer: AlertWriter, superuser: asyncpg.Connection
) -> None:
    """The commit happened, its answer was lost: the repeat is a duplicate, not an error."""
    alert = new_alert("event")
    await writer.store(alert)
    assert await writer.store(again(alert)) is AlertOutcome.DUPLICATE
    assert await count(superuser, "outbox") == 1
