"""The way in and out of the broker: who asks, how long it takes, and what goes wrong on the way."""

import asyncio
import hashlib
import hmac
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import orjson
from aiohttp import web

from argos.core.errors import ArgosError
from argos.exchange.draws import draw_latency_ms
from argos.paperbroker.broker import Broker
from argos.paperbroker.faults import FaultDesk, RequestKind
from argos.paperbroker.settings import Fault
from argos.protocol.values import parse_json

HANG_POLL_S: Final = 0.1
SHARE_INBOUND: Final = 0.6
"""Part of the latency that passes before the request is carried out; the rest delays its answer."""

log = logging.getLogger(__name__)

Work = Callable[[Mapping[Fault, int]], web.Response]
"""Carries a request out. It is told what shall go wrong, for the faults that only it can play."""


KEY_ID_HEADER: Final = "APCA-API-KEY-ID"
SECRET_HEADER: Final = "APCA-API-SECRET-KEY"  # noqa: S105 - a header's name


def answer(body: Any, *, status: int = 200) -> web.Response:
    return web.Response(
        body=orjson.dumps(body), status=status, content_type="application/json", charset="utf-8"
    )


def has_key_pair(request: web.Request) -> bool:
    """True for a client of Alpaca's own, which sends two keys instead of a bearer's one."""
    return KEY_ID_HEADER in request.headers


def error_answer(error: ArgosError, *, status: int) -> web.Response:
    return answer(
        {
            "error": {
                "code": error.code,
                "message": error.message,
                "field": error.field,
                "fix": error.fix,
            }
        },
        status=status,
    )


async def read_body(request: web.Request) -> dict[str, Any]:
    """The JSON object in the body; InputError if there is none."""
    body = parse_json(await request.read() or b"{}")
    return body if isinstance(body, dict) else {}


def _digest(key: str) -> bytes:
    return hashlib.sha256(key.encode()).digest()


