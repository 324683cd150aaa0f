"""Orders: one instruction to one venue, its facts, and the status that follows from them.

`status` is a function of the *set* of facts: their order of arrival and repeats cannot matter.
`TRANSITIONS` says which steps that function may make when one more fact arrives.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from argos.core.intent import OrderType, Side


class OrderStatus(StrEnum):
    PLANNED = "planned"
    DENIED = "denied"
    LEASED = "leased"
    SUBMITTED = "submitted"
    IN_DOUBT = "in_doubt"
    ACCEPTED = "accepted"
    PENDING_CANCEL = "pending_cancel"
    PENDING_REPLACE = "pending_replace"
    PARTIALLY_FILLED = "partially_filled"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    EXPIRED_UNSENT = "expired_unsent"
    REJECTED = "rejected"


FINAL_STATUSES: Final = frozenset(
    {
        OrderStatus.DENIED,
        OrderStatus.FILLED,
        OrderStatus.CANCELED,
        OrderStatus.EXPIRED,
        OrderStatus.EXPIRED_UNSENT,
        OrderStatus.REJECTED,
    }
)
"""Nothing more is expected. A late fact may still come, and counts."""


class OrderRole(StrEnum):
    ENTRY = "entry"
    EXIT = "exit"


class CommandKind(StrEnum):
    SUBMIT = "submit"
    MODIFY = "modify"
    CANCEL = "cancel"
    CLOSE = "close"


class FactKind(StrEnum):
    """Everything that may be known about an order. LEASED and UNSENT come from us, the rest from a node."""

    LEASED = "leased"
    UNSENT = "unsent"
    SEND_STARTED = "send_started"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILL = "fill"
    CANCELED = "canceled"
    EXPIRED = "expired"
    MODIFIED = "modified"
    IN_DOUBT = "in_doubt"
    NOT_FOUND = "not_found"


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderFact:
    """One fact about one order. `command_kind` tells an answer to a cancel from one to the order itself.

    `qty` and `venue_exec_id` are set on fills only.
    """

    kind: FactKind
    command_kind: CommandKind = CommandKind.SUBMIT
    command_id: UUID | None = None
    qty: Decimal = Decimal(0)
    venue_exec_id: str = ""
    at: datetime | None = None

    @property
    def about_order(self) -> bool:
        """True for facts of the order's own sending, false for those of a request to change it."""
        return self.command_kind in {CommandKind.SUBMIT, CommandKind.CLOSE}


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """An order as planned. `qty` in units; `closes_order_id` names the entry that an exit closes."""

    order_id: UUID
    intent_id: UUID
    trade_id: str
    account: str
    route: str
    role: OrderRole
    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal
    price: Decimal | None
    stop_limit_price: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    valid_until: datetime | None
    magic: int
    client_order_id: str
    planned_at: datetime
    denial_code: str | None = None
    denial_text: str | None = None
    closes_order_id: UUID | None = None


def filled_qty(facts: Iterable[OrderFact]) -> Decimal:
    """Sum of the distinct fills, in units.

    Should one fill be told with two quantities, the larger counts: it errs towards seeing exposure.
    """
    fills: dict[str, Decimal] = {}
    for fact in facts:
        if fact.kind is FactKind.FILL:
            fills[fact.venue_exec_id] = max(fact.qty, fills.get(fact.venue_exec_id, fact.qty))
    return sum(fills.values(), Decimal(0))


def status(facts: Iterable[OrderFact], *, qty: Decimal, denied: bool = False) -> OrderStatus:
    """The status that a set of facts adds up to, for an order of `qty` units.

    A complete fill outranks every other word about the order; a definite end outranks a pending request;
    evidence that the venue has it outranks doubt; doubt outranks UNSENT, which speaks of one attempt only.
    """
    known = tuple(facts)
    filled = filled_qty(known)
    own = {fact.kind for fact in known if fact.about_order}
    anywhere = {fact.kind for fact in known}
    if filled > 0 and filled >= qty:
        return OrderStatus.FILLED
    if FactKind.CANCELED in anywhere:
        return OrderStatus.CANCELED
    if FactKind.EXPIRED in anywhere:
        return OrderStatus.EXPIRED
    if FactKind.REJECTED in own and not filled:
        return OrderStatus.REJECTED
    if filled or FactKind.ACCEPTED in own:
        return _working_status(known, filled=filled)
    return OrderStatus.DENIED if denied else _status_before_venue(own)


def _status_before_venue(own: set[FactKind]) -> OrderStatus:
    if FactKind.NOT_FOUND in own:
        return OrderStatus.EXPIRED_UNSENT
    if FactKind.IN_DOUBT in own:
        return OrderStatus.IN_DOUBT
    if FactKind.UNSENT in own:
        return OrderStatus.EXPIRED_UNSENT
    if FactKind.SEND_STARTED in own:
        return OrderStatus.SUBMITTED
    return OrderStatus.LEASED if FactKind.LEASED in own else OrderStatus.PLANNED


