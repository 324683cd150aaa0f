"""The journal and its figures as JSON values: decimals as strings, moments in RFC 3339, what has no value null."""

import math
from decimal import Decimal
from typing import Any, Final

from argos.core.rates import HitRate
from argos.core.texts import (
    decimal_text,
    moment_text,
    optional_decimal_text,
    optional_moment_text,
)
from argos.performance.capital import Capital
from argos.performance.entry import Entry, Signal, Vote
from argos.performance.exits import ExitPart
from argos.performance.finished import strategy_of
from argos.performance.groups import Group, Performance, VoteRate
from argos.performance.metrics import CurveFigures, Figures, MoneyFigures

RATIO_STEP: Final = Decimal("1E-6")
MONEY_STEP: Final = Decimal("1E-8")
"""Ratios and means are rounded half-even to these steps; sums are exact."""


def entry_document(entry: Entry) -> dict[str, Any]:
    """One entry; the names of figures are those of the reconciled leg."""
    leg, signal = entry.leg, entry.signal
    return {
        "trade_id": leg.trade_id,
        "account": leg.account,
        "symbol": leg.symbol,
        "side": leg.side.value if leg.side else None,
        "strategy": strategy_of(leg.bot_version),
        "bot_version": leg.bot_version,
        "outcome": leg.outcome.value,
        "finished": entry.is_finished,
        "opened_at": optional_moment_text(leg.opened_at),
        "closed_at": optional_moment_text(leg.closed_at),
        "holding_s": _seconds(entry.holding_s),
        "qty": decimal_text(leg.filled_qty),
        "exit_qty": decimal_text(leg.exit_qty),
        "entry_price": optional_decimal_text(leg.entry_price_filled),
        "exit_price": optional_decimal_text(leg.exit_price_filled),
        "currency": leg.currency,
        "gross_pnl": decimal_text(leg.gross_pnl),
        "commission": decimal_text(leg.commission),
        "swap": decimal_text(leg.swap),
        "fee": decimal_text(leg.fee),
        "slippage_cost": optional_decimal_text(leg.slippage_cost),
        "net_pnl": decimal_text(leg.net_pnl),
        "r_multiple": optional_decimal_text(leg.r_multiple),
        "entered_by": entry.entered_by.value,
        "why_entered": entry.why,
        "asked_by": entry.asked_by,
        "features": dict(entry.features),
        "exit_reason": entry.exit_reason.value if entry.exit_reason else None,
        "why_exited": entry.exit_reason.meaning if entry.exit_reason else None,
        "exits": [_exit_document(part) for part in entry.exits],
        "checks": list(entry.checks),
        "signal_id": signal.signal_id if signal else None,
        "simulated": signal.simulated if signal else None,
        "signal": _signal_document(signal) if signal else None,
        "divergence": [code.value for code in leg.divergence],
        "revision": leg.revision,
        "reconciled_at": moment_text(leg.reconciled_at),
    }


def _exit_document(part: ExitPart) -> dict[str, Any]:
    return {
        "reason": part.reason.value,
        "qty": decimal_text(part.qty),
        "price": decimal_text(part.price),
        "at": moment_text(part.at),
        "asked_by": part.asked_by or None,
    }


def _signal_document(signal: Signal) -> dict[str, Any]:
    return {
        "sequence": signal.sequence,
        "score": decimal_text(signal.score),
        "probability": optional_decimal_text(signal.probability),
        "environment": signal.environment,
        "ended": signal.ended,
        "votes": [_vote_document(vote) for vote in signal.votes],
    }


def _vote_document(vote: Vote) -> dict[str, Any]:
    return {
        "source": vote.source,
        "direction": vote.direction.value,
        "weight": decimal_text(vote.weight),
        "p_up": optional_decimal_text(vote.p_up),
        "reason": vote.reason or None,
        "abstention": vote.abstention,
        "was_right": vote.was_right,
    }


def win_rate_document(figures: Figures) -> dict[str, Any]:
    """How many trades won, and how sure that share is."""
    return {
        **rate_document(figures.rate),
        "losses": figures.losses,
        "zeros": figures.zeros,
        "too_short": figures.too_short,
        "simulated_n": figures.simulated_n,
    }


