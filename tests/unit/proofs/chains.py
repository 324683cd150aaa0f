"""Chains of records over some days, and their heads."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from argos.proofs.heads import day_of, head_of_day
from argos.proofs.records import ChainEnd, record_after

START = datetime(2026, 11, 20, 15, 0, tzinfo=UTC)


def chain(counts: list[int]) -> list[dict[str, Any]]:
    """So many records on each day from START on."""
    end, records = ChainEnd(), []
    for day, count in enumerate(counts):
        for number in range(count):
            at = START + timedelta(days=day, seconds=5 * number)
            signal = {"symbol": f"S{number}", "score": "0.85", "note": "Zürich 😀", "agreed": True}
            record, end = record_after(end, at=at, signal=signal)
            records.append(record)
    return records


def heads(records: list[dict[str, Any]], days: int) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    for number in range(days):
        day = (START + timedelta(days=number)).date()
        found.append(
            head_of_day(day, records_of(day, records), before=found[-1] if found else None)
        )
    return found


def records_of(day: date, records: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [record for record in records if day_of(record) == day.isoformat()]
