"""Links that can be troubled: a small TCP proxy between a node and the gateway or its broker."""

import asyncio
import contextlib
import socket
import struct
from asyncio import StreamReader, StreamWriter
from typing import Final

from argos.rehearsal.torture.plan import Trouble

CHUNK_BYTES: Final = 65_536
CONNECT_S: Final = 5.0
_RESET_ON_CLOSE: Final = struct.pack("ii", 1, 0)


class Link:
    """One proxied address. Troubles are set by `trouble` and end by themselves, or with `heal`."""

    def __init__(self, name: str, *, port: int, target_port: int, host: str = "127.0.0.1") -> None:
        self.name = name
        self.port = port
        self._host = host
        self._target_port = target_port
        self._server: asyncio.Server | None = None
        self._pairs: set[tuple[StreamWriter, StreamWriter]] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._state: Trouble | None = None
        self._moving = asyncio.Event()
        self._moving.set()

    @property
    def url(self) -> str:
        return f"http://{self._host}:{self.port}"

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, self._host, self.port)

    async def aclose(self) -> None:
        self.heal()
        if self._server is not None:
            self._server.close()
        self._reset()
        if self._tasks:
            await asyncio.wait(self._tasks)

    async def trouble(self, kind: Trouble, *, lasts_s: float) -> None:
        """Cut, stall or mute the link for a while; a second trouble replaces the first."""
        self._state = kind
        if kind is Trouble.CUT:
            self._moving.set()
            self._reset()
        elif kind is Trouble.STALL:
            self._moving.clear()
        else:
            self._moving.set()
        await asyncio.sleep(lasts_s)
        if self._state is kind:
            self.heal()

    def heal(self) -> None:
        """Let everything through again. What was muted is reset: half an answer is no answer."""
        if self._state is Trouble.MUTE:
            self._reset()
        self._state = None
        self._moving.set()

    def _reset(self) -> None:
        for pair in list(self._pairs):
            for writer in pair:
                with contextlib.suppress(OSError):  # that end has just gone by itself
                    writer.get_extra_info("socket").setsockopt(
                        socket.SOL_SOCKET, socket.SO_LINGER, _RESET_ON_CLOSE
                    )
                writer.transport.abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None, "a connection is served by a task"
        self._tasks.add(task)
        try:
            await self._join(reader, writer)
        except (OSError, TimeoutError):
            pass  # either end may vanish at any time: that is what this is for
        finally:
            self._tasks.discard(task)
            writer.close()

    async def _join(self, reader: StreamReader, writer: StreamWriter) -> None:
        if self._state is Trouble.CUT:
            return
        await self._moving.wait()
        async with asyncio.timeout(CONNECT_S):
            far_reader, far_writer = await asyncio.open_connection(self._host, self._target_port)
        pair = (writer, far_writer)
        self._pairs.add(pair)
        try:
            ways = [
                asyncio.create_task(self._carry(reader, far_writer, back=False)),
                asyncio.create_task(self._carry(far_reader, writer, back=True)),
            ]
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
        finally:
            self._pairs.discard(pair)
            far_writer.close()

    async def _carry(self, reader: StreamReader, writer: StreamWriter, *, back: bool) -> None:
        """Move bytes one way until either end closes. What waits in a stall is lost if its sender gave up."""
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if not self._moving.is_set():
                    await self._moving.wait()
                    if reader.at_eof():
                        return
                if back and self._state is Trouble.MUTE:
                    continue
                writer.write(chunk)
                await writer.drain()
