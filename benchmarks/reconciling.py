"""Reconciled legs per second: real workers against a database full of trades, all of whose legs have news.

First pass: every leg gets its first revision. Second pass: the same news again, and every leg is found unchanged.
"""

import asyncio
import contextlib
import sys
import time
from typing import Final

import asyncpg

from memory import MemoryWatch
from rig import BenchError, Figures, Rig, child_environment, open_rig
from stored_legs import queue_legs, store_legs

WORKERS: Final = 2
"""As many as the machines we measure on have cores; workers share the queue without knowing of each other."""
LOOK_S: Final = 0.1
STALLED_S: Final = 60.0
SLOWEST_PER_S: Final = 100
_WAITING: Final = "SELECT count(*) FROM outbox WHERE topic = 'reconcile'"
_ANY: Final = "SELECT EXISTS (SELECT FROM outbox WHERE topic = 'reconcile')"
_HEADS: Final = "SELECT count(*) FROM leg_heads WHERE revision = 1"


async def measure_reconciliation(*, legs: int, memory: MemoryWatch) -> Figures:
    async with open_rig() as rig, rig.superuser() as connection:
        stored = await store_legs(connection, legs=legs)
        memory.watch_children("postgres", rig.postgres.pid)
        first_per_s = await _work_off(rig, connection, memory)
        again_per_s = await _work_off(rig, connection, memory)
        heads = await connection.fetchval(_HEADS)
    if heads != stored:
        raise BenchError(f"{stored} legs are stored, {heads} have just one revision")
    return {
        "reconcile_legs": stored,
        "reconcile_workers": WORKERS,
        "reconcile_legs_per_s": first_per_s,
        "reconcile_unchanged_legs_per_s": again_per_s,
    }


async def _work_off(rig: Rig, connection: asyncpg.Connection, memory: MemoryWatch) -> float:
    """Queue every leg, start the workers, and count from the first leg that is done to the last."""
    await queue_legs(connection)
    total = await connection.fetchval(_WAITING)
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(WORKERS):
            memory.watch("worker", await _start_worker(stack, rig))
        begun = await _after_first(connection, total)
        start_s = time.perf_counter()
        deadline_s = start_s + STALLED_S + begun / SLOWEST_PER_S
        while await connection.fetchval(_ANY):  # counting them would take part of what is measured
            if time.perf_counter() > deadline_s:
                raise BenchError("the workers do not get through")
            await asyncio.sleep(LOOK_S)
        seconds = time.perf_counter() - start_s
    return begun / seconds


async def _after_first(connection: asyncpg.Connection, total: int) -> int:
    """How many wait when the first are done: the start of the processes does not count."""
    deadline_s = time.perf_counter() + STALLED_S
    while time.perf_counter() < deadline_s:
        waiting: int = await connection.fetchval(_WAITING)
        if waiting < total:
            return waiting
        await asyncio.sleep(LOOK_S)
    raise BenchError("no worker took anything")


async def _start_worker(stack: contextlib.AsyncExitStack, rig: Rig) -> int:
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "argos.entries.worker", env=child_environment(rig.home)
    )

    async def stop() -> None:
        if process.returncode is None:
            process.terminate()
        await process.wait()

    stack.push_async_callback(stop)
    return process.pid
