"""A real fixture server as a child process: asked, troubled and stopped by tests."""

import json
import urllib.request
from types import TracebackType
from typing import Any

from argos.sources.settings import PROVIDERS
from telling_child import TellingChild

STOP_WITHIN_S = 20.0


class FixtureProcess:
    """Runs inside a `with`. Control calls block until the server has answered."""

    def __init__(self, *, seed: int = 7, day_s: float = 600, fault_rate: float = 0.0) -> None:
        self._words = [f"--seed={seed}", f"--day-s={day_s}", f"--fault-rate={fault_rate}"]
        self.url = ""

    def __enter__(self) -> "FixtureProcess":
        words = ["-m", "argos.sources.fixture", *self._words]
        self._child = TellingChild(words, stop_within_s=STOP_WITHIN_S)
        self.url = self._child.told["url"]
        return self

    def __exit__(
        self,
        _kind: type[BaseException] | None,
        _error: BaseException | None,
        _trace: TracebackType | None,
    ) -> None:
        self._child.stop()

    def fault(self, provider: str, fault: str | None, **more: Any) -> None:
        self._post("/control/fault", {"provider": provider, "fault": fault, **more})

    def clock(self, ahead_s: float) -> None:
        self._post("/control/clock", {"ahead_s": ahead_s})

    def limit(self, provider: str, calls_max: int | None, seconds: int = 60) -> None:
        body = {"provider": provider, "calls_max": calls_max, "seconds": seconds}
        self._post("/control/limit", body)

    def calm(self) -> None:
        """As it began: it works, has no limits, and keeps this machine's time."""
        self.clock(0)
        for provider in PROVIDERS:
            self.fault(provider, None)
            self.limit(provider, None)

    def asked(self, provider: str) -> int:
        """How many requests came for a provider."""
        with urllib.request.urlopen(self.url + "/control/state") as answer:
            return int(json.load(answer)["providers"][provider]["asked"])

    def _post(self, path: str, body: dict[str, Any]) -> None:
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body).encode(),
            headers={"Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request) as answer:
            answer.read()
