"""Where the next look begins: when the last one was, and which orders were open then."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson

OVERLAP: Final = timedelta(seconds=2)
BEGINNING: Final = "1970-01-01T00:00:00.000000Z"


@dataclass(frozen=True, slots=True, kw_only=True)
class Cursor:
    """`after` already lies behind the last scan by the overlap; `open_ids` were working orders of that scan."""

    after: str
    open_ids: tuple[str, ...]

    @classmethod
    def parse(cls, text: str) -> "Cursor":
        if not text:
            return cls(after=BEGINNING, open_ids=())
        body = orjson.loads(text)
        return cls(after=body["after"], open_ids=tuple(body["open"]))

    def text(self) -> str:
        return orjson.dumps({"after": self.after, "open": self.open_ids}).decode()
