"""A TCP link to a database that loses an answer at a chosen moment: what was asked for is done, and nobody is told."""

import asyncio
import contextlib
from asyncio import StreamReader, StreamWriter
from collections.abc import AsyncIterator

CHUNK_BYTES = 65_536


class LossyLink:
    """Passes everything on while `is_up`. After `lose(word)`, the next request with that word goes through, and the
    connection breaks when its answer arrives."""

    def __init__(self, *, host: str, port: int) -> None:
        self._far = (host, port)
        self._word: bytes | None = None
        self._writers: set[StreamWriter] = set()
        self._server: asyncio.Server | None = None
        self.is_up = True
        self.lost = 0
        self.port = 0

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def aclose(self) -> None:
        self.cut()
        assert self._server is not None
        self._server.close()
        await self._server.wait_closed()

    def lose(self, word: bytes) -> None:
        self._word = word

    def cut(self) -> None:
        """Break every connection, and take no new one until `is_up` again."""
        self.is_up = False
        for writer in list(self._writers):
            writer.transport.abort()

    async def _serve(self, reader: StreamReader, writer: StreamWriter) -> None:
        if not self.is_up:
            writer.transport.abort()
            return
        far_reader, far_writer = await asyncio.open_connection(*self._far)
        pair = {writer, far_writer}
        self._writers |= pair
        breaking = asyncio.Event()
        try:
            with contextlib.suppress(OSError):
                await asyncio.wait(
                    [
                        asyncio.create_task(self._ask(reader, far_writer, breaking)),
                        asyncio.create_task(self._answer(far_reader, writer, breaking)),
                    ],
                    return_when=asyncio.FIRST_COMPLETED,
                )
        finally:
            self._writers -= pair
            for end in pair:
                end.transport.abort()

    async def _ask(self, reader: StreamReader, far: StreamWriter, breaking: asyncio.Event) -> None:
        with contextlib.suppress(OSError):
            while chunk := await reader.read(CHUNK_BYTES):
                if self._word is not None and self._word in chunk:
                    self._word = None
                    breaking.set()
                far.write(chunk)

    async def _answer(
        self, far: StreamReader, writer: StreamWriter, breaking: asyncio.Event
    ) -> None:
        with contextlib.suppress(OSError):
            while chunk := await far.read(CHUNK_BYTES):
                if breaking.is_set():
                    self.lost += 1
                    return
                writer.write(chunk)


@contextlib.asynccontextmanager
async def lossy_link(*, host: str, port: int) -> AsyncIterator[LossyLink]:
    link = LossyLink(host=host, port=port)
    await link.open()
    try:
        yield link
    finally:
        await link.aclose()
