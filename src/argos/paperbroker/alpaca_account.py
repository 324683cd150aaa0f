"""The alpaca character over HTTP: account, positions, activities, assets, clock and calendar."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from aiohttp import web

from argos.core.intent import Side
from argos.core.money import ZERO
from argos.exchange.admission import reserved_qty
from argos.exchange.book import Book, funds
from argos.exchange.calendar import NEW_YORK, session_at
from argos.exchange.positions import BrokerPosition, Deal
from argos.paperbroker.alpaca_checks import under_multiplier
from argos.paperbroker.alpaca_config import Configurations
from argos.paperbroker.alpaca_door import Door
from argos.paperbroker.alpaca_holdings import account_row, asset_row, position_row
from argos.paperbroker.alpaca_protocol import body_invalid, not_found
from argos.paperbroker.alpaca_queries import (
    moment_asked,
    newest_first_asked,
    number_asked,
    symbol_of,
)
from argos.paperbroker.alpaca_refusals import buying_power
from argos.paperbroker.alpaca_shapes import activity_row, activity_ticket
from argos.paperbroker.broker import Broker
from argos.paperbroker.gate import answer, read_body
from argos.paperbroker.ledger import moment_of

PAGE_SIZE: Final = 100
TICKET_END: Final = (1 << 48) - 1
TRADES: Final = frozenset({"FILL"})


class AlpacaAccount:
    """Handlers of everything at the account that is not an order."""

    def __init__(self, broker: Broker, *, door: Door, configurations: Configurations) -> None:
        self._broker = broker
        self._door = door
        self._configurations = configurations

    def routes(self) -> list[web.RouteDef]:
        guarded = self._door.guarded
        return [
            web.get("/v2/account", guarded(self._account)),
            web.get("/v2/account/configurations", guarded(self._configuration)),
            web.patch("/v2/account/configurations", guarded(self._configure)),
            web.get("/v2/account/activities", guarded(self._activities)),
            web.get("/v2/account/activities/{type}", guarded(self._activities)),
            web.get("/v2/positions", guarded(self._positions)),
            web.get("/v2/positions/{symbol}", guarded(self._position)),
            web.get("/v2/assets", guarded(self._assets)),
            web.get("/v2/assets/{symbol}", guarded(self._asset)),
        ]

    async def _account(self, account: str, _: web.Request) -> web.Response:
        book, market, now = self._broker.books[account], self._broker.market, self._broker.clock()
        own = self._configurations.of(account)
        if self._broker.settings.full_rules:
            book = under_multiplier(book, Decimal(own.max_margin_multiplier))
        return answer(
            account_row(
                funds(book, market),
                terms=book.terms,
                power=buying_power(book, market),
                last_equity=self._last_equity(account),
                suspended=own.suspend_trade,
                long_only=own.no_shorting,
                now=now,
            )
        )

    def _last_equity(self, account: str) -> Decimal | None:
        """What the account was worth at the close before today; the deposit before its first one."""
        if not self._broker.settings.full_rules:
            return None
        today = self._broker.clock().astimezone(NEW_YORK)
        midnight = today.replace(hour=0, minute=0, second=0, microsecond=0)
        known = self._broker.ledger.equity_before(account, midnight)
        return self._broker.terms[account].deposit if known is None else known

    async def _configuration(self, account: str, _: web.Request) -> web.Response:
        return answer(self._configurations.of(account).row())

    async def _configure(self, account: str, http: web.Request) -> web.Response:
        return answer(self._configurations.change(account, await read_body(http)).row())

    async def _activities(self, account: str, http: web.Request) -> web.Response:
        """FILL rows by page: `page_token` is the id of the last row seen, whichever the direction.

        Fills are the only activities here; of any other kind there are none.
        """
        asked = http.query
        types = http.match_info.get("type") or asked.get("activity_types", "")
        if asked.get("category") == "non_trade_activity":
            return answer([])
        if types and not TRADES & set(types.split(",")):
            return answer([])
        page_size = number_asked(http, "page_size", default=PAGE_SIZE, most=PAGE_SIZE)
        newest_first = newest_first_asked(http)
        token = activity_ticket(asked["page_token"]) if "page_token" in asked else None
        if "page_token" in asked and token is None:
            raise body_invalid("page_token is invalid")
        after = moment_asked(http, "after", moment_of(0))
        until = moment_asked(http, "until", self._broker.clock() + timedelta(days=1))
        if "date" in asked:
            after = moment_asked(http, "date", after)
            until = after + timedelta(days=1)
        deals = self._broker.ledger.deals_page(
            account,
            after=0 if newest_first or token is None else token,
            before=token if newest_first and token is not None else TICKET_END,
            since=after,
            until=until,
            limit=page_size,
            newest_first=newest_first,
        )
        return answer([activity_row(deal) for deal in self._told(deals)])

    def _told(self, deals: list[Deal]) -> list[Deal]:
        twice = self._broker.told_twice
        return [deal for deal in deals for _ in range(1 + (deal.ticket in twice))]

    async def _positions(self, account: str, _: web.Request) -> web.Response:
        book = self._broker.books[account]
        return answer([self._row(book, position) for position in book.positions.values()])

    async def _position(self, account: str, http: web.Request) -> web.Response:
        book = self._broker.books[account]
        symbol = symbol_of(self._broker, http.match_info["symbol"])
        position = book.net_position(symbol)
        if position is None:
            raise not_found(f"position does not exist: {symbol}")
        return answer(self._row(book, position))

    def _row(self, book: Book, position: BrokerPosition) -> dict[str, object]:
        symbol = position.symbol
        return position_row(
            position,
            quote=self._broker.market.quotes.get(symbol),
            available_qty=_available(book, position),
            day_close=self._broker.day_closes.get(symbol),
            opened_today=self._is_of_today(position),
            listed_on=self._broker.symbol_terms[symbol].listed_on,
        )

    def _is_of_today(self, position: BrokerPosition) -> bool:
        opened, now = session_at(position.opened_at), session_at(self._broker.clock())
        return opened is not None and now is not None and opened.day == now.day

    async def _assets(self, _: str, http: web.Request) -> web.Response:
        asked = http.query
        rows = [self._asset_row(symbol) for symbol in self._broker.market.instruments]
        wanted = {
            "status": asked.get("status"),
            "class": asked.get("asset_class", "us_equity"),
            "exchange": asked.get("exchange"),
        }
        attributes = set(filter(None, asked.get("attributes", "").split(",")))
        return answer(
            [
                row
                for row in rows
                if all(value in {None, row[name]} for name, value in wanted.items())
                and (not attributes or attributes & set(row["attributes"]))
            ]
        )

    async def _asset(self, _: str, http: web.Request) -> web.Response:
        symbol = symbol_of(self._broker, http.match_info["symbol"])
        if symbol not in self._broker.market.instruments:
            raise not_found(f"asset not found for {symbol}")
        return answer(self._asset_row(symbol))

    def _asset_row(self, symbol: str) -> dict[str, Any]:
        terms = self._broker.symbol_terms[symbol]
        return asset_row(
            self._broker.market.instruments[symbol], title=terms.title, listed_on=terms.listed_on
        )


def _available(book: Book, position: BrokerPosition) -> Decimal:
    side: Side = position.side.opposite
    return max(ZERO, position.qty - reserved_qty(book, symbol=position.symbol, side=side))
