"""One HTTP conversation with a paper broker: an answer that can be read, or VenueUnreachable."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

import aiohttp
import orjson

from argos.core.errors import InputError, VenueUnreachable
from argos.protocol.values import parse_json

KEEPALIVE_S: Final = 20
"""Idle connections are dropped well before the broker would, so that no request meets a closing one."""
QUERY_TIMEOUT_S: Final = 5.0

_UNCLEAR_STATUSES: Final = frozenset({408, 425, 499})


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer that was received whole. `body` is None if it was empty."""

    status: int
    body: Any

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class Wire:
    """Speaks JSON with one broker under one account's key. Never repeats a request that may have been heard."""

    def __init__(self, base_url: str, *, api_key: str) -> None:
        self._base_url = base_url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._session: aiohttp.ClientSession | None = None

    @property
    def session(self) -> aiohttp.ClientSession:
        """The open session; made on first use, inside the running loop."""
        if self._session is None or self._session.closed:
            self._session = aiohttp.ClientSession(
                headers=self._headers,
                connector=aiohttp.TCPConnector(keepalive_timeout=KEEPALIVE_S),
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
                timeout=aiohttp.ClientTimeout(total=timeout_s),
            ) as response:
                text = await response.read()
                status = response.status
        except TimeoutError as error:
            raise VenueUnreachable(
                f"no answer in {timeout_s:g} s: {method} {path}", code="VENUE_TIMEOUT"
            ) from error
        except (aiohttp.ClientError, OSError) as error:
            raise VenueUnreachable(
                f"{method} {path}: {error!r}", code="VENUE_CONNECTION_LOST"
            ) from error
        if status >= 500 or status in _UNCLEAR_STATUSES:
            raise VenueUnreachable(f"status {status}: {method} {path}", code="VENUE_SERVER_ERROR")
        try:
            return Reply(status=status, body=parse_json(text) if text else None)
        except InputError as error:
            raise VenueUnreachable(
                f"unreadable answer: {method} {path}", code="VENUE_ANSWER_UNREADABLE"
            ) from error


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
