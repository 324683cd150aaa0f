"""One number that stands for bars: the same from whatever file or frame they came."""

import hashlib
from typing import Final

import numpy as np

from argos.backtest.bars import Bars

VERSION: Final = b"argos.bars/1\n"
_COUNT: Final = "<u8"
_WHOLE: Final = "<i8"
_NUMBER: Final = "<f8"


def bars_sha256(bars: Bars) -> str:
    """SHA-256 in hex digits, of these bytes one after the other, all numbers little-endian of 8 bytes:

    - the text "argos.bars/1" and a newline;
    - how many symbols, how many bars (unsigned); for each symbol the length of its name in UTF-8, and the name;
    - opened_ns (signed);
    - open, high, low, close, volume: each as IEEE 754, all bars of the first symbol, then of the next;
    - how many finer bars belong to these bars, plus 1; 0 if there is no finer series. If there is one: `start`, counted
      from its first (signed), and open, high, low, close of those finer bars.

    Every NaN counts as the same NaN and -0 as 0. A part of longer bars has the digest that it would have alone.
    """
    digest = hashlib.sha256(VERSION)
    digest.update(np.array(bars.close.shape, _COUNT).tobytes())
    for symbol in bars.symbols:
        name = symbol.encode()
        digest.update(np.array(len(name), _COUNT).tobytes() + name)
    digest.update(np.ascontiguousarray(bars.opened_ns, _WHOLE).data)
    for column in (bars.open, bars.high, bars.low, bars.close, bars.volume):
        _add(digest, column)
    fine = bars.fine
    if fine is None:
        digest.update(np.array(0, _COUNT).tobytes())
        return digest.hexdigest()
    first, last = int(fine.start[0]), int(fine.start[-1])
    digest.update(np.array(last - first + 1, _COUNT).tobytes())
    digest.update(np.ascontiguousarray(fine.start - first, _WHOLE).data)
    for column in (fine.open, fine.high, fine.low, fine.close):
        _add(digest, column[:, first:last])
    return digest.hexdigest()


def _add(
    digest: "hashlib._Hash", column: np.ndarray[tuple[int, int], np.dtype[np.float64]]
) -> None:
    for row in column:
        plain = row + 0.0  # -0 becomes 0
        plain[np.isnan(plain)] = np.nan
        digest.update(np.ascontiguousarray(plain, _NUMBER).data)
