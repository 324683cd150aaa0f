"""A vote: what one source holds of one symbol at one moment, or why it holds nothing."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeVar

from argos.core.errors import InputError
from argos.core.texts import (
    moment_text,
    optional_decimal,
    optional_decimal_text,
    optional_moment,
    optional_moment_text,
    parse_moment,
)

P_UP_PLACES: Final = 3
"""Decimals of a p_up. A thousandth is finer than any source knows, and few values make a quick cycle."""
AS_OF_AHEAD_MAX: Final = timedelta(seconds=5)
"""A provider's clock may be ahead of ours by this much."""
HALF: Final = Decimal("0.5")
_TEXTS: Final[Mapping[str, tuple[re.Pattern[str], str]]] = {
    "source": (re.compile(r"[a-z][a-z0-9_]{0,39}", re.ASCII), "a name such as massive"),
    "symbol": (re.compile(r"[!-~]{1,64}", re.ASCII), "1 to 64 printable characters, no blanks"),
    "reason": (
        re.compile(r"(?:[A-Z][A-Z0-9_]{0,63})?", re.ASCII),
        "a code such as RSI_LOW, or an empty text",
    ),
    "inputs_hash": (re.compile(r"[0-9a-f]{64}", re.ASCII), "64 hex digits in lower case, or null"),
}
VOTE_FIELDS: Final = (
    "source",
    "symbol",
    "direction",
    "p_up",
    "as_of",
    "fetched_at",
    "status",
    "reason",
    "inputs_hash",
)
"""Of a vote document."""


class Direction(StrEnum):
    LONG = "long"
    SHORT = "short"
    ABSTAIN = "abstain"


class VoteStatus(StrEnum):
    """What the source had to go by. Only a fresh vote may take a side."""

    FRESH = "fresh"
    STALE = "stale"
    MISSING = "missing"
    ERROR = "error"
    NOT_ENTITLED = "not_entitled"
    QUOTA = "quota"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vote:
    """p_up: probability of a rise as the source states it, above 0.5 for long, below for short, None for abstain.

    as_of: the moment the data speak of; fetched_at: when the vote came to us, which is when it begins to count.
    reason: a code, never free text: words of a provider or of a post do not enter what is hashed. inputs_hash: SHA-256
    of what the vote was made from, None where there was nothing.

    Raises InputError VOTE_... for what contradicts itself: there is no such vote.
    """

    source: str
    symbol: str
    direction: Direction
    p_up: Decimal | None
    as_of: datetime | None
    fetched_at: datetime
    status: VoteStatus
    reason: str
    inputs_hash: str | None

    def __post_init__(self) -> None:
        _check_texts(self)
        if self.direction is Direction.ABSTAIN:
            _check_abstention(self)
        else:
            _check_side(self)
        if self.as_of is not None and self.as_of > self.fetched_at + AS_OF_AHEAD_MAX:
            raise _refused(
                "VOTE_FROM_FUTURE",
                f"as_of is more than {AS_OF_AHEAD_MAX.seconds} s after fetched_at",
                field="as_of",
                fix="as_of is the moment the data speak of, in UTC; check the clocks",
            )


def parse_vote(document: Mapping[str, Any]) -> Vote:
    """A vote at the door. Raises InputError VOTE_... or VALUE_... that names the field."""
    unknown = sorted(document.keys() - {*VOTE_FIELDS})
    if unknown:
        raise _refused(
            "VOTE_FIELD_UNKNOWN",
            f"a vote has no field {unknown[0]}",
            field=unknown[0],
            fix=f"give only {', '.join(sorted(VOTE_FIELDS))}",
        )
    return Vote(
        source=document.get("source", ""),
        symbol=document.get("symbol", ""),
        direction=_word(document, "direction", Direction),
        p_up=optional_decimal(document.get("p_up"), field="p_up"),
        as_of=optional_moment(document.get("as_of"), field="as_of"),
        fetched_at=parse_moment(document.get("fetched_at"), field="fetched_at"),
        status=_word(document, "status", VoteStatus),
        reason=document.get("reason"),  # type: ignore[arg-type]  # the vote itself checks its texts
        inputs_hash=document.get("inputs_hash"),
    )


