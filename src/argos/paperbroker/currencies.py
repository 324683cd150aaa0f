"""One market, as accounts in different currencies see it."""

from dataclasses import replace

from argos.core.instrument import PAR, Instrument, exchange_rate
from argos.core.money import ZERO
from argos.exchange.book import Market


def market_in(market: Market, currency: str) -> Market:
    """`market` with its units worth what they are in `currency`, by its own pairs at their present quotes.

    A symbol whose currency no pair brings home has no quote there and its ticks are worth 0, as a terminal tells it:
    it does not trade, and nothing of it is judged.
    """
    if all(item.quote_currency == currency for item in market.instruments.values()):
        return market
    instruments: dict[str, Instrument] = {}
    quotes = dict(market.quotes)
    for symbol, item in market.instruments.items():
        rate = exchange_rate(
            item.quote_currency, currency, instruments=market.instruments, quotes=market.quotes
        )
        if rate is None:
            quotes.pop(symbol, None)
            instruments[symbol] = replace(item, unit_value=ZERO)
        elif rate is PAR:
            instruments[symbol] = item
        else:
            instruments[symbol] = replace(item, unit_value=rate.loss, unit_value_profit=rate.profit)
    return replace(market, instruments=instruments, quotes=quotes)
