"""What a decision comes to: orders, commands for their lanes, refusals. All of it is stored in one transaction."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from argos.core.decision import CheckVerdict, Denied
from argos.core.ids import command_uuid
from argos.core.order import CommandKind, Order


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedCommand:
    """One instruction for the lane (account, symbol).

    `order_id` is the order that it sends, or, for cancel and modify, the entry that it changes. Price, stop and
    target are the new ones of a modify. `depends_on` are exit orders that must have ended well before it may go.
    Exits have no `valid_until`.
    """

    command_id: UUID
    order_id: UUID
    intent_id: UUID
    account: str
    symbol: str
    kind: CommandKind
    is_exit: bool
    deviation_points: int
    price: Decimal | None = None
    sl: Decimal | None = None
    tp: Decimal | None = None
    close_fraction: Decimal | None = None
    valid_until: datetime | None = None
    depends_on: tuple[UUID, ...] = ()


def close_command(order: Order, *, fraction: Decimal, deviation_points: int) -> PlannedCommand:
    """What the exit `order` sends: close `fraction` (above 0, up to 1) of its entry."""
    return PlannedCommand(
        command_id=command_uuid(
            order=order.order_id, kind=CommandKind.CLOSE.value, intent=order.intent_id
        ),
        order_id=order.order_id,
        intent_id=order.intent_id,
        account=order.account,
        symbol=order.symbol,
        kind=CommandKind.CLOSE,
        is_exit=True,
        deviation_points=deviation_points,
        close_fraction=fraction,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedOrder:
    """A new order with the verdict of every check. A denied one has no command, and carries code and text."""

    order: Order
    command: PlannedCommand | None
    checks: tuple[CheckVerdict, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRefusal:
    """A leg, or a part of it, that comes to nothing and has no order row to say so."""

    account: str
    denied: Denied
    checks: tuple[CheckVerdict, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class LegPlan:
    """One account's part. `changes` are cancels and modifies of entries that exist already; they go first."""

    account: str
    changes: tuple[PlannedCommand, ...] = ()
    orders: tuple[PlannedOrder, ...] = ()
    refusals: tuple[LegRefusal, ...] = ()

    @property
    def commands(self) -> tuple[PlannedCommand, ...]:
        """In the order in which the lanes must take them: changes, exits, entry."""
        return self.changes + tuple(
            planned.command for planned in self.orders if planned.command is not None
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class IntentPlan:
    """The whole decision. `denied` is set when the intent never came as far as an account."""

    intent_id: UUID
    legs: tuple[LegPlan, ...]
    denied: Denied | None = None

    @property
    def orders(self) -> tuple[PlannedOrder, ...]:
        return tuple(planned for leg in self.legs for planned in leg.orders)

    @property
    def commands(self) -> tuple[PlannedCommand, ...]:
        return tuple(command for leg in self.legs for command in leg.commands)

    @property
    def refusals(self) -> tuple[LegRefusal, ...]:
        return tuple(refusal for leg in self.legs for refusal in leg.refusals)
