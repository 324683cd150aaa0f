"""What a node file says of an Alpaca account: keys, addresses, and what shall be watched."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from argos.core.errors import InputError

PAPER_API: Final = "https://paper-api.alpaca.markets"
LIVE_API: Final = "https://api.alpaca.markets"
DATA_API: Final = "https://data.alpaca.markets"
KEY_VARIABLE: Final = "APCA_API_KEY_ID"
SECRET_VARIABLE: Final = "APCA_API_SECRET_KEY"  # noqa: S105 - the variable's name
"""Alpaca's own names of the two in an environment, whichever account they are for."""
REQUESTS_PER_MINUTE: Final = 200
_LOOPBACK: Final = frozenset({"127.0.0.1", "localhost", "::1"})


@dataclass(frozen=True, slots=True, kw_only=True)
class AlpacaSettings:
    """One account. `symbols` are those that can be traded here; empty means all that the exchange lists.

    `requests_per_minute` is what Alpaca allows the account, 0 for no limit. `quotes_ms`: how often quotes are asked
    for. Without `data_url` there are none.
    """

    key_id: str
    secret_key: str = field(repr=False)
    api_url: str = PAPER_API
    stream_url: str = ""
    data_url: str = DATA_API
    symbols: tuple[str, ...] = ()
    feed: str = "iex"
    requests_per_minute: int = REQUESTS_PER_MINUTE
    quotes_ms: int = 1_000

    @property
    def headers(self) -> dict[str, str]:
        return {"APCA-API-KEY-ID": self.key_id, "APCA-API-SECRET-KEY": self.secret_key}


def stream_of(api_url: str) -> str:
    """Where the updates of an account at `api_url` are told."""
    scheme, _, rest = api_url.rstrip("/").partition("://")
    return f"{'wss' if scheme == 'https' else 'ws'}://{rest}/stream"


def alpaca_settings(body: Mapping[str, Any]) -> AlpacaSettings:
    """The settings in a node file whose `venue` is alpaca. Raises InputError ALPACA_SETTINGS_INVALID."""
    try:
        api_url = str(body.get("api_url") or PAPER_API).rstrip("/")
        found = AlpacaSettings(
            key_id=_text(body, "key_id"),
            secret_key=_text(body, "secret_key"),
            api_url=_safe(api_url, field="api_url"),
            stream_url=_safe(str(body.get("stream_url") or stream_of(api_url)), field="stream_url"),
            data_url=_safe(str(body.get("data_url", DATA_API)).rstrip("/"), field="data_url"),
            symbols=tuple(dict.fromkeys(str(name) for name in body.get("symbols", ()))),
            feed=str(body.get("feed", "iex")),
            requests_per_minute=int(body.get("requests_per_minute", REQUESTS_PER_MINUTE)),
            quotes_ms=int(body.get("quotes_ms", 1_000)),
        )
    except (TypeError, ValueError, AttributeError) as error:
        raise _invalid(repr(error), field=None) from error
    if found.requests_per_minute < 0 or found.quotes_ms < 1:
        raise _invalid("a number below what is possible", field="requests_per_minute")
    return found


def _text(body: Mapping[str, Any], name: str) -> str:
    value = body.get(name)
    if not isinstance(value, str) or not value or not value.isascii() or not value.isprintable():
        raise _invalid(f"{name} is missing or no key", field=name)
    return value


def _safe(url: str, *, field: str) -> str:
    """The address, if keys may be sent to it: an encrypted one, or one on this machine."""
    if not url:
        return url
    parts = urlsplit(url)
    if parts.scheme in {"https", "wss"} and parts.hostname:
        return url
    if parts.scheme in {"http", "ws"} and parts.hostname in _LOOPBACK:
        return url
    raise _invalid(f"{field} must be https (wss), or on this machine: {url}", field=field)


def _invalid(why: str, *, field: str | None) -> InputError:
    return InputError(
        f"the node file's alpaca settings cannot be used: {why}",
        code="ALPACA_SETTINGS_INVALID",
        field=field,
        fix="compare with docs/how-to/alpaca-node.md",
    )
