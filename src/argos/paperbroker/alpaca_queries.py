"""The alpaca character over HTTP: orders are found and listed."""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final

from aiohttp import web

from argos.core.intent import Side
from argos.exchange.orders import BrokerOrder
from argos.paperbroker.alpaca_door import Door
from argos.paperbroker.alpaca_protocol import AlpacaRefusal, body_invalid, not_found
from argos.paperbroker.alpaca_shapes import asset_id, order_row, ticket_of
from argos.paperbroker.broker import Broker
from argos.paperbroker.gate import answer
from argos.protocol.values import parse_moment

LIST_LIMIT: Final = 50
LIST_LIMIT_MAX: Final = 500
LONG_AGO: Final = datetime(1970, 1, 1, tzinfo=UTC)
STATUSES: Final = ("open", "closed", "all")
_DATE_LENGTH: Final = 10


def wants(http: web.Request, name: str) -> bool:
    """True if a query says yes, in any spelling."""
    return http.query.get(name, "").lower() in {"true", "1", "t"}


def moment_asked(http: web.Request, name: str, default: datetime) -> datetime:
    """A moment of the query; a bare date is its midnight in UTC."""
    text = http.query.get(name)
    if not text:
        return default
    if len(text) == _DATE_LENGTH:
        return datetime.combine(date.fromisoformat(text), time(), tzinfo=UTC)
    return parse_moment(text, field=name)


def number_asked(http: web.Request, name: str, *, default: int, most: int) -> int:
    """A whole number of the query, from 1 to `most`; larger ones are brought down to it."""
    text = http.query.get(name, str(default))
    if not text.isdecimal() or int(text) < 1:
        raise body_invalid(f"{name} is invalid")
    return min(int(text), most)


def newest_first_asked(http: web.Request) -> bool:
    direction = http.query.get("direction", "desc")
    if direction not in {"asc", "desc"}:
        raise body_invalid("direction is invalid")
    return direction == "desc"


def symbol_of(broker: Broker, name: str) -> str:
    """The symbol that a symbol or an asset's id stands for; what is neither stays as it is."""
    instruments = broker.market.instruments
    if name in instruments:
        return name
    return next((symbol for symbol in instruments if asset_id(symbol) == name.lower()), name)


class OrderShelf:
    """Finds orders and tells them with their legs."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    def row(self, account: str, order: BrokerOrder) -> dict[str, Any]:
        """The order as it stands now, its legs inside."""
        current = self._broker.find_order(account, order.ticket) or order
        legs = self._broker.ledger.legs_of(account, order.ticket)
        return order_row(current, legs=legs or None)

    def is_known(self, account: str, client_order_id: str) -> bool:
        return self.by_client_id(account, client_order_id) is not None

    def by_client_id(self, account: str, client_order_id: str) -> BrokerOrder | None:
        return self._broker.ledger.order_by_client_id(account, client_order_id)

    def ticket(self, http: web.Request) -> int:
        """The ticket in the path; AlpacaRefusal 404 if it is none of ours."""
        ticket = ticket_of(http.match_info["id"])
        if ticket is None:
            raise no_order(http.match_info["id"])
        return ticket

    def order(self, account: str, ticket: int) -> BrokerOrder:
        order = self._broker.find_order(account, ticket)
        if order is None:
            raise no_order(str(ticket))
        return order


class AlpacaOrderQueries:
    """Handlers of what is asked of `/v2/orders...`."""

    def __init__(self, broker: Broker, *, door: Door) -> None:
        self._broker = broker
        self._door = door
        self._shelf = OrderShelf(broker)

    def routes(self) -> list[web.RouteDef]:
        guarded = self._door.guarded
        return [
            web.get("/v2/orders", guarded(self._list)),
            web.get("/v2/orders:by_client_order_id", guarded(self._by_client_id)),
            web.get("/v2/orders/{id}", guarded(self._get)),
        ]

    async def _get(self, account: str, http: web.Request) -> web.Response:
        order = self._shelf.order(account, self._shelf.ticket(http))
        return answer(self._shelf.row(account, order))

    async def _by_client_id(self, account: str, http: web.Request) -> web.Response:
        client_id = http.query.get("client_order_id", "")
        order = self._shelf.by_client_id(account, client_id)
        if order is None:
            raise no_order(client_id)
        return answer(self._shelf.row(account, order))

    async def _list(self, account: str, http: web.Request) -> web.Response:
        asked = http.query
        status = asked.get("status", "open")
        if status not in STATUSES:
            raise body_invalid("status is invalid")
        limit = number_asked(http, "limit", default=LIST_LIMIT, most=LIST_LIMIT_MAX)
        side = Side(asked["side"]) if "side" in asked else None
        nested = wants(http, "nested")
        if asked.get("asset_class", "us_equity") not in {"us_equity", "all"}:
            return answer([])
        after, until = self._window(account, http)
        newest_first = newest_first_asked(http)
        symbols = asked.get("symbols", "")
        if status == "open":
            live = self._open_orders(account, after=after, until=until, newest_first=newest_first)
            orders = [order for order in live if not symbols or order.symbol in symbols.split(",")]
        else:
            orders = self._broker.ledger.orders_created(
                account,
                after=after,
                until=until,
                ended_only=status == "closed",
                symbols=symbols,
                side=side.value if side else "",
                roots_only=nested,
                limit=limit,
                newest_first=newest_first,
            )
        orders = [order for order in orders if side in {None, order.side}]
        if nested:
            # A leg whose parent has ended is told by itself, or nobody would see it.
            parents = set(self._broker.books[account].orders) if status == "open" else set()
            roots = [order for order in orders if order.parent not in parents]
            return answer([self._shelf.row(account, order) for order in roots[:limit]])
        return answer([order_row(order) for order in orders[:limit]])

    def _window(self, account: str, http: web.Request) -> tuple[datetime, datetime]:
        """Between which moments, both outside, the orders were placed."""
        after = moment_asked(http, "after", LONG_AGO)
        until = moment_asked(http, "until", self._broker.clock() + timedelta(days=1))
        before_id, after_id = http.query.get("before_order_id"), http.query.get("after_order_id")
        if before_id and after_id:
            raise body_invalid("only one of before_order_id and after_order_id is accepted")
        if before_id:
            until = self._created_at(account, before_id)
        if after_id:
            after = self._created_at(account, after_id)
        return after, until

    def _created_at(self, account: str, order_id: str) -> datetime:
        return self._shelf.order(account, ticket_of(order_id) or 0).created_at

    def _open_orders(
        self, account: str, *, after: datetime, until: datetime, newest_first: bool
    ) -> list[BrokerOrder]:
        live = self._broker.books[account].orders.values()
        inside = [order for order in live if after < order.created_at < until]
        return sorted(inside, key=lambda o: (o.created_at, o.ticket), reverse=newest_first)


def no_order(name: str) -> AlpacaRefusal:
    return not_found(f"order not found for {name}")
