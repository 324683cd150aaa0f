"""A run on the screen: the figures that decide, what they rest on, and what they leave out."""

import math
from collections.abc import Iterable
from typing import Final

from rich.console import Console
from rich.markup import escape
from rich.table import Table

from argos.backtest.lookahead import LookAhead
from argos.backtest.metrics import DAYS_MIN, Metrics
from argos.backtest.provenance import Provenance
from argos.backtest.result import Result
from argos.backtest.signal_quality import Quality
from argos.cli.frame.printing import messages, table

CAVEAT: Final = (
    "Simulated fills on past prices. No queue, no other traders, no refusals; argos.backtest's choices err as "
    "docs/concepts/backtesting.md says. Nothing here is advice."
)


def show_run(
    out: Console, result: Result, metrics: Metrics, quality: Quality, provenance: Provenance
) -> None:
    """Headline, money, costs and signals of one run."""
    out.print(
        f"[bold]{escape(provenance.strategy)}[/] on {escape(provenance.data)}: "
        f"{', '.join(map(escape, provenance.symbols))}; {provenance.bars:,} bars, "
        f"{provenance.first:%Y-%m-%d} to {provenance.last:%Y-%m-%d}",
        soft_wrap=True,
    )
    if result.params:
        words = ", ".join(f"{name}={value}" for name, value in result.params.items())
        out.print(f"[dim]{escape(words)}[/]", soft_wrap=True)
    out.print()
    out.print(side_by_side(_money(metrics), _risk(metrics)))
    out.print()
    out.print(side_by_side(_costs(result, metrics), _signals(metrics, quality)))
    out.print()
    if metrics.sharpe_too_short:
        out.print(f"[yellow]Fewer than {DAYS_MIN} days: too short to read a Sharpe ratio.[/]")
    if metrics.ambiguous:
        out.print(
            f"[yellow]{metrics.ambiguous} of {metrics.trades} trades are ambiguous: stop and target lay in one bar, "
            "the stop was taken.[/] --finer settles it.",
            soft_wrap=True,
        )
    out.print(f"[dim]{CAVEAT}[/]", soft_wrap=True)


def show_lookahead(out: Console, found: LookAhead) -> None:
    """What taking the future away came to."""
    if found.clean:
        out.print(
            f"[green]No look ahead seen[/]: {len(found.cuts)} cuts, {found.decisions:,} past decisions unchanged."
        )
        return
    out.print(
        table(
            "The strategy looks ahead: with the bars from `cut` on taken away, earlier decisions are others",
            (">cut", "symbol", ">bar", "what", ">with future", ">without"),
            [
                (p.cut, p.symbol, p.bar, p.what, f"{p.with_future:g}", f"{p.without:g}")
                for p in found.peeks
            ],
        )
    )


def show_signals_alone(out: Console, quality: Quality) -> None:
    """Each signal judged on its own, by confidence where they have one, and by symbol."""
    rows = [("all", quality.all), *quality.by_symbol.items()]
    rows += [
        (f"confidence {low:.1f} to {high:.1f}", r)
        for (low, high), r in quality.by_confidence.items()
        if r.n
    ]
    out.print(
        table(
            "Each signal on its own, without costs",
            ("", ">n", ">right", ">95 % from", ">to", ">mean confidence"),
            [
                (
                    name,
                    f"{r.n:,}",
                    *(percent(v) for v in (r.rate, r.low, r.high, r.confidence_mean)),
                )
                for name, r in rows
            ],
        )
    )
    if quality.rated:
        out.print(
            f"Brier {quality.brier:.3f} (a constant at the hit rate {quality.brier_of_rate:.3f}), log loss "
            f"{quality.log_loss:.3f}, over {quality.rated:,} with a confidence.",
            soft_wrap=True,
        )


def _money(metrics: Metrics) -> Table:
    return pairs(
        "Money",
        [
            ("total return", percent(metrics.total_return)),
            ("CAGR", percent(metrics.cagr)),
            ("deepest drawdown", percent(-metrics.drawdown)),
            ("  longest, bars", f"{metrics.drawdown_bars:,}"),
            ("exposed", percent(metrics.exposed)),
            ("turnover a year", f"{number(metrics.turnover)} x"),
        ],
    )


def _risk(metrics: Metrics) -> Table:
    return pairs(
        "Ratios",
        [
            ("Sharpe", number(metrics.sharpe)),
            ("  of n returns", f"{metrics.sharpe_n:,}"),
            ("  P(true > 0), PSR", percent(metrics.psr)),
            ("Sortino", number(metrics.sortino)),
            ("Calmar", number(metrics.calmar)),
            ("SQN", number(metrics.sqn)),
        ],
    )


def _costs(result: Result, metrics: Metrics) -> Table:
    costs = result.costs
    return pairs(
        "Costs, account currency",
        [
            ("commission and fees", money(costs.commission)),
            ("financing", money(costs.financing)),
            ("spread", money(costs.spread)),
            ("slippage", money(costs.slippage)),
            ("all of it", money(costs.total)),
            ("expectancy a trade", money(metrics.expectancy)),
        ],
    )


def _signals(metrics: Metrics, quality: Quality) -> Table:
    rate = quality.all
    rows = [
        ("trades", f"{metrics.trades:,}"),
        ("won", f"{percent(rate.rate)}"),
        ("  95 % interval", f"{percent(rate.low)} to {percent(rate.high)}"),
        ("profit factor", number(metrics.profit_factor)),
        ("mean against, for", f"{percent(quality.mae)}, {percent(quality.mfe)}"),
    ]
    if quality.rated:
        rows.append(("Brier (coin 0.25)", f"{quality.brier:.3f} of {quality.rated:,}"))
    return pairs("Trades as signals", rows)


def pairs(title: str, rows: Iterable[tuple[str, str]]) -> Table:
    """A word and its value a row."""
    shown = Table(
        title=title, title_justify="left", box=None, show_header=False, pad_edge=False, min_width=30
    )
    shown.add_column()
    shown.add_column(justify="right")
    for word, value in rows:
        shown.add_row(f"[dim]{escape(word)}[/]", escape(value))
    return shown


def side_by_side(*parts: Table) -> Table:
    """Small tables in one row."""
    grid = Table.grid(padding=(0, 4))
    for _ in parts:
        grid.add_column()
    grid.add_row(*parts)
    return grid


def show_notes(notes: Iterable[str]) -> None:
    """How the files were understood, on stderr: the answer alone is on stdout."""
    for note in notes:
        messages().print(f"[dim]{escape(note)}[/]", soft_wrap=True)


def show_facts(out: Console, facts: Iterable[tuple[str, str]]) -> None:
    """Lines of a word and where to look."""
    for word, text in facts:
        out.print(f"[dim]{word:<8}[/] {escape(text)}", soft_wrap=True)


def percent(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:.2%}"


def number(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.2f}"


def money(value: float) -> str:
    return "-" if math.isnan(value) else f"{value:,.2f}"
