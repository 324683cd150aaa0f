"""A call to one provider: counted before it is sent, tried again within bounds, its end written down."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
from random import Random
from typing import Final

import aiohttp

from argos.core.errors import StoreError
from argos.sources.budget import Granted, Refused
from argos.sources.http import Failure, Limits, Reply, Request, failure_of, fetch
from argos.sources.ledger import CallLedger
from argos.sources.reasons import SourceReason

PAUSE_UNTOLD_S: Final = 60.0
"""How long a provider is left alone that says "too many" and not for how long."""
BURST_S: Final = 1.0
"""A limit that ends within so long is waited out."""
_BACKOFF_S: Final = 0.25
_TRIED_AGAIN: Final = frozenset(
    {SourceReason.UNREACHABLE, SourceReason.TIMED_OUT, SourceReason.PROVIDER_FAILED}
)

CostOf = Callable[[Reply], int]


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """Where one provider is and what its calls may use. key is masked in every log line."""

    provider: str
    base_url: str
    key: str
    simulated: bool
    limits: Limits
    retries_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Price:
    """at_most: millionths of a dollar, counted before sending; of: what an answer really cost.

    A call that fails costs nothing if the provider answered that it failed, and `at_most` if nobody knows.
    """

    at_most: int
    of: CostOf


FREE: Final = Price(at_most=0, of=lambda _reply: 0)


class Caller:
    """Calls to one provider. `sleep` and `draw` are for the waits in between."""

    def __init__(
        self,
        access: Access,
        *,
        session: aiohttp.ClientSession,
        ledger: CallLedger,
        clock: Callable[[], datetime],
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
        draw: Random | None = None,
    ) -> None:
        self.access = access
        self._session = session
        self._ledger = ledger
        self._clock = clock
        self._sleep = sleep
        self._draw = draw or Random()

    async def call(self, request: Request, price: Price = FREE) -> Reply | Failure:
        """A successful answer (2xx), or why there is none. Only a GET is sent again, `retries_max` times at most."""
        tries = 1 + (self.access.retries_max if request.method == "GET" else 0)
        outcome: Reply | Failure = Failure(reason=SourceReason.UNREACHABLE)
        for number in range(tries):
            if number:
                await self._sleep(_BACKOFF_S * 2**number * (0.5 + self._draw.random()))
            outcome = await self._once(request, price)
            if isinstance(outcome, Reply) or not _may_pass(outcome):
                break
        return outcome

    async def _once(self, request: Request, price: Price) -> Reply | Failure:
        access, ledger = self.access, self._ledger
        try:
            asked = await self._ask(request, price)
        except StoreError:
            return Failure(reason=SourceReason.LEDGER_UNAVAILABLE)
        if isinstance(asked, Refused):
            return Failure(reason=asked.reason)
        outcome = await fetch(self._session, access.base_url, request, access.limits)
        cost = price.at_most
        if isinstance(outcome, Reply):
            failure = failure_of(outcome, now=self._clock())
            cost = price.of(outcome) if failure is None else 0
            outcome = failure or outcome
        ending = "OK" if isinstance(outcome, Reply) else outcome.reason.code
        try:
            await asyncio.to_thread(ledger.settle, asked.call_id, ending=ending, microdollars=cost)
            await self._pause_if_told(outcome)
        except StoreError:
            return Failure(reason=SourceReason.LEDGER_UNAVAILABLE)
        return outcome

    async def _ask(self, request: Request, price: Price) -> Granted | Refused:
        """Waits out a limit on bursts, once; anything longer is a refusal."""
        for may_wait in (True, False):
            now = self._clock()
            asked = await asyncio.to_thread(
                self._ledger.ask,
                self.access.provider,
                subject=request.subject,
                microdollars=price.at_most,
                now=now,
            )
            if not may_wait or isinstance(asked, Granted):
                break
            wait_s = (asked.again_at - now).total_seconds()
            if asked.reason is not SourceReason.RATE_SPENT or wait_s > BURST_S:
                break
            await self._sleep(wait_s)
        return asked

    async def _pause_if_told(self, outcome: Reply | Failure) -> None:
        if isinstance(outcome, Reply):
            return
        seconds = outcome.retry_after_s
        if seconds is None and outcome.reason is SourceReason.RATE_LIMITED:
            seconds = PAUSE_UNTOLD_S
        if seconds is not None:
            await asyncio.to_thread(
                self._ledger.pause, self.access.provider, seconds=seconds, now=self._clock()
            )

    async def pause(self, seconds: float) -> None:
        """Leave the provider alone: what its body says that its status does not."""
        try:
            await asyncio.to_thread(
                self._ledger.pause, self.access.provider, seconds=seconds, now=self._clock()
            )
        except StoreError:
            return  # the next call asks the ledger first, and is not sent if that still fails


def _may_pass(failure: Failure) -> bool:
    return failure.reason in _TRIED_AGAIN and failure.retry_after_s is None
