import csv
import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import asyncpg
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from argos.core.errors import InputError, StoreError
from argos.dsn import Dsn
from argos.store.exporting import Dataset, ExportReport, FileFormat, export
from fresh_database import FreshDatabase
from truth_rows import ROWS

pytestmark = pytest.mark.integration

EXACT = Decimal("12345678901234567890.123456789012345678")
LEG = {
    "currency": "USD", "side": "buy", "intended_qty": "1", "filled_qty": "0.5", "net_pnl": "-12.25",
    "latency_ms": {"total": 12.5}, "divergence": ["QTY"], "opened_at": "2026-01-31T12:00:00.000001Z",
}  # fmt: skip


@pytest.fixture
async def stored(truth: asyncpg.Connection) -> asyncpg.Connection:
    """The truth, with a leg's head and an order's state to go with it."""
    await truth.execute(
        """INSERT INTO reconciled_legs
           VALUES ('trade 1', 'one', 2, 'EURUSD', 'bot@1', 'win', 'd', $1::text::jsonb, now())""",
        json.dumps(LEG),
    )
    await truth.execute("""
        INSERT INTO leg_heads VALUES ('trade 1', 'one', 2, 'd', now());
        INSERT INTO order_states (order_id, account, role, status, effective_qty, filled_qty, updated_at)
        SELECT order_id, 'one', 'entry', 'filled', 1.5, 1.5, now() FROM orders WHERE magic = 1;
    """)
    return truth


async def export_both(
    database: FreshDatabase, dataset: Dataset, directory: Path, **bounds: Any
) -> tuple[list[dict[str, str]], pa.Table]:
    for kind in FileFormat:
        report = await export(
            database.dsn("argos_reader"),
            dataset=dataset,
            path=directory / f"out.{kind}",
            format=kind,
            **bounds,
        )
        assert report.path == directory / f"out.{kind}"
    with (directory / "out.csv").open(newline="", encoding="utf-8") as file:
        rows = list(csv.DictReader(file))
    table = pq.read_table(directory / "out.parquet")
    assert report.rows == len(rows) == table.num_rows
    return rows, table


@pytest.mark.parametrize(
    ("dataset", "count"),
    [
        (Dataset.ALERTS, ROWS),
        (Dataset.INTENTS, ROWS),
        (Dataset.ORDERS, ROWS),
        (Dataset.EXECUTIONS, ROWS),
        (Dataset.EXECUTION_SHARES, ROWS),
        (Dataset.LEGS, 1),
        (Dataset.DISCREPANCIES, ROWS),
    ],
)
async def test_both_formats_hold_the_same_rows(
    stored: asyncpg.Connection,
    database: FreshDatabase,
    tmp_path: Path,
    dataset: Dataset,
    count: int,
) -> None:
    rows, table = await export_both(database, dataset, tmp_path)
    assert len(rows) == count
    assert list(rows[0]) == table.column_names
    for row, other in zip(rows, table.to_pylist(), strict=True):
        for name, text in row.items():
            assert _says(text, other[name]), name


def _says(text: str, value: object) -> bool:
    if value is None:
        return text == ""
    if isinstance(value, Decimal):
        return Decimal(text) == value
    if isinstance(value, datetime):
        return datetime.fromisoformat(text) == value
    if isinstance(value, bool):
        return text == str(value).lower()
    return text == str(value)


