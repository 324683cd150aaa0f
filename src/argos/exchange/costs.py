"""What trading costs at a simulated broker: the one cost model of paper broker and backtester."""

from dataclasses import dataclass
from decimal import Decimal

from argos.core.intent import Side
from argos.core.money import BPS, ZERO, round_near, round_up


@dataclass(frozen=True, slots=True, kw_only=True)
class CostModel:
    """Terms of one symbol. Prices and rates per unit are in account currency; costs are positive when we pay.

    `spread_bps` is the full distance between bid and ask. Swap is per night of holding and may be negative
    (we receive). Slippage is drawn around `slippage_bps_mean`; negative draws are price improvement.
    """

    spread_bps: Decimal
    commission_bps: Decimal = ZERO
    commission_per_unit: Decimal = ZERO
    sell_fee_bps: Decimal = ZERO
    sell_fee_per_unit: Decimal = ZERO
    swap_long_bps: Decimal = ZERO
    swap_short_bps: Decimal = ZERO
    slippage_bps_mean: Decimal = ZERO
    slippage_bps_sd: Decimal = ZERO
    money_step: Decimal = Decimal("0.01")

    def commission(self, *, qty: Decimal, price: Decimal) -> Decimal:
        """Broker's commission on one side of a fill, to the nearest cent."""
        amount = qty * price * self.commission_bps / BPS + qty * self.commission_per_unit
        return round_near(amount, step=self.money_step)

    def fee(self, *, side: Side, qty: Decimal, price: Decimal) -> Decimal:
        """Regulatory fee: on sales only, and rounded up to the cent as the regulators do."""
        if side is Side.BUY:
            return ZERO
        amount = qty * price * self.sell_fee_bps / BPS + qty * self.sell_fee_per_unit
        return round_up(amount, step=self.money_step)

    def swap(self, *, side: Side, qty: Decimal, price: Decimal, nights: int = 1) -> Decimal:
        """Financing of a holding over `nights`."""
        rate_bps = self.swap_long_bps if side is Side.BUY else self.swap_short_bps
        return round_near(qty * price * rate_bps / BPS * nights, step=self.money_step)
