"""A real paper broker as a child process: started, fed, troubled, killed and started again by tests."""

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp

from argos.exchange.book import Character
from argos.paperbroker.ledger import LedgerView, read_ledger
from argos.paperbroker.presets import BrokerKeys, harbor, meridian, without_chance
from argos.paperbroker.settings import AccountSettings, BrokerSettings, settings_json

KEYS = BrokerKeys(
    feed="feed-key",
    control="control-key",
    accounts={"meridian-hedge": "k-hedge", "meridian-net": "k-net", "harbor-cash": "k-cash"},
)
START_WITHIN_S = 60.0


def exact_settings(
    character: Character, *, ledger: Path, accounts: int = 1, hedging: bool = False, seed: int = 7
) -> BrokerSettings:
    """A broker without chance or latency, with accounts `a0`, `a1`, ... whose keys are `key-a0`, ..."""
    preset = meridian if character is Character.MT5 else harbor
    exact = without_chance(preset(ledger=ledger, keys=KEYS, seed=seed))
    return replace(
        exact,
        accounts=tuple(
            AccountSettings(
                account=f"a{number}",
                api_key=f"key-a{number}",
                deposit=Decimal(100_000),
                hedging=hedging,
                leverage=Decimal(2),
            )
            for number in range(accounts)
        ),
    )


class PaperProcess:
    """One broker process. Feed and control calls block until the broker has answered."""

    def __init__(self, settings: BrokerSettings) -> None:
        self.settings = settings
        self._file = settings.ledger.with_suffix(".json")
        self._file.write_bytes(settings_json(settings))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.settings.port_file.read_text().strip()}"

    def start(self) -> "PaperProcess":
        before = self._port_stamp()
        self._process = subprocess.Popen([sys.executable, "-m", "argos.paperbroker", self._file])
        deadline_s = time.monotonic() + START_WITHIN_S
        while self._port_stamp() == before:
            assert self._process.poll() is None, "the broker ended while starting"
            assert time.monotonic() < deadline_s, "the broker does not start"
            time.sleep(0.01)
        return self

    def kill(self) -> None:
        """kill -9."""
        self._end(signal.SIGKILL)

    def stop(self) -> int:
        """SIGTERM; gives the exit code."""
        return self._end(signal.SIGTERM)

    def ledger(self) -> LedgerView:
        return read_ledger(self.settings.ledger)

    async def feed(self, symbol: str, mid: str, **more: Any) -> None:
        await self.post(
            "/feed",
            {"ticks": [{"symbol": symbol, "mid": mid}], **more},
            key=self.settings.feed_key,
        )

    async def rollover(self) -> None:
        await self.post("/feed", {"ticks": [], "rollover": True}, key=self.settings.feed_key)

    async def fault(self, name: str, **more: Any) -> None:
        await self.control("/control/faults", {"next": [{"fault": name, **more}]})

    async def control(self, path: str, body: dict[str, Any]) -> Any:
        return await self.post(path, body, key=self.settings.control_key)

    async def post(self, path: str, body: dict[str, Any], *, key: str) -> Any:
        status, answer = await self.call("POST", path, body=body, key=key)
        assert status == 200, answer
        return answer

    async def call(
        self, method: str, path: str, *, key: str, body: dict[str, Any] | None = None
    ) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {key}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.request(method, f"{self.url}{path}", json=body) as response,
        ):
            text = await response.read()
            return response.status, await response.json() if text else None

    def _port_stamp(self) -> int | None:
        try:
            return os.stat(self.settings.port_file).st_mtime_ns
        except FileNotFoundError:
            return None

    def _end(self, number: signal.Signals) -> int:
        assert self._process is not None
        self._process.send_signal(number)
        code = self._process.wait(timeout=10)
        self._process = None
        return code

    @property
    def is_running(self) -> bool:
        return self._process is not None
