"""The delivery as a whole, against a database that is away, breaks, loses answers, and a process that is killed."""

import asyncio
import contextlib
import json
import sys
from collections.abc import AsyncIterator
from dataclasses import asdict, replace
from pathlib import Path

import asyncpg
import pytest

from argos.dsn import Access
from argos.signals.delivery import deliver, delivering
from argos.signals.execution import order_entries
from argos.signals.file import SignalFile
from argos.signals.outbox import Outbox
from argos.signals.running import Deck
from argos.signals.settings import SignalSettings
from argos.signals.telling import chain_name
from argos.sources.board import Board, VoteStore
from argos.sources.ledger import SourceFile
from eventually import eventually
from fresh_database import FreshDatabase
from lossy_link import LossyLink, lossy_link
from recorded_signals import PRICE, Chain, now
from spine import Spine, access_of

pytestmark = pytest.mark.integration
SETTINGS = SignalSettings(auto_execute=True, route="main", intent_ttl_s=3_600)
COMMIT, AN_INTENT = b"COMMIT", b'"account_route"'
"""What a request says that ends a batch, and one that stores intents."""
KILLED_OVER = 300
CHILD = """
import asyncio, json, sys
from datetime import UTC, datetime
from pathlib import Path
from argos.dsn import Access, Dsn
from argos.signals.delivery import deliver, delivering
from argos.signals.file import SignalFile
from argos.signals.settings import SignalSettings
path, dsn, passwords = sys.argv[1:]
asyncio.run(deliver(
    SignalSettings(auto_execute=True, route="main"),
    SignalFile.open(Path(path)),
    Access(dsn=Dsn(**json.loads(dsn)), passwords=json.loads(passwords)),
    clock=lambda: datetime.now(UTC),
    woken=asyncio.Event(),
))
"""


@pytest.fixture
async def looking(database: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        str(database.dsn("argos_reader")), server_settings={"search_path": "argos"}
    )
    yield connection
    await connection.close()


@pytest.fixture
async def link(database: FreshDatabase) -> AsyncIterator[LossyLink]:
    server = database.superuser
    async with lossy_link(host=server.host, port=server.port) as opened:
        yield opened


def record(file: SignalFile, chain: Chain, count: int) -> None:
    with file.transaction() as connection:
        for _ in range(count):
            made = chain.record()
            chain.tell(connection, made)
            order_entries(SETTINGS)(connection, made, PRICE)


@contextlib.asynccontextmanager
async def delivered(
    file: SignalFile, database: FreshDatabase, link: LossyLink
) -> AsyncIterator[asyncio.Event]:
    access = access_of(database)
    through = Access(
        dsn=replace(access.dsn, host="127.0.0.1", port=link.port), passwords=access.passwords
    )
    woken = asyncio.Event()
    task = asyncio.create_task(deliver(SETTINGS, file, through, clock=now, woken=woken))
    try:
        yield woken
    finally:
        assert not task.done(), "an outage ended it"
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def counted(looking: asyncpg.Connection) -> tuple[int, int]:
    """Signals and intents that are stored."""
    row = await looking.fetchrow(
        "SELECT (SELECT count(*) FROM signals), (SELECT count(*) FROM intents)"
    )
    return tuple(row)


async def is_told(file: SignalFile) -> bool:
    return not (await asyncio.to_thread(Outbox(file).counts)).waiting


async def all_once(file: SignalFile, looking: asyncpg.Connection, count: int) -> None:
    await eventually(lambda: is_told(file), within_s=30, what="everything is told")
    assert await counted(looking) == (count, count)
    sequences = await looking.fetch("SELECT sequence FROM signals ORDER BY sequence")
    assert [row["sequence"] for row in sequences] == list(range(1, count + 1))
    assert Outbox(file).counts().refused == {}


async def test_nothing_is_lost_and_nothing_doubled_through_outages_and_lost_answers(
    file: SignalFile,
    database: FreshDatabase,
    spine: Spine,
    link: LossyLink,
    looking: asyncpg.Connection,
) -> None:
    chain = Chain()
    link.is_up = False
    async with delivered(file, database, link) as woken:
        record(file, chain, 10)
        woken.set()
        await eventually(
            lambda: Outbox(file).counts().last_error != "", what="it tried without a database"
        )
        link.is_up = True
        await all_once(file, looking, 10)
        link.cut()  # in the middle, with connections open
        record(file, chain, 10)
        woken.set()
        await eventually(lambda: Outbox(file).counts().last_error != "", what="it tried again")
        link.is_up = True
        await all_once(file, looking, 20)
        for word in (COMMIT, AN_INTENT, COMMIT, AN_INTENT):
            lost = link.lost
            link.lose(word)
            record(file, chain, 5)
            woken.set()
            await eventually(lambda lost=lost: link.lost > lost, what="the answer was lost")
            await all_once(file, looking, len(chain.records))
    repeated = await looking.fetchval("SELECT count(*) FROM alerts WHERE outcome = 'duplicate'")
    assert repeated >= 2, "intents whose answer was lost were said again and found themselves"


async def test_a_service_that_is_killed_again_and_again_tells_each_row_once(
    file: SignalFile,
    database: FreshDatabase,
    spine: Spine,
    looking: asyncpg.Connection,
    tmp_path: Path,
) -> None:
    record(file, Chain(), KILLED_OVER)
    access = access_of(database)
    arguments = [
        str(tmp_path / "signals.sqlite"),
        json.dumps(asdict(access.dsn)),
        json.dumps(dict(access.passwords)),
    ]
    for floor in (0, KILLED_OVER // 2):
        child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, *arguments)
        try:
            await eventually(lambda floor=floor: told_more_than(looking, floor), what="it tells")
        finally:
            child.kill()
            await child.wait()
    child = await asyncio.create_subprocess_exec(sys.executable, "-c", CHILD, *arguments)
    try:
        await all_once(file, looking, KILLED_OVER)
    finally:
        child.kill()
        await child.wait()


async def told_more_than(looking: asyncpg.Connection, floor: int) -> bool:
    return sum(await counted(looking)) > floor


async def test_beside_the_cycle_it_reports_itself_and_ends_with_it(
    file: SignalFile, database: FreshDatabase, spine: Spine, looking: asyncpg.Connection
) -> None:
    deck = Deck(
        file=file,
        settings=SETTINGS,
        board=Board(VoteStore(SourceFile.empty())),
        stop=asyncio.Event(),
        recorded=asyncio.Event(),
    )
    beside = asyncio.create_task(delivering(access_of(database), clock=now)(deck))
    await eventually(lambda: has_reported(looking, chain_name(file)), what="the service reports")
    deck.stop.set()
    await beside
    row = await looking.fetchrow("SELECT * FROM signal_services")
    assert (row["strategy"], row["route"], row["auto_execute"]) == ("consensus", "main", True)
    assert (row["waiting"], row["set_aside"], row["oldest_waiting_at"]) == (0, 0, None)


async def has_reported(looking: asyncpg.Connection, chain: str) -> bool:
    return bool(
        await looking.fetchval("SELECT count(*) FROM signal_services WHERE chain = $1", chain)
    )
