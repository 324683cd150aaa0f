"""What the service writes down, as documents: the signal inside a record, its end, what the board stands at."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from argos.consensus.decision import Decision, Reason
from argos.consensus.documents import signal_document
from argos.consensus.machine import Phase, Standing
from argos.consensus.vote import Direction, Vote
from argos.core.texts import moment_text, optional_moment, optional_moment_text
from argos.signals.checks import Check, check_documents
from argos.signals.settings import SignalSettings
from argos.sources.voting import is_simulated

ADDED: Final = frozenset(
    {
        "strategy", "version", "environment", "config_digest", "simulated", "status", "refusals", "checks",
    }
)  # fmt: skip
"""What a recorded signal says beside its decision. The rest can be computed again from the votes."""


def recorded_signal(
    decision: Decision, settings: SignalSettings, checks: tuple[Check, ...]
) -> dict[str, Any]:
    """What is chained of a decision that fired. No provider's price and no post is in it."""
    return {
        **signal_document(decision),
        "strategy": settings.strategy,
        "version": settings.version,
        "environment": settings.environment,
        "config_digest": settings.config_digest,
        "simulated": counts_simulated(decision, settings.simulated),
        **check_documents(checks),
    }


def decided_part(signal: Mapping[str, Any]) -> dict[str, Any]:
    """Of a recorded signal what follows from votes, ticks and rules alone."""
    return {name: value for name, value in signal.items() if name not in ADDED}


def counts_simulated(decision: Decision, simulated: Mapping[str, bool]) -> bool:
    """Whether a source that took a side is simulated, by its vote or by the settings."""
    return any(
        ballot.vote is not None
        and (is_simulated(ballot.vote) or simulated.get(ballot.rules.source, False))
        for ballot in decision.ballots
        if ballot.direction is not Direction.ABSTAIN
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Ending:
    """How a signal ended. `at` is its end, which may lie before the tick that saw it. reason: a code."""

    signal_id: str
    at: datetime
    reason: str


NOT_WATCHED: Final = "NOT_WATCHED"
"""A signal ends so when its symbol is taken out of the settings."""


def ending_of(decision: Decision, signal_id: str) -> Ending:
    """Of a decision that ended a signal."""
    reason = decision.reasons[0]
    is_late = reason is Reason.TIME_IS_UP and decision.valid_until is not None
    ended_at = decision.valid_until if is_late else decision.at
    assert ended_at is not None
    return Ending(signal_id=signal_id, at=ended_at, reason=reason.value)


def same_but_for_coming(held: Vote, vote: Vote) -> bool:
    """Whether a vote says what the held one says: it came again, and there is nothing to store."""
    return (
        held.p_up == vote.p_up
        and held.as_of == vote.as_of
        and held.inputs_hash == vote.inputs_hash
        and held.reason == vote.reason
        and held.direction is vote.direction
        and held.status is vote.status
    )


Numbered = Mapping[tuple[str, str], int]
"""Number of the stored vote by source and symbol."""


def checkpoint_document(
    *,
    symbols: Iterable[str],
    standings: Mapping[str, Standing],
    numbers: Numbered,
    ticked_at: datetime | None,
) -> dict[str, Any]:
    """What a board stands at. Equal boards have equal documents."""
    return {
        "symbols": sorted(symbols),
        "standings": {
            symbol: standing_document(standings[symbol])
            for symbol in sorted(standings)
            if standings[symbol].phase is not Phase.QUIET
        },
        "votes": sorted(numbers.values()),
        "ticked_at": optional_moment_text(ticked_at),
    }


def standing_document(standing: Standing) -> dict[str, Any]:
    """Without its moment, which is that of the last tick."""
    return {
        "phase": standing.phase.value,
        "direction": standing.direction.value,
        "ticks": standing.ticks,
        "until": optional_moment_text(standing.until),
    }


def standing_from(document: Mapping[str, Any], *, ticked_at: datetime | None) -> Standing:
    return Standing(
        phase=Phase(document["phase"]),
        direction=Direction(document["direction"]),
        ticks=document["ticks"],
        until=optional_moment(document["until"], field="until"),
        at=ticked_at,
    )


def end_document(ending: Ending) -> dict[str, Any]:
    return {"signal_id": ending.signal_id, "at": moment_text(ending.at), "reason": ending.reason}
