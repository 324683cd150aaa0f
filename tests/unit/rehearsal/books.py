"""Small books for the checks: one account, one order at a time, written down on both sides."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from argos.core.execution import Entry
from argos.core.ids import ARGOS_NAMESPACE, client_order_id_of, magic_of
from argos.core.intent import OrderType, Side
from argos.core.order import OrderRole, OrderStatus
from argos.exchange.book import Character
from argos.exchange.orders import BrokerOrder, OrderState
from argos.exchange.positions import BrokerPosition, Deal
from argos.paperbroker.ledger import LedgerView
from argos.rehearsal.checking import BrokerBook, Stored, StoredOrder

ACCOUNT = "hedge"
SYMBOL = "AAPL"
ROUTE = "paper"
NOON = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
VALID_UNTIL = NOON + timedelta(seconds=10)
QTY = Decimal(7)
PRICE = Decimal("100.5")


def id_of(name: str) -> UUID:
    return uuid5(ARGOS_NAMESPACE, name)


def stored_order(name: str = "a", **changes: Any) -> StoredOrder:
    """A filled market entry."""
    order_id = id_of(f"order {name}")
    return replace(
        StoredOrder(
            order_id=order_id,
            intent_id=id_of(f"intent {name}"),
            account=ACCOUNT,
            role=OrderRole.ENTRY,
            order_type="market",
            magic=magic_of(order_id),
            client_order_id=client_order_id_of(order_id),
            status=OrderStatus.FILLED,
            filled_qty=QTY,
            valid_until=VALID_UNTIL,
            send_started_at=NOON,
        ),
        **changes,
    )


def broker_order(order: StoredOrder, *, ticket: int = 1, **changes: Any) -> BrokerOrder:
    """What `order` became at the broker: filled at once."""
    return replace(
        BrokerOrder(
            ticket=ticket,
            account=order.account,
            symbol=SYMBOL,
            side=Side.BUY,
            order_type=OrderType.MARKET,
            qty=QTY,
            received_at=NOON,
            created_at=NOON,
            updated_at=NOON,
            state=OrderState.FILLED,
            filled_qty=QTY,
            magic=order.magic,
        ),
        **changes,
    )


def deal_of(order: BrokerOrder) -> Deal:
    zero = Decimal(0)
    return Deal(
        ticket=order.ticket + 1_000,
        account=order.account,
        order=order.ticket,
        position_id=order.ticket,
        symbol=order.symbol,
        side=order.side,
        entry=Entry.IN,
        qty=order.qty,
        price=PRICE,
        commission=zero,
        swap=zero,
        fee=zero,
        profit=zero,
        cash_delta=zero,
        position_qty=order.qty,
        cum_qty=order.qty,
        leaves_qty=zero,
        reason=order.reason,
        bid=PRICE,
        ask=PRICE,
        occurred_at=order.received_at,
        magic=order.magic,
    )


def book(*orders: BrokerOrder) -> BrokerBook:
    """A ledger with these orders; each filled one has its deal and its position."""
    deals = tuple(deal_of(order) for order in orders if order.state is OrderState.FILLED)
    positions = tuple(
        BrokerPosition(
            position_id=deal.position_id,
            account=deal.account,
            symbol=deal.symbol,
            side=deal.side,
            qty=deal.qty,
            price_open=deal.price,
            opened_at=deal.occurred_at,
            updated_at=deal.occurred_at,
        )
        for deal in deals
    )
    ledger = LedgerView(
        broker="meridian",
        cash={},
        orders=orders,
        order_events=(),
        deals=deals,
        positions=positions,
        charges=(),
        bookings=(),
        faults=(),
        quotes={},
    )
    return BrokerBook(character=Character.MT5, ledger=ledger)


def stored(*orders: StoredOrder, like: BrokerBook | None = None, **changes: Any) -> Stored:
    """A database with these orders, and with the fills and positions of `like`."""
    deals = like.ledger.deals if like else ()
    held: dict[tuple[str, str], Decimal] = {}
    for deal in deals:
        key = (deal.account, deal.symbol)
        held[key] = held.get(key, Decimal(0)) + deal.qty * deal.side.sign
    return replace(
        Stored(
            intents={order.intent_id: ROUTE for order in orders},
            routes={ROUTE: frozenset({ACCOUNT})},
            outcomes=frozenset((order.intent_id, order.account) for order in orders),
            orders=orders,
            executions={
                (deal.account, str(deal.ticket)): deal.qty * deal.side.sign for deal in deals
            },
            prices={(deal.account, str(deal.ticket)): deal.price for deal in deals},
            positions=held,
            illegal_transitions=0,
        ),
        **changes,
    )
