"""A headless Chromium spoken to over its own protocol: what a page says, asks for, looks like."""

import asyncio
import base64
import json
import os
import shutil
import signal
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any

import aiohttp

from eventually import eventually

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
FLAGS = (
    "--headless",
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--remote-debugging-port=0",
)
PATIENCE_S = 60.0


def find_chromium() -> str | None:
    """The program on PATH, or None."""
    return next((found for name in NAMES if (found := shutil.which(name))), None)


class Page:
    """One tab. `errors`: what it complained of; `requests`: addresses it asked for."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self._socket = socket
        self._last = 0
        self._answers: dict[int, asyncio.Future[dict[str, Any]]] = {}
        self.errors: list[str] = []
        self.requests: list[str] = []
        self._reading = asyncio.create_task(self._read())

    async def _read(self) -> None:
        async for message in self._socket:
            said = json.loads(message.data)
            if "id" in said:
                self._answers.pop(said["id"]).set_result(said)
                continue
            told = said["params"]
            match said["method"]:
                case "Runtime.exceptionThrown":
                    self.errors.append(json.dumps(told["exceptionDetails"])[:600])
                case "Runtime.consoleAPICalled" if told["type"] in ("error", "warning", "assert"):
                    self.errors.append(json.dumps(told["args"])[:600])
                case "Log.entryAdded" if told["entry"]["level"] in ("error", "warning"):
                    self.errors.append(told["entry"]["text"])
                case "Network.requestWillBeSent":
                    self.requests.append(told["request"]["url"])

    async def call(self, method: str, **params: Any) -> dict[str, Any]:
        self._last += 1
        answer = self._answers[self._last] = asyncio.get_running_loop().create_future()
        await self._socket.send_json({"id": self._last, "method": method, "params": params})
        said = await asyncio.wait_for(answer, PATIENCE_S)
        assert "error" not in said, said
        return said["result"]

    async def open(self, path: Path) -> None:
        """Opens a file and waits until its scripts say that they are done."""
        self.errors.clear()
        self.requests.clear()
        await self.call("Page.navigate", url=path.as_uri())
        await self.until("document.documentElement?.dataset.ready === 'true'")

    async def until(self, condition: str) -> None:
        """Waits until an expression is true in the page."""
        try:
            await eventually(lambda: self.tell(f"Boolean({condition})"), within_s=PATIENCE_S)
        except AssertionError as error:
            raise AssertionError(f"never true: {condition}; errors: {self.errors}") from error

    async def tell(self, expression: str) -> Any:
        """What an expression comes to in the page, promises awaited."""
        found = await self.call(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    async def look(self, *, width: int, height: int = 900, dark: bool = False) -> None:
        """The size of the window and the theme of the system; below 600 it is a phone."""
        phone = width < 600
        await self.call(
            "Emulation.setDeviceMetricsOverride",
            width=width,
            height=height,
            deviceScaleFactor=2 if phone else 1,
            mobile=phone,
        )
        await self.call("Emulation.setTouchEmulationEnabled", enabled=phone)
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        await self.call("Emulation.setEmulatedMedia", features=[scheme])
        await self.tell(
            "new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))"
        )

    async def swipe(self, x: float, y: float, *, by_x: float = 0, by_y: float = 0) -> None:
        """One finger put down at a point and moved."""
        for kind, share in (
            ("touchStart", 0.0),
            *(("touchMove", part / 8) for part in range(1, 9)),
        ):
            points = [{"x": x + by_x * share, "y": y + by_y * share}]
            await self.call("Input.dispatchTouchEvent", type=kind, touchPoints=points)
        await self.call("Input.dispatchTouchEvent", type="touchEnd", touchPoints=[])

    async def picture(self, *, whole: bool = False) -> bytes:
        """PNG of what is seen, or of the whole page."""
        found = await self.call("Page.captureScreenshot", format="png", captureBeyondViewport=whole)
        return base64.b64decode(found["data"])

    async def close(self) -> None:
        await self._socket.close()
        self._reading.cancel()
        with suppress(asyncio.CancelledError):
            await self._reading


@asynccontextmanager
async def chromium(program: str) -> AsyncIterator[Page]:
    """A browser of its own with an empty profile and one empty tab; nothing of it is left afterwards."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
        process = subprocess.Popen(
            [program, *FLAGS, f"--user-data-dir={profile}", "about:blank"],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        try:
            port = await _port(Path(profile, "DevToolsActivePort"), process)
            async with aiohttp.ClientSession() as session:
                tabs = await (await session.get(f"http://127.0.0.1:{port}/json/list")).json()
                address = next(tab["webSocketDebuggerUrl"] for tab in tabs if tab["type"] == "page")
                async with session.ws_connect(address, max_msg_size=0) as socket:
                    page = Page(socket)
                    for domain in ("Page", "Runtime", "Log", "Network"):
                        await page.call(f"{domain}.enable")
                    yield page
                    await page.close()
        finally:
            # Its whole process group, which no other process is in.
            with suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()


async def _port(file: Path, process: subprocess.Popen[bytes]) -> int:
    """Where the browser listens, as it writes it down when it does."""

    def listening() -> bool:
        assert process.poll() is None, "the browser ended at once"
        return file.exists() and bool(file.read_text(encoding="ascii").strip())

    await eventually(listening, within_s=PATIENCE_S, what="the browser listens")
    return int(file.read_text(encoding="ascii").splitlines()[0])
