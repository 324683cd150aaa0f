"""Waiting for what other processes do: a condition and a deadline, never a fixed pause."""

import asyncio
import time
from collections.abc import Awaitable, Callable

POLL_S = 0.01


async def eventually(
    condition: Callable[[], bool | Awaitable[bool]], *, within_s: float = 15.0, what: str = ""
) -> None:
    """Return as soon as `condition` holds; fail when it does not within the time."""
    deadline_s = time.monotonic() + within_s
    while True:
        held = condition()
        if not isinstance(held, bool):
            held = await held
        if held:
            return
        assert time.monotonic() < deadline_s, f"not within {within_s} s: {what or condition}"
        await asyncio.sleep(POLL_S)
