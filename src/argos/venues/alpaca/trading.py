"""Alpaca's requests that trade, each sent once, its answer judged; and the look-ups that end a doubt about them."""

from collections.abc import Mapping
from typing import Any, Final, Protocol

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.venues.alpaca.outcomes import Judged, Outcome, judge
from argos.venues.wire import QUERY_TIMEOUT_S, Reply, answered

NOT_FOUND: Final = 404
REPLACEMENTS_MAX: Final = 50
RATE_LIMITED: Final = "VENUE_RATE_LIMITED"

Row = Mapping[str, Any]


class Line(Protocol):
    """Carries one request and gives its answer, whatever that says. Raises VenueUnreachable when none can be read."""

    async def call(
        self,
        method: str,
        path: str,
        *,
        timeout_s: float,
        query: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> Reply: ...


class AlpacaTrading:
    """Orders of one account. Refusals are VenueRefused with Alpaca's own code and words."""

    def __init__(self, line: Line) -> None:
        self._line = line

    async def find(self, path: str, *, query: Mapping[str, str] | None = None) -> Row | None:
        """The row at `path`; None only if Alpaca says that there is none."""
        reply = await self._line.call("GET", path, query=query, timeout_s=QUERY_TIMEOUT_S)
        if reply.status == NOT_FOUND and isinstance(reply.body, dict) and "code" in reply.body:
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
            row = await self.order(row["replaced_by"])
        raise VenueUnreachable("replaced without end", code="VENUE_ANSWER_UNREADABLE")

    async def order(self, order_id: str) -> Row | None:
        """The order with its legs inside."""
        return await self.find(f"/v2/orders/{order_id}", query={"nested": "true"})

    async def known_order(self, order_id: str) -> Row:
        """As `order`, of one that must be there: it was told of before. Raises VenueUnreachable if it is not."""
        row = await self.order(order_id)
        if row is None:
            raise VenueUnreachable(f"order {order_id} is not found", code="VENUE_ANSWER_UNREADABLE")
        return row

    async def post_order(self, body: Mapping[str, Any], *, timeout_s: float) -> Row:
        """The order as taken. A client id that was used before is this order, sent before: its row is given."""
        return await self._ordered("POST", "/v2/orders", body, timeout_s=timeout_s)

    async def patch_order(self, order_id: str, body: Mapping[str, Any], *, timeout_s: float) -> Row:
        """The order that takes the place of `order_id`; of a repeat, the one that took it before."""
        return await self._ordered("PATCH", f"/v2/orders/{order_id}", body, timeout_s=timeout_s)

    async def delete_order(self, order_id: str, *, timeout_s: float) -> None:
        """Returns when the cancel was taken; the order may work on for a moment. VenueRefused if it was not."""
        path = f"/v2/orders/{order_id}"
        reply = await self._line.call("DELETE", path, timeout_s=timeout_s)
        judged = _judged(reply)
        if judged.outcome is not Outcome.DONE:
            raise _refusal(judged)

    async def _ordered(
        self, method: str, path: str, body: Mapping[str, Any], *, timeout_s: float
    ) -> Row:
        reply = await self._line.call(method, path, body=body, timeout_s=timeout_s)
        judged = _judged(reply)
        if judged.outcome is Outcome.DONE and isinstance(reply.body, dict):
            return reply.body
        if judged.outcome is not Outcome.KNOWN:
            raise _refusal(judged)
        known = await self.order_by_client_id(body["client_order_id"])
        if known is None:
            raise VenueUnreachable("a used client id is not found", code="VENUE_OUTCOME_OPEN")
        return known


def _judged(reply: Reply) -> Judged:
    return judge(reply.status, reply.body, retry_after=reply.limits.get("Retry-After"))


def _refusal(judged: Judged) -> VenueRefused:
    """Raises VenueUnreachable where the outcome is open."""
    match judged.outcome:
        case Outcome.REFUSED:
            return VenueRefused(judged.text, venue_code=judged.code)
        case Outcome.LATER:
            return VenueRefused(
                judged.text, code=RATE_LIMITED, venue_code=judged.code, retryable=True
            )
        case _:
            raise VenueUnreachable(
                f"an order was expected: {judged.text}", code="VENUE_ANSWER_UNREADABLE"
            )
