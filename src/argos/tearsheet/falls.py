"""The deepest drawdowns as text."""

from dataclasses import dataclass
from typing import Final

from argos.backtest.periods import worst_drawdowns
from argos.backtest.result import Result
from argos.tearsheet import words

DRAWDOWNS: Final = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class FallRow:
    """One fall: how deep, from when to when; bars from the peak until it was back, or until the end."""

    depth: str
    began: str
    deepest: str
    back: str
    bars: str


def fall_rows(result: Result, *, daily: bool) -> list[FallRow]:
    """The deepest first."""
    opened = result.bars.opened_ns

    def at(bar: int) -> str:
        return words.moment_of(int(opened[bar]), daily=daily) if bar >= 0 else "the start"

    rows = []
    for fall in worst_drawdowns(result, count=DRAWDOWNS):
        last = len(opened) - 1 if fall.back_bar is None else fall.back_bar
        rows.append(
            FallRow(
                depth=words.percent(-fall.depth, 2),
                began=at(fall.peak_bar),
                deepest=at(fall.trough_bar),
                back="not yet" if fall.back_bar is None else at(fall.back_bar),
                bars=f"{last - fall.peak_bar:,}",
            )
        )
    return rows
