"""Alerts per second at one gateway process, against two floors: validating without storing, and storing alone."""

import asyncio
import json
import os
import shutil
import statistics
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argos.store.audit import verify_chain
from memory import MemoryWatch
from pgbench import run_pgbench
from rig import ROUTE, BenchError, Figures, Rig, open_rig, running, running_gateway

CONNECTIONS: Final = 32
HERE: Final = Path(__file__).parent


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSettings:
    """How often and how long each side is loaded; sides take turns within a round."""

    rounds: int
    seconds: int
    warm_up_s: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Load:
    """What one run of wrk saw."""

    per_s: float
    p50_ms: float
    p99_ms: float
    requests: int


async def measure_gateway(settings: LoadSettings, memory: MemoryWatch) -> Figures:
    wrk = shutil.which("wrk")
    if wrk is None:
        raise BenchError("wrk is missing: apt-get install wrk")
    async with open_rig() as rig:
        floor_port = rig.port("floor")
        floor_url = f"http://127.0.0.1:{floor_port}"
        floor_argv = [str(HERE / "floor.py"), str(floor_port)]
        async with (
            running_gateway(rig) as (gateway_url, pid),
            running(floor_argv, health_url=f"{floor_url}/health"),
        ):
            memory.watch("gateway", pid)
            memory.watch_children("postgres", rig.postgres.pid)
            loader = _Loader(wrk=wrk, rig=rig)
            rounds = await _take_turns(
                loader, settings, floor=f"{floor_url}/floor", gateway=gateway_url + rig.hook_path
            )
            await _check_all_stored(rig, at_least=loader.gateway_requests)
            stored_per_s = await _pgbench_rounds(rig, loader, settings, gateway_url)
        audit = await _verify_audit(rig)
    return {**_figures(rounds, stored_per_s), **audit}


Round = tuple[Load, Load]
"""(floor, gateway)"""


class _Loader:
    def __init__(self, *, wrk: str, rig: Rig) -> None:
        self._wrk = wrk
        self._rig = rig
        self._run = 0
        self.gateway_requests = 0

    async def load(self, url: str, *, seconds: int) -> Load:
        """One run of wrk; raises BenchError if any answer was an error."""
        self._run += 1
        host, _, path = url.removeprefix("http://").partition("/")
        argv = [
            self._wrk, "-t1", f"-c{CONNECTIONS}", f"-d{seconds}s", "-s", str(HERE / "alerts.lua"),
            f"http://{host}", "--", f"/{path}", self._rig.hook_secret, ROUTE, str(self._run),
        ]  # fmt: skip
        seen = json.loads((await output_of(argv)).splitlines()[-1])
        if seen["errors"]:
            raise BenchError(f"{seen['errors']} of {seen['requests']} answers were errors")
        if path != "floor":
            self.gateway_requests += seen["requests"]
        return Load(
            per_s=seen["requests"] / seen["duration_us"] * 1e6,
            p50_ms=seen["p50_us"] / 1000,
            p99_ms=seen["p99_us"] / 1000,
            requests=seen["requests"],
        )


async def output_of(argv: Sequence[str]) -> str:
    process = await asyncio.create_subprocess_exec(
        *argv, stdout=asyncio.subprocess.PIPE, env=dict(os.environ)
    )
    out, _ = await process.communicate()
    if process.returncode:
        raise BenchError(f"{argv[0]} ended with {process.returncode}")
    return out.decode()


async def _take_turns(
    loader: _Loader, settings: LoadSettings, *, floor: str, gateway: str
) -> list[Round]:
    for url in (floor, gateway):
        await loader.load(url, seconds=settings.warm_up_s)
    rounds = []
    for _ in range(settings.rounds):
        first = await loader.load(floor, seconds=settings.seconds)
        rounds.append((first, await loader.load(gateway, seconds=settings.seconds)))
    return rounds


async def _check_all_stored(rig: Rig, *, at_least: int) -> None:
    """Every answer was a promise: as many accepted alerts stand in the database."""
    async with rig.superuser() as connection:
        stored = await connection.fetchval("SELECT count(*) FROM alerts WHERE outcome = 'accepted'")
    if stored < at_least:
        raise BenchError(f"{at_least} alerts were acknowledged, {stored} are stored")


async def _pgbench_rounds(
    rig: Rig, loader: _Loader, settings: LoadSettings, gateway_url: str
) -> list[tuple[float, float]]:
    """(pgbench, gateway) per second, taking turns."""
    rounds = []
    with tempfile.TemporaryDirectory(prefix="argos-pgbench-") as directory:
        for _ in range(settings.rounds):
            stored = await run_pgbench(
                rig, Path(directory), clients=CONNECTIONS, seconds=settings.seconds
            )
            seen = await loader.load(gateway_url + rig.hook_path, seconds=settings.seconds)
            rounds.append((stored, seen.per_s))
    return rounds


async def _verify_audit(rig: Rig) -> Figures:
    """The chain over all that was stored so far, computed again."""
    start_s = time.perf_counter()
    report = await verify_chain(rig.access.as_role("argos_audit"))
    seconds = time.perf_counter() - start_s
    if not report.clean:
        raise BenchError(f"the audit chain does not hold: {report.findings[0]}")
    return {"audit_rows": report.rows, "audit_verify_rows_per_s": report.rows / seconds}


def _figures(rounds: Sequence[Round], stored: Sequence[tuple[float, float]]) -> Figures:
    return {
        "gateway_alerts_per_s": statistics.median(gateway.per_s for _, gateway in rounds),
        "gateway_p50_ms": statistics.median(gateway.p50_ms for _, gateway in rounds),
        "gateway_p99_ms": statistics.median(gateway.p99_ms for _, gateway in rounds),
        "validating_floor_per_s": statistics.median(floor.per_s for floor, _ in rounds),
        "gateway_ratio_to_validating_floor": statistics.median(
            gateway.per_s / floor.per_s for floor, gateway in rounds
        ),
        "pgbench_per_s": statistics.median(per_s for per_s, _ in stored),
        "gateway_ratio_to_pgbench": statistics.median(gateway / per_s for per_s, gateway in stored),
    }
