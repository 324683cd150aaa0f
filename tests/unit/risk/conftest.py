"""The `request_for` fixture: a risk request that every gate approves, changed where a case says so."""

from collections.abc import Callable
from dataclasses import fields, replace
from decimal import Decimal
from typing import Any

import pytest

from argos.core.decision import Purpose, RiskRequest
from argos.core.intent import Intent, OrderType, Side
from unit.core.builders import NOW, make_account, make_intent, make_leg, make_route, make_snapshot

MakeRequest = Callable[..., RiskRequest]
_INTENT_FIELDS = {field.name for field in fields(Intent)} - {
    "symbol",
    "side",
    "order_type",
    "sl",
    "tp",
}


def _make_request(**changes: Any) -> RiskRequest:
    """`changes` go to the request, or to its intent where only the intent has a field of that name."""
    of_intent = {name: value for name, value in changes.items() if name in _INTENT_FIELDS}
    of_request = {name: value for name, value in changes.items() if name not in _INTENT_FIELDS}
    request = RiskRequest(
        purpose=Purpose.ENTRY,
        intent=make_intent(**of_intent),
        route=make_route(),
        leg=make_leg(),
        account=make_account(),
        snapshot=make_snapshot(),
        symbol="AAPL",
        side=Side.BUY,
        order_type=OrderType.MARKET,
        sl=Decimal(95),
        tp=Decimal(110),
        valid_until=NOW,
        positions_after=1,
        halts=(),
        now=NOW,
    )
    return replace(request, **of_request)


@pytest.fixture
def request_for() -> MakeRequest:
    return _make_request
