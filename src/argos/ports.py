"""The seams: what the use cases need of a venue, in words of the core. Stores have theirs in `flows.ports`."""

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, Protocol

from argos.core.account import AccountSnapshot
from argos.core.execution import Execution
from argos.core.instrument import Instrument, Quote
from argos.core.intent import OrderType, Side
from argos.core.position import Position

POSITION_CLOSED: Final = "VENUE_POSITION_CLOSED"
"""The code with which every venue refuses a close when the position is not there any more."""
ORDER_GONE: Final = "VENUE_ORDER_GONE"
"""The code with which every venue refuses to cancel or modify an order that it does not hold any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueTraits:
    """What a venue promises. Without unique client ids an entry is never sent again after doubt.

    `fifo`: of the positions in a symbol the oldest must be closed first; a close of another is refused.
    """

    name: str
    unique_client_ids: bool
    hedging: bool
    fifo: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueStanding:
    """Whether a venue takes anything at all now; what it is made for by default is that it does.

    `offline`: nothing would reach it. `forbidden` says why every request would be refused, and `code` in the venue's
    words; empty if none would. `exits_wait`: an exit should not be tried now either. `flags` are told when they change.
    """

    flags: Mapping[str, Any] = field(default_factory=dict)
    offline: bool = False
    forbidden: str = ""
    code: str = ""
    exits_wait: bool = False


ABLE: Final = VenueStanding()


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueIdentity:
    """How an order can be recognised at the venue: `magic` where it is kept, else `client_order_id`."""

    magic: int
    client_order_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrder:
    """An entry as the venue shall get it. Quantities in units, prices already on the tick.

    `working_until` is for a pending order: the venue ends it then, if it can; its node sees to it that it ends.
    """

    identity: VenueIdentity
    symbol: str
    side: Side
    order_type: OrderType
    qty: Decimal
    price: Decimal | None
    stop_limit_price: Decimal | None
    sl: Decimal | None
    tp: Decimal | None
    deviation_points: int
    comment: str
    working_until: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueClose:
    """Close `qty` units of a position. The position is named by its venue id and by who opened it.

    Exits are naturally idempotent only because the venue refuses to close more than is there.
    """

    identity: VenueIdentity
    symbol: str
    side: Side
    qty: Decimal
    position_id: str
    comment: str


class VenueOrderState(StrEnum):
    WORKING = "working"
    FILLED = "filled"
    CANCELED = "canceled"
    EXPIRED = "expired"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueOrderReport:
    """One order as the venue lists it, working or ended. Quantities in units."""

    venue_order_id: str
    identity: VenueIdentity
    symbol: str
    side: Side
    state: VenueOrderState
    qty: Decimal
    filled_qty: Decimal
    price: Decimal | None
    position_id: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueAnswer:
    """What the venue said at once to a request it took. Fills may be in it or come later, or both."""

    venue_order_id: str
    state: VenueOrderState
    executions: tuple[Execution, ...] = ()
    bid: Decimal | None = None
    ask: Decimal | None = None
    text: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class VenueScan:
    """One complete look at an account: all positions, all working orders, and what ended or filled since.

    A scan exists only when every query behind it was answered; otherwise VenueUnreachable is raised,
    so an empty tuple here really means "none". `cursor` is handed to the next scan.
    """

    taken_at: datetime
    positions: tuple[Position, ...]
    orders: tuple[VenueOrderReport, ...]
    executions: tuple[Execution, ...]
    account: AccountSnapshot
    cursor: str
    charges: tuple[Mapping[str, str], ...] = field(default=())


class Venue(Protocol):
    """One broker account. Every call raises VenueRefused (a definite no) or VenueUnreachable (open).

    Implementations never retry a send and never turn a missing answer into a refusal.
    """

    @property
    def traits(self) -> VenueTraits: ...

    def standing(self) -> VenueStanding:
        """Whether it takes requests now, by what is known. No I/O."""
        ...

    async def connect(self) -> None: ...

    async def aclose(self) -> None: ...

    async def instruments(self) -> Sequence[Instrument]: ...

    def quote(self, symbol: str, *, at: datetime | None = None) -> Quote | None:
        """The newest quote held, or the one that stood at `at`; None when none is known. No I/O."""
        ...

    async def submit(self, order: VenueOrder, *, timeout_s: float) -> VenueAnswer: ...

    async def close(self, request: VenueClose, *, timeout_s: float) -> VenueAnswer: ...

    async def cancel(
        self, identity: VenueIdentity, *, symbol: str, timeout_s: float
    ) -> VenueAnswer: ...

    async def modify(
        self,
        identity: VenueIdentity,
        *,
        symbol: str,
        position_id: str,
        price: Decimal | None,
        sl: Decimal | None,
        tp: Decimal | None,
        timeout_s: float,
    ) -> VenueAnswer:
        """Set stop and target of a position, or price, stop and target of a working order; None removes."""
        ...

    async def scan(self, *, cursor: str) -> VenueScan: ...

    async def positions(self) -> Sequence[Position]:
        """All positions as they are now, without the rest of a scan; their stops and targets may be left out."""
        ...

    def hints(self) -> AsyncIterator[str]:
        """Yields when something may have happened: the id of an execution, or "" for anything else.

        Losing a hint only makes the next scan later.
        """
        ...
