"""The rehearsal's report: one HTML file with everything in it, nothing loaded from anywhere."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Final

from argos.core.money import ZERO
from argos.rehearsal.charts import (
    Box,
    Curve,
    Histogram,
    LineChart,
    Mark,
    histograms,
    line_chart,
)
from argos.tearsheet.axes import MINUS
from argos.tearsheet.filling import page_templates

_WIDE: Final = Box(width=920, height=330)
_NARROW: Final = Box(width=340, height=280)
_SMALL: Final = Box(width=340, height=230)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReasonCount:
    """How often a reason was given. `by` says who gave it: "gateway", or "risk" for denied legs."""

    code: str
    count: int
    by: str = "gateway"
    meaning: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertCounts:
    """What became of the alerts. `refused` counts answers 4xx, conflicts included."""

    sent: int
    accepted: int
    duplicate: int
    refused: int
    reasons: tuple[ReasonCount, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Slippage:
    """Mean slippage in bps, adverse positive, against each named reference; None if nothing was measured."""

    signal: Decimal | None
    arrival: Decimal | None
    broker: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Latency:
    """Alert received to fill, in milliseconds."""

    p50: Decimal | None
    p95: Decimal | None
    p99: Decimal | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountResult:
    """One account's figures, money in `currency`. Costs are positive when paid; swap too.

    `fill_ratio` lies between 0 and 1. `pnl` is the cumulative net result after each replayed day.
    """

    account: str
    character: str
    currency: str
    trades: int
    fill_ratio: Decimal | None
    slippage_bps: Slippage
    latency_ms: Latency
    commission: Decimal
    swap: Decimal
    net_cost: Decimal
    net_pnl: Decimal
    pnl: Curve
    latencies_ms: tuple[Decimal, ...]
    slippages_bps: tuple[Decimal, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PriceHistory:
    """Daily closes of one symbol, and where trades began and ended."""

    closes: Curve
    marks: tuple[Mark, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeStep:
    """`ms` since the alert was received; `account` is empty for steps all accounts share."""

    ms: Decimal
    stage: str
    what: str
    account: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class LifeOfAlert:
    trade_id: str
    summary: str
    steps: tuple[LifeStep, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportData:
    """Everything the report shows. `seconds` is the real time that the days from `first_day` took.

    `lost` counts accepted alerts without orders at a broker, `doubled` orders that reached one twice. `argo`: the week
    of signals as HTML, empty without one.
    """

    made_at: datetime
    version: str
    seed: int
    first_day: date
    last_day: date
    days: int
    seconds: Decimal
    alerts: AlertCounts
    trades: int
    legs: int
    legs_open: int
    in_doubt: int
    lost: int
    doubled: int
    accounts: tuple[AccountResult, ...]
    prices: tuple[PriceHistory, ...]
    life: LifeOfAlert | None
    argo: str = ""
    title: str = "Argos rehearsal"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Pair:
    """A chart drawn twice: for wide screens and for a phone."""

    title: str
    names: tuple[str, ...]
    wide: LineChart
    narrow: LineChart


@dataclass(frozen=True, slots=True, kw_only=True)
class _AccountCharts:
    account: str
    latency: Histogram | None
    slippage: Histogram | None


def render_report(data: ReportData) -> str:
    """The report as one HTML document."""
    template = _TEMPLATES.get_template("report.html.j2")
    return template.render(
        data=data,
        pnl=_pnl_charts(data),
        prices=[pair for history in data.prices if (pair := _price_charts(history))],
        spreads=_account_charts(data.accounts),
        reasons=sorted(data.alerts.reasons, key=lambda reason: (-reason.count, reason.code)),
        reason_max=max((reason.count for reason in data.alerts.reasons), default=1),
        life_ms=max((step.ms for step in data.life.steps), default=ZERO) if data.life else ZERO,
    )


def money_text(value: Decimal) -> str:
    """1234.5 -> "1,234.50"; a loss has a real minus sign, nothing is never minus nothing."""
    return _fixed(value, digits=2)


def bps_text(value: Decimal | None) -> str:
    return _NOTHING if value is None else _fixed(value, digits=2)


def ms_text(value: Decimal | None) -> str:
    """A digit after the point below 100 ms."""
    return _NOTHING if value is None else _fixed(value, digits=1 if abs(value) < 100 else 0)


def percent_text(value: Decimal | None) -> str:
    """A fraction as a person reads it: 0.9876 -> "98.8 %"."""
    return _NOTHING if value is None else f"{_fixed(value * 100, digits=1)}\u00a0%"


def moment_label(moment: datetime) -> str:
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


_NOTHING: Final = "\u2013"


def _fixed(value: Decimal, *, digits: int) -> str:
    rounded = round(value, digits) or ZERO
    return f"{rounded:,.{digits}f}".replace("-", MINUS)


_TEMPLATES: Final = page_templates(
    "argos.rehearsal",
    {
        "money": money_text,
        "bps": bps_text,
        "ms": ms_text,
        "percent": percent_text,
        "moment": moment_label,
    },
)


def _pnl_charts(data: ReportData) -> _Pair | None:
    currencies = {result.currency for result in data.accounts}
    unit = currencies.pop() if len(currencies) == 1 else "account currency"
    return _pair(
        "Cumulative net result",
        tuple(result.pnl for result in data.accounts),
        y_title=f"net profit and loss ({unit})",
        with_zero=True,
    )


def _price_charts(history: PriceHistory) -> _Pair | None:
    return _pair(
        history.closes.name,
        (history.closes,),
        y_title="adjusted close (USD)",
        marks=history.marks,
    )


def _pair(
    title: str,
    curves: tuple[Curve, ...],
    *,
    y_title: str,
    with_zero: bool = False,
    marks: tuple[Mark, ...] = (),
) -> _Pair | None:
    wide, narrow = (
        line_chart(curves, box=box, y_title=y_title, with_zero=with_zero, marks=marks)
        for box in (_WIDE, _NARROW)
    )
    if wide is None or narrow is None:
        return None
    return _Pair(title=title, names=tuple(curve.name for curve in curves), wide=wide, narrow=narrow)


def _account_charts(accounts: tuple[AccountResult, ...]) -> list[_AccountCharts]:
    latencies = histograms(
        [result.latencies_ms for result in accounts],
        box=_SMALL,
        x_title="alert received to fill (ms)",
        y_title="orders",
        unit="ms",
    )
    slippages = histograms(
        [result.slippages_bps for result in accounts],
        box=_SMALL,
        x_title="slippage against the signal (bps)",
        y_title="fills",
        unit="bps",
    )
    return [
        _AccountCharts(account=result.account, latency=latency, slippage=slippage)
        for result, latency, slippage in zip(accounts, latencies, slippages, strict=True)
    ]
