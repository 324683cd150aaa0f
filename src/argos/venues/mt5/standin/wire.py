"""The stand-in's own line to the paper broker: synchronous, as the package is, and never sending twice."""

import http.client
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode, urlsplit


class BrokerAway(Exception):
    """No usable answer. `heard` is False when the request certainly was not."""

    def __init__(self, text: str, *, heard: bool, timed_out: bool = False) -> None:
        self.heard = heard
        self.timed_out = timed_out
        super().__init__(text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    status: int
    body: Any


class BrokerLine:
    """One account at one paper broker. Queries share a connection, a send gets one of its own."""

    def __init__(self, base_url: str, *, api_key: str, timeout_s: float) -> None:
        self._address = urlsplit(base_url)
        self._headers = {"Authorization": f"Bearer {api_key}"}
        self._timeout_s = timeout_s
        self._kept: http.client.HTTPConnection | None = None

    def get(self, name: str, query: Mapping[str, str] | None = None) -> Reply:
        """Asked again once, since the broker may have closed a connection that lay idle."""
        path = f"/mt5/{name}" + (f"?{urlencode(query)}" if query else "")
        for attempt in (1, 2):
            kept, self._kept = self._kept or self._connection(), None
            try:
                reply = self._ask(kept, "GET", path, None)
            except BrokerAway as away:
                kept.close()
                if attempt == 2 or away.timed_out:
                    raise
            else:
                self._kept = kept
                return reply
        raise AssertionError("the second attempt answers or raises")

    def post(self, name: str, body: Mapping[str, Any]) -> Reply:
        connection = self._connection()
        try:
            return self._ask(connection, "POST", f"/mt5/{name}", json.dumps(body).encode())
        finally:
            connection.close()

    def close(self) -> None:
        if self._kept is not None:
            self._kept.close()
            self._kept = None

    def _connection(self) -> http.client.HTTPConnection:
        host, port = self._address.hostname or "127.0.0.1", self._address.port or 80
        return http.client.HTTPConnection(host, port, timeout=self._timeout_s)

    def _ask(
        self, connection: http.client.HTTPConnection, method: str, path: str, body: bytes | None
    ) -> Reply:
        heard = False
        try:
            if connection.sock is None:
                connection.connect()
            heard = True
            connection.request(method, path, body=body, headers=self._headers)
            response = connection.getresponse()
            text = response.read()
            return Reply(status=response.status, body=json.loads(text) if text else None)
        except TimeoutError as error:
            raise BrokerAway(f"{method} {path}: timeout", heard=heard, timed_out=True) from error
        except (OSError, http.client.HTTPException, ValueError) as error:
            raise BrokerAway(f"{method} {path}: {error!r}", heard=heard) from error
