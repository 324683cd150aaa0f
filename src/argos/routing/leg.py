"""One leg at work: everything that planning at one account needs, and the question it puts to risk."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from argos.core.account import Halt, Route, RouteLeg
from argos.core.decision import Assess, Assessment, Purpose, RiskRequest, stated_size
from argos.core.ids import command_uuid
from argos.core.instrument import Instrument
from argos.core.intent import Intent, OrderType, Size
from argos.core.order import CommandKind
from argos.routing.context import AccountContext, Levels, OpenEntry
from argos.routing.planned import PlannedCommand


@dataclass(frozen=True, slots=True, kw_only=True)
class LegTask:
    """An intent's share for one account. `symbol` is the account's own name of the intent's symbol."""

    intent: Intent
    route: Route
    leg: RouteLeg
    context: AccountContext
    halts: Sequence[Halt]
    now: datetime
    deviation_points: int
    assess: Assess

    @property
    def account(self) -> str:
        return self.context.account.account

    @property
    def symbol(self) -> str:
        return self.leg.symbol_map.get(self.intent.symbol, self.intent.symbol)

    @property
    def valid_until(self) -> datetime:
        """Until when an entry may be sent. A limit or stop order that was sent in time keeps working after it.

        Where the intent states the moment itself, it is also that order's end, at the venue or by its node.
        """
        return self.intent.expires_at or (
            self.intent.received_at + timedelta(seconds=self.route.expiry_s)
        )

    @property
    def size(self) -> Size | None:
        return stated_size(self.intent, leg=self.leg, route=self.route)

    @property
    def trade_entries(self) -> tuple[OpenEntry, ...]:
        return tuple(
            entry
            for entry in self.context.open_entries
            if entry.is_open and is_of_trade(entry, self.intent)
        )

    def instrument(self, symbol: str) -> Instrument | None:
        snapshot = self.context.snapshot
        return snapshot.instruments.get(symbol) if snapshot else None

    def command(self, entry: OpenEntry, *, kind: CommandKind) -> PlannedCommand:
        """A cancel or modify of an entry that exists; one per entry and intent, for ever."""
        return PlannedCommand(
            command_id=command_uuid(
                order=entry.order.order_id, kind=kind.value, intent=self.intent.intent_id
            ),
            order_id=entry.order.order_id,
            intent_id=self.intent.intent_id,
            account=self.account,
            symbol=entry.order.symbol,
            kind=kind,
            is_exit=True,
            deviation_points=self.deviation_points,
        )


def assess_change(
    task: LegTask, entry: OpenEntry, *, purpose: Purpose, levels: Levels | None = None
) -> Assessment:
    """Whether an entry that exists may be closed, cancelled or modified to `levels`."""
    return task.assess(
        RiskRequest(
            purpose=purpose,
            intent=task.intent,
            route=task.route,
            leg=task.leg,
            account=task.context.account,
            snapshot=task.context.snapshot,
            symbol=entry.order.symbol,
            side=entry.order.side,
            order_type=entry.order.order_type if entry.is_pending else OrderType.MARKET,
            price=levels.price if levels else None,
            sl=levels.sl if levels else None,
            tp=levels.tp if levels else None,
            halts=task.halts,
            now=task.now,
        )
    )


def is_of_trade(entry: OpenEntry, intent: Intent) -> bool:
    """Whether the intent may speak of this entry: same trade, same route.

    A hook that is limited to one route must not reach what another opened, by naming its trade.
    """
    order = entry.order
    return order.trade_id == intent.trade_id and order.route == intent.account_route
