"""What the sources hold, told for a screen: last vote, age, what is left of today's budget."""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from argos.consensus.vote import Vote
from argos.core.texts import decimal_text, moment_text, optional_decimal_text, optional_moment_text
from argos.sources.budget import MICRO
from argos.sources.ledger import CallLedger, Spent
from argos.sources.settings import PROVIDERS, SourcesSettings
from argos.sources.voting import is_simulated

SIMULATED_NOTE: Final = (
    "simulated source: prices, posts and news come from a fixture server, not from the provider"
)


def state_document(
    settings: SourcesSettings, *, ledger: CallLedger, votes: Iterable[Vote], now: datetime
) -> dict[str, Any]:
    """Every source with its votes, and what it may still ask today. Raises StoreError."""
    held = list(votes)
    return {
        "at": moment_text(now),
        "sources": [
            _source_document(
                settings,
                name,
                spent=ledger.spent(name, now=now),
                votes=[vote for vote in held if vote.source == name],
                now=now,
            )
            for name in PROVIDERS
        ],
    }


def _source_document(
    settings: SourcesSettings, name: str, *, spent: Spent, votes: list[Vote], now: datetime
) -> dict[str, Any]:
    budget = settings.providers[name].budget
    calls, dollars = budget.calls_per_day, budget.microdollars_per_day
    simulated = settings.is_simulated(name)
    return {
        "source": name,
        "simulated": simulated,
        "note": SIMULATED_NOTE if simulated else "",
        "url": settings.url_of(name),
        "calls_today": spent.calls,
        "calls_left_today": None if calls is None else max(calls - spent.calls, 0),
        "usd_today": _usd(spent.microdollars),
        "usd_left_today": None if dollars is None else _usd(max(dollars - spent.microdollars, 0)),
        "calls_without_end": spent.open_calls,
        "paused_until": optional_moment_text(spent.paused_until),
        "votes": [_vote_row(vote, now) for vote in sorted(votes, key=lambda vote: vote.symbol)],
    }


def _vote_row(vote: Vote, now: datetime) -> dict[str, Any]:
    return {
        "symbol": vote.symbol,
        "direction": vote.direction.value,
        "p_up": optional_decimal_text(vote.p_up),
        "status": vote.status.value,
        "reason": vote.reason,
        "simulated": is_simulated(vote),
        "fetched_at": moment_text(vote.fetched_at),
        "as_of": optional_moment_text(vote.as_of),
        "age_s": None if vote.as_of is None else int((now - vote.as_of).total_seconds()),
        "inputs_hash": vote.inputs_hash,
    }


def _usd(microdollars: int) -> str:
    return decimal_text(Decimal(microdollars) / MICRO)