def rate_document(rate: HitRate) -> dict[str, Any]:
    return {
        "n": rate.n,
        "wins": rate.wins,
        "win_rate": ratio_text(rate.rate),
        "wilson_low": ratio_text(rate.low),
        "wilson_high": ratio_text(rate.high),
    }


def figures_document(figures: Figures) -> dict[str, Any]:
    """All figures of a group."""
    window = figures.window
    return {
        **win_rate_document(figures),
        "r_n": figures.r_n,
        "expectancy_r": ratio_text(figures.expectancy_r),
        "sqn": ratio_text(figures.sqn),
        "holding_s_mean": _seconds(figures.holding_s_mean),
        "first_day": window.first.isoformat() if window else None,
        "last_day": window.last.isoformat() if window else None,
        "capital": _capital_document(figures.capital),
        "money": _money_document(figures.money) if figures.money else None,
        "money_missing": figures.money_missing or None,
        "curve": _curve_document(figures.curve) if figures.curve else None,
        "curve_missing": figures.curve_missing or None,
    }


def vote_rate_document(votes: VoteRate) -> dict[str, Any]:
    rate = votes.rate
    return {
        "n": rate.n,
        "hits": rate.wins,
        "hit_rate": ratio_text(rate.rate),
        "wilson_low": ratio_text(rate.low),
        "wilson_high": ratio_text(rate.high),
        "voted_for": votes.voted_for,
        "voted_against": votes.voted_against,
        "abstained": votes.abstained,
    }


def win_rates_document(found: Performance) -> dict[str, Any]:
    """`overall` and `groups`, each group with its key."""
    return {
        "overall": win_rate_document(found.overall),
        "groups": [
            {
                "key": group.key,
                **win_rate_document(group.figures),
                "votes": vote_rate_document(group.votes) if group.votes else None,
            }
            for group in found.groups
        ],
    }


def performance_document(found: Performance) -> dict[str, Any]:
    return {
        "overall": figures_document(found.overall),
        "groups": [_group_document(group) for group in found.groups],
    }


def _group_document(group: Group) -> dict[str, Any]:
    return {
        "key": group.key,
        **figures_document(group.figures),
        "votes": vote_rate_document(group.votes) if group.votes else None,
    }


def _capital_document(capital: Capital) -> dict[str, Any]:
    return {
        "amount": optional_decimal_text(capital.amount),
        "currency": capital.currency,
        "basis": capital.basis.value,
        "why": capital.why or None,
        "accounts": list(capital.accounts),
    }


def _money_document(money: MoneyFigures) -> dict[str, Any]:
    return {
        "currency": money.currency,
        "gross_pnl": decimal_text(money.gross_pnl),
        "costs": decimal_text(money.costs),
        "net_pnl": decimal_text(money.net_pnl),
        "profit_factor": _optional_ratio(money.profit_factor),
        "expectancy": _mean_text(money.expectancy),
        "win_mean": _mean_text(money.win_mean),
        "loss_mean": _mean_text(money.loss_mean),
        "best": decimal_text(money.best),
        "worst": decimal_text(money.worst),
    }


def _curve_document(curve: CurveFigures) -> dict[str, Any]:
    return {
        "total_return": ratio_text(curve.total_return),
        "days": curve.days,
        "sharpe": ratio_text(curve.sharpe),
        "psr": ratio_text(curve.psr),
        "sharpe_too_short": curve.sharpe_too_short,
        "sortino": ratio_text(curve.sortino),
        "drawdown": ratio_text(curve.drawdown),
        "drawdown_days": curve.drawdown_days,
    }


def ratio_text(value: float) -> str | None:
    """Rounded to the sixth decimal; None for what could not be divided."""
    if not math.isfinite(value):
        return None
    return decimal_text(Decimal(repr(value)).quantize(RATIO_STEP))


def _optional_ratio(value: float | None) -> str | None:
    return None if value is None else ratio_text(value)


def _mean_text(value: Decimal | None) -> str | None:
    return None if value is None else decimal_text(value.quantize(MONEY_STEP))


def _seconds(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else round(value, 3)
