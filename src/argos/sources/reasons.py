"""Why a source votes as it does or not at all: the codes in `Vote.reason`. Words of a provider never are."""

from enum import Enum
from typing import Final

from argos.consensus.vote import VoteStatus

SIMULATED: Final = "SIMULATED_"
"""Begins the reason of every vote that a fixture server had a part in."""


class SourceReason(Enum):
    """The code, the status of a vote that has it, and what it means."""

    LEANS_UP = (VoteStatus.FRESH, "the data speak for a rise")
    LEANS_DOWN = (VoteStatus.FRESH, "the data speak for a fall")
    AGENT_ALONE_UP = (VoteStatus.FRESH, "for a rise; said by the search agent, no decision came")
    AGENT_ALONE_DOWN = (VoteStatus.FRESH, "for a fall; said by the search agent, no decision came")
    NO_LEAN = (VoteStatus.FRESH, "the data speak for neither side")

    TOO_FEW_BARS = (VoteStatus.MISSING, "the series is too short for its indicators")
    TOO_FEW_AUTHORS = (VoteStatus.MISSING, "too few people wrote of it lately")
    NO_DATA = (VoteStatus.MISSING, "the provider has nothing of this symbol")
    NO_DATED_NEWS = (VoteStatus.MISSING, "the search found nothing dated within the horizon")
    SESSION_NOT_BEGUN = (VoteStatus.MISSING, "the day's prices are all zero: nothing traded yet")
    SYMBOL_UNKNOWN = (VoteStatus.MISSING, "the provider does not know the symbol")
    NO_HISTORY = (VoteStatus.MISSING, "in a backtest: nobody knows what the source held then")
    DATA_TOO_OLD = (VoteStatus.STALE, "the data were too old when they came")
    DATA_FROM_FUTURE = (
        VoteStatus.ERROR,
        "the data are dated after our clock: one of both is wrong",
    )
    JUMP_IN_SERIES = (
        VoteStatus.ERROR,
        "a close is 40 % or more off the one before: a split, perhaps, that the series does not allow for",
    )
    NO_SEARCH_DONE = (VoteStatus.ERROR, "the model answered without a search")

    UNREACHABLE = (VoteStatus.ERROR, "no connection, or it was cut")
    TIMED_OUT = (VoteStatus.ERROR, "no whole answer within the time limit")
    BODY_TOO_LARGE = (VoteStatus.ERROR, "the answer is longer than allowed")
    CONTENT_TYPE_WRONG = (VoteStatus.ERROR, "the answer does not call itself JSON")
    REDIRECTED = (VoteStatus.ERROR, "the answer sends us elsewhere; a key is not carried there")
    BODY_UNREADABLE = (VoteStatus.ERROR, "the answer is not what the provider documents")
    KEY_REFUSED = (VoteStatus.ERROR, "the provider does not accept the key")
    REQUEST_REFUSED = (VoteStatus.ERROR, "the provider refuses the request")
    PROVIDER_FAILED = (VoteStatus.ERROR, "the provider says that it failed")
    SOURCE_BROKEN = (VoteStatus.ERROR, "Argos's own code failed; see the log")
    LEDGER_UNAVAILABLE = (VoteStatus.ERROR, "the ledger cannot be written, so nothing was sent")
    NOT_ENTITLED = (VoteStatus.NOT_ENTITLED, "the plan does not include it")

    RATE_LIMITED = (VoteStatus.QUOTA, "the provider says: too many calls")
    DAY_LIMIT_REACHED = (VoteStatus.QUOTA, "the provider says: no more calls today")
    RATE_SPENT = (VoteStatus.QUOTA, "our own limit on the rate of calls; nothing was sent")
    CALLS_SPENT = (VoteStatus.QUOTA, "our own limit on calls a day; nothing was sent")
    DOLLARS_SPENT = (VoteStatus.QUOTA, "our own limit on dollars a day; nothing was sent")
    PAUSED = (VoteStatus.QUOTA, "the provider asked us to wait; nothing was sent")

    @property
    def code(self) -> str:
        return self.name

    @property
    def status(self) -> VoteStatus:
        return self.value[0]

    @property
    def meaning(self) -> str:
        return self.value[1]


WAITED_OUT: Final = frozenset({SourceReason.RATE_SPENT, SourceReason.PAUSED})
"""Refusals that end by themselves: the last vote stands until it is too old."""
OF_ONE_QUESTION: Final = frozenset(
    {
        SourceReason.BODY_UNREADABLE,
        SourceReason.BODY_TOO_LARGE,
        SourceReason.NO_SEARCH_DONE,
        SourceReason.REQUEST_REFUSED,
        SourceReason.SOURCE_BROKEN,
        SourceReason.SYMBOL_UNKNOWN,
    }
)
"""Failures that the next symbol need not share: it is asked for all the same. After any other the rest is left."""
