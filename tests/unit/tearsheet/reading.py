"""Reads a page as a browser would, as far as tests need it."""

import base64
import json
import zlib
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

import numpy as np

VOID = {"meta"}


@dataclass
class Read:
    """text: what is seen, tags left out; tags: names with attributes; scripts, styles, data: their content."""

    text: str = ""
    tags: list[tuple[str, dict[str, str | None]]] = field(default_factory=list)
    scripts: list[str] = field(default_factory=list)
    styles: list[str] = field(default_factory=list)
    data: dict[str, Any] = field(default_factory=dict)
    unclosed: list[str] = field(default_factory=list)

    def with_id(self, name: str) -> list[str]:
        return [tag for tag, given in self.tags if given.get("id") == name]


class _Reader(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.read, self.open = Read(), []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append((tag, dict(attrs)))

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.read.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open, f"</{tag}> ends nothing"
        assert self.open[-1][0] == tag, f"</{tag}> ends <{self.open[-1][0]}>"
        self.open.pop()

    def handle_data(self, data: str) -> None:
        tag, given = self.open[-1] if self.open else ("", {})
        if tag == "script" and given.get("type") == "application/json":
            self.read.data = json.loads(data)
        elif tag == "script":
            self.read.scripts.append(data)
        elif tag == "style":
            self.read.styles.append(data)
        else:
            self.read.text += data


def read(page: str) -> Read:
    """The page, which must be well-formed."""
    reader = _Reader()
    reader.feed(page)
    reader.close()
    reader.read.unclosed = [tag for tag, _ in reader.open]
    return reader.read


def unpacked(table: dict[str, Any]) -> dict[str, np.ndarray]:
    """What `pack.js` makes of a packed table."""
    body, rows, start, found = (
        zlib.decompress(base64.b64decode(table["data"])),
        table["rows"],
        0,
        {},
    )
    for name, step, planes, differences in table["columns"]:
        folded = np.zeros(rows)
        for plane in range(planes):
            part = np.frombuffer(body, np.uint8, rows, start + plane * rows)
            folded += part.astype(float) * 256.0**plane
        start += planes * rows
        whole = np.where(folded % 2 == 0, -folded / 2, (folded - 1) / 2)
        whole = np.where(folded == 0, np.nan, whole)
        whole = np.cumsum(whole) if differences else whole
        found[name] = whole / round(1 / step) if step < 1 else whole * step
    assert start == len(body)
    return found
