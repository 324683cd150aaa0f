"""What a story says about one intent: which legs it came to, and whether anything is still expected."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.order import FINAL_STATUSES, OrderRole, OrderStatus

Item = Mapping[str, Any]
BAD: Final = frozenset(
    {"denied", "rejected", "refused", "expired", "expired_unsent", "in_doubt", "waiting"}
)
"""What no sender hoped for."""
_RESTING: Final = frozenset({OrderStatus.ACCEPTED, OrderStatus.PARTIALLY_FILLED})


@dataclass(frozen=True, slots=True, kw_only=True)
class Settlement:
    """`settled`: nothing more is expected soon. Legs carry account, what, status, quantities, price, why."""

    settled: bool
    legs: Sequence[Mapping[str, Any]]

    @property
    def went_through(self) -> bool:
        """Every leg did what was asked, and there is one."""
        return (
            self.settled and bool(self.legs) and not any(leg["status"] in BAD for leg in self.legs)
        )


def settlement(story: Item, intent_id: str) -> Settlement:
    """What has become of the intent so far. `story` is what GET /api/trades/{id} answers."""
    intent = next((item for item in story["intents"] if item["intent_id"] == intent_id), None)
    orders = [item for item in story["orders"] if item["intent_id"] == intent_id]
    commands = [item for item in story["commands"] if item["intent_id"] == intent_id]
    refusals = [item for item in story["refusals"] if item["intent_id"] == intent_id]
    changes = [item for item in commands if item["kind"] in {"modify", "cancel"}]
    legs = [
        *(_order_leg(order, story) for order in orders),
        *(_change_leg(change) for change in changes),
        *(_refusal_leg(refusal) for refusal in refusals),
    ]
    decided = intent is not None and intent["status"] != "waiting"
    done = all(_is_over(order) for order in orders) and all(
        change["state"] == "done" for change in changes
    )
    told = all(_is_reconciled(order["account"], story) for order in orders)
    return Settlement(settled=decided and done and told, legs=legs)


def _is_over(order: Item) -> bool:
    """Final, or resting at the venue as it was meant to."""
    status = OrderStatus(order["status"])
    return status in FINAL_STATUSES or (status in _RESTING and order["order_type"] != "market")


def _is_reconciled(account: str, story: Item) -> bool:
    """Whether the account's leg counts all that its orders of this trade have filled."""
    leg = next((item for item in story["legs"] if item["account"] == account), None)
    if leg is None:
        return False
    filled = {role: Decimal(0) for role in OrderRole}
    for order in story["orders"]:
        if order["account"] == account:
            filled[OrderRole(order["role"])] += Decimal(order["filled_qty"])
    entered, left = Decimal(leg["filled_qty"]), Decimal(leg["exit_qty"])
    return entered >= filled[OrderRole.ENTRY] and left >= filled[OrderRole.EXIT]


def _order_leg(order: Item, story: Item) -> dict[str, Any]:
    fills = [fill for fill in story["fills"] if fill["order_id"] == order["order_id"]]
    moments = [
        entry
        for entry in story["timeline"]
        if entry["order_id"] == order["order_id"] and entry["stage"] != "reconciled"
    ]
    last = moments[-1] if moments else None
    return {
        "account": order["account"],
        "what": f"{order['role']} {order['side']} {order['symbol']}",
        "order_id": order["order_id"],
        "status": order["status"],
        "qty": order["qty"],
        "filled_qty": order["filled_qty"],
        "fill_price": _mean_price(fills),
        "ms_since_alert": last["ms_since_intent"] if last else None,
        "why": _why(order["denial_code"], order["denial_text"])
        or (last["what"] if last and order["status"] in BAD else None),
    }


def _mean_price(fills: Sequence[Item]) -> str | None:
    qty = sum((Decimal(fill["fill_qty"]) for fill in fills), Decimal(0))
    if not qty:
        return None
    worth = sum(
        (Decimal(fill["fill_qty"]) * Decimal(fill["fill_price"]) for fill in fills), Decimal(0)
    )
    mean = worth / qty
    return f"{mean.normalize() if len(fills) == 1 else mean.quantize(Decimal('0.00001')):f}"


def _change_leg(change: Item) -> dict[str, Any]:
    return {
        "account": change["account"],
        "what": f"{change['kind']} {change['symbol']}",
        "order_id": change["order_id"],
        "status": "done" if change["state"] == "done" else "waiting",
        "qty": None,
        "filled_qty": None,
        "fill_price": None,
        "ms_since_alert": None,
        "why": None,
    }


def _refusal_leg(refusal: Item) -> dict[str, Any]:
    return {
        "account": refusal["account"],
        "what": "no order",
        "order_id": None,
        "status": "refused",
        "qty": None,
        "filled_qty": None,
        "fill_price": None,
        "ms_since_alert": None,
        "why": _why(refusal["code"], refusal["text"]),
    }


def _why(code: str | None, text: str | None) -> str | None:
    return f"{code}: {text}" if code else None
