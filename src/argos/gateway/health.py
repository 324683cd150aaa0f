"""Is this gateway alive, is it ready, and how is the spine doing?"""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

import asyncpg
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from starlette.responses import Response

from argos.core.errors import StoreError
from argos.gateway.answers import answer
from argos.gateway.doors import DoorsCopy
from argos.gateway.signal_figures import SignalFigures
from argos.gateway.spine_figures import SpineFigures
from argos.store.migrate import known_migrations
from argos.store.reading import ReadingStore

STATE_AGE_S_MAX: Final = 2.0
SERVICE_AGE_S_MAX: Final = 60.0
"""A signal service reports every ten seconds."""
LOOK_S_MAX: Final = 2.0
"""Whoever asks for health has little patience: a database that is slower than this is away."""


class HealthDesk:
    """Looks at the database at most every two seconds, however many ask."""

    def __init__(
        self,
        pool: asyncpg.Pool,
        *,
        doors: DoorsCopy,
        clock_s: Callable[[], float] = time.monotonic,
    ) -> None:
        self._clock_s = clock_s
        self._store = ReadingStore(pool)
        self._doors = doors
        self._expected = {str(item.version): item.checksum for item in known_migrations()}
        self._lock = asyncio.Lock()
        self._state: Mapping[str, Any] | None = None
        self._problem = ""
        self._looked_s = float("-inf")

    def live(self) -> Response:
        return answer({"status": "live"})

    async def ready(self) -> Response:
        state = await self._look()
        checks = {
            "database": {"ok": state is not None, "detail": self._problem or "reachable"},
            "migrations": self._judge_migrations(state),
            "doors": self._judge_doors(),
        }
        ready = all(check["ok"] for check in checks.values())
        return answer(
            {
                "status": "ready" if ready else "not_ready",
                "checks": checks,
                "signals": _judge_signals(state),
            },
            status=200 if ready else 503,
        )

    async def metrics(self) -> Response:
        """Never fails: without a database the figures of the spine are left out, and that is a figure too."""
        figures = CollectorRegistry(auto_describe=False)
        state = await self._look()
        figures.register(SpineFigures(state))
        figures.register(SignalFigures(state))
        text = generate_latest(REGISTRY) + generate_latest(figures)
        return Response(text, media_type=CONTENT_TYPE_LATEST)

    async def _look(self) -> Mapping[str, Any] | None:
        async with self._lock:
            if self._clock_s() - self._looked_s > STATE_AGE_S_MAX:
                self._state, self._problem = await self._read_state()
                self._looked_s = self._clock_s()
            return self._state

    async def _read_state(self) -> tuple[Mapping[str, Any] | None, str]:
        try:
            async with asyncio.timeout(LOOK_S_MAX):
                return await self._store.state(), ""
        except TimeoutError:
            return None, f"no answer within {LOOK_S_MAX:g} s"
        except StoreError as error:
            return None, error.message

    def _judge_migrations(self, state: Mapping[str, Any] | None) -> dict[str, Any]:
        if state is None:
            return {"ok": False, "detail": "unknown: the database is away"}
        applied: Mapping[str, str] = state["migrations"] or {}
        if applied == self._expected:
            return {"ok": True, "detail": f"{len(applied)} migrations applied"}
        missing = sorted(self._expected.keys() - applied.keys(), key=int)
        if missing:
            return {"ok": False, "detail": f"missing: {', '.join(missing)}; run argos db upgrade"}
        return {"ok": False, "detail": "the database was set up by another version of Argos"}

    def _judge_doors(self) -> dict[str, Any]:
        doors = self._doors.doors
        if not self._doors.loaded:
            return {"ok": False, "detail": "hooks and keys were not read yet"}
        counts = ((doors.hooks, "hooks"), (doors.api_keys, "API keys"), (doors.routes, "routes"))
        return {"ok": True, "detail": ", ".join(f"{name}: {len(found)}" for found, name in counts)}


def _judge_signals(state: Mapping[str, Any] | None) -> dict[str, Any]:
    """Beside the checks: alerts are taken whether or not signals are made."""
    if state is None or state["signals"] is None:
        why = "the database is away" if state is None else "its tables are missing"
        return {"ok": False, "detail": f"unknown: {why}"}
    services = state["signals"]["services"]
    if not services:
        return {"ok": True, "detail": "no signal service has reported here"}
    problems = []
    for service in services:
        if service["reported_age_s"] > SERVICE_AGE_S_MAX:
            problems.append(f"{service['chain']} is silent for {service['reported_age_s']:.0f} s")
        if service["set_aside"]:
            problems.append(f"{service['chain']} has {service['set_aside']} rows set aside")
    return {"ok": not problems, "detail": "; ".join(problems) or f"reporting: {len(services)}"}
