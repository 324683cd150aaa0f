"""What a venue remembers of its quotes, so that one can be asked for without any I/O."""

from collections import deque
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from argos.core.instrument import Quote

QUOTES_KEPT: Final = timedelta(seconds=60)
QUOTES_MAX: Final = 20_000


class QuoteCache:
    """Quotes of the last 60 s per symbol, and always the newest."""

    def __init__(self) -> None:
        self._rows: dict[str, deque[tuple[datetime, str, str]]] = {}

    def put(self, symbol: str, *, bid: str, ask: str, at: datetime) -> None:
        rows = self._rows.setdefault(symbol, deque(maxlen=QUOTES_MAX))
        rows.append((at, bid, ask))
        while at - rows[0][0] > QUOTES_KEPT:
            rows.popleft()

    def quote(self, symbol: str, *, at: datetime | None) -> Quote | None:
        """The newest, or the one that stood at `at`; None if that is unknown, or too long ago."""
        for moment, bid, ask in reversed(self._rows.get(symbol, ())):
            if at is None or moment <= at:
                return Quote(symbol=symbol, bid=Decimal(bid), ask=Decimal(ask), at=moment)
        return None

    def newest(self) -> dict[str, Quote]:
        quotes = ((symbol, self.quote(symbol, at=None)) for symbol in self._rows)
        return {symbol: quote for symbol, quote in quotes if quote is not None}
