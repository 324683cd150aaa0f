"""The stand-in's inside: its session, its line to the broker, and the error that it reports last."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final, TypeVar

from argos.venues.mt5.standin.faults import AT_QUERIES, Fault, FaultPlan
from argos.venues.mt5.standin.settings import StandInSettings
from argos.venues.mt5.standin.wire import BrokerAway, BrokerLine

_Answer = TypeVar("_Answer")
Error = tuple[int, str]
OK: Final = (1, "Success")
FAIL: Final = (-1, "Terminal: Call failed")
INVALID: Final = (-2, "Invalid arguments")
UNNAMED: Final = (-2, "Unnamed arguments not allowed")
NOT_FOUND: Final = (-4, "Terminal: Not found")
UNAUTHORISED: Final = (-6, "Terminal: Authorization failed")
SEND_FAILED: Final = (-10001, "IPC send failed")
RECEIVE_FAILED: Final = (-10002, "IPC recv failed")
NO_TERMINAL: Final = (-10003, "IPC initialize failed, MetaTrader 5 x64 not found")
NO_LINK: Final = (-10004, "No IPC connection")


class Inside:
    """`online` is whether the broker served the last question; `session_ended_ms` is of the session before."""

    def __init__(self, settings: StandInSettings) -> None:
        self.settings = settings
        self.faults = FaultPlan(seed=settings.seed, probabilities=settings.fault_probabilities)
        self.error: Error = OK
        self.running = False
        self.online = False
        self.login = settings.saved_login
        self.line: BrokerLine | None = None
        self.session_ended_ms = 0
        self._password = settings.saved_password
        self._known: dict[str, Any] = {}

    def log_in(self, login: int, password: str) -> bool:
        self._password = password or self._password
        self.line = BrokerLine(
            self.settings.broker_url,
            api_key=self._password,
            timeout_s=self.settings.answer_timeout_s,
        )
        self._known.clear()
        self.login = login
        if self.ask("account_info") is None:
            self.line, self.login = None, 0
            return self.fail(UNAUTHORISED, False)
        return self.done(True)

    def end_session(self) -> None:
        self.running = False
        self.session_ended_ms = int(datetime.now(tz=UTC).timestamp() * 1_000)
        if self.line is not None:
            self.line.close()

    def serves(self) -> bool:
        """Whether the terminal is there and this call goes well; sets the error if not."""
        fault = self.faults.take(*AT_QUERIES)
        if fault is Fault.TERMINAL_RESTART:
            self.end_session()
        if not self.running:
            return self.fail(NO_LINK, False)
        return self.fail(FAIL, False) if fault is Fault.QUERY_FAILS else True

    def query(self, name: str, asked: Mapping[str, str] | None = None) -> Any:
        """The broker's answer; None, with the error set, when the terminal did not serve."""
        if not self.serves():
            return None
        if self.line is None:
            return self.fail(UNAUTHORISED, None)
        found = self.ask(name, asked)
        return self.fail(FAIL, None) if found is None else found

    def ask(self, name: str, asked: Mapping[str, str] | None = None) -> Any:
        """What the broker says; while it is away, what it said last: a terminal offline keeps its tables."""
        assert self.line is not None, "only asked when logged in"
        key = "?".join((name, *(asked or {}).values()))
        try:
            reply = self.line.get(name, asked)
        except BrokerAway:
            self.online = False
            return self._known.get(key)
        self.online = reply.status == 200
        if self.online:
            self._known[key] = reply.body
        return self._known.get(key)

    def note_send(self, request: Any) -> None:
        """For whoever measures how long it took to come to this call."""
        path = self.settings.sends_file
        if path is None:
            return
        called_us = time.time_ns() // 1_000
        magic = request.get("magic", 0) if isinstance(request, dict) else 0
        with path.open("a", encoding="ascii") as file:
            file.write(f"{magic} {called_us}\n")

    def done(self, answer: _Answer) -> _Answer:
        self.error = OK
        return answer

    def fail(self, error: Error, answer: _Answer) -> _Answer:
        self.error = error
        return answer
