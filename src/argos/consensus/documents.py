"""Decisions as documents: what is stored, hashed and shown of them. Decimals and moments are text."""

from typing import Any
from uuid import UUID

from argos.consensus.ballots import Ballot
from argos.consensus.decision import Decision, Verdict
from argos.consensus.log_odds import decay
from argos.consensus.vote import vote_document
from argos.core.canonical import sha256_of
from argos.core.errors import InputError
from argos.core.ids import signal_uuid
from argos.core.texts import (
    decimal_text,
    moment_text,
    optional_decimal_text,
    optional_moment_text,
)


def decision_document(decision: Decision) -> dict[str, Any]:
    """All that a decision is made of and says. Equal decisions have equal documents, and so equal hashes.

    `probability` is null without a calibration: `score` is then no probability, and is not to be called one.
    `agreement` is the raw weight on each side, by whatever method the score was made.
    """
    return {
        "symbol": decision.symbol,
        "at": moment_text(decision.at),
        "verdict": decision.verdict.value,
        "direction": decision.direction.value,
        "method": decision.method.value,
        "score": decimal_text(decision.score),
        "probability": optional_decimal_text(decision.probability),
        "agreement": {
            "long": decimal_text(decision.tally.long_weight),
            "short": decimal_text(decision.tally.short_weight),
            "sources": decision.tally.sources,
        },
        "reasons": [reason.value for reason in decision.reasons],
        "valid_until": optional_moment_text(decision.valid_until),
        "ballots": [_ballot_document(ballot) for ballot in decision.ballots],
        "settings_digest": decision.settings_digest,
    }


def signal_document(decision: Decision) -> dict[str, Any]:
    """A signal as it is recorded: the decision that fired, under its id. Raises InputError SIGNAL_NOT_FIRED."""
    if decision.verdict is not Verdict.FIRED:
        raise InputError(
            f"the decision on {decision.symbol} is {decision.verdict}, not fired",
            code="SIGNAL_NOT_FIRED",
            field="verdict",
            fix="record a signal once, by the decision that gave it",
        )
    return {"signal_id": str(signal_id(decision)), **decision_document(decision)}


def signal_id(decision: Decision) -> UUID:
    return signal_uuid(content_hash=sha256_of(decision_document(decision)))


def _ballot_document(ballot: Ballot) -> dict[str, Any]:
    left = None if ballot.age_s is None else decay(ballot.age_s, ballot.rules.half_life_s)
    return {
        "source": ballot.rules.source,
        "weight": decimal_text(ballot.rules.weight),
        "counted": ballot.direction.value,
        "abstention": None if ballot.abstention is None else ballot.abstention.value,
        "age_s": ballot.age_s,
        "decay": optional_decimal_text(left),
        "vote": None if ballot.vote is None else vote_document(ballot.vote),
    }
