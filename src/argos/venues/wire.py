"""One HTTP conversation with a broker: an answer that can be read, or VenueUnreachable."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Final

import aiohttp
import orjson

from argos.core.errors import InputError, VenueUnreachable
from argos.protocol.values import parse_json

KEEPALIVE_S: Final = 20
"""Idle connections are dropped well before the broker would, so that no request meets a closing one."""
QUERY_TIMEOUT_S: Final = 5.0
BODY_BYTES_MAX: Final = 32 << 20
"""No answer is read beyond this: the longest, a list of all shares of the exchanges, has some six million bytes."""
_CHUNK: Final = 65_536

_UNCLEAR_STATUSES: Final = frozenset({408, 425, 499})


LIMITS: Final = ("Retry-After", "X-RateLimit-Remaining", "X-RateLimit-Reset")


def bearer(api_key: str) -> dict[str, str]:
    return {"Authorization": f"Bearer {api_key}"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that was received whole. `body` is None if it was empty. `limits` are headers that tell of a rate."""

    status: int
    body: Any
    limits: Mapping[str, str] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Wire:
    """Speaks JSON with one broker under one account's keys, which stand in `headers`.

    Never repeats a request that may have been heard, and follows no redirection: that would carry the keys elsewhere.
    """

    def __init__(self, base_url: str, *, headers: Mapping[str, str]) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = dict(headers)
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session; made on first use, inside the running loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_S),
                middlewares=(_send_once,),
            )
        return self._session

    def url(self, path: str) -> str:
        return f"{self._base_url}{path}"

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def get(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = QUERY_TIMEOUT_S,
    ) -> Reply:
        return await self.call("GET", path, query=query, timeout_s=timeout_s)

    async def call(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply:
        """The broker's answer, whatever it says.

        Raises VenueUnreachable for a timeout, a cut, a server error, or an answer that is not JSON.
        """
        try:
            async with self.session.request(
                method,
                self.url(path),
                params=query,
                data=None if body is None else orjson.dumps(body),
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                status = response.status
                limits = {
                    name: response.headers[name] for name in LIMITS if name in response.headers
                }
                text = await _whole(response, path)
        except TimeoutError as error:
            raise VenueUnreachable(
                f"no answer in {timeout_s:g} s: {method} {path}", code="VENUE_TIMEOUT"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise VenueUnreachable(
                f"{method} {path}: {error!r}", code="VENUE_CONNECTION_LOST"
            ) from error
        if status >= 500 or status in _UNCLEAR_STATUSES or 300 <= status < 400:
            raise VenueUnreachable(f"status {status}: {method} {path}", code="VENUE_SERVER_ERROR")
        try:
            return Reply(status=status, body=parse_json(text) if text else None, limits=limits)
        except InputError as error:
            if status >= 400:  # of a proxy, say: the status alone tells that it was not served
                return Reply(status=status, body=None, limits=limits)
            raise VenueUnreachable(
                f"unreadable answer: {method} {path}", code="VENUE_ANSWER_UNREADABLE"
            ) from error


async def _send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a GET or a DELETE again by itself when a kept connection turns out to be dead."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(repr(error)) from error


async def _whole(response: aiohttp.ClientResponse, path: str) -> bytes:
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > BODY_BYTES_MAX:
            raise VenueUnreachable(
                f"an answer of more than {BODY_BYTES_MAX} bytes: {path}",
                code="VENUE_ANSWER_UNREADABLE",
            )
    return bytes(body)


@asynccontextmanager
async def within(timeout_s: float) -> AsyncIterator[None]:
    """Bounds a request of several steps; VenueUnreachable when its time is over."""
    try:
        async with asyncio.timeout(timeout_s):
            yield
    except TimeoutError as error:
        raise VenueUnreachable(f"not done in {timeout_s:g} s", code="VENUE_TIMEOUT") from error


def unreadable(error: Exception) -> VenueUnreachable:
    """What an answer of unexpected form means: nothing was learned from it."""
    return VenueUnreachable(f"answer of unexpected form: {error!r}", code="VENUE_ANSWER_UNREADABLE")


def answered(reply: Reply) -> Any:
    """The body of a query's answer; VenueUnreachable if the query was not served: nothing was observed."""
    if not reply.ok:
        raise VenueUnreachable(f"status {reply.status}: {reply.body}", code="VENUE_NOT_SERVED")
    return reply.body
