"""Prices from files, frames or the bundled set, checked row by row, as bars for a backtest."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np

from argos.backtest.bars import Bars
from argos.core.errors import InputError
from argos.prices.columns import PRICES
from argos.prices.finer import Laid, laid_into
from argos.prices.parquetfile import holds_bars, read_parquet
from argos.prices.resample import resampled
from argos.prices.series import bars_from, series_of
from argos.prices.sources import PARQUET_SUFFIXES, tables_of
from argos.prices.zones import moment_ns, to_utc, utc_text, zone_of

Moment = datetime | date | str


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Prices:
    """Bars, and what their owner should know of how they were read. left_out: bars that `since` and `until` cut off."""

    bars: Bars
    notes: tuple[str, ...]
    left_out: int


def read_bars(
    source: Any,
    *,
    symbols: Sequence[str] | str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    zone: str | None = None,
    finer: Any = None,
    every: int | str | None = None,
    adjust: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Bars:
    """`read_prices` without the notes."""
    return read_prices(
        source,
        symbols=symbols,
        since=since,
        until=until,
        zone=zone,
        finer=finer,
        every=every,
        adjust=adjust,
        columns=columns,
    ).bars


def read_prices(
    source: Any,
    *,
    symbols: Sequence[str] | str | None = None,
    since: Moment | None = None,
    until: Moment | None = None,
    zone: str | None = None,
    finer: Any = None,
    every: int | str | None = None,
    adjust: bool = False,
    columns: Mapping[str, str] | None = None,
) -> Prices:
    """Bars from a CSV or Parquet file, a folder or list of them, a frame of pandas or polars, a pyarrow table, a
    mapping of symbols to any of these, or "demo" ("demo:AAPL,GOOG") for the bundled daily prices.

    A row is one bar of one symbol, named by its opening. The symbol is that of a symbol column, of the mapping, or the
    file's name; one name in `symbols` renames a single nameless table, else `symbols` chooses and orders. Columns are
    found by name whatever its case; `columns` names them outright, role to name. `adjust` scales prices by Adj Close.

    zone: IANA name, for times without an offset; without it days are midnights of UTC and other local times are
    refused. since, until: bars that open at or after, and before; a plain date as `until` includes that day. Dates are
    those of `zone`, else of UTC.

    finer: another source of the same symbols with shorter bars, to settle what came first inside a bar. every: makes
    longer bars ("1h") of those that are read, which stay as their finer series; see `resample.resampled`.

    A Parquet file that `parquetfile.write_parquet` wrote gives its bars back, finer series and all.

    Raises InputError naming table, row and column of the first thing that is wrong.
    """
    where = None if zone is None else zone_of(zone)
    chosen = symbols
    if isinstance(symbols, str):
        chosen = [name.strip() for name in symbols.split(",")]
    if every is not None and finer is not None:
        raise InputError(
            "bars that are made longer have the shorter ones as their finer series already",
            code="PRICES_FINER_TWICE",
            field="finer",
            fix="give one of every and finer",
        )
    notes: list[str] = []
    bars = None if adjust else _saved(source, chosen)
    if bars is None:
        tables = tables_of(source, PRICES, given=columns or {})
        read = series_of(tables, zone=where, adjust=adjust, symbols=chosen)
        bars = bars_from(read.series)
        notes += read.notes
    if every is not None:
        notes.append(f"{len(bars)} bars are the finer series of those of {every}")
        bars = resampled(bars, every, zone=where)
    kept = _between(bars, since, until, where)
    left_out = len(bars) - len(kept)
    if left_out:
        sides = [f"before {since}"] if since is not None else []
        sides += [f"after {until}"] if until is not None else []
        notes.append(f"{left_out} of {len(bars)} bars are left out, {' or '.join(sides)}")
    if finer is not None:
        laid = _laid(kept, finer, zone=where, cut=since is not None)
        kept = replace(kept, fine=laid.fine)
        notes += laid.notes
    return Prices(bars=kept, notes=tuple(notes), left_out=left_out)


def _saved(source: Any, symbols: Sequence[str] | None) -> Bars | None:
    """The bars of a file that Argos wrote them to."""
    if not isinstance(source, str | Path) or not str(source).lower().endswith(PARQUET_SUFFIXES):
        return None
    path = Path(source).expanduser()
    if not path.is_file() or not holds_bars(path):
        return None
    bars = read_parquet(path)
    return bars if symbols is None else bars.choose(symbols)


def _laid(bars: Bars, finer: Any, *, zone: ZoneInfo | None, cut: bool) -> Laid:
    tables = tables_of(finer, PRICES, given={})
    read = series_of(tables, zone=zone, symbols=bars.symbols, what="finer prices")
    first = int(bars.opened_ns[0])
    series = [one.since(first) for one in read.series] if cut else read.series
    laid = laid_into(bars, series)
    return Laid(laid.fine, (*read.notes, *laid.notes))


def _between(bars: Bars, since: Moment | None, until: Moment | None, zone: ZoneInfo | None) -> Bars:
    if since is None and until is None:
        return bars
    first, last = 0, len(bars)
    if since is not None:
        start_ns = _moment_ns(since, zone, field="since")
        first = int(np.searchsorted(bars.opened_ns, start_ns))
    if until is not None:
        end_ns = _moment_ns(until, zone, field="until")
        last = int(np.searchsorted(bars.opened_ns, end_ns))
    kept = bars.between(first, max(first, last))
    lost = np.isnan(kept.open).all(axis=1)
    if lost.any():
        raise InputError(
            f"no bar of {bars.symbols[int(np.argmax(lost))]} opens from {since} to {until}",
            code="PRICES_RANGE_EMPTY",
            field="since" if until is None else "until",
            fix=f"choose from {utc_text(int(bars.opened_ns[0]))} to {utc_text(int(bars.opened_ns[-1]))}",
        )
    return kept


def _moment_ns(value: Moment, zone: ZoneInfo | None, *, field: str) -> int:
    """A bound in UTC nanoseconds; the day after a date that ends a range."""
    if isinstance(value, str):
        value = _parsed(value, field=field)
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return moment_ns(value)
        if zone is None:
            raise InputError(
                f"{field} is {value}, and no time zone is said",
                code="PRICES_RANGE_NAIVE",
                field=field,
                fix="give an offset (2026-01-31T12:00:00Z), a plain date, or a zone",
            )
        return moment_ns(value.replace(tzinfo=zone))
    day = value + timedelta(days=1) if field == "until" else value
    midnight = datetime.combine(day, time(0))
    local = np.array([np.datetime64(midnight, "ns").astype(np.int64)])
    return int(local[0] if zone is None else to_utc(local, zone).utc_ns[0])


def _parsed(text: str, *, field: str) -> datetime | date:
    try:
        return date.fromisoformat(text) if len(text) <= 10 else datetime.fromisoformat(text)
    except ValueError as error:
        raise InputError(
            f"{field} is {text!r}, not a date or moment",
            code="PRICES_RANGE",
            field=field,
            fix="write 2026-01-31 or 2026-01-31T12:00:00Z",
        ) from error
