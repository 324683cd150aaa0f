"""Between Arrow and numpy by their memory alone.

Arrow's own ways (`to_numpy`, `pa.array`, `pa.scalar`) load pandas wherever it is installed, which takes longer than
reading a million prices.
"""

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc


def numpy_of(column: pa.ChunkedArray | pa.Array, dtype: npt.DTypeLike) -> npt.NDArray[Any]:
    """The numbers of a column whose Arrow type has this layout; not to be written. Of a null, whatever stands there."""
    chunks = column.chunks if isinstance(column, pa.ChunkedArray) else [column]
    parts = [
        np.frombuffer(chunk.buffers()[1], dtype)[chunk.offset : chunk.offset + len(chunk)]
        for chunk in chunks
        if len(chunk)
    ]
    if len(parts) == 1:
        return parts[0]
    return np.concatenate(parts) if parts else np.zeros(0, dtype)


def owned(values: npt.NDArray[Any]) -> npt.NDArray[Any]:
    """The same in memory that may be written: the kernel takes no other, and would copy it for each run."""
    return np.require(values, requirements=["C", "W"])


def nulls_of(column: pa.ChunkedArray | pa.Array) -> npt.NDArray[np.bool_]:
    """Where a column says nothing: bool[rows]."""
    return numpy_of(pc.cast(column.is_null(), pa.uint8()), np.uint8).astype(bool)


def arrow_of(values: npt.NDArray[Any], kind: pa.DataType) -> pa.Array:
    """A column over the memory of an array [rows], whose dtype has the layout of `kind`."""
    return pa.Array.from_buffers(
        kind, len(values), [None, pa.py_buffer(np.ascontiguousarray(values))]
    )


def texts_of(texts: Sequence[str]) -> pa.Array:
    """A column of words."""
    data = [text.encode() for text in texts]
    ends = np.cumsum([0, *(len(text) for text in data)]).astype(np.int32)
    return pa.StringArray.from_buffers(len(texts), pa.py_buffer(ends), pa.py_buffer(b"".join(data)))
