"""Alpaca's stream of trade updates: hints that something happened. Losing it only makes the next scan later."""

import asyncio
import random
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import aiohttp
import structlog

from argos.core.errors import ArgosError, VenueUnreachable
from argos.protocol.values import parse_json
from argos.venues.alpaca.settings import AlpacaSettings
from argos.venues.hints import Hints

BACKOFF_FIRST_S: Final = 0.1
BACKOFF_MAX_S: Final = 30.0
CONNECT_S_MAX: Final = 10.0
HEARTBEAT_S: Final = 15.0
"""So often the other end must show that it lives; half as long later the connection counts as lost."""
FRAME_BYTES_MAX: Final = 1 << 20
TOLD_BY_ANSWER: Final = frozenset({"new", "pending_new", "accepted", "held"})
"""Events of an order's beginning: the answer to our own request tells as much."""
_LOG: Final = structlog.get_logger(__name__)


class UpdateStream:
    """Follows the stream in a task of its own, comes back after every loss with a bounded, growing pause."""

    def __init__(self, settings: AlpacaSettings, *, on_news: Callable[[], None]) -> None:
        self.hints = Hints()
        """The id of a fill, "" for anything else, and for each new beginning."""
        self._settings = settings
        self._on_news = on_news
        self._task: asyncio.Task[None] | None = None
        self._listening = asyncio.Event()

    def start(self, session: aiohttp.ClientSession) -> None:
        if self._settings.stream_url and (self._task is None or self._task.done()):
            self._task = asyncio.create_task(self._follow(session), name="alpaca-stream")

    async def stop(self) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            self._task = None

    @property
    def state(self) -> str:
        """`listening`, `lost`, or `off` where the settings name no stream."""
        if not self._settings.stream_url:
            return "off"
        return "listening" if self._listening.is_set() else "lost"

    async def listening(self, *, timeout_s: float) -> None:
        """Wait until updates are told, but no longer than `timeout_s`."""
        with suppress(TimeoutError):
            async with asyncio.timeout(timeout_s):
                await self._listening.wait()

    def _hint(self, hint: str) -> None:
        self._on_news()
        self.hints.tell(hint)

    async def _follow(self, session: aiohttp.ClientSession) -> None:
        pause_s = BACKOFF_FIRST_S
        while True:
            try:
                async for message in self._messages(session):
                    pause_s = BACKOFF_FIRST_S
                    if (hint := hint_of(message)) is not None:
                        self._hint(hint)
            except (
                aiohttp.ClientError,
                OSError,
                TimeoutError,
                ArgosError,
                ValueError,
                TypeError,
                LookupError,
                AttributeError,
            ) as error:
                _LOG.info("alpaca.stream_lost", reason=repr(error))
            self._listening.clear()
            # What happened meanwhile is told by nobody: only a look finds it.
            self._hint("")
            await asyncio.sleep(pause_s * random.uniform(0.5, 1.0))
            pause_s = min(BACKOFF_MAX_S, pause_s * 2)

    async def _messages(self, session: aiohttp.ClientSession) -> AsyncIterator[Mapping[str, Any]]:
        settings = self._settings
        async with asyncio.timeout(CONNECT_S_MAX) as connecting:
            async with session.ws_connect(
                settings.stream_url, heartbeat=HEARTBEAT_S, max_msg_size=FRAME_BYTES_MAX
            ) as socket:
                keys = {"key_id": settings.key_id, "secret_key": settings.secret_key}
                await socket.send_json({"action": "authenticate", "data": keys})
                status = (await _next(socket))["data"]["status"]
                if status != "authorized":
                    raise VenueUnreachable(f"the stream says {status}", code="VENUE_KEYS_REFUSED")
                await socket.send_json({"action": "listen", "data": {"streams": ["trade_updates"]}})
                await _next(socket)
                connecting.reschedule(None)
                self._listening.set()
                self._hint("")
                while True:
                    yield await _next(socket)


async def _next(socket: aiohttp.ClientWebSocketResponse) -> Mapping[str, Any]:
    """The next frame, binary or text, each a JSON object."""
    frame = await socket.receive()
    if frame.type not in {aiohttp.WSMsgType.BINARY, aiohttp.WSMsgType.TEXT}:
        raise VenueUnreachable(f"the stream ended: {frame.type.name}", code="VENUE_CONNECTION_LOST")
    message: Mapping[str, Any] = parse_json(frame.data)
    return message


def hint_of(message: Mapping[str, Any]) -> str | None:
    """None for what is no update, or tells nothing that an answer does not. An event we do not know is worth a look."""
    if message.get("stream") != "trade_updates":
        return None
    update = message["data"]
    if update.get("execution_id"):
        return str(update["execution_id"])
    return None if update.get("event") in TOLD_BY_ANSWER else ""
