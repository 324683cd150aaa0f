"""The running gateway as commands see it: its HTTP API, with the operator's key from the home."""

import http.client
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any, Final
from urllib.parse import quote, urlencode, urlsplit

import orjson
import typer

from argos.core.errors import ArgosError, InputError
from argos.doors import API_KEY
from argos.settings import load_settings
from argos.stack.free_ports import LOOPBACK, ports
from argos.stack.home import Home

TIMEOUT_S: Final = 15.0
PAGE_MAX: Final = 500
ANYWHERE: Final = frozenset({"", "0.0.0.0", "::"})  # noqa: S104 - what a server that listens everywhere is told
GatewayUrl = Annotated[
    str | None,
    typer.Option("--url", help="The gateway's address, if it is not this home's.", metavar="URL"),
]


class GatewayAway(ArgosError):
    """Nobody answers at the gateway's address: what was asked may or may not have been done."""

    default_code = "GATEWAY_AWAY"


@dataclass(frozen=True, slots=True)
class Reply:
    status: int
    body: Any


@dataclass(frozen=True, slots=True, kw_only=True)
class GatewayClient:
    """Asks one gateway. Errors it answers with are raised as ArgosError, word for word."""

    url: str
    api_key: str = field(repr=False)

    def get(self, path: str, **asked: Any) -> Any:
        """The JSON at `path`; parameters that are None are left out."""
        given = {name: _text(value) for name, value in asked.items() if value is not None}
        return self._checked(self.call("GET", f"{path}?{urlencode(given)}" if given else path))

    def post(self, path: str, body: Mapping[str, Any]) -> Any:
        return self._checked(self.call("POST", path, body))

    def pages(self, path: str, *, limit: int, **asked: Any) -> Iterator[dict[str, Any]]:
        """Up to `limit` items of a list, newest first, however many pages that takes."""
        left, cursor = limit, None
        while left > 0:
            page = self.get(path, limit=min(left, PAGE_MAX), cursor=cursor, **asked)
            yield from page["items"]
            left -= len(page["items"])
            cursor = page["next_cursor"]
            if cursor is None:
                return

    def call(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Reply:
        """Status and parsed body, whatever they are. Raises GatewayAway when there is no answer."""
        parts = urlsplit(self.url)
        kind = (
            http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
        )
        connection = kind(parts.hostname or LOOPBACK, parts.port, timeout=TIMEOUT_S)
        content = orjson.dumps(body) if body is not None else None
        headers = {"Authorization": f"Bearer {self.api_key}", "Content-Type": "application/json"}
        try:
            connection.request(method, parts.path.rstrip("/") + path, content, headers)
            answer = connection.getresponse()
            return Reply(answer.status, _parsed(answer.read()))
        except (OSError, http.client.HTTPException) as error:
            raise GatewayAway(
                f"no gateway answers at {self.url}: {error or type(error).__name__}",
                fix="start it with `argos up`, or name another by --url",
            ) from None
        finally:
            connection.close()

    def _checked(self, reply: Reply) -> Any:
        if reply.status < 300:
            return reply.body
        told = reply.body.get("error", {}) if isinstance(reply.body, dict) else {}
        raise ArgosError(
            told.get("message") or f"{self.url} answered with status {reply.status}",
            code=told.get("code") or "GATEWAY_ANSWER_UNKNOWN",
            field=told.get("field"),
            fix=told.get("fix") or "check that an Argos gateway listens at this address",
        )


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _parsed(content: bytes) -> Any:
    try:
        return orjson.loads(content)
    except orjson.JSONDecodeError:
        return None


def path_part(text: str) -> str:
    """A name as it may stand between two slashes of a path."""
    return quote(text, safe="")


def gateway_address(home: Home) -> str:
    """Where this home's gateway is, or was when it last ran."""
    settings = load_settings(home, os.environ).gateway
    host = LOOPBACK if settings.host in ANYWHERE else settings.host
    port = ports(home).known().get("gateway", settings.port)
    return f"http://{f'[{host}]' if ':' in host else host}:{port}"


def open_gateway(home: Home, url: str | None) -> GatewayClient:
    """This home's gateway, or the one at `url`, asked as the operator."""
    if url is not None and urlsplit(url).scheme not in {"http", "https"}:
        raise InputError(
            f"{url} is no http address", code="URL_INVALID", field="--url", fix="http://HOST:PORT"
        )
    key = home.secrets().get(API_KEY)
    if key is None:
        raise InputError(
            f"the home {home.root} holds no API key",
            code="API_KEY_MISSING",
            field=API_KEY,
            fix="run `argos init`",
        )
    return GatewayClient(url=(url or gateway_address(home)).rstrip("/"), api_key=key)
