"""Whether a broker tells the truth about what a tick is worth, and which figure sizes are measured by."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.instrument import Instrument, ProfitRule, exchange_rate
from argos.core.intent import Side
from argos.core.money import ONE, divide_up

TOLERANCE: Final = Decimal("0.02")
"""How far the two may be apart: rates move between the reading of the terms and the quote, and have two sides."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TickValue:
    """What a move of 1.0 costs per unit, in account currency: as the broker told it, and by the formula.

    `formula` is None where it cannot be judged: the broker sets the tick's price by itself, or no pair that the
    account sees brings the quote currency home.
    """

    told: Decimal
    formula: Decimal | None

    @property
    def differs(self) -> bool:
        if self.formula is None or self.told <= 0:
            return False
        return abs(self.told - self.formula) > TOLERANCE * self.formula

    @property
    def trusted(self) -> Decimal:
        """The one to size by. Where the two differ, the dearer.

        The server books profit as move x contract size x lots in the quote currency (MQL5 reference,
        SYMBOL_TRADE_CALC_MODE), converted at its rate: no tick value is in that formula, and some brokers fill the
        field wrongly for indices and metals, mostly by not converting it. But which of the two is wrong cannot be
        known before a deal has been closed, and contract sizes are mistaken as well. By the dearer one nobody loses
        more at the stop than he stated, whichever is true; the order is too small until the broker mends it.
        """
        if not self.differs or self.formula is None:
            return self.told
        return max(self.told, self.formula)


def tick_value(instrument: Instrument, snapshot: AccountSnapshot) -> TickValue:
    """The two figures for one symbol of an account, at the quotes of its snapshot."""
    rate = None
    if instrument.profit_rule is not ProfitRule.TICK:
        rate = exchange_rate(
            instrument.quote_currency,
            snapshot.currency,
            instruments=snapshot.instruments,
            quotes=snapshot.quotes,
        )
    return TickValue(told=instrument.unit_value, formula=None if rate is None else rate.loss)


def loss_value(
    instrument: Instrument, snapshot: AccountSnapshot, *, side: Side, sl: Decimal | None
) -> Decimal:
    """What a move of 1.0 costs per unit where the stop is, in account currency: what a size by risk is measured by.

    It is what a tick is worth now, except for a pair whose base currency is the account's: such a loss is converted
    by the very price that made it, at the stop, where a buy has less of it than now and a sell more. A rate that comes
    from another pair is taken as it stands: nobody knows where that one will be.
    """
    value = tick_value(instrument, snapshot).trusted
    own_rate = (
        instrument.profit_rule is ProfitRule.PAIR and instrument.base_currency == snapshot.currency
    )
    if sl is None or not own_rate:
        return value
    quote = snapshot.quotes.get(instrument.symbol)
    if quote is None:
        return max(value, divide_up(ONE, sl))
    bid_at_stop = sl if side is Side.BUY else max(quote.bid, sl - (quote.ask - quote.bid))
    return divide_up(value * quote.bid, bid_at_stop)
