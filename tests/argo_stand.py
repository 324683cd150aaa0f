"""A running Argo that a test troubles: its control addresses, its files, its database, and what doctor says of it."""

import asyncio
import json
import os
import signal
import tempfile
import urllib.request
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from pathlib import Path
from types import TracebackType
from typing import Any

from argos.cli.doctor.command import examine
from argos.cli.doctor.finding import Finding, State
from argos.doors import API_KEY
from argos.home_database import open_access
from argos.rehearsal.argo_results import SignalBook, read_signals
from argos.settings import load_settings
from argos.signals.file import FILE, SignalFile
from argos.stack.home import Home
from argos.store.evidence import EvidenceStore
from telling_child import TellingChild

PROGRAM = Path(__file__).with_name("argo_stand_process.py")
STOP_WITHIN_S = 30.0


class ArgoStand:
    """Runs inside a `with`."""

    def __enter__(self) -> "ArgoStand":
        self._folder = tempfile.TemporaryDirectory(prefix="argo-")
        Path(self._folder.name).chmod(0o711)
        self.home = Home.at(Path(self._folder.name) / "home")
        self._child = TellingChild([str(PROGRAM), str(self.home.root)], stop_within_s=STOP_WITHIN_S)
        self.told: Mapping[str, Any] = self._child.told
        self.account = str(self.told["account"])
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._child.stop()
        self._folder.cleanup()

    def fixture_fault(self, provider: str, fault: str | None, **more: Any) -> None:
        body = {"provider": provider, "fault": fault, **more}
        _post(f"{self.told['fixture_url']}/control/fault", body)

    def provider_clock(self, ahead_s: float) -> None:
        _post(f"{self.told['fixture_url']}/control/clock", {"ahead_s": ahead_s})

    def exchange_faults(self, *wanted: Mapping[str, Any]) -> None:
        key = self.home.secret("control_exchange")
        url = f"{self.told['exchange_url']}/control/faults"
        _post(url, {"next": list(wanted)}, key=key)

    def own_clock(self, ahead_s: float) -> None:
        """Of the signal service alone."""
        path = self.home.root / "clock.txt"
        fresh = path.with_suffix(".new")
        fresh.write_text(str(ahead_s))
        fresh.replace(path)

    def ask(self, path: str) -> Any:
        headers = {"Authorization": f"Bearer {self.home.secret(API_KEY)}"}
        request = urllib.request.Request(self.told["gateway_url"] + path, headers=headers)
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)

    def order(self, path: str, body: Mapping[str, Any]) -> None:
        _post(self.told["gateway_url"] + path, body, key=self.home.secret(API_KEY))

    def kill(self, child: str, number: int = signal.SIGKILL) -> None:
        os.kill(self.told["pids"][child], number)

    async def doctor(self) -> dict[str, Finding]:
        """All findings by their check, as `argos doctor` makes them."""
        return {finding.check: finding for finding in await examine(self.home)}

    async def says(self, check: str, state: State, *words: str) -> bool:
        finding = (await self.doctor()).get(check)
        return (
            finding is not None
            and finding.state is state
            and all(word in finding.detail for word in words)
        )

    def book(self) -> SignalBook:
        """The chain so far, verified and made again."""
        file = SignalFile.open(self.home.root / FILE)
        try:
            return read_signals(file)
        finally:
            file.close()

    async def recorded(self) -> int:
        return (await asyncio.to_thread(self.book)).recorded

    @asynccontextmanager
    async def evidence(self) -> AsyncIterator[EvidenceStore]:
        access = open_access(self.home, load_settings(self.home, {}))
        store = await EvidenceStore.open(access.as_role("argos_reader"))
        try:
            yield store
        finally:
            await store.aclose()


def _post(url: str, body: Mapping[str, Any], *, key: str = "") -> None:
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {key}"}
    request = urllib.request.Request(url, data=json.dumps(body).encode(), headers=headers)
    with urllib.request.urlopen(request, timeout=10) as answer:
        answer.read()
