"""Tables as files, batch by batch: CSV for people, Parquet for programs.

CSV: UTF-8 with a header; decimals exact in plain notation, moments in RFC 3339 (UTC), nothing for null. Parquet:
decimals as decimal128(38, 18), the 19th decimal rounded half even; moments as timestamp[us, UTC]; ids as text.
"""

import csv
from collections.abc import Callable, Mapping, Sequence
from decimal import ROUND_HALF_EVEN, Context, Decimal
from pathlib import Path
from typing import Any, Final, Protocol

import pyarrow as pa
import pyarrow.parquet as pq

from argos.core.errors import InputError
from argos.protocol.values import moment_text

DECIMAL_PLACES: Final = 18
_STEP: Final = Decimal(1).scaleb(-DECIMAL_PLACES)
_WIDE: Final = Context(prec=200, rounding=ROUND_HALF_EVEN)
_DECIMAL: Final = pa.decimal128(38, DECIMAL_PLACES)

_ARROW_TYPES: Final[Mapping[str, pa.DataType]] = {
    "text": pa.string(),
    "uuid": pa.string(),
    "bytea": pa.string(),
    "bool": pa.bool_(),
    "int4": pa.int32(),
    "int8": pa.int64(),
    "float8": pa.float64(),
    "numeric": _DECIMAL,
    "timestamptz": pa.timestamp("us", tz="UTC"),
}


def _bytes_text(value: bytes) -> str:
    """What was received, as text; bytes that are none are shown as \\xNN."""
    return value.decode("utf-8", "backslashreplace")


def _trimmed(value: str) -> str:
    return value.rstrip("0").rstrip(".") if "." in value else value


def _decimals(column: Sequence[str | None]) -> pa.Array:
    numbers = [None if text is None else Decimal(text) for text in column]
    try:
        return pa.array(numbers, type=_DECIMAL)
    except pa.ArrowInvalid:
        return pa.array(
            [None if item is None else _fitting(item) for item in numbers], type=_DECIMAL
        )


def _fitting(value: Decimal) -> Decimal:
    if value.adjusted() >= 38 - DECIMAL_PLACES:
        raise InputError(
            f"{value} has more than {38 - DECIMAL_PLACES} digits before the point",
            code="EXPORT_NUMBER_TOO_LARGE",
            fix="export as CSV, which keeps every number",
        )
    return value.quantize(_STEP, context=_WIDE)


_CSV_TEXTS: Final[Mapping[str, Callable[[Any], str]]] = {
    "bytea": _bytes_text,
    "numeric": _trimmed,
    "timestamptz": moment_text,
    "bool": lambda value: "true" if value else "false",
}
_ARROW_VALUES: Final[Mapping[str, Callable[[Any], Any]]] = {
    "bytea": _bytes_text,
    "uuid": str,
}


def _arrow_array(
    column: Sequence[Any], kind: pa.DataType, convert: Callable[[Any], Any] | None
) -> pa.Array:
    if kind == _DECIMAL:
        return _decimals(column)
    if convert is not None:
        column = [None if value is None else convert(value) for value in column]
    return pa.array(column, type=kind)


class TableFile(Protocol):
    """A file that is being written. `columns` are (name, PostgreSQL's type name); a numeric comes as its text."""

    def write(self, rows: Sequence[Sequence[Any]]) -> None: ...

    def close(self) -> None: ...


class CsvFile:
    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        self._file = path.open("w", encoding="utf-8", newline="")
        self._writer = csv.writer(self._file, lineterminator="\n")
        self._writer.writerow([name for name, _ in columns])
        self._texts = [_CSV_TEXTS.get(kind) for _, kind in columns]

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        texts = self._texts
        self._writer.writerows(
            [
                value if text is None or value is None else text(value)
                for text, value in zip(texts, row, strict=True)
            ]
            for row in rows
        )

    def close(self) -> None:
        self._file.close()


class ParquetFile:
    def __init__(self, path: Path, columns: Sequence[tuple[str, str]]) -> None:
        self._schema = pa.schema([(name, _ARROW_TYPES[kind]) for name, kind in columns])
        self._values = [_ARROW_VALUES.get(kind) for _, kind in columns]
        self._writer = pq.ParquetWriter(path, self._schema, compression="zstd")

    def write(self, rows: Sequence[Sequence[Any]]) -> None:
        arrays = [
            _arrow_array(column, field.type, convert)
            for convert, column, field in zip(
                self._values, zip(*rows, strict=True), self._schema, strict=True
            )
        ]
        self._writer.write_batch(pa.record_batch(arrays, schema=self._schema))

    def close(self) -> None:
        self._writer.close()
