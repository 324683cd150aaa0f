"""The file's rows in PostgreSQL: all of them, once, whatever breaks between the two."""

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import asyncpg
import orjson
import pytest

from argos.core.canonical import sha256_of
from argos.core.errors import StoreError
from argos.proofs.heads import head_of_day
from argos.proofs.records import verify_chain
from argos.signals import telling
from argos.signals.connections import Pools
from argos.signals.file import SignalFile
from argos.signals.outbox import TOLD, Outbox, OutboxKind
from argos.signals.telling import Teller, chain_name
from fresh_database import FreshDatabase
from recorded_signals import Chain, end_row, now
from spine import access_of

pytestmark = pytest.mark.integration


@pytest.fixture
async def pools(database: FreshDatabase) -> AsyncIterator[Pools]:
    opened = Pools(access_of(database))
    yield opened
    opened.terminate()


@pytest.fixture
async def looking(database: FreshDatabase) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(
        str(database.dsn("argos_reader")), server_settings={"search_path": "argos"}
    )
    yield connection
    await connection.close()


def teller_of(file: SignalFile, pools: Pools) -> Teller:
    return Teller(Outbox(file), pools, chain=chain_name(file), clock=now)


async def tell_all(teller: Teller) -> None:
    while await teller.step():
        pass


def write(file: SignalFile, chain: Chain, count: int, **changes: Any) -> Sequence[dict[str, Any]]:
    records = [chain.record(**changes) for _ in range(count)]
    with file.transaction() as connection:
        for record in records:
            chain.tell(connection, record)
    return records


def write_row(file: SignalFile, kind: OutboxKind, subject: str, payload: Mapping[str, Any]) -> None:
    with file.transaction() as connection:
        Outbox.add(connection, kind=kind, subject=subject, payload=payload, made_at=now())


async def test_what_is_recorded_arrives_whole_and_verifies_there(
    file: SignalFile, pools: Pools, looking: asyncpg.Connection
) -> None:
    chain = Chain()
    records = write(file, chain, 3)
    first = records[0]["signal"]["signal_id"]
    head = head_of_day(now().date(), records, before=None)
    write_row(file, OutboxKind.END, first, end_row(first, at=now()))
    write_row(file, OutboxKind.HEAD, head["day"], {"head": head, "head_hash": sha256_of(head)})
    await tell_all(teller_of(file, pools))
    rows = await looking.fetch("SELECT *, record::text AS told FROM signals ORDER BY sequence")
    assert {row["chain"] for row in rows} == {chain_name(file)}
    assert [row["record_hash"] for row in rows] == [sha256_of(record) for record in records]
    assert verify_chain([orjson.loads(row["told"]) for row in rows]) == []
    assert rows[0]["valid_until"] - rows[0]["at"] == timedelta(minutes=5)
    assert await looking.fetchval("SELECT signal_id::text FROM signal_ends") == first
    assert await looking.fetchval("SELECT head_hash FROM signal_heads") == sha256_of(head)
    assert await looking.fetchval("SELECT count(*) FROM signal_configurations") == 1
    assert Outbox(file).counts().waiting == {}


async def test_an_answer_that_was_lost_doubles_nothing(
    file: SignalFile,
    pools: Pools,
    looking: asyncpg.Connection,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The commit is made, and the word of it does not come back: as after a kill -9, the rows still wait."""
    write(file, Chain(), 5)
    store = telling.SignalStore

    class Deaf(store):  # type: ignore[misc,valid-type]
        async def add(self, rows: Any) -> Any:
            await super().add(rows)
            raise StoreError("the connection was lost")

    monkeypatch.setattr(telling, "SignalStore", Deaf)
    teller = teller_of(file, pools)
    with pytest.raises(StoreError):
        await teller.step()
    assert Outbox(file).counts().waiting == {"configuration": 1, "signal": 5}
    assert await looking.fetchval("SELECT count(*) FROM signals") == 5
    monkeypatch.undo()
    await tell_all(teller)
    assert await looking.fetchval("SELECT count(*) FROM signals") == 5
    counts = Outbox(file).counts()
    assert (counts.waiting, counts.refused) == ({}, {})


@pytest.mark.parametrize("same", ["signal_id", "sequence"])
async def test_another_record_under_a_name_that_is_taken_is_set_aside_and_the_rest_goes_on(
    file: SignalFile, pools: Pools, looking: asyncpg.Connection, same: str
) -> None:
    (good,) = write(file, Chain(), 1)
    await tell_all(teller_of(file, pools))
    other = Chain()
    taken = good["signal"]["signal_id"] if same == "signal_id" else None
    changed = other.record(score="0.99", signal_id=taken)
    # a file that was restored from before: the same place in the same chain, another record
    with file.transaction() as connection:
        connection.execute("DELETE FROM outbox")
        other.tell(connection, changed)
    write(file, other, 2)
    await tell_all(teller_of(file, pools))
    hashes = await looking.fetch("SELECT record_hash FROM signals ORDER BY sequence")
    assert [row["record_hash"] for row in hashes] == [
        sha256_of(record) for record in (good, *other.records[1:])
    ]
    counts = Outbox(file).counts()
    assert (counts.waiting, counts.refused) == ({}, {"SIGNAL_CONTRADICTS": 1})


async def test_a_row_that_nobody_can_hold_is_set_aside_alone(
    file: SignalFile, pools: Pools, looking: asyncpg.Connection
) -> None:
    chain = Chain()
    write(file, chain, 1)
    write(file, chain, 1, status="perhaps")
    write_row(file, OutboxKind.END, "x", {"signal_id": "no id", "at": "never"})
    write(file, chain, 1)
    await tell_all(teller_of(file, pools))
    sequences = await looking.fetch("SELECT sequence FROM signals ORDER BY sequence")
    assert [row["sequence"] for row in sequences] == [1, 3]
    assert Outbox(file).counts().refused == {"SIGNAL_ROW_UNUSABLE": 1, "VALUE_UNSTORABLE": 1}


async def test_two_files_have_chains_of_their_own(
    file: SignalFile, pools: Pools, looking: asyncpg.Connection, tmp_path: Any
) -> None:
    other = SignalFile.open(tmp_path / "other.sqlite")
    for each in (file, other):
        write(each, Chain(), 2)
    await asyncio.gather(*(tell_all(teller_of(each, pools)) for each in (file, other)))
    assert await looking.fetchval("SELECT count(*) FROM signals") == 4
    assert await looking.fetchval("SELECT count(DISTINCT chain) FROM signals") == 2


async def test_two_tellers_of_one_file_tell_each_row_once(
    file: SignalFile, pools: Pools, looking: asyncpg.Connection
) -> None:
    write(file, Chain(), 250)
    await asyncio.gather(*(tell_all(teller_of(file, pools)) for _ in range(2)))
    assert await looking.fetchval("SELECT count(*) FROM signals") == 250
    counts = Outbox(file).counts()
    assert (counts.waiting, counts.refused) == ({}, {})
    assert Outbox(file).waiting(1, kinds=TOLD) == []
