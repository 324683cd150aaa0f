"""`plan`: decide an intent at the two accounts of a route, with the real risk rules unless a test brings others."""

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import Any

import pytest

from argos.core.intent import Intent
from argos.core.order import OrderStatus
from argos.risk.assess import assess
from argos.routing.context import AccountContext, OpenEntry
from argos.routing.plan import plan_intent
from argos.routing.planned import IntentPlan
from unit.core.builders import HEDGE, NOW, make_account, make_order, make_route, make_snapshot

Plan = Callable[..., IntentPlan]
MakeContext = Callable[..., AccountContext]
MakeEntry = Callable[..., OpenEntry]

_ENTRY_FIELDS = {
    "status", "filled_qty", "closed_qty", "closing_qty", "closing_order_ids", "position_id", "modified",
}  # fmt: skip


def _make_entry(name: str = "entry", **changes: Any) -> OpenEntry:
    """A filled market buy of 10 AAPL; `changes` go to the entry, or else to its order."""
    of_entry = {field: value for field, value in changes.items() if field in _ENTRY_FIELDS}
    of_order = {field: value for field, value in changes.items() if field not in _ENTRY_FIELDS}
    order = make_order(name, **of_order)
    facts = {
        "status": OrderStatus.FILLED,
        "filled_qty": order.qty,
        "closed_qty": Decimal(0),
        **of_entry,
    }
    return OpenEntry(order=order, **facts)


def _make_context(
    name: str = HEDGE, /, *entries: OpenEntry, hedging: bool = True, **changes: Any
) -> AccountContext:
    given = {
        "account": make_account(name, hedging=hedging),
        "snapshot": make_snapshot(name),
        "open_entries": entries,
        **changes,
    }
    return AccountContext(**given)


def _plan(intent: Intent, *contexts: AccountContext, **changes: Any) -> IntentPlan:
    known: Sequence[AccountContext] = contexts or (_make_context(),)
    given: dict[str, Any] = {
        "route": make_route(),
        "contexts": {context.account.account: context for context in known},
        "halts": (),
        "now": NOW,
        "assess": assess,
        **changes,
    }
    return plan_intent(intent, **given)


@pytest.fixture
def plan() -> Plan:
    return _plan


@pytest.fixture
def context() -> MakeContext:
    return _make_context


@pytest.fixture
def entry() -> MakeEntry:
    return _make_entry
