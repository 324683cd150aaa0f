"""Whether a broker tells the truth about what a tick is worth, and which figure sizes are measured by."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Final

from argos.core.account import AccountSnapshot
from argos.core.instrument import Instrument, ProfitRule, exchange_rate

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
