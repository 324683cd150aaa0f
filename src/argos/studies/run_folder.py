"""A run as a folder of results, and the proof that it can be made again bit for bit."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from argos.backtest.metrics import Metrics, metrics_of
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.settings import Settings
from argos.studies.columns import (
    calendar_from,
    calendar_table,
    differing_columns,
    equity_table,
    fill_table,
    trade_table,
)
from argos.studies.folder import KeptStudy, Study
from argos.studies.origin import environment
from argos.studies.settings_text import finite, plain, settings_document, settings_from

RUN = "run"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A made-again run is not the kept one in these columns of this table."""

    table: str
    columns: tuple[str, ...]


def run_study(
    result: Result,
    provenance: Provenance,
    *,
    kind: str = RUN,
    source: Mapping[str, str],
    sheet: str,
    request: Mapping[str, Any],
    more: Mapping[str, Any] | None = None,
    tables: Mapping[str, pa.Table] | None = None,
) -> Study:
    """All that is kept of a run. source: the strategy's text by file name; request: how the prices were asked for."""
    kept = dict(run_tables(result)) | dict(tables or {})
    calendar = calendar_table(result.settings.calendar)
    if calendar is not None:
        kept["calendar"] = calendar
    return Study(
        kind=kind,
        document={
            "provenance": provenance_document(provenance),
            "environment": environment(),
            "params": {name: plain(value) for name, value in result.params.items()},
            "settings": settings_document(result.settings),
            "returns": result.returns,
            "engine": result.engine,
            "request": dict(request),
            "metrics": metrics_document(metrics_of(result)),
            "costs": {name: finite(value) for name, value in asdict(result.costs).items()},
            **(more or {}),
        },
        tables=kept,
        texts={**source, "sheet.html": sheet},
    )


def run_tables(result: Result) -> dict[str, pa.Table]:
    """What must be the same when it is made again."""
    return {
        "trades": trade_table(result),
        "fills": fill_table(result),
        "equity": equity_table(result),
    }


def kept_settings(study: KeptStudy) -> Settings:
    """The settings of a kept run, its calendar included."""
    has_calendar = (study.path / "calendar.parquet").is_file()
    calendar = calendar_from(study.table("calendar") if has_calendar else None)
    return settings_from(study.document["settings"], calendar)


def differences(result: Result, study: KeptStudy) -> list[Difference]:
    """Where a run made again differs from the kept one; empty when not one bit does."""
    found = []
    for name, table in run_tables(result).items():
        columns = differing_columns(table, study.table(name))
        if columns:
            found.append(Difference(table=name, columns=tuple(columns)))
    return found


def metrics_document(metrics: Metrics) -> dict[str, Any]:
    """All figures by name; None where one has no meaning."""
    return {name: finite(value) for name, value in asdict(metrics).items()}


def provenance_document(provenance: Provenance) -> dict[str, Any]:
    """As JSON holds it."""
    found = asdict(provenance)
    for name in ("first", "last", "made_at"):
        found[name] = found[name].isoformat()
    return found | {"symbols": list(provenance.symbols)}
