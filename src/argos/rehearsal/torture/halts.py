"""Throws the kill switch and takes it back, and remembers from when to when nothing may have been sent."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import aiohttp

from argos.core.account import TradingMode
from argos.rehearsal.torture.arena import Arena
from argos.rehearsal.torture.plan import Strike

CALL_TIMEOUT_S: Final = 6.0
RETRY_S: Final = 0.2
TRIES_MAX: Final = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltRecord:
    """From the 2xx answer to the halt until resume was first asked for. `unconfirmed`: commands it excepted."""

    mode: TradingMode
    answered_at: datetime
    resumed_at: datetime
    unconfirmed: frozenset[UUID]


async def hold_halt(
    arena: Arena, strike: Strike, *, session: aiohttp.ClientSession
) -> HaltRecord | None:
    """Halt everything, hold it for the strike's time, resume. None when no answer to the halt came.

    It resumes in any case, so that the run can go on.
    """
    body = {"scope": "global", "mode": strike.mode.value, "reason": "torture"}
    halted = await _post(arena, "/api/halt", body, session=session)
    answered_at = datetime.now(UTC)
    if halted is not None:
        await asyncio.sleep(strike.lasts_s)
    resumed_at = datetime.now(UTC)
    await _post(arena, "/api/resume", {"scope": "global"}, session=session)
    if halted is None:
        return None
    return HaltRecord(
        mode=strike.mode,
        answered_at=answered_at,
        resumed_at=resumed_at,
        unconfirmed=frozenset(UUID(text) for text in halted["unconfirmed_commands"]),
    )


async def _post(
    arena: Arena, path: str, body: dict[str, Any], *, session: aiohttp.ClientSession
) -> dict[str, Any] | None:
    """The answer, however often it takes to get one; None after a bounded number of tries."""
    headers = {"Authorization": f"Bearer {arena.api_key}"}
    timeout = aiohttp.ClientTimeout(total=CALL_TIMEOUT_S)
    for _ in range(TRIES_MAX):
        try:
            async with session.post(
                f"{arena.gateway_url}{path}", json=body, headers=headers, timeout=timeout
            ) as answer:
                if answer.ok:
                    found: dict[str, Any] = await answer.json()
                    return found
        except (aiohttp.ClientError, TimeoutError):
            pass  # the gateway is down or its database is: try again
        await asyncio.sleep(RETRY_S)
    return None
