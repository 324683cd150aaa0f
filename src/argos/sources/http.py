"""The one place where sources send and receive: one request, one bounded answer, or why there is none."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Any, Final, Literal

import aiohttp

from argos.sources.reasons import SourceReason

SIMULATED_HEADER: Final = "X-Argos-Simulated"
"""Fixture servers say by it that they are none of the real providers."""
_KEPT_HEADERS: Final = (
    "Retry-After",
    "Date",
    "X-Rate-Limit-Reset",
    "X-Rate-Limit-Remaining",
    SIMULATED_HEADER,
)
_JSON_TYPES: Final = frozenset({"application/json", "application/problem+json"})
_CHUNK: Final = 65_536


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """`path` begins with a slash and follows the base URL. `subject` is what the ledger calls it."""

    method: Literal["GET", "POST"]
    path: str
    subject: str
    params: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Mapping[str, Any] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    timeout_s: float
    body_bytes_max: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """An answer of any HTTP status. Headers by their names in small letters."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def says_simulated(self) -> bool:
        return SIMULATED_HEADER.lower() in self.headers


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """No usable answer. retry_after_s: how long the provider asked us to wait, if it did."""

    reason: SourceReason
    retry_after_s: float | None = None
    says_simulated: bool = False


async def fetch(
    session: aiohttp.ClientSession, base_url: str, request: Request, limits: Limits
) -> Reply | Failure:
    """Send it once. Redirects are not followed: the request carries a key."""
    try:
        async with session.request(
            request.method,
            base_url + request.path,
            params=request.params,
            headers=request.headers,
            json=request.body,
            allow_redirects=False,
            timeout=aiohttp.ClientTimeout(total=limits.timeout_s),
        ) as response:
            return await _read(response, limits.body_bytes_max)
    except TimeoutError:
        return Failure(reason=SourceReason.TIMED_OUT)
    except (aiohttp.ClientError, OSError, asyncio.IncompleteReadError, ValueError):
        # ValueError: what aiohttp raises for some broken headers
        return Failure(reason=SourceReason.UNREACHABLE)


async def send_once(
    request: aiohttp.ClientRequest, handler: aiohttp.ClientHandlerType
) -> aiohttp.ClientResponse:
    """Keeps aiohttp from sending a GET again by itself when the connection breaks: the ledger would not know of it."""
    try:
        return await handler(request)
    except (aiohttp.ClientOSError, aiohttp.ServerDisconnectedError) as error:
        raise aiohttp.ClientConnectionError(type(error).__name__) from error


async def _read(response: aiohttp.ClientResponse, bytes_max: int) -> Reply | Failure:
    headers = {
        name.lower(): response.headers[name] for name in _KEPT_HEADERS if name in response.headers
    }
    simulated = SIMULATED_HEADER.lower() in headers
    if 300 <= response.status < 400:
        return Failure(reason=SourceReason.REDIRECTED, says_simulated=simulated)
    if 200 <= response.status < 300 and response.content_type not in _JSON_TYPES:
        return Failure(reason=SourceReason.CONTENT_TYPE_WRONG, says_simulated=simulated)
    body = bytearray()
    async for chunk in response.content.iter_chunked(_CHUNK):
        body += chunk
        if len(body) > bytes_max:
            return Failure(reason=SourceReason.BODY_TOO_LARGE, says_simulated=simulated)
    return Reply(status=response.status, headers=headers, body=bytes(body))


def failure_of(reply: Reply, *, now: datetime) -> Failure | None:
    """What an HTTP status other than success means; None for success."""
    status = reply.status
    if 200 <= status < 300:
        return None
    by_status = {
        401: SourceReason.KEY_REFUSED,
        402: SourceReason.DAY_LIMIT_REACHED,
        403: SourceReason.NOT_ENTITLED,
        404: SourceReason.SYMBOL_UNKNOWN,
        429: SourceReason.RATE_LIMITED,
    }
    other = SourceReason.PROVIDER_FAILED if status >= 500 else SourceReason.REQUEST_REFUSED
    return Failure(
        reason=by_status.get(status, other),
        retry_after_s=retry_after_s(reply.headers, now=now) if status in {429, 503} else None,
        says_simulated=reply.says_simulated,
    )


def retry_after_s(headers: Mapping[str, str], *, now: datetime) -> float | None:
    """Seconds to wait by Retry-After (seconds or a date) or X's x-rate-limit-reset (Unix seconds); None if not told."""
    told = headers.get("retry-after", "").strip()
    if told.isascii() and told.isdigit():
        return float(min(int(told[:9]), 86_400))
    if told:
        try:
            moment = parsedate_to_datetime(told)
            return max((moment - now).total_seconds(), 0.0)
        except (ValueError, TypeError, OverflowError):
            return None  # no date, or one without a zone
    reset = headers.get("x-rate-limit-reset", "").strip()
    if reset.isascii() and reset.isdigit():
        return max(int(reset[:12]) - now.timestamp(), 0.0)
    return None
