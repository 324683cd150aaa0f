"""Whose order an order is: Alpaca does not say of a leg, asked for by itself, which entry it belongs to."""

from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import replace
from datetime import timedelta
from typing import Final

from argos.core.execution import FillReason
from argos.protocol.values import moment_text, parse_moment
from argos.venues.alpaca import words
from argos.venues.alpaca.reading import AlpacaReading
from argos.venues.alpaca.rows import UNKNOWN_PARENT, flatten_orders, is_our_client_id
from argos.venues.alpaca.trading import REPLACEMENTS_MAX, AlpacaTrading, Row

ORIGINS_MAX: Final = 100_000
BESIDE: Final = timedelta(seconds=1)
"""A leg and its parent are placed together: so far before the leg the search for the parent begins."""


class Lineage:
    """Learns from every list of orders that passes by; asks only for what none of them told. It is a cache."""

    def __init__(self, reading: AlpacaReading, trading: AlpacaTrading) -> None:
        self._reading = reading
        self._trading = trading
        self._origins: OrderedDict[str, words.Origin] = OrderedDict()

    def learn(self, rows: Iterable[Row]) -> None:
        """Rows with `parent_order_id`; those whose parent is not among them teach nothing."""
        rows = list(rows)
        roots = {row["id"]: row["client_order_id"] for row in rows}
        for row in rows:
            parent = row["parent_order_id"]
            root = row["client_order_id"] if parent is None else roots.get(parent)
            if root is not None:
                self._keep(row["id"], _origin(row, root=root))

    def known(self, order_id: str) -> words.Origin | None:
        return self._origins.get(order_id)

    async def origin(self, order_id: str) -> words.Origin:
        """Of any order of the account. A leg whose parent cannot be found is nobody's, and still a stop or a target."""
        if (known := self.known(order_id)) is not None:
            return known
        row = await self._told(order_id)
        if row["parent_order_id"] == UNKNOWN_PARENT:
            await self._find_parent(row)
        found = self.known(order_id)
        if found is None:
            found = _origin(row, root="")
            self._keep(order_id, found)
        return found

    async def _find_parent(self, leg: Row) -> None:
        first = leg
        for _ in range(REPLACEMENTS_MAX):
            if not first["replaces"]:
                break
            first = await self._told(first["replaces"])
        since = parse_moment(first["created_at"], field="created_at") - BESIDE
        self.learn(await self._reading.orders_since(moment_text(since), symbol=leg["symbol"]))
        root = self.known(first["id"])
        if self.known(leg["id"]) is None and root is not None:
            self._keep(leg["id"], root)

    async def _told(self, order_id: str) -> Row:
        rows = flatten_orders([await self._trading.known_order(order_id)])
        self.learn(rows)
        return rows[0]

    def _keep(self, order_id: str, origin: words.Origin) -> None:
        self._origins[order_id] = origin
        while len(self._origins) > ORIGINS_MAX:
            self._origins.popitem(last=False)


def _origin(row: Row, *, root: str) -> words.Origin:
    """What no program of ours has written was done by a person, or by another program."""
    origin = words.origin_of(row, root=root)
    if origin.reason is FillReason.COMMAND and not is_our_client_id(root):
        return replace(origin, reason=FillReason.MANUAL)
    return origin
