"""Alpaca's market data over HTTP, as far as the exchange has it: the newest quotes of many symbols at once."""

from typing import Any, Final

from aiohttp import web

from argos.core.instrument import Quote
from argos.paperbroker.alpaca_door import Door
from argos.paperbroker.broker import Broker
from argos.paperbroker.gate import answer
from argos.protocol.values import moment_text

EXCHANGE: Final = "V"
"""The letter of IEX, whose quotes a free subscription is told."""
CONDITIONS: Final = ["R"]
TAPE: Final = "C"
SHARES_SHOWN: Final = 100
"""No more is known of the depth than that there is some."""


class AlpacaData:
    """Handlers of `/v2/stocks/...`. Market data has a rate of its own, hence a door of its own."""

    def __init__(self, broker: Broker, *, door: Door) -> None:
        self._broker = broker
        self._door = door

    def routes(self) -> list[web.RouteDef]:
        return [web.get("/v2/stocks/quotes/latest", self._door.guarded(self._latest_quotes))]

    async def _latest_quotes(self, _: str, http: web.Request) -> web.Response:
        """Symbols that do not trade here, or have no quote yet, are left out, as there."""
        asked = [name for name in http.query.get("symbols", "").upper().split(",") if name]
        if not asked:
            return answer({"message": "symbols is required"}, status=400)
        quotes = self._broker.market.quotes
        told = {name: _quote_row(quotes[name]) for name in asked if name in quotes}
        return answer({"quotes": told})


def _quote_row(quote: Quote) -> dict[str, Any]:
    return {
        "t": moment_text(quote.at),
        "ax": EXCHANGE,
        "ap": float(quote.ask),
        "as": SHARES_SHOWN,
        "bx": EXCHANGE,
        "bp": float(quote.bid),
        "bs": SHARES_SHOWN,
        "c": CONDITIONS,
        "z": TAPE,
    }
