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
    """An order as planned. `qty` in units; `seq` orders the lane (account, symbol)."""

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
    """Sum of the distinct fills, in units."""
    fills = {fact.venue_exec_id: fact.qty for fact in facts if fact.kind is FactKind.FILL}
    return sum(fills.values(), Decimal(0))


def status(facts: Iterable[OrderFact], *, qty: Decimal, denied: bool = False) -> OrderStatus:
    """The status that a set of facts adds up to, for an order of `qty` units.

    A fill outranks every other word about the order; a definite end outranks a pending request; evidence
    that the venue has it outranks doubt.
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
    if FactKind.NOT_FOUND in own or FactKind.UNSENT in own:
        return OrderStatus.EXPIRED_UNSENT
    if denied:
        return OrderStatus.DENIED
    if FactKind.IN_DOUBT in own:
        return OrderStatus.IN_DOUBT
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
    """A fact as a step sees it: fills told apart by whether they complete the order, requests by kind."""

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
_WORKING: Final = frozenset(
    {_S.ACCEPTED, _S.PARTIALLY_FILLED, _S.PENDING_CANCEL, _S.PENDING_REPLACE}
)
_FILLING: Final = frozenset({_S.PARTIALLY_FILLED, _S.FILLED, _S.PENDING_CANCEL, _S.PENDING_REPLACE})


def _stay(state: OrderStatus, *events: OrderEvent) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Facts that come late or twice and change nothing."""
    return {event: frozenset({state}) for event in events}


def _before_venue(state: OrderStatus) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Steps of an order that may be on its way: reports can overtake each other, so all ends are near."""
    return {
        _E.UNSENT: frozenset({_S.EXPIRED_UNSENT}),
        _E.ACCEPTED: _WORKING - {_S.PARTIALLY_FILLED},
        _E.REJECTED: frozenset({_S.REJECTED}),
        _E.FILL: _FILLING,
        _E.CANCELED: frozenset({_S.CANCELED}),
        _E.EXPIRED: frozenset({_S.EXPIRED}),
        _E.NOT_FOUND: frozenset({_S.EXPIRED_UNSENT}),
        **_stay(state, _E.REQUEST_SENT, _E.REQUEST_ANSWERED),
    }


def _at_venue(state: OrderStatus) -> dict[OrderEvent, frozenset[OrderStatus]]:
    """Steps of an order that the venue is known to hold. A late refusal never undoes a fill."""
    partly = state is _S.PARTIALLY_FILLED
    pending = state in {_S.PENDING_CANCEL, _S.PENDING_REPLACE}
    return {
        _E.FILL: _FILLING if not pending else frozenset({state, _S.FILLED}),
        _E.CANCELED: frozenset({_S.CANCELED}),
        _E.EXPIRED: frozenset({_S.EXPIRED}),
        _E.REJECTED: frozenset({_S.REJECTED} | ({state} if partly or pending else set())),
        _E.REQUEST_SENT: frozenset({state, _S.PENDING_CANCEL, _S.PENDING_REPLACE}),
        _E.REQUEST_ANSWERED: _WORKING if pending else frozenset({state}),
        **_stay(
            state,
            _E.LEASED, _E.SEND_STARTED, _E.ACCEPTED, _E.IN_DOUBT, _E.NOT_FOUND, _E.UNSENT,
        ),
    }  # fmt: skip


def _ended(
    state: OrderStatus, steps: Mapping[OrderEvent, frozenset[OrderStatus]]
) -> dict[OrderEvent, frozenset[OrderStatus]]:
    late = _stay(
        state,
        _E.LEASED, _E.SEND_STARTED, _E.ACCEPTED, _E.REJECTED, _E.IN_DOUBT, _E.NOT_FOUND, _E.UNSENT,
        _E.EXPIRED, _E.CANCELED, _E.REQUEST_SENT, _E.REQUEST_ANSWERED,
    )  # fmt: skip
    return {**late, **steps}


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
                **_stay(_S.LEASED, _E.LEASED),
                _E.SEND_STARTED: frozenset({_S.SUBMITTED}),
                _E.IN_DOUBT: frozenset({_S.IN_DOUBT}),
            },
            _S.SUBMITTED: {
                **_before_venue(_S.SUBMITTED),
                **_stay(_S.SUBMITTED, _E.LEASED, _E.SEND_STARTED),
                _E.IN_DOUBT: frozenset({_S.IN_DOUBT}),  # neither yes nor no
            },
            _S.IN_DOUBT: {
                **_before_venue(_S.IN_DOUBT),  # evidence ends it, a timer never does
                **_stay(_S.IN_DOUBT, _E.LEASED, _E.SEND_STARTED, _E.IN_DOUBT),
            },
            _S.ACCEPTED: _at_venue(_S.ACCEPTED),
            _S.PARTIALLY_FILLED: _at_venue(_S.PARTIALLY_FILLED),
            _S.PENDING_CANCEL: _at_venue(_S.PENDING_CANCEL),
            _S.PENDING_REPLACE: _at_venue(_S.PENDING_REPLACE),
            # An overfill is recorded and alarmed, never clipped.
            _S.FILLED: _ended(_S.FILLED, _stay(_S.FILLED, _E.FILL)),
            # The fill crossed our cancel, or the expiry, on the wire.
            _S.CANCELED: _ended(_S.CANCELED, {_E.FILL: frozenset({_S.CANCELED, _S.FILLED})}),
            _S.EXPIRED: _ended(
                _S.EXPIRED,
                {
                    _E.FILL: frozenset({_S.EXPIRED, _S.FILLED}),
                    _E.CANCELED: frozenset({_S.CANCELED}),
                },
            ),
            # Looked for and not found, or dropped as too late; a late report reopens it.
            _S.EXPIRED_UNSENT: _ended(
                _S.EXPIRED_UNSENT,
                {
                    _E.ACCEPTED: _WORKING - {_S.PARTIALLY_FILLED},
                    _E.FILL: _FILLING,
                    _E.REJECTED: frozenset({_S.REJECTED}),
                    _E.CANCELED: frozenset({_S.CANCELED}),
                    _E.EXPIRED: frozenset({_S.EXPIRED}),
                },
            ),
            # The venue took its word back: a fill after a refusal is still a fill.
            _S.REJECTED: _ended(
                _S.REJECTED,
                {
                    _E.FILL: _FILLING,
                    _E.CANCELED: frozenset({_S.CANCELED}),
                    _E.EXPIRED: frozenset({_S.EXPIRED}),
                },
            ),
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
