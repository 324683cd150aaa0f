"""Links: bytes go through as they are, until somebody cuts, stalls or mutes them."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import AsyncIterator

import pytest

from argos.rehearsal.torture.plan import Trouble
from argos.rehearsal.torture.proxies import Link

WAIT_S = 5.0
FOR_EVER_S = 60.0


class Echo:
    """A server that answers every line with itself, and remembers it."""

    def __init__(self) -> None:
        self.heard: list[bytes] = []
        self.port = 0
        self._server: asyncio.Server | None = None

    async def open(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        if self._server is not None:
            self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        while line := await reader.readline():
            self.heard.append(line)
            writer.write(line)
        writer.close()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def echo() -> AsyncIterator[Echo]:
    server = Echo()
    await server.open()
    yield server
    server.close()


@pytest.fixture
async def link(echo: Echo) -> AsyncIterator[Link]:
    link = Link("node-broker", port=free_port(), target_port=echo.port)
    await link.open()
    yield link
    await link.aclose()


async def connect(link: Link) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    return await asyncio.open_connection("127.0.0.1", link.port)


async def answer(reader: asyncio.StreamReader) -> bytes:
    async with asyncio.timeout(WAIT_S):
        return await reader.readline()


async def test_what_goes_in_comes_out(link: Link) -> None:
    reader, writer = await connect(link)
    for line in (b"one\n", b"two\n"):
        writer.write(line)
        assert await answer(reader) == line
    writer.close()


async def test_a_cut_resets_what_is_open_and_refuses_what_is_new(link: Link) -> None:
    reader, writer = await connect(link)
    writer.write(b"one\n")
    await answer(reader)
    cutting = asyncio.create_task(link.trouble(Trouble.CUT, lasts_s=FOR_EVER_S))
    with pytest.raises(ConnectionResetError):
        await answer(reader)
    new_reader, new_writer = await connect(link)
    new_writer.write(b"two\n")
    with contextlib.suppress(ConnectionResetError):  # refused either way
        assert await answer(new_reader) == b""
    link.heal()
    again, writer = await connect(link)
    writer.write(b"three\n")
    assert await answer(again) == b"three\n"
    writer.close()
    cutting.cancel()


async def test_a_connection_whose_end_has_just_gone_can_be_cut(link: Link) -> None:
    reader, writer = await connect(link)
    writer.write(b"one\n")
    await answer(reader)
    stalling = asyncio.create_task(link.trouble(Trouble.STALL, lasts_s=FOR_EVER_S))
    await asyncio.sleep(0)
    writer.write(b"two\n")
    await asyncio.sleep(0.05)
    at_once = struct.pack("ii", 1, 0)
    writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, at_once)
    writer.transport.abort()
    await asyncio.sleep(0.05)
    await link.trouble(Trouble.CUT, lasts_s=0)
    again, writer = await connect(link)
    writer.write(b"three\n")
    assert await answer(again) == b"three\n"
    writer.close()
    stalling.cancel()


async def test_a_stall_only_delays(link: Link, echo: Echo) -> None:
    reader, writer = await connect(link)
    writer.write(b"one\n")
    await answer(reader)
    stalling = asyncio.create_task(link.trouble(Trouble.STALL, lasts_s=FOR_EVER_S))
    await asyncio.sleep(0)
    writer.write(b"two\n")
    waiting = asyncio.create_task(answer(reader))
    await asyncio.sleep(0.05)
    assert echo.heard == [b"one\n"]
    link.heal()
    assert await waiting == b"two\n"
    writer.close()
    stalling.cancel()


async def test_what_waits_in_a_stall_is_lost_if_its_sender_gives_up(link: Link, echo: Echo) -> None:
    reader, writer = await connect(link)
    writer.write(b"one\n")
    await answer(reader)
    stalling = asyncio.create_task(link.trouble(Trouble.STALL, lasts_s=FOR_EVER_S))
    await asyncio.sleep(0)
    writer.write(b"two\n")
    await writer.drain()
    writer.close()
    await asyncio.sleep(0.05)
    link.heal()
    other, writer = await connect(link)
    writer.write(b"three\n")
    assert await answer(other) == b"three\n"
    assert echo.heard == [b"one\n", b"three\n"]
    writer.close()
    stalling.cancel()


async def test_a_mute_link_lets_requests_through_and_loses_their_answers(
    link: Link, echo: Echo
) -> None:
    reader, writer = await connect(link)
    writer.write(b"one\n")
    await answer(reader)
    muting = asyncio.create_task(link.trouble(Trouble.MUTE, lasts_s=FOR_EVER_S))
    await asyncio.sleep(0)
    writer.write(b"two\n")
    async with asyncio.timeout(WAIT_S):
        while echo.heard != [b"one\n", b"two\n"]:
            await asyncio.sleep(0.01)
    link.heal()
    with pytest.raises(ConnectionResetError):
        await answer(reader)
    muting.cancel()
