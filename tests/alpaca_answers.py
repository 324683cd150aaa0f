"""Holds answers against the fields that Alpaca publishes for them (alpaca_fields.toml)."""

import re
import tomllib
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

FIELDS = tomllib.loads(Path(__file__).with_name("alpaca_fields.toml").read_text(encoding="utf-8"))

ID = r"[^/]+"
KINDS = (
    ("GET", r"/v2/account", "account"),
    ("GET|PATCH", r"/v2/account/configurations", "configurations"),
    ("GET", r"/v2/account/portfolio/history", "history"),
    ("GET", rf"/v2/account/activities(/{ID})?", "list of activity"),
    ("GET", r"/v2/assets", "list of asset"),
    ("GET", rf"/v2/assets/{ID}", "asset"),
    ("GET", r"/v2/clock", "clock"),
    ("GET", r"/v2/calendar", "list of calendar"),
    ("GET", r"/v2/orders", "list of order"),
    ("POST", r"/v2/orders", "order"),
    ("GET", r"/v2/orders:by_client_order_id", "order"),
    ("GET|PATCH", rf"/v2/orders/{ID}", "order"),
    ("DELETE", r"/v2/orders", "list of canceled"),
    ("GET", r"/v2/positions", "list of position"),
    ("DELETE", r"/v2/positions", "list of closed"),
    ("GET", rf"/v2/positions/{ID}", "position"),
    ("DELETE", rf"/v2/positions/{ID}", "order"),
)
PLAIN = {"boolean": bool, "object": dict, "text": str}


def kind_of(method: str, url: str) -> str:
    """What an answer should be; KeyError for a request that Alpaca does not have."""
    path = urlsplit(url).path
    for methods, pattern, kind in KINDS:
        if method in methods.split("|") and re.fullmatch(pattern, path):
            return kind
    raise KeyError(f"{method} {path}")


def findings(kind: str, value: Any, *, at: str = "") -> list[str]:
    """What is not as published, each with its place; empty if all is."""
    if kind.endswith(" or null"):
        return [] if value is None else findings(kind.removesuffix(" or null"), value, at=at)
    if kind == "order or error":
        return findings("error" if "code" in value else "order", value, at=at)
    if kind.startswith("list of "):
        if not isinstance(value, list):
            return [f"{at}: no list"]
        inner = kind.removeprefix("list of ")
        return [f for n, item in enumerate(value) for f in findings(inner, item, at=f"{at}[{n}]")]
    if kind in FIELDS:
        return _of_object(kind, value, at=at)
    return [] if _is(kind, value) else [f"{at}: {value!r} is no {kind}"]


def _of_object(kind: str, value: Any, *, at: str) -> list[str]:
    if not isinstance(value, dict):
        return [f"{at}: no {kind}"]
    table = FIELDS[kind]
    found = [f"{at}.{name} is missing" for name in table["required"] if name not in value]
    if kind == "error":  # what else stands in an error is not published
        value = {name: value[name] for name in table["fields"] if name in value}
    for name, item in value.items():
        if name in table["fields"]:
            found += findings(table["fields"][name], item, at=f"{at}.{name}")
        elif name not in table.get("shown_beside", ()):
            found.append(f"{at}.{name} is not published")
    return found


def _is(kind: str, value: Any) -> bool:
    if kind.startswith("one of "):
        return value in kind.removeprefix("one of ").split("|")
    if kind in PLAIN:
        return isinstance(value, PLAIN[kind])
    if kind in {"integer", "number"}:
        wanted = int if kind == "integer" else int | float
        return isinstance(value, wanted) and not isinstance(value, bool)
    try:
        return isinstance(value, str) and bool(_READERS[kind](value))
    except (ValueError, InvalidOperation):
        return False


_READERS = {
    "uuid": UUID,
    "date": date.fromisoformat,
    "moment": lambda text: datetime.fromisoformat(text).tzinfo,
    "number text": lambda text: Decimal(text).is_finite(),
}
