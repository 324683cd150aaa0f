"""The alpaca character over HTTP: account, positions, activities, assets, clock."""

from datetime import timedelta
from decimal import Decimal
from typing import Final

from aiohttp import web

from argos.core.intent import Side
from argos.core.money import ZERO
from argos.exchange.admission import reserved_qty
from argos.exchange.book import Book, funds
from argos.exchange.positions import BrokerPosition, Deal
from argos.paperbroker.alpaca_api import guarded
from argos.paperbroker.alpaca_protocol import NOT_FOUND, AlpacaRefusal
from argos.paperbroker.alpaca_shapes import (
    account_row,
    activity_row,
    activity_ticket,
    asset_row,
    position_row,
)
from argos.paperbroker.broker import Broker
from argos.paperbroker.gate import Gate, answer
from argos.paperbroker.ledger import moment_of
from argos.protocol.values import moment_text, parse_moment

PAGE_SIZE: Final = 100
TICKET_END: Final = (1 << 48) - 1


class AlpacaAccount:
    """Handlers of everything at the account that is not an order."""

    def __init__(self, broker: Broker, *, gate: Gate) -> None:
        self._broker = broker
        self._gate = gate

    def routes(self) -> list[web.RouteDef]:
        gate = self._gate
        return [
            web.get("/v2/account", guarded(gate, self._account)),
            web.get("/v2/account/activities", guarded(gate, self._activities)),
            web.get("/v2/account/activities/FILL", guarded(gate, self._activities)),
            web.get("/v2/positions", guarded(gate, self._positions)),
            web.get("/v2/positions/{symbol}", guarded(gate, self._position)),
            web.get("/v2/assets", guarded(gate, self._assets)),
            web.get("/v2/clock", guarded(gate, self._clock)),
        ]

    async def _account(self, account: str, _: web.Request) -> web.Response:
        book = self._broker.books[account]
        return answer(
            account_row(
                funds(book, self._broker.market),
                account=account,
                currency=book.terms.currency,
                leverage=book.terms.leverage,
                shorting=book.terms.shorting,
            )
        )

    async def _activities(self, account: str, http: web.Request) -> web.Response:
        """FILL rows by page: `page_token` is the id of the last row seen, whichever the direction."""
        asked = http.query
        page_size = min(int(asked.get("page_size", PAGE_SIZE)), PAGE_SIZE)
        newest_first = asked.get("direction", "desc") == "desc"
        token = activity_ticket(asked["page_token"]) if "page_token" in asked else None
        after = parse_moment(asked["after"], field="after") if "after" in asked else moment_of(0)
        deals = self._broker.ledger.deals_page(
            account,
            after=0 if newest_first or token is None else token,
            before=token if newest_first and token is not None else TICKET_END,
            since=after,
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
        book, symbol = self._broker.books[account], http.match_info["symbol"]
        position = book.net_position(symbol)
        if position is None:
            raise AlpacaRefusal(
                f"position does not exist: {symbol}", status=404, alpaca_code=NOT_FOUND
            )
        return answer(self._row(book, position))

    def _row(self, book: Book, position: BrokerPosition) -> dict[str, object]:
        return position_row(
            position,
            quote=self._broker.market.quotes.get(position.symbol),
            available_qty=_available(book, position),
        )

    async def _assets(self, _: str, __: web.Request) -> web.Response:
        return answer([asset_row(item) for item in self._broker.market.instruments.values()])

    async def _clock(self, _: str, __: web.Request) -> web.Response:
        now = self._broker.clock()
        market = self._broker.market
        is_open = any(market.is_open(symbol) for symbol in market.instruments)
        tomorrow = moment_text(now + timedelta(days=1))
        return answer(
            {
                "timestamp": moment_text(now),
                "is_open": is_open,
                "next_open": tomorrow,
                "next_close": tomorrow,
            }
        )


def _available(book: Book, position: BrokerPosition) -> Decimal:
    side: Side = position.side.opposite
    return max(ZERO, position.qty - reserved_qty(book, symbol=position.symbol, side=side))
