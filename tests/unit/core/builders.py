"""Intents, routes, accounts and snapshots that are fine as they are; each test changes what it is about."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5

from argos.core.account import Account, AccountLimits, AccountSnapshot, Route, RouteLeg
from argos.core.ids import client_order_id_of, magic_of
from argos.core.instrument import Instrument, Quote
from argos.core.intent import Action, Intent, OrderType, Side, Size, SizeMode
from argos.core.order import Order, OrderRole

NOW = datetime(2026, 3, 4, 15, 0, tzinfo=UTC)  # a Wednesday
NAMESPACE = UUID("3f0a5f0e-52a5-5d8b-9a0e-9a64f1a7a003")
HEDGE, NET = "meridian-hedge", "alder-net"


def uid(name: str) -> UUID:
    return uuid5(NAMESPACE, name)


def units(value: str | int) -> Size:
    return Size(mode=SizeMode.UNITS, value=Decimal(value))


AAPL = Instrument(
    symbol="AAPL",
    contract_size=Decimal(1),
    tick_size=Decimal("0.01"),
    qty_min=Decimal(1),
    qty_max=Decimal(10_000),
    qty_step=Decimal(1),
    stops_distance_min=Decimal("0.10"),
    unit_value=Decimal(1),
    quote_currency="USD",
)
EURUSD = Instrument(
    symbol="EURUSD",
    contract_size=Decimal(100_000),
    tick_size=Decimal("0.00001"),
    qty_min=Decimal(1_000),
    qty_max=Decimal(10_000_000),
    qty_step=Decimal(1_000),
    stops_distance_min=Decimal("0.00050"),
    unit_value=Decimal(1),
    quote_currency="USD",
)
XAUUSD = replace(
    EURUSD,
    symbol="XAUUSD",
    contract_size=Decimal(100),
    tick_size=Decimal("0.01"),
    qty_min=Decimal(1),
    qty_max=Decimal(10_000),
    qty_step=Decimal(1),
    stops_distance_min=Decimal(0),
)


def usdjpy(*, usdjpy_rate: Decimal) -> Instrument:
    """A yen per unit is worth 1 / rate dollars in a dollar account."""
    return replace(
        EURUSD,
        symbol="USDJPY",
        tick_size=Decimal("0.001"),
        unit_value=1 / usdjpy_rate,
        quote_currency="JPY",
    )


AAPL_QUOTE = Quote(symbol="AAPL", bid=Decimal("99.98"), ask=Decimal("100.02"), at=NOW)


def make_intent(**changes: Any) -> Intent:
    """A market buy of AAPL with stop and target, fired and received just now."""
    intent = Intent(
        intent_id=uid("intent"),
        source="hook:main",
        event_id=uid("event"),
        weak_id=False,
        trade_id="T-1",
        bot_version="ema-cross@3.2",
        account_route="main",
        action=Action.OPEN,
        symbol="AAPL",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        entry_price=Decimal(100),
        stop_limit_price=None,
        sl=Decimal(95),
        tp=Decimal(110),
        size=units(10),
        close_fraction=Decimal(1),
        confidence=None,
        expires_at=None,
        features=None,
        timestamp_tv=NOW - timedelta(seconds=1),
        received_at=NOW - timedelta(milliseconds=200),
    )
    return replace(intent, **changes)


def make_account(account: str = HEDGE, *, hedging: bool = True, **changes: Any) -> Account:
    plain = Account(
        account=account,
        venue="paper",
        currency="USD",
        enabled=True,
        hedging=hedging,
        limits=AccountLimits(),
    )
    return replace(plain, **changes)


def make_snapshot(account: str = HEDGE, **changes: Any) -> AccountSnapshot:
    snapshot = AccountSnapshot(
        account=account,
        currency="USD",
        balance=Decimal(100_000),
        equity=Decimal(100_000),
        margin_free=Decimal(100_000),
        hedging=True,
        taken_at=NOW - timedelta(milliseconds=500),
        quotes={"AAPL": AAPL_QUOTE},
        instruments={"AAPL": AAPL},
    )
    return replace(snapshot, **changes)


def make_leg(account: str = HEDGE, **changes: Any) -> RouteLeg:
    leg = RouteLeg(
        account=account, share=Decimal(1), size=None, symbol_map={}, hours=(), enabled=True
    )
    return replace(leg, **changes)


def make_route(*legs: RouteLeg, **changes: Any) -> Route:
    route = Route(
        route="main",
        enabled=True,
        size=None,
        expiry_s=60,
        alert_age_s_max=30,
        legs=legs or (make_leg(),),
    )
    return replace(route, **changes)


def make_order(name: str = "entry", **changes: Any) -> Order:
    """A market buy of 10 AAPL that an earlier intent opened in trade T-1."""
    order_id = uid(f"order:{name}")
    order = Order(
        order_id=order_id,
        intent_id=uid(f"intent:{name}"),
        trade_id="T-1",
        account=HEDGE,
        route="main",
        role=OrderRole.ENTRY,
        symbol="AAPL",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        qty=Decimal(10),
        price=None,
        stop_limit_price=None,
        sl=Decimal(95),
        tp=Decimal(110),
        valid_until=NOW,
        magic=magic_of(order_id),
        client_order_id=client_order_id_of(order_id),
        planned_at=NOW - timedelta(minutes=5),
    )
    return replace(order, **changes)
