"""Columns of numbers as little text: whole multiples of a step, parted into byte planes, deflated, in base64.

Planes of bytes that hardly change deflate well; the browser has the way back built in (`pack.js` undoes this file).
"""

import base64
import math
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from argos.backtest.layout import Floats

_LEVEL: Final = 5
_WHOLE_MAX: Final = 2**52
"""Beyond this a browser's number would not hold the whole multiple any more."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """values: float64[n], NaN for missing, kept to the nearest `step`; or integers, which count such steps already.

    differences: told as differences from the one before, where they are smaller; then nothing may be missing.
    """

    values: npt.NDArray[Any]
    step: float = 1.0
    differences: bool = False


def packed(columns: Mapping[str, Column]) -> dict[str, Any]:
    """A table for the browser: {"rows", "columns": [[name, step, planes, differences], ...], "data": base64}."""
    rows, told, planes = 0, [], []
    for name, column in columns.items():
        rows = len(column.values)
        found = _planes(column)
        told.append([name, column.step, len(found), column.differences])
        planes.extend(found)
    body = zlib.compress(b"".join(planes), _LEVEL)
    return {"rows": rows, "columns": told, "data": base64.b64encode(body).decode("ascii")}


def price_step(values: Floats, *, digits: int = 6) -> float:
    """The decimal step in which prices can be told: their own, or else `digits` figures of the smallest, if fewer.

    Values are positive; NaN is ignored. 1 without any.
    """
    known = values[np.isfinite(values) & (values != 0)]
    if not len(known):
        return 1.0
    sample = known[:: max(len(known) // 5_000, 1)]
    most, least = float(np.abs(known).max()), float(np.quantile(np.abs(sample), 0.01))
    finest = max(digits - 1 - math.floor(math.log10(least)), 0)
    # A browser's number holds whole multiples up to 2^52.
    finest = min(finest, math.floor(math.log10(_WHOLE_MAX / most)))
    for places in range(min(finest, 0), finest):
        scaled = sample * 10.0**places
        if np.all(np.abs(scaled - np.round(scaled)) <= 1e-9 * np.maximum(np.abs(scaled), 1.0)):
            return float(10.0**-places)
    return float(10.0**-finest)


def _planes(column: Column) -> list[bytes]:
    values, missing = column.values, None
    if values.dtype.kind == "f":
        missing = np.isnan(values)
        values = np.rint(np.where(missing, 0.0, values) * round(1.0 / column.step, 9))
    whole = values.astype(np.int64)
    if column.differences:
        whole = np.diff(whole, prepend=0)
    # 0 is missing; then 0, -1, 1, -2, ... so that small differences need few bytes whatever their sign.
    folded = np.where(whole < 0, -2 * whole - 1, 2 * whole) + 1
    if missing is not None:
        folded[missing] = 0
    most = int(folded.max(initial=0))
    return [
        ((folded >> (8 * plane)) & 0xFF).astype(np.uint8).tobytes()
        for plane in range((most.bit_length() + 7) // 8)
    ]
