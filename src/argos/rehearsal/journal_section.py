"""The report's section on signals and their trades: the journal, its figures, and why nothing came of the rest."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from argos.consensus.vote import Direction
from argos.core.texts import decimal_text
from argos.performance.entry import Entry
from argos.performance.equity_figures import AccountEquity
from argos.performance.finished import direction_of
from argos.performance.groups import Asked, By, Performance, VoteRate, performance_of
from argos.performance.metrics import Figures
from argos.rehearsal.charts import Box, LineChart
from argos.rehearsal.moment_chart import moment_chart
from argos.rehearsal.report import moment_label, money_text
from argos.store.journal import Beside, Choice, JournalStore
from argos.tearsheet.filling import page_templates
from argos.tearsheet.words import NOTHING, count, duration, number, percent

ENTRIES_MAX: Final = 40
_CURVE: Final = Box(width=920, height=260)


@dataclass(frozen=True, slots=True, kw_only=True)
class JournalSection:
    """What the section shows: the newest entries, how many there are, and figures of the finished ones."""

    entries: tuple[Entry, ...]
    entries_in_all: int
    by_source: Performance
    by_symbol: Performance
    beside: tuple[Beside, ...]
    equity: AccountEquity | None = None


async def read_section(
    store: JournalStore,
    *,
    strategy: str | None = None,
    equity: AccountEquity | None = None,
    now: datetime,
) -> JournalSection:
    """Of everything that is stored, or of one strategy; at most 500 entries are counted one by one. `equity` is that
    of the account on which it was traded.
    """
    choice = Choice(strategy=strategy)
    page = await store.entries(choice, limit=500)
    found = await store.finished(choice)
    asked = Asked(zone=UTC, now=now)
    by_source, by_symbol = (
        performance_of(found.trades, capitals=found.capitals, asked=asked, by=by)
        for by in (By.SOURCE, By.SYMBOL)
    )
    return JournalSection(
        entries=tuple(page.entries[:ENTRIES_MAX]),
        entries_in_all=len(page.entries),
        by_source=by_source,
        by_symbol=by_symbol,
        beside=tuple(found.beside),
        equity=equity,
    )


def render_section(section: JournalSection, *, told: Sequence[str] = ()) -> str:
    """The section as HTML, escaped already: the report takes it as it is (`|safe`). `told` stands at its head."""
    template = _TEMPLATES.get_template("journal.html.j2")
    overall = section.by_source.overall
    return template.render(
        section=section,
        told=told,
        overall=overall,
        figures=[*figure_rows(overall), *equity_rows(section.equity)],
        curve=_equity_curve(section.equity),
        simulated=any(entry.signal and entry.signal.simulated for entry in section.entries),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A figure with what must be read beside it."""

    name: str
    text: str
    note: str = ""


def figure_rows(figures: Figures) -> list[FigureRow]:
    """The figures of all finished trades, those that are too short said to be."""
    rate = figures.rate
    rows = [
        FigureRow(
            name="Win rate",
            text=percent(rate.rate),
            note=_joined(
                f"{rate.wins} of {rate.n}, 0 is no win",
                f"95 %: {percent(rate.low)} to {percent(rate.high)}" if rate.n else "",
                "too short to be read" if figures.too_short else "",
            ),
        ),
        FigureRow(
            name="Expectancy in R",
            text=number(figures.expectancy_r, 3),
            note=f"mean of {count(figures.r_n, 'trade')} with a stop",
        ),
        FigureRow(name="SQN", text=number(figures.sqn)),
        FigureRow(name="Mean time held", text=_held(figures.holding_s_mean)),
    ]
    return [*rows, *_money_rows(figures), *_curve_rows(figures)]


