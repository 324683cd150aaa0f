"""Loops over arrays that are compiled when it pays, and run as plain Python when it does not."""

import sys
from collections.abc import Callable
from functools import cached_property, update_wrapper
from importlib import import_module
from typing import Any, Final, Generic, ParamSpec, TypeVar

import numpy as np

P = ParamSpec("P")
T = TypeVar("T")

PLAIN_ELEMENTS_MAX: Final = 120_000
"""Elements of all array arguments together up to which a loop runs uncompiled, unless the compiler is loaded anyway."""


class Compilable(Generic[P, T]):
    """A function in the subset of Python that numba compiles; without fastmath, so both ways give the same bits."""

    def __init__(self, function: Callable[P, T]) -> None:
        self.plain = function
        update_wrapper(self, function)

    @cached_property
    def compiled(self) -> Callable[P, T]:
        """The machine code, kept on disk if the function stands in a file."""
        numba = import_module("numba")
        made: Callable[P, T]
        try:
            made = numba.njit(cache=True, nogil=True, error_model="numpy")(self.plain)
        except RuntimeError:
            # Typed in at a prompt: there is no file beside which it could be kept.
            made = numba.njit(nogil=True, error_model="numpy")(self.plain)
        return made

    def __call__(self, *args: P.args, **kwargs: P.kwargs) -> T:
        if "numba" in sys.modules or _elements(args) > PLAIN_ELEMENTS_MAX:
            return self.compiled(*args, **kwargs)
        return self.plain(*args, **kwargs)


def _elements(arguments: tuple[Any, ...]) -> int:
    return sum(item.size for item in arguments if isinstance(item, np.ndarray))


def compilable(function: Callable[P, T]) -> Compilable[P, T]:
    """Marks an array loop of a strategy or an indicator; use it as a decorator on a function of a module."""
    return Compilable(function)
