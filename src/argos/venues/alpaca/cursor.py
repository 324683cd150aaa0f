"""Where the next look begins: when the last one was, and which orders were open then."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import orjson

from argos.venues.alpaca.trading import Row

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

    async def watched(
        self,
        told: Iterable[Row],
        *,
        order: Callable[[str], Awaitable[Iterable[Row]]],
    ) -> dict[str, Row]:
        """The orders of a look, by id: those told already, and those open at the last scan that are no more.

        `order` gives the rows of one of these: itself, with its legs where they are rows too.
        """
        orders = {row["id"]: row for row in told}
        for order_id in self.open_ids:
            if order_id not in orders:
                orders.update((row["id"], row) for row in await order(order_id))
        return orders

    def text(self) -> str:
        return orjson.dumps({"after": self.after, "open": self.open_ids}).decode()
