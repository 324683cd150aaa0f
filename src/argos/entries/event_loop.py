"""The event loop of a process: uvloop, where there is one. On Windows, where MetaTrader 5 lives, there is none."""

import asyncio
import sys
from collections.abc import Coroutine
from typing import Any, TypeVar

_T = TypeVar("_T")

if sys.platform == "win32":

    def run(main: Coroutine[Any, Any, _T]) -> _T:
        return asyncio.run(main)

else:
    import uvloop

    def run(main: Coroutine[Any, Any, _T]) -> _T:
        return uvloop.run(main)