def _money_rows(figures: Figures) -> list[FigureRow]:
    money = figures.money
    if money is None:
        missing = figures.money_missing
        return [FigureRow(name="Net result", text=NOTHING, note=missing)] if missing else []
    return [
        FigureRow(
            name="Net result",
            text=f"{money_text(money.net_pnl)} {money.currency}",
            note=f"after {money_text(money.costs)} of costs",
        ),
        FigureRow(name="Expectancy", text=f"{money_text(money.expectancy)} {money.currency}"),
        FigureRow(
            name="Profit factor",
            text=NOTHING if money.profit_factor is None else number(money.profit_factor),
            note="" if money.profit_factor is not None else "there is no loss yet",
        ),
    ]


def _curve_rows(figures: Figures) -> list[FigureRow]:
    curve = figures.curve
    if curve is None:
        return [FigureRow(name="Return", text=NOTHING, note=figures.curve_missing)]
    amount = figures.capital.amount
    known = f"PSR {percent(curve.psr)}" if math.isfinite(curve.psr) else "no PSR"
    return [
        FigureRow(
            name="Total return",
            text=percent(curve.total_return, 2, sign=True),
            note=f"on {money_text(amount)} {figures.capital.currency or ''}".rstrip()
            if amount is not None
            else "",
        ),
        FigureRow(
            name="Sharpe ratio",
            text=number(curve.sharpe),
            note=_joined(
                "too short to be read" if curve.sharpe_too_short else "",
                f"n = {count(curve.days, 'day')}",
                known,
            ),
        ),
        FigureRow(
            name="Deepest drawdown",
            text=percent(curve.drawdown, 2),
            note=f"{count(curve.drawdown_days, 'day')}, at ends of days",
        ),
    ]


def equity_rows(equity: AccountEquity | None) -> list[FigureRow]:
    """Of the whole account, floating results counted."""
    if equity is None or equity.figures is None:
        return []
    figures, moved = equity.figures, equity.flows.transfers
    return [
        FigureRow(
            name="Return of the account",
            text=percent(figures.total_return, 2, sign=True),
            note=_joined(
                "by recorded equity, time-weighted", f"{count(len(moved), 'transfer')} taken out"
            ),
        ),
        FigureRow(
            name="Drawdown of the account",
            text=percent(figures.fall.fraction, 2),
            note=_joined(
                "floating results counted",
                "" if figures.fall.back_at else "not made good at the end",
            ),
        ),
    ]


def _equity_curve(equity: AccountEquity | None) -> LineChart | None:
    if equity is None:
        return None
    points = [(span.ended_at, span.equity) for span in equity.spans]
    return moment_chart(points, name=equity.account, box=_CURVE, y_title=equity.currency)


def _joined(*parts: str) -> str:
    return "; ".join(part for part in parts if part)


def _held(seconds: float | None) -> str:
    return duration(seconds) if seconds is not None and math.isfinite(seconds) else NOTHING


def votes_text(entry: Entry) -> str:
    """Who voted for the trade, against it, and not at all: "2 for, 1 against, 1 silent"."""
    if entry.signal is None or entry.leg.side is None:
        return NOTHING
    own = direction_of(entry.leg.side)
    sides = [vote.direction for vote in entry.signal.votes]
    silent = sides.count(Direction.ABSTAIN)
    voted_for = sides.count(own)
    told = [f"{voted_for} for", f"{len(sides) - silent - voted_for} against"]
    return ", ".join([*told, f"{silent} silent"] if silent else told)


def hits_text(votes: VoteRate | None) -> str:
    if votes is None or not votes.rate.n:
        return NOTHING
    return f"{percent(votes.rate.rate)} of {votes.rate.n}"


def exit_text(entry: Entry) -> str:
    reason = entry.exit_reason
    return entry.leg.outcome.value if reason is None else reason.meaning


_TEMPLATES: Final = page_templates(
    "argos.rehearsal",
    {
        "money": money_text,
        "rate": percent,
        "figure": number,
        "moment": moment_label,
        "exact": decimal_text,
        "held": _held,
        "votes": votes_text,
        "hits": hits_text,
        "left": exit_text,
    },
)
