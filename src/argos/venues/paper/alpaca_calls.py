"""Alpaca's requests, their answers judged: a refusal, an open outcome, or the row that was asked for."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.venues.paper import alpaca_words as words
from argos.venues.paper.wire import QUERY_TIMEOUT_S, Reply, Wire, answered

TOO_MANY_REQUESTS: Final = 429
NOT_FOUND: Final = 404
LIST_LIMIT: Final = 500
PAGE_SIZE: Final = 100
PAGES_MAX: Final = 2_000
REPLACEMENTS_MAX: Final = 50

Row = Mapping[str, Any]


class AlpacaCalls:
    """The requests of one account. Queries raise VenueUnreachable if they were not fully answered."""

    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    async def query(
        self,
        path: str,
        *,
        query: Mapping[str, str] | None = None,
        timeout_s: float = QUERY_TIMEOUT_S,
    ) -> Any:
        return answered(await self._wire.get(path, query=query, timeout_s=timeout_s))

    async def find(self, path: str, *, query: Mapping[str, str] | None = None) -> Row | None:
        """The row at `path`; None only if the broker says that there is none."""
        reply = await self._wire.get(path, query=query)
        if reply.status == NOT_FOUND and reply.body and "code" in reply.body:
            return None
        row: Row = answered(reply)
        return row

    async def order_by_client_id(self, client_order_id: str) -> Row | None:
        """The order as it is now: if it was replaced, what it was replaced by."""
        row = await self.find(
            "/v2/orders:by_client_order_id", query={"client_order_id": client_order_id}
        )
        for _ in range(REPLACEMENTS_MAX):
            if row is None or not row["replaced_by"]:
                return row
            row = await self.find(f"/v2/orders/{row['replaced_by']}")
        raise VenueUnreachable("replaced without end", code="VENUE_ANSWER_UNREADABLE")

    async def open_orders(self, *, symbol: str | None = None) -> list[Row]:
        query = {"status": "open", "direction": "asc"}
        if symbol is not None:
            query["symbols"] = symbol
        return await self._listed(query)

    async def orders_since(self, after: str) -> list[Row]:
        """Orders placed later than `after`, whatever became of them."""
        return await self._listed({"status": "all", "direction": "asc", "after": after})

    async def fills_since(self, after: str) -> list[Row]:
        """FILL rows later than `after`, oldest first, each once."""
        rows: dict[str, Row] = {}
        query = {"direction": "asc", "page_size": str(PAGE_SIZE), "after": after}
        for _ in range(PAGES_MAX):
            page = await self.query("/v2/account/activities/FILL", query=query)
            rows.update((row["id"], row) for row in page)
            if len(page) < PAGE_SIZE:
                return list(rows.values())
            query["page_token"] = page[-1]["id"]
        raise VenueUnreachable("fills without end", code="VENUE_ANSWER_UNREADABLE")

    async def opening_fill(self, symbol: str) -> Row | None:
        """The fill that began the present holding in `symbol`; None if there is none."""
        query = {"direction": "desc", "page_size": str(PAGE_SIZE)}
        for _ in range(PAGES_MAX):
            page = await self.query("/v2/account/activities/FILL", query=query)
            if not page:
                return None
            for row in page:
                if row["symbol"] == symbol and words.opens_position(row):
                    found: Row = row
                    return found
            query["page_token"] = page[-1]["id"]
        return None

    async def post_order(self, body: Mapping[str, Any], *, timeout_s: float) -> Row:
        """The order as taken. A client id that was used before is this order, sent before: its row is given."""
        reply = await self._wire.call("POST", "/v2/orders", body=body, timeout_s=timeout_s)
        if _is_duplicate(reply):
            known = await self.order_by_client_id(body["client_order_id"])
            if known is None:
                raise VenueUnreachable("used client id is not found", code="VENUE_OUTCOME_OPEN")
            return known
        return _done(reply)

    async def patch_order(self, order_id: str, body: Mapping[str, Any], *, timeout_s: float) -> Row:
        path = f"/v2/orders/{order_id}"
        return _done(await self._wire.call("PATCH", path, body=body, timeout_s=timeout_s))

    async def cancel_order(self, order_id: str, *, timeout_s: float) -> None:
        """Returns when the order is canceled, by this request or an earlier one."""
        path = f"/v2/orders/{order_id}"
        reply = await self._wire.call("DELETE", path, timeout_s=timeout_s)
        if reply.ok:
            return
        row = await self.find(path)
        if row is None or row["status"] != "canceled":
            _done(reply)

    async def _listed(self, query: Mapping[str, str]) -> list[Row]:
        """All pages of a list that is ordered by creation."""
        rows: dict[str, Row] = {}
        asked = {**query, "limit": str(LIST_LIMIT)}
        for _ in range(PAGES_MAX):
            page = await self.query("/v2/orders", query=asked)
            rows.update((row["id"], row) for row in page)
            if len(page) < LIST_LIMIT:
                return list(rows.values())
            # A bracket is placed in one moment: its orders must not be parted by the page.
            last = page[-1]["created_at"]
            asked["after"] = max(
                (row["created_at"] for row in page if row["created_at"] < last), default=last
            )
        raise VenueUnreachable("orders without end", code="VENUE_ANSWER_UNREADABLE")


def fresh_client_id(root: str, mark: str) -> str:
    return f"{root}{mark}{secrets.token_hex(4)}"


def _is_duplicate(reply: Reply) -> bool:
    body = reply.body if isinstance(reply.body, dict) else {}
    return body.get("code") == words.BODY_INVALID and words.NOT_UNIQUE in str(body.get("message"))


def _done(reply: Reply) -> Row:
    """The row of a request that was carried out; VenueRefused with Alpaca's own code and words if not."""
    if reply.ok:
        if not isinstance(reply.body, dict):
            raise VenueUnreachable("an order was expected", code="VENUE_ANSWER_UNREADABLE")
        return reply.body
    body = reply.body if isinstance(reply.body, dict) else {}
    raise VenueRefused(
        str(body.get("message", f"status {reply.status}")),
        venue_code=str(body.get("code", reply.status)),
        retryable=reply.status == TOO_MANY_REQUESTS,
    )
