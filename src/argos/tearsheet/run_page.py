"""The tear sheet of one run."""

from collections.abc import Sequence
from typing import Final

import numpy as np

from argos.backtest.groups import by_reason, by_side, by_symbol
from argos.backtest.layout import Reason
from argos.backtest.metrics import metrics_of
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.signal_quality import outcomes_of_trades, quality_of
from argos.core.errors import InputError
from argos.tearsheet import words
from argos.tearsheet.candle_tables import candle_tables
from argos.tearsheet.caveats import caveats
from argos.tearsheet.cost_table import cost_table
from argos.tearsheet.document import LIBRARY, render
from argos.tearsheet.falls import fall_rows
from argos.tearsheet.figures import (
    figure_table,
    headline,
    sharpe_note,
    span_words,
    summary,
    warnings,
)
from argos.tearsheet.month_table import NAMES, month_table
from argos.tearsheet.settings_words import settings_in_words
from argos.tearsheet.timeline import timeline
from argos.tearsheet.trade_plots import reliability, trade_plots
from argos.tearsheet.trade_tables import (
    REASONS,
    ROWS,
    first_shown,
    qty_digits,
    trade_tables,
)

SCRIPTS: Final = (
    LIBRARY,
    "pack.js",
    "chart.js",
    "timeline.js",
    "marks.js",
    "candles.js",
    "table.js",
    "run.js",
)
_DAY_S: Final = 86_400
_SYMBOLS_SHOWN: Final = 30


def run_sheet(
    result: Result,
    provenance: Provenance,
    *,
    benchmark: Result | None = None,
    told_first: Sequence[str] = (),
) -> str:
    """One run as a whole HTML document that loads nothing from anywhere.

    told_first: what its owner must know before any figure, above the usual warnings.
    benchmark: what to hold it against, such as buy and hold; it must be of the same bars. Raises InputError otherwise.
    """
    if benchmark is not None and not np.array_equal(
        benchmark.bars.opened_ns, result.bars.opened_ns
    ):
        raise InputError(
            "the benchmark is of other bars than the run",
            code="SHEET_BENCHMARK",
            field="benchmark",
            fix="play the benchmark on the same bars",
        )
    figures = metrics_of(result)
    other = metrics_of(benchmark) if benchmark is not None else None
    outcomes = outcomes_of_trades(result)
    quality = quality_of(outcomes)
    daily = words.step_of(result.bars.opened_ns) >= _DAY_S
    drawn = timeline(result, benchmark)
    candles = candle_tables(result, first_shown(result))
    symbols = by_symbol(result)
    digits = [symbol["digits"] for symbol in candles.symbols]
    trades = trade_tables(result, outcomes, digits, daily=daily)
    return render(
        "run.html.j2",
        scripts=SCRIPTS,
        data={
            "timeline": drawn.tables,
            "logarithmic": bool(result.equity.min() > 0),
            "symbols": candles.symbols,
            "perCandle": candles.per_candle,
            "trades": trades.table,
            "firstTrade": trades.first,
            "rows": ROWS,
            "reasons": [REASONS[Reason(code)] for code in range(len(Reason))],
            "qtyDigits": qty_digits(result),
            "daily": daily,
            "benchmark": benchmark.strategy if benchmark is not None else "",
        },
        title=f"{result.strategy}: Argos backtest",
        result=result,
        provenance=provenance,
        figures=figures,
        benchmark=benchmark.strategy if benchmark is not None else "",
        span=span_words(result),
        headline=headline(figures, other),
        sharpe_note=sharpe_note(figures),
        summary=summary(result, figures, benchmark, other),
        warnings=[*told_first, *warnings(result, figures)],
        groups=figure_table(result, figures, other),
        drawn=drawn,
        falls=fall_rows(result, daily=daily),
        month_names=NAMES,
        months=month_table(result),
        candles=candles,
        bar=words.bar_width(words.step_of(result.bars.opened_ns)),
        trades=trades,
        reasons=by_reason(result),
        sides=by_side(result),
        symbols=symbols[:_SYMBOLS_SHOWN] if len(result.bars.symbols) > 1 else [],
        symbols_left_out=max(len(symbols) - _SYMBOLS_SHOWN, 0),
        reason_names={reason.name.lower(): name for reason, name in REASONS.items()},
        plots=trade_plots(result, outcomes, quality, daily=daily),
        quality=quality,
        reliability=reliability(quality),
        costs=cost_table(result),
        settings=settings_in_words(result.settings, len(result.bars)),
        caveats=caveats(result),
    )