def vote_document(vote: Vote) -> dict[str, Any]:
    """The vote as it is stored and hashed; `parse_vote` gives it back."""
    return {
        "source": vote.source,
        "symbol": vote.symbol,
        "direction": vote.direction.value,
        "p_up": optional_decimal_text(vote.p_up),
        "as_of": optional_moment_text(vote.as_of),
        "fetched_at": moment_text(vote.fetched_at),
        "status": vote.status.value,
        "reason": vote.reason,
        "inputs_hash": vote.inputs_hash,
    }


def newness(vote: Vote) -> tuple[object, ...]:
    """Orders the votes of one source and symbol: what came last counts. All fields take part, so that no two differ
    and yet tie, whatever the order in which they are read.
    """
    return (
        vote.fetched_at,
        vote.as_of or vote.fetched_at,
        vote.direction.value,
        -1 if vote.p_up is None else vote.p_up,
        vote.status.value,
        vote.reason,
        vote.inputs_hash or "",
    )


def _check_texts(vote: Vote) -> None:
    for field, (pattern, what) in _TEXTS.items():
        text = getattr(vote, field)
        if text is None and field == "inputs_hash":
            continue
        if not isinstance(text, str) or pattern.fullmatch(text) is None:
            raise _refused(
                "VOTE_TEXT_INVALID", f"{field} is not {what}", field=field, fix=f"give {what}"
            )


def _check_abstention(vote: Vote) -> None:
    if vote.p_up is not None:
        raise _refused(
            "VOTE_ABSTAINS_WITH_P_UP",
            "an abstention has no p_up",
            field="p_up",
            fix="send null: no opinion is not a probability of one half",
        )
    if not vote.reason:
        raise _refused(
            "VOTE_WITHOUT_REASON",
            "an abstention says why",
            field="reason",
            fix="send a code such as NO_NEWS",
        )


def _check_side(vote: Vote) -> None:
    if vote.status is not VoteStatus.FRESH:
        raise _refused(
            "VOTE_NOT_FRESH",
            f"a vote that is {vote.status} takes no side",
            field="status",
            fix="send direction abstain, with the reason",
        )
    if vote.as_of is None:
        raise _refused(
            "VOTE_AS_OF_MISSING",
            "a vote for a side says how old its data are",
            field="as_of",
            fix="send the moment the data speak of",
        )
    p_up = vote.p_up
    if p_up is None or not 0 <= p_up <= 1 or p_up != round(p_up, P_UP_PLACES):
        raise _refused(
            "VOTE_P_UP_INVALID",
            f"p_up is a probability from 0 to 1 in at most {P_UP_PLACES} decimals",
            field="p_up",
            fix='send "0.725"',
        )
    if p_up == HALF or (p_up > HALF) is not (vote.direction is Direction.LONG):
        raise _refused(
            "VOTE_CONTRADICTS_ITSELF",
            f"direction {vote.direction} with p_up {p_up}",
            field="p_up",
            fix="above 0.5 is long, below is short, one half is an abstention",
        )


_Word = TypeVar("_Word", bound=StrEnum)


def _word(document: Mapping[str, Any], field: str, words: type[_Word]) -> _Word:
    value = document.get(field)
    if not isinstance(value, str) or value not in set(words):
        raise _refused(
            "VOTE_WORD_UNKNOWN",
            f"{field} is none of the words that it may be",
            field=field,
            fix=f"one of {', '.join(words)}",
        )
    return words(value)


def _refused(code: str, message: str, *, field: str, fix: str) -> InputError:
    return InputError(message, code=code, field=field, fix=fix)
