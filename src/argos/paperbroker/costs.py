"""Terms of the paper brokers, which backtests are played under, too. Typical of such houses."""

from decimal import Decimal
from typing import Final

from argos.core.costs import CostModel

MERIDIAN_COSTS: Final = CostModel(
    spread_bps=Decimal("5"),
    commission_per_unit=Decimal("0.02"),
    swap_long_bps=Decimal("1.6"),
    swap_short_bps=Decimal("0.7"),
    slippage_bps_mean=Decimal("0.4"),
    slippage_bps_sd=Decimal("0.8"),
)
HARBOR_COSTS: Final = CostModel(
    spread_bps=Decimal("2.5"),
    sell_fee_bps=Decimal("0.278"),
    sell_fee_per_unit=Decimal("0.000166"),
    slippage_bps_mean=Decimal("0.8"),
    slippage_bps_sd=Decimal("0.6"),
)
EXCHANGE_COSTS: Final = CostModel(
    spread_bps=Decimal("2"), slippage_bps_mean=Decimal("0.5"), slippage_bps_sd=Decimal("0.5")
)
FOREX_COSTS: Final = CostModel(
    spread_bps=Decimal("0.8"),
    commission_per_unit=Decimal("0.000035"),
    swap_long_bps=Decimal("0.6"),
    swap_short_bps=Decimal("0.3"),
    slippage_bps_mean=Decimal("0.1"),
    slippage_bps_sd=Decimal("0.3"),
)
"""3.50 on each side of a lot of 100,000."""
CFD_COSTS: Final = CostModel(
    spread_bps=Decimal("1.2"),
    swap_long_bps=Decimal("1.6"),
    swap_short_bps=Decimal("0.7"),
    slippage_bps_mean=Decimal("0.2"),
    slippage_bps_sd=Decimal("0.5"),
)