def _working_status(facts: tuple[OrderFact, ...], *, filled: Decimal) -> OrderStatus:
    if _request_is_open(facts, CommandKind.CANCEL):
        return OrderStatus.PENDING_CANCEL
    if _request_is_open(facts, CommandKind.MODIFY):
        return OrderStatus.PENDING_REPLACE
    return OrderStatus.PARTIALLY_FILLED if filled else OrderStatus.ACCEPTED


def _request_is_open(facts: tuple[OrderFact, ...], kind: CommandKind) -> bool:
    of_kind = [fact for fact in facts if fact.command_kind is kind]
    answers = {FactKind.REJECTED, FactKind.MODIFIED, FactKind.NOT_FOUND, FactKind.UNSENT}
    sent = {fact.command_id for fact in of_kind if fact.kind is FactKind.SEND_STARTED}
    answered = {fact.command_id for fact in of_kind if fact.kind in answers}
    return bool(sent - answered)


class OrderEvent(StrEnum):
    """A fact as a step sees it. What is said of a request to change the order is either SENT or ANSWERED."""

    LEASED = "leased"
    UNSENT = "unsent"
    SEND_STARTED = "send_started"
    ACCEPTED = "accepted"
    REJECTED = "rejected"
    FILL = "fill"
    CANCELED = "canceled"
    EXPIRED = "expired"
    IN_DOUBT = "in_doubt"
    NOT_FOUND = "not_found"
    REQUEST_SENT = "request_sent"
    REQUEST_ANSWERED = "request_answered"


def event_of(fact: OrderFact) -> OrderEvent:
    if fact.about_order or fact.kind in {FactKind.CANCELED, FactKind.EXPIRED, FactKind.FILL}:
        return (
            OrderEvent.REQUEST_ANSWERED
            if fact.kind is FactKind.MODIFIED
            else OrderEvent(fact.kind.value)
        )
    if fact.kind in {FactKind.SEND_STARTED, FactKind.LEASED, FactKind.IN_DOUBT}:
        return OrderEvent.REQUEST_SENT
    return OrderEvent.REQUEST_ANSWERED


_S = OrderStatus
_E = OrderEvent
_PENDING: Final = frozenset({_S.PENDING_CANCEL, _S.PENDING_REPLACE})
_FOUND: Final = _PENDING | {_S.ACCEPTED}
_FILLING: Final = _PENDING | {_S.PARTIALLY_FILLED, _S.FILLED}
"""Where an acceptance or a fill may lead from afar: word of our own requests may have been quicker."""


def _stay(state: OrderStatus, *events: OrderEvent) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Facts that come late or twice and change nothing."""
    return {event: frozenset({state}) for event in events}


def _before_venue(state: OrderStatus) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Steps of an order that may be on its way: reports can overtake each other, so all ends are near."""
    return {
        _E.UNSENT: frozenset({_S.EXPIRED_UNSENT}),
        _E.ACCEPTED: _FOUND,
        _E.REJECTED: frozenset({_S.REJECTED}),
        _E.FILL: _FILLING,
        _E.CANCELED: frozenset({_S.CANCELED}),
        _E.EXPIRED: frozenset({_S.EXPIRED}),
        _E.IN_DOUBT: frozenset({_S.IN_DOUBT}),  # neither yes nor no
        _E.NOT_FOUND: frozenset({_S.EXPIRED_UNSENT}),
        **_stay(state, _E.LEASED, _E.SEND_STARTED, _E.REQUEST_SENT, _E.REQUEST_ANSWERED),
    }


def _at_venue(state: OrderStatus) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Steps of an order that the venue is known to hold. Doubt about it is over."""
    return {
        _E.CANCELED: frozenset({_S.CANCELED}),
        _E.EXPIRED: frozenset({_S.EXPIRED}),
        **_stay(
            state,
            _E.LEASED, _E.SEND_STARTED, _E.ACCEPTED, _E.IN_DOUBT, _E.NOT_FOUND, _E.UNSENT,
            _E.REQUEST_ANSWERED,
        ),
    }  # fmt: skip


def _ended(state: OrderStatus) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Steps of an order of which nothing more is expected: all that comes is late, until it says more."""
    return _stay(state, *OrderEvent)


