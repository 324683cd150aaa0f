"""Where the money went: from what there was before costs to what was left."""

from dataclasses import dataclass
from typing import Final

from argos.backtest.result import Result
from argos.tearsheet.plots import Plot, steps
from argos.tearsheet.words import NOTHING, money, number, percent

_SHORT: Final = ("Spread", "Slip", "Comm.", "Swap")
"""Names of the four costs that fit under a bar."""


@dataclass(frozen=True, slots=True, kw_only=True)
class CostRow:
    """amount: signed, as it moved equity. share: of what there was before costs. bps: of all notional traded."""

    name: str
    amount: str
    share: str
    bps: str
    sum: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class CostTable:
    rows: tuple[CostRow, ...]
    plot: Plot | None


def cost_table(result: Result) -> CostTable:
    """Gross, each cost, net. Gross is at mid prices with nothing charged; net is what equity gained."""
    costs = result.costs
    net = result.net_result
    gross = net + costs.total
    parts = (
        ("Spread", -costs.spread),
        ("Slippage", -costs.slippage),
        ("Commission", -costs.commission),
        ("Financing", -costs.financing),
    )

    def row(name: str, amount: float, *, is_sum: bool = False) -> CostRow:
        return CostRow(
            name=name,
            amount=money(amount, sign=True),
            share=percent(amount / gross, sign=True) if gross > 0 else NOTHING,
            bps=number(amount / costs.turnover * 1e4) if costs.turnover > 0 else NOTHING,
            sum=is_sum,
        )

    return CostTable(
        rows=(
            row("Before costs", gross, is_sum=True),
            *(row(name, amount) for name, amount in parts),
            row("After costs", net, is_sum=True),
        ),
        plot=steps(
            (("Gross", gross), *zip(_SHORT, (amount for _, amount in parts), strict=True)),
            total="Net",
            label="From the result before costs to the result after them",
            tell=lambda amount: money(amount, sign=True),
        )
        if costs.turnover > 0
        else None,
    )
