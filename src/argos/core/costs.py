"""What trading costs: the one cost model of the paper broker and the backtester."""

from dataclasses import dataclass
from decimal import Decimal

from argos.core.intent import Side
from argos.core.money import BPS, ZERO, round_near, round_up


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """Terms of one symbol. Prices and rates per unit are in account currency; costs are positive when we pay.

    `spread_bps` is the full distance between bid and ask. Commission is charged on each fill, never less than
    `commission_min`. Swap is per night of holding and may be negative (we receive). A market or stop fill slips by
    `slippage_bps_mean` and `slippage_spread_fraction` of the spread (0.5 is half of it), adverse; the paper broker
    draws around that sum with `slippage_bps_sd`, where a negative draw is price improvement; the backtester takes the
    sum itself. Money is rounded to `money_step`, or not at all when that is 0.
    """

    spread_bps: Decimal
    commission_bps: Decimal = ZERO
    commission_per_unit: Decimal = ZERO
    commission_per_order: Decimal = ZERO
    commission_min: Decimal = ZERO
    sell_fee_bps: Decimal = ZERO
    sell_fee_per_unit: Decimal = ZERO
    swap_long_bps: Decimal = ZERO
    swap_short_bps: Decimal = ZERO
    slippage_bps_mean: Decimal = ZERO
    slippage_bps_sd: Decimal = ZERO
    slippage_spread_fraction: Decimal = ZERO
    money_step: Decimal = Decimal("0.01")

    @property
    def slippage_bps(self) -> Decimal:
        """Expected slippage of a market or stop fill against the far side of the quote; adverse is positive."""
        return self.slippage_bps_mean + self.slippage_spread_fraction * self.spread_bps

    def commission(self, *, qty: Decimal, price: Decimal) -> Decimal:
        """Broker's commission on one fill, to the nearest cent. `commission_per_order` counts once per fill."""
        amount = qty * price * self.commission_bps / BPS + qty * self.commission_per_unit
        amount = max(amount + self.commission_per_order, self.commission_min)
        return round_near(amount, step=self.money_step) if self.money_step else amount

    def fee(self, *, side: Side, qty: Decimal, price: Decimal) -> Decimal:
        """Regulatory fee: on sales only, and rounded up to the cent as the regulators do."""
        if side is Side.BUY:
            return ZERO
        amount = qty * price * self.sell_fee_bps / BPS + qty * self.sell_fee_per_unit
        return round_up(amount, step=self.money_step) if self.money_step else amount

    def swap(self, *, side: Side, qty: Decimal, price: Decimal, nights: int = 1) -> Decimal:
        """Financing of a holding over `nights`."""
        rate_bps = self.swap_long_bps if side is Side.BUY else self.swap_short_bps
        amount = qty * price * rate_bps / BPS * nights
        return round_near(amount, step=self.money_step) if self.money_step else amount