TRANSITIONS: Final[Mapping[OrderStatus, Mapping[OrderEvent, frozenset[OrderStatus]]]] = (
    MappingProxyType(
        {
            # We write LEASED before a command leaves us: anything else from here is a stranger's word.
            _S.PLANNED: {
                _E.LEASED: frozenset({_S.LEASED}),
                _E.UNSENT: frozenset({_S.EXPIRED_UNSENT}),
                **_stay(_S.PLANNED, _E.REQUEST_SENT, _E.REQUEST_ANSWERED),
            },
            _S.DENIED: {},  # nothing was ever sent
            _S.LEASED: {
                **_before_venue(_S.LEASED),
                _E.SEND_STARTED: frozenset({_S.SUBMITTED}),
            },
            _S.SUBMITTED: _before_venue(_S.SUBMITTED),
            # Evidence ends it, a timer never does: UNSENT is no evidence about an earlier attempt.
            _S.IN_DOUBT: {**_before_venue(_S.IN_DOUBT), **_stay(_S.IN_DOUBT, _E.UNSENT)},
            _S.ACCEPTED: {
                **_at_venue(_S.ACCEPTED),
                _E.REJECTED: frozenset({_S.REJECTED}),
                _E.FILL: frozenset({_S.PARTIALLY_FILLED, _S.FILLED}),
                _E.REQUEST_SENT: _PENDING | {_S.ACCEPTED},
            },
            _S.PARTIALLY_FILLED: {
                **_at_venue(_S.PARTIALLY_FILLED),
                **_stay(_S.PARTIALLY_FILLED, _E.REJECTED),  # a late refusal never undoes a fill
                _E.FILL: frozenset({_S.PARTIALLY_FILLED, _S.FILLED}),
                _E.REQUEST_SENT: _PENDING | {_S.PARTIALLY_FILLED},
            },
            _S.PENDING_CANCEL: {
                **_at_venue(_S.PENDING_CANCEL),
                _E.REJECTED: frozenset(
                    {_S.REJECTED, _S.PENDING_CANCEL}
                ),  # it stays once partly filled
                _E.FILL: frozenset({_S.PENDING_CANCEL, _S.FILLED}),
                _E.REQUEST_SENT: frozenset({_S.PENDING_CANCEL}),
                _E.REQUEST_ANSWERED: _PENDING | {_S.ACCEPTED, _S.PARTIALLY_FILLED},
            },
            _S.PENDING_REPLACE: {
                **_at_venue(_S.PENDING_REPLACE),
                _E.REJECTED: frozenset({_S.REJECTED, _S.PENDING_REPLACE}),
                _E.FILL: frozenset({_S.PENDING_REPLACE, _S.FILLED}),
                _E.REQUEST_SENT: _PENDING,
                _E.REQUEST_ANSWERED: frozenset(
                    {_S.PENDING_REPLACE, _S.ACCEPTED, _S.PARTIALLY_FILLED}
                ),
            },
            # An overfill is recorded and alarmed, never clipped.
            _S.FILLED: _ended(_S.FILLED),
            # The fill crossed our cancel, or the expiry, on the wire.
            _S.CANCELED: {
                **_ended(_S.CANCELED),
                _E.FILL: frozenset({_S.CANCELED, _S.FILLED}),
            },
            _S.EXPIRED: {
                **_ended(_S.EXPIRED),
                _E.FILL: frozenset({_S.EXPIRED, _S.FILLED}),
                _E.CANCELED: frozenset({_S.CANCELED}),
            },
            # Looked for and not found, or dropped as too late; a late report reopens it.
            _S.EXPIRED_UNSENT: {
                **_ended(_S.EXPIRED_UNSENT),
                _E.ACCEPTED: _FOUND,
                _E.FILL: _FILLING,
                _E.REJECTED: frozenset({_S.REJECTED}),
                _E.CANCELED: frozenset({_S.CANCELED}),
                _E.EXPIRED: frozenset({_S.EXPIRED}),
                _E.IN_DOUBT: frozenset({_S.EXPIRED_UNSENT, _S.IN_DOUBT}),
            },
            # The venue took its word back: a fill after a refusal is still a fill.
            _S.REJECTED: {
                **_ended(_S.REJECTED),
                _E.FILL: _FILLING,
                _E.CANCELED: frozenset({_S.CANCELED}),
                _E.EXPIRED: frozenset({_S.EXPIRED}),
            },
        }
    )
)


ALARMING: Final = frozenset(
    {
        (_S.FILLED, _E.FILL),
        (_S.CANCELED, _E.FILL),
        (_S.EXPIRED, _E.FILL),
        (_S.REJECTED, _E.FILL),
        (_S.EXPIRED_UNSENT, _E.ACCEPTED),
        (_S.EXPIRED_UNSENT, _E.FILL),
    }
)
"""Legal, and somebody must look: the venue moved after we, or it, had called the order finished."""


def is_legal(before: OrderStatus, event: OrderEvent, after: OrderStatus) -> bool:
    return after in TRANSITIONS[before].get(event, frozenset())
