"""The real gateway, served over HTTP inside the test's own loop."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import orjson
import uvicorn
from fastapi import FastAPI

from eventually import eventually


class _QuietServer(uvicorn.Server):
    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield  # the test process keeps its own signal handlers


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    content_type: str
    raw: bytes

    @property
    def json(self) -> Any:
        return orjson.loads(self.raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caller:
    """Asks the gateway at `url`; `key` is the bearer unless a call names another, or None for nobody."""

    http: aiohttp.ClientSession
    url: str
    key: str

    async def get(self, path: str, *, key: str | None = "", **parameters: Any) -> Reply:
        return await self._call("GET", path, key=key, params=parameters)

    async def post(self, path: str, body: Any, *, key: str | None = "") -> Reply:
        data = body if isinstance(body, bytes) else orjson.dumps(body)
        return await self._call("POST", path, key=key, data=data)

    async def items(self, path: str, **parameters: Any) -> list[dict[str, Any]]:
        """The items of a list's first page."""
        reply = await self.get(path, **parameters)
        assert reply.status == 200, reply.raw
        found: list[dict[str, Any]] = reply.json["items"]
        return found

    async def _call(self, method: str, path: str, *, key: str | None, **request: Any) -> Reply:
        bearer = self.key if key == "" else key
        headers = {"Authorization": f"Bearer {bearer}"} if bearer else {}
        async with self.http.request(
            method, self.url + path, headers=headers, **request
        ) as response:
            return Reply(
                status=response.status,
                content_type=response.content_type,
                raw=await response.read(),
            )


@contextlib.asynccontextmanager
async def serve(app: FastAPI, *, key: str) -> AsyncIterator[Caller]:
    """Serve `app` on a free port of the loopback."""
    config = uvicorn.Config(app, host="127.0.0.1", port=0, log_level="warning", lifespan="on")
    server = _QuietServer(config)
    task = asyncio.create_task(server.serve())
    try:
        await eventually(lambda: server.started or task.done(), what="the gateway starts")
        assert server.started, task
        port = server.servers[0].sockets[0].getsockname()[1]
        async with aiohttp.ClientSession() as http:
            yield Caller(http=http, url=f"http://127.0.0.1:{port}", key=key)
    finally:
        server.should_exit = True
        await task