async def test_numbers_and_moments_are_typed_and_exact(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    await stored.execute(
        """INSERT INTO executions SELECT account, 'exact', order_id, opening_order_id, trade_id, venue_order_id,
               position_id, symbol, side, entry, $1, 1.50, 1000, swap, fee, profit, reason, 9223372036854775807,
               client_order_id, 'a "comment", with
a line break', bid_at_send, ask_at_send, timestamp_broker, received_at + interval '1 day'
           FROM executions LIMIT 1""",
        EXACT,
    )
    rows, table = await export_both(database, Dataset.EXECUTIONS, tmp_path)
    last, typed = rows[-1], table.to_pylist()[-1]
    assert (last["fill_price"], last["fill_qty"], last["commission"]) == (str(EXACT), "1.5", "1000")
    assert typed["fill_price"] == EXACT
    assert last["comment"] == typed["comment"]
    assert typed["magic"] == 2**63 - 1
    assert table.schema.field("fill_price").type == pa.decimal128(38, 18)
    assert table.schema.field("received_at").type == pa.timestamp("us", tz="UTC")


async def test_executions_and_their_shares_add_up_to_what_each_trade_got(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    """As docs/how-to/export-data.md says: where there are shares they count, else the execution itself."""
    await stored.execute(
        """INSERT INTO executions SELECT account, 'late', NULL, NULL, 'external:p', venue_order_id, 'p', symbol, side,
               entry, fill_price, 10, 1, 0, 0, 0, reason, 0, '', '', NULL, NULL, timestamp_broker, received_at
           FROM executions LIMIT 1"""
    )
    await stored.execute(
        """INSERT INTO execution_shares (account, venue_exec_id, share, order_id, trade_id, qty, commission, swap, fee,
                                         profit, corrects)
           VALUES ('one', 'late', 1, NULL, 'external:p', 10, 1, 0, 0, 0, false),
                  ('one', 'late', 2, NULL, 'external:p', -10, -1, 0, 0, 0, false),
                  ('one', 'late', 3, gen_random_uuid(), 'trade 1', 10, 1, 0, 0, 0, true)"""
    )
    shares, table = await export_both(database, Dataset.EXECUTION_SHARES, tmp_path)
    executions, _ = await export_both(database, Dataset.EXECUTIONS, tmp_path)
    shared = {(row["account"], row["venue_exec_id"]) for row in shares}
    units: dict[str, Decimal] = {}
    for row in shares:
        units[row["trade_id"]] = units.get(row["trade_id"], Decimal(0)) + Decimal(row["qty"])
    for row in executions:
        if (row["account"], row["venue_exec_id"]) not in shared:
            trade_id = row["trade_id"]
            units[trade_id] = units.get(trade_id, Decimal(0)) + Decimal(row["fill_qty"])
    assert (units["external:p"], units["trade 1"]) == (0, 1 + 10)
    assert sum(units.values()) == sum(Decimal(row["fill_qty"]) for row in executions)
    assert table.schema.field("corrects").type == pa.bool_()
    assert table.schema.field("recorded_at").type == pa.timestamp("us", tz="UTC")


async def test_a_leg_is_told_by_its_newest_revision(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    (leg,), table = await export_both(database, Dataset.LEGS, tmp_path)
    assert leg["revision"] == "2"
    assert (leg["net_pnl"], leg["total_ms"], leg["divergence"]) == ("-12.25", "12.5", '["QTY"]')
    assert table.to_pylist()[0]["opened_at"] == datetime(2026, 1, 31, 12, 0, 0, 1, tzinfo=UTC)


async def test_decimals_beyond_the_eighteenth_are_rounded_half_even_in_parquet_and_kept_in_csv(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    fine = Decimal("0.1234567890123456785")
    await stored.execute(
        """INSERT INTO orders SELECT gen_random_uuid(), intent_id, trade_id, account, route, bot_version, role, symbol,
               side, order_type, $1, price, stop_limit_price, sl, tp, valid_until, 1000, 'c1000',
               planned_at + interval '1 day', denial_code, denial_text, closes_order_id, checks
           FROM orders LIMIT 1""",
        fine,
    )
    rows, table = await export_both(database, Dataset.ORDERS, tmp_path)
    assert rows[-1]["qty"] == str(fine)
    assert table.to_pylist()[-1]["qty"] == Decimal("0.123456789012345678")


async def test_a_number_that_parquet_cannot_hold_is_refused_and_no_file_is_left(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    await stored.execute("ALTER TABLE orders DISABLE TRIGGER orders_immutable")
    await stored.execute("UPDATE orders SET price = 1e20 WHERE magic = 3")
    with pytest.raises(InputError, match="EXPORT_NUMBER_TOO_LARGE"):
        await export_both(database, Dataset.ORDERS, tmp_path)
    assert not (tmp_path / "out.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["out.csv"]


async def test_the_span_is_closed_below_and_open_above(
    superuser: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    start = datetime(2026, 1, 1, tzinfo=UTC)
    for hour in range(4):
        await superuser.execute(
            """INSERT INTO alerts (alert_id, received_at, source, remote, content_type, body, checks, outcome, code)
               VALUES (gen_random_uuid(), $1, 's', '', '', '\\xff61'::bytea, '[]', 'refused', 'CODE')""",
            start + timedelta(hours=hour),
        )
    rows, _ = await export_both(
        database,
        Dataset.ALERTS,
        tmp_path,
        since=start + timedelta(hours=1),
        until=start + timedelta(hours=3),
    )
    assert [row["received_at"] for row in rows] == [
        "2026-01-01T01:00:00.000000Z",
        "2026-01-01T02:00:00.000000Z",
    ]
    assert rows[0]["body"] == "\\xffa"


async def test_many_rows_are_streamed_and_counted(
    superuser: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    await superuser.execute(
        """INSERT INTO discrepancies (discrepancy_id, key, occurrence, code, account, expected, observed, found_at)
           SELECT gen_random_uuid(), 'k' || n, 1, 'C', 'one', '{}', '{}', now() FROM generate_series(1, 4500) n"""
    )
    told: list[int] = []
    report = await export(
        database.dsn("argos_reader"),
        dataset=Dataset.DISCREPANCIES,
        path=tmp_path / "out.csv",
        format=FileFormat.CSV,
        progress=told.append,
    )
    assert report == ExportReport(rows=4500, path=tmp_path / "out.csv")
    assert told[-1] == 4500
    assert told == sorted(told)
    assert len(told) > 1


async def test_nothing_to_export_is_a_file_with_a_header(
    superuser: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    rows, table = await export_both(database, Dataset.ORDERS, tmp_path)
    assert rows == []
    assert "order_id" in table.column_names


async def test_what_was_there_stays_when_an_export_fails(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    path = tmp_path / "out.csv"
    path.write_text("precious")

    def break_off(_: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        await export(
            database.dsn("argos_reader"),
            dataset=Dataset.ALERTS,
            path=path,
            format=FileFormat.CSV,
            progress=break_off,
        )
    assert path.read_text() == "precious"
    assert list(tmp_path.iterdir()) == [path]


async def test_a_file_that_cannot_be_written_is_an_input_error(
    stored: asyncpg.Connection, database: FreshDatabase, tmp_path: Path
) -> None:
    for kind in FileFormat:
        with pytest.raises(InputError, match="EXPORT_NOT_WRITABLE"):
            await export(
                database.dsn("argos_reader"),
                dataset=Dataset.ALERTS,
                path=tmp_path / "absent" / "out",
                format=kind,
            )


async def test_a_database_that_is_away_is_a_store_error(
    postgres_server: Dsn, tmp_path: Path
) -> None:
    with pytest.raises(StoreError):
        await export(
            postgres_server.for_database("absent"),
            dataset=Dataset.ALERTS,
            path=tmp_path / "out.csv",
            format=FileFormat.CSV,
        )
