"""When a child counts as ready: its health URL answers, its port takes connections, its file is there."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from argos.stack.free_ports import LOOPBACK

Readiness = Callable[[], Awaitable[bool]]

PROBE_S: Final = 2.0


def http_answers(url: str) -> Readiness:
    """Ready when a GET of this plain-http URL is answered with a 2xx."""
    parts = urlsplit(url)
    host, port = parts.hostname or LOOPBACK, parts.port or 80
    target = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
    request = f"GET {target} HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n".encode()

    async def status_line() -> bytes:
        reader, writer = await asyncio.open_connection(host, port)
        try:
            writer.write(request)
            return await reader.readline()
        finally:
            writer.close()

    async def ready() -> bool:
        try:
            line = await asyncio.wait_for(status_line(), PROBE_S)
        except (OSError, TimeoutError, ValueError):
            return False
        return line.split(b" ")[1:2] != [] and line.split(b" ")[1].startswith(b"2")

    return ready


def port_open(port: int, *, host: str = LOOPBACK) -> Readiness:
    """Ready when a connection to this port is taken."""

    async def ready() -> bool:
        try:
            _, writer = await asyncio.wait_for(asyncio.open_connection(host, port), PROBE_S)
        except (OSError, TimeoutError):
            return False
        writer.close()
        return True

    return ready


def file_exists(path: Path) -> Readiness:
    """Ready when the file is there. The child writes it last; whoever starts the child removes an old one."""

    async def ready() -> bool:
        return await asyncio.to_thread(path.exists)

    return ready