class ConnectionCut(Exception):
    """The broker does not answer this account now; the connection is closed without a word."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FaultAnswers:
    """How a character words the faults that are answered: a plain no, "no answer in time", an error, too many."""

    rejected: Callable[[], web.Response]
    timed_out: Callable[[], web.Response]
    failed: Callable[[], web.Response] = lambda: answer(
        {"message": "internal server error"}, status=500
    )
    limited: Callable[[], web.Response] = lambda: answer(
        {"message": "too many requests"}, status=429
    )


class Gate:
    """Stands before every handler that serves an account."""

    def __init__(self, broker: Broker, *, faults: FaultDesk, boot: int) -> None:
        settings = broker.settings
        self.faults = faults
        self._broker = broker
        self._accounts = {_digest(item.api_key): item.account for item in settings.accounts}
        self._pairs = {
            item.key_id or item.account: (item.account, _digest(item.api_key))
            for item in settings.accounts
        }
        self._cut_until: dict[str, float] = {}
        self._boot = boot
        self._requests = 0
        self._later: set[asyncio.Task[None]] = set()

    def account_of(self, request: web.Request) -> str | None:
        """The account that the request's keys open, or None. Raises ConnectionCut while it is disconnected."""
        if has_key_pair(request):
            secret = request.headers.get(SECRET_HEADER, "")
            account = self.account_of_pair(request.headers[KEY_ID_HEADER], secret)
        else:
            scheme, _, key = request.headers.get("Authorization", "").partition(" ")
            account = self._accounts.get(_digest(key)) if scheme == "Bearer" else None
        if account is not None and self.is_cut(account):
            raise ConnectionCut(account)
        return account

    def account_of_pair(self, key_id: str, secret: str) -> str | None:
        """The account of a key id, if the secret is its own."""
        account, digest = self._pairs.get(key_id, (None, b""))
        return account if hmac.compare_digest(_digest(secret), digest) else None

    def is_cut(self, account: str) -> bool:
        return self._cut_until.get(account, 0.0) > asyncio.get_running_loop().time()

    def cut(self, account: str | None, *, delay_ms: int) -> None:
        """Refuse every connection of the account, or of all, for `delay_ms`."""
        until = asyncio.get_running_loop().time() + delay_ms / 1000
        for name in [account] if account else list(self._broker.books):
            self._cut_until[name] = until
            self._broker.hub.cut(name)

    async def trade(
        self,
        request: web.Request,
        *,
        account: str,
        kind: RequestKind,
        work: Work,
        answers: FaultAnswers,
    ) -> web.Response:
        """Carry out one trade request with its latency and its faults. Raises ConnectionCut."""
        plan = self.faults.plan(account=account, request=kind)
        if Fault.DISCONNECT in plan:
            self.cut(account, delay_ms=plan[Fault.DISCONNECT])
            raise ConnectionCut(account)
        latency_ms = self._latency_ms()
        await _pause(latency_ms * SHARE_INBOUND + plan.get(Fault.SLOW, 0))
        refusal = _refused_by(plan, answers)
        if refusal is not None:
            return refusal
        self._disturb_stream(account, plan)
        reply = work(plan)
        if Fault.STREAM_CUT in plan:
            self._broker.hub.cut(account)
        await _pause(latency_ms * (1 - SHARE_INBOUND) + plan.get(Fault.FILL_BEFORE_ACK, 0))
        silence_ms = plan.get(Fault.ACCEPT_THEN_TIMEOUT)
        if silence_ms == 0:
            return answers.timed_out()
        if silence_ms is not None:
            await _hang(request, silence_ms)
            raise ConnectionCut(account)
        if Fault.LOST_ANSWER in plan:
            raise ConnectionCut(account)
        return reply

    def _disturb_stream(self, account: str, plan: Mapping[Fault, int]) -> None:
        hub = self._broker.hub
        if Fault.STREAM_TWICE in plan:
            hub.disturb(account, Fault.STREAM_TWICE)
        elif Fault.STREAM_SWAP in plan:
            hub.disturb(account, Fault.STREAM_SWAP)
            self.later(plan[Fault.STREAM_SWAP], lambda: hub.release(account))

    def later(self, delay_ms: float, work: Callable[[], None]) -> None:
        """Do `work` after a delay; it is forgotten if the broker stops before."""
        task = asyncio.create_task(_work_later(delay_ms, work))
        self._later.add(task)
        task.add_done_callback(self._later.discard)

    async def stop(self) -> None:
        for task in list(self._later):
            task.cancel()
        await asyncio.gather(*self._later, return_exceptions=True)

    def fill_latency_ms(self, key: str) -> float:
        latency = self._broker.settings.latency
        return draw_latency_ms(
            f"{self._broker.settings.seed}:fill:{key}",
            median_ms=latency.fill_median_ms,
            sigma=latency.sigma,
        )

    def _latency_ms(self) -> float:
        latency = self._broker.settings.latency
        self._requests += 1
        return draw_latency_ms(
            f"{self._broker.settings.seed}:latency:{self._boot}:{self._requests}",
            median_ms=latency.median_ms,
            sigma=latency.sigma,
        )


def _refused_by(plan: Mapping[Fault, int], answers: FaultAnswers) -> web.Response | None:
    """The answer of a fault that keeps the request from being carried out; None if there is none."""
    if Fault.REJECT in plan:
        return answers.rejected()
    if Fault.ERROR_BEFORE_ACCEPT in plan:
        return answers.failed()
    return answers.limited() if Fault.RATE_LIMIT in plan else None


async def _pause(delay_ms: float) -> None:
    if delay_ms > 0:
        await asyncio.sleep(delay_ms / 1000)


async def _hang(request: web.Request, delay_ms: int) -> None:
    """Stay silent until the client gives up, `delay_ms` at most."""
    deadline = asyncio.get_running_loop().time() + delay_ms / 1000
    while asyncio.get_running_loop().time() < deadline:
        if request.transport is None or request.transport.is_closing():
            return
        await asyncio.sleep(HANG_POLL_S)


async def _work_later(delay_ms: float, work: Callable[[], None]) -> None:
    await asyncio.sleep(delay_ms / 1000)
    try:
        work()
    except ArgosError:
        log.exception("work put off could not be done")
