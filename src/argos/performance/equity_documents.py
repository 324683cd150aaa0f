"""The history of equity and its figures as JSON values."""

from collections.abc import Sequence
from typing import Any, Final

from argos.core.money import ZERO
from argos.core.texts import decimal_text, moment_text, optional_moment_text
from argos.performance.documents import ratio_text
from argos.performance.equity import EquitySpan, Transfer
from argos.performance.equity_figures import AccountEquity, EquityFigures

POINTS_MAX: Final = 500
TRANSFERS_MAX: Final = 100


def equity_document(found: AccountEquity) -> dict[str, Any]:
    """The figures of one account, beside those of its closed trades."""
    transfers = found.flows.transfers
    return {
        "account": found.account,
        "currency": found.currency,
        "zone": found.zone,
        "day_begins": f"{found.reset_at:%H:%M}",
        "figures": _figures(found.figures) if found.figures else None,
        "figures_missing": found.missing or None,
        "transfers": {
            "n": len(transfers),
            "amount": decimal_text(sum((item.amount for item in transfers), ZERO)),
            "unexplained_n": sum(1 for item in transfers if not item.told),
            "unexplained": decimal_text(
                sum((item.amount for item in transfers if not item.told), ZERO)
            ),
        },
        "charges": decimal_text(found.flows.charges),
    }


def history_document(found: AccountEquity) -> dict[str, Any]:
    """The same with its days, the newest transfers, and points for a curve, 500 at most, extremes kept."""
    return {
        **equity_document(found),
        "days": [
            {
                "day": day.day.isoformat(),
                "equity": decimal_text(day.equity),
                "balance": decimal_text(day.balance),
                "low": decimal_text(day.low),
                "high": decimal_text(day.high),
                "return": ratio_text(day.change),
                "transferred": decimal_text(day.transferred),
            }
            for day in found.days
        ],
        "moved": [_transfer(item) for item in found.flows.transfers[-TRANSFERS_MAX:]],
        "points": [_point(span) for span in thinned(found.spans)],
    }


def thinned(spans: Sequence[EquitySpan], *, most: int = POINTS_MAX) -> list[EquitySpan]:
    """As many spans in equal groups; each has the first, the last and the extremes of its group."""
    size = max(-(-len(spans) // most), 1)
    return [_joined(spans[start : start + size]) for start in range(0, len(spans), size)]


def _joined(spans: Sequence[EquitySpan]) -> EquitySpan:
    first, last = spans[0], spans[-1]
    low = min(spans, key=lambda span: span.low_equity)
    high = max(spans, key=lambda span: span.high_equity)
    return EquitySpan(
        began_at=first.began_at,
        ended_at=last.ended_at,
        first_balance=first.first_balance,
        first_equity=first.first_equity,
        low_equity=low.low_equity,
        low_at=low.low_at,
        high_equity=high.high_equity,
        high_at=high.high_at,
        balance=last.balance,
        equity=last.equity,
        credit=last.credit,
    )


def _point(span: EquitySpan) -> dict[str, Any]:
    return {
        "began_at": moment_text(span.began_at),
        "ended_at": moment_text(span.ended_at),
        "equity": decimal_text(span.equity),
        "balance": decimal_text(span.balance),
        "low": decimal_text(span.low_equity),
        "high": decimal_text(span.high_equity),
    }


def _transfer(item: Transfer) -> dict[str, Any]:
    return {"at": moment_text(item.at), "amount": decimal_text(item.amount), "told": item.told}


def _figures(figures: EquityFigures) -> dict[str, Any]:
    fall = figures.fall
    return {
        "first_at": moment_text(figures.first_at),
        "last_at": moment_text(figures.last_at),
        "first_equity": decimal_text(figures.first_equity),
        "last_equity": decimal_text(figures.last_equity),
        "total_return": ratio_text(figures.total_return),
        "days": figures.days,
        "days_unseen": figures.days_unseen,
        "sharpe": ratio_text(figures.sharpe),
        "psr": ratio_text(figures.psr),
        "sharpe_too_short": figures.sharpe_too_short,
        "sortino": ratio_text(figures.sortino),
        "drawdown": ratio_text(fall.fraction),
        "drawdown_peak_at": moment_text(fall.peak_at),
        "drawdown_trough_at": moment_text(fall.trough_at),
        "drawdown_back_at": optional_moment_text(fall.back_at),
    }
