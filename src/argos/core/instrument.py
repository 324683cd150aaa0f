"""What one account can trade and on which terms, and the quotes it sees."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """Terms of one symbol at one account.

    Quantities are units (shares, ounces, base currency); a venue that counts lots multiplies by
    `contract_size`. `unit_value` is what a move of 1.0 in price is worth per unit, in the account's currency.
    """

    symbol: str
    contract_size: Decimal
    tick_size: Decimal
    qty_min: Decimal
    qty_max: Decimal
    qty_step: Decimal
    stops_distance_min: Decimal
    unit_value: Decimal
    quote_currency: str
    tradable: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    symbol: str
    bid: Decimal
    ask: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2
