"""Alerts at a fixed rate, timed from the moment each should have left: a slow answer cannot hide the next ones.

HTTP/1.1 is written and read by hand over connections that stay open, so that the generator takes little of the
machine it measures.
"""

import asyncio
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final
from urllib.parse import urlsplit

from alert_bodies import alert_body
from memory import MemoryWatch
from rig import ROUTE, BenchError, Figures, Rig, open_rig, percentile, running_gateway

CONNECTIONS: Final = 32
WARM_UP_S: Final = 2.0
ACCEPTED: Final = b"202"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """One answered alert: when it should have left, and how long until its answer was read."""

    due_s: float
    ms: float


class HttpClient:
    """Posts over a fixed set of connections; one request at a time on each, first come, first served."""

    def __init__(self, url: str) -> None:
        parts = urlsplit(url)
        self._host, self._port = parts.hostname, parts.port
        self._head = (
            f"POST {parts.path} HTTP/1.1\r\nHost: {parts.netloc}\r\n"
            "Content-Type: text/plain; charset=utf-8\r\nContent-Length: "
        ).encode()
        self._free: asyncio.Queue[tuple[asyncio.StreamReader, asyncio.StreamWriter]]
        self._free = asyncio.Queue()

    async def open(self, connections: int) -> None:
        for _ in range(connections):
            self._free.put_nowait(await asyncio.open_connection(self._host, self._port))

    async def aclose(self) -> None:
        while not self._free.empty():
            _, writer = self._free.get_nowait()
            writer.close()
            await writer.wait_closed()

    async def post(self, body: bytes) -> bytes:
        """The status of the answer, as three digits."""
        reader, writer = await self._free.get()
        writer.write(self._head + str(len(body)).encode() + b"\r\n\r\n" + body)
        head = await reader.readuntil(b"\r\n\r\n")
        await reader.readexactly(_content_length(head))
        self._free.put_nowait((reader, writer))
        return head[9:12]


def _content_length(head: bytes) -> int:
    _, _, rest = head.lower().partition(b"content-length:")
    return int(rest.partition(b"\r\n")[0])


async def send_at_rate(
    client: HttpClient, *, rate_per_s: float, seconds: float, make_body: Callable[[int], bytes]
) -> Sequence[Sent]:
    """Send `rate_per_s * seconds` alerts on time, whatever comes back; raises BenchError unless each is accepted."""
    start_s = time.perf_counter()
    total = round(rate_per_s * seconds)

    async def send_one(number: int, due_s: float) -> Sent:
        status = await client.post(make_body(number))
        if status != ACCEPTED:
            raise BenchError(f"an alert was answered {status.decode()}")
        return Sent(due_s=due_s, ms=(time.perf_counter() - due_s) * 1000)

    sending = []
    for number in range(total):
        due_s = start_s + number / rate_per_s
        await asyncio.sleep(max(0.0, due_s - time.perf_counter()))
        sending.append(asyncio.create_task(send_one(number, due_s)))
    return await asyncio.gather(*sending)


def _body_maker(rig: Rig, run: str) -> Callable[[int], bytes]:
    secret = rig.hook_secret

    def make_body(number: int) -> bytes:
        return alert_body(
            event_id=f"open-loop|{run}|{number}",
            trade_id=f"open-loop.{run}.{number}",
            route=ROUTE,
            secret=secret,
            entry_price="189.55",
            sl="187.10",
            tp="193.20",
            size={"mode": "risk_fraction", "value": "0.005"},
        )

    return make_body


async def measure_open_loop(*, rate_per_s: int, seconds: float, memory: MemoryWatch) -> Figures:
    async with open_rig() as rig, running_gateway(rig) as (url, pid):
        memory.watch("gateway", pid)
        client = HttpClient(url + rig.hook_path)
        await client.open(CONNECTIONS)
        try:
            await send_at_rate(
                client,
                rate_per_s=rate_per_s,
                seconds=WARM_UP_S,
                make_body=_body_maker(rig, "warm-up"),
            )
            sent = await send_at_rate(
                client, rate_per_s=rate_per_s, seconds=seconds, make_body=_body_maker(rig, "run")
            )
        finally:
            await client.aclose()
    times_ms = [item.ms for item in sent]
    return {
        "open_loop_rate_per_s": rate_per_s,
        "open_loop_p50_ms": percentile(times_ms, 0.50),
        "open_loop_p99_ms": percentile(times_ms, 0.99),
    }
