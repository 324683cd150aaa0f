"""What one account can trade and on which terms, and the quotes it sees."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Final

from argos.core.money import ONE, divide_up


class ProfitRule(StrEnum):
    """How a venue turns a move of the price into money.

    PAIR and LINEAR: units x move, in quote currency; a pair exchanges its base currency for its quote currency.
    TICK: the venue sets a price for each tick, as for futures, and no formula can check it.
    """

    PAIR = "pair"
    LINEAR = "linear"
    TICK = "tick"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTerms:
    """A symbol's terms as its venue tells them: in lots, points and codes of its own, kept for whoever asks.

    Nothing is computed from them but `unit_value`: a tick's values are in account currency, for one lot, when it is
    won and when it is lost. The codes are those of MQL5's enumerations of the same names. `volume_limit` is the most
    that may be held on one side, 0 for no limit; `swap_triple_day` counts from Sunday, 0.
    """

    digits: int
    point: Decimal
    tick_value_profit: Decimal
    tick_value_loss: Decimal
    volume_min: Decimal
    volume_max: Decimal
    volume_step: Decimal
    volume_limit: Decimal
    trade_mode: int
    calc_mode: int
    execution: int
    filling_flags: int
    expiration_flags: int
    stops_level: int
    freeze_level: int
    swap_mode: int
    swap_long: Decimal
    swap_short: Decimal
    swap_triple_day: int
    margin_currency: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """Terms of one symbol at one account.

    Quantities are units (shares, ounces, base currency); a venue that counts lots multiplies by
    `contract_size`. `unit_value` is what a move of 1.0 in price is worth per unit, in the account's currency, when it
    is lost; `unit_value_profit` when it is won, where the venue tells the two apart (it converts a loss at the dearer
    side of the rate). `base_currency` is empty where the venue names none.
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
    unit_value_profit: Decimal | None = None
    base_currency: str = ""
    profit_rule: ProfitRule = ProfitRule.LINEAR
    venue_terms: VenueTerms | None = None

    def worth(self, amount: Decimal) -> Decimal:
        """`amount` of quote currency in the account's; a loss (negative) by the dearer value."""
        if amount < 0 or self.unit_value_profit is None:
            return amount * self.unit_value
        return amount * self.unit_value_profit


def unit_value_of(tick_value: Decimal, *, tick_size: Decimal, contract_size: Decimal) -> Decimal:
    """`unit_value` from the value of one tick of one lot; 0 where a term is missing, which no order can be sized by.

    Risk is measured by it, so it is rounded up, if at all.
    """
    if tick_size <= 0 or contract_size <= 0:
        return Decimal(0)
    return divide_up(divide_up(tick_value, tick_size), contract_size)


@dataclass(frozen=True, slots=True, kw_only=True)
class Quote:
    symbol: str
    bid: Decimal
    ask: Decimal
    at: datetime

    @property
    def mid(self) -> Decimal:
        return (self.bid + self.ask) / 2


@dataclass(frozen=True, slots=True, kw_only=True)
class ExchangeRate:
    """Account currency for 1 of another: what a loss costs, what a profit brings. `loss` is the dearer one."""

    loss: Decimal
    profit: Decimal


PAR: Final = ExchangeRate(loss=ONE, profit=ONE)


def exchange_rate(
    currency: str,
    account_currency: str,
    *,
    instruments: Mapping[str, Instrument],
    quotes: Mapping[str, Quote],
) -> ExchangeRate | None:
    """What `currency` is worth by a pair that the account itself sees; None without one, or without its quote.

    Only a pair of just these two is taken. A loss is bought at the ask of such a pair, a profit sold at its bid; of
    the pair the other way round the sides change places.
    """
    if currency == account_currency:
        return PAR
    for item in instruments.values():
        quote = quotes.get(item.symbol)
        if item.profit_rule is not ProfitRule.PAIR or quote is None or quote.bid <= 0:
            continue
        if (item.base_currency, item.quote_currency) == (currency, account_currency):
            return ExchangeRate(loss=quote.ask, profit=quote.bid)
        if (item.base_currency, item.quote_currency) == (account_currency, currency):
            return ExchangeRate(loss=divide_up(ONE, quote.bid), profit=ONE / quote.ask)
    return None
