"""How all of this is compiled: nothing is allocated (`_nrt`), nothing raised, and Python reaches the kernel alone."""

from functools import partial
from typing import Any

import numpy as np
from numba import njit

from argos.backtest.layout import Reason

# `_nrt` is not among the options that numba's stubs know.
_jit: Any = njit
part = partial(
    _jit, _nrt=False, error_model="numpy", no_cpython_wrapper=True, no_cfunc_wrapper=True
)
"""For what the kernel calls."""


def kernel_jit(function):
    """For the kernel itself: kept on disk, and other threads run meanwhile."""
    options = {"_nrt": False, "error_model": "numpy", "nogil": True}
    try:
        return _jit(cache=True, **options)(function)
    except RuntimeError:
        # Neither beside the sources nor in the user's own folder may anything be written: each process compiles.
        return _jit(**options)(function)


# As numpy's integers: for each plain one numba would compile a further copy of the functions that it is handed to.
STOP, TAKE, REVERSE, END, TRAIL, TIME, EXIT, SESSION, MARGIN = (
    np.int64(reason.value) for reason in Reason
)
NO_REASON = np.int64(-1)
YES = np.bool_(True)
SIGNAL_EXIT, SIGNAL_TARGET = 2, 3
LIMIT_ENTRY, STOP_ENTRY = 1, 2
