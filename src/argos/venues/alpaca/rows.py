"""What Alpaca's rows leave out, worked out from the others: whose leg an order is, what a fill did to the holding.

The words of `argos.venues.alpaca.words` read rows with these fields; our own paper broker tells them itself.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from argos.core.intent import Side
from argos.core.money import ZERO, round_near
from argos.protocol.values import decimal_text
from argos.venues.alpaca.words import number, root_client_id

PRICE_STEP: Final = Decimal("0.00000001")
MONEY_STEP: Final = Decimal("0.01")

SHARES: Final = "us_equity"
_SHARE_SYMBOL: Final = re.compile(r"[A-Z]{1,6}(\.[A-Z]{1,4})?")
"""Options have digits in theirs, coins a slash."""
_OURS: Final = re.compile(r"[A-Z2-7]{26}")
_CLASSES_WITH_LEGS: Final = frozenset({"bracket", "oto", "oco"})
UNKNOWN_PARENT: Final = "?"

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """Shares of one symbol, signed, and the average price at which they were opened; 0 when there are none."""

    qty: Decimal = ZERO
    price_open: Decimal = ZERO


FLAT: Final = Holding()


def after_fill(
    held: Holding, *, side: Side, qty: Decimal, price: Decimal
) -> tuple[Holding, Decimal]:
    """The holding after a fill, and what the part that it closed has earned, before costs.

    The same side adds at the weighted price; the other closes first, and turns the holding over with what is left.
    """
    moved = qty * side.sign
    now = held.qty + moved
    if held.qty * moved >= 0:
        value = abs(held.qty) * held.price_open + qty * price
        return Holding(qty=now, price_open=round_near(value / abs(now), step=PRICE_STEP)), ZERO
    closed = min(qty, abs(held.qty))
    earned = (price - held.price_open) * (closed if held.qty > 0 else -closed)
    profit = round_near(earned, step=MONEY_STEP)
    if not now:
        return FLAT, profit
    turned = now * held.qty < 0
    return Holding(qty=now, price_open=price if turned else held.price_open), profit


def complete_fills(
    rows: Iterable[Row], holdings: Mapping[str, Holding]
) -> tuple[list[dict[str, Any]], dict[str, Holding]]:
    """FILL rows, oldest first, with `position_qty`, `realized_pl` and costs of nothing; and the holdings after them.

    `holdings` are those before the first row. Fees come as activities of their own, a day later: they are not here.
    """
    after = dict(holdings)
    complete = []
    for row in rows:
        symbol = row["symbol"]
        after[symbol], profit = after_fill(
            after.get(symbol, FLAT),
            side=Side(row["side"]),
            qty=number(row, "qty"),
            price=number(row, "price"),
        )
        complete.append(
            {
                **row,
                "position_qty": decimal_text(after[symbol].qty),
                "realized_pl": decimal_text(profit),
                "commission": "0",
                "fee": "0",
            }
        )
    return complete, {symbol: held for symbol, held in after.items() if held.qty}


def unexplained(holdings: Mapping[str, Holding], positions: Iterable[Row]) -> set[str]:
    """Symbols of which the broker holds something else than the fills add up to: fills are missing, or not ours."""
    told = {row["symbol"]: number(row, "qty") for row in positions}
    symbols = told.keys() | holdings.keys()
    return {name for name in symbols if told.get(name, ZERO) != holdings.get(name, FLAT).qty}


def is_share(row: Row) -> bool:
    """Whether a row of an order, a position or a fill is about shares: nothing else is traded or told here.

    An order for several options at once has no symbol.
    """
    named = _SHARE_SYMBOL.fullmatch(str(row.get("symbol") or ""))
    return named is not None and row.get("asset_class", SHARES) == SHARES


def is_our_client_id(client_order_id: str) -> bool:
    """True for the id of an order that Argos wrote; Alpaca's own, and those of people, look otherwise."""
    return bool(_OURS.fullmatch(root_client_id(client_order_id)))


def flatten_orders(nested: Iterable[Row]) -> list[dict[str, Any]]:
    """Orders asked for with `nested=true`, one row each; every leg names its parent in `parent_order_id`.

    A leg that works on when its parent has ended is told by itself, and Alpaca does not say whose it is: its parent is
    UNKNOWN_PARENT. So is that of a leg which is asked for by its own id.
    """
    flat = []
    for order in nested:
        legs = order["legs"] or ()
        flat.append({**_complete(order), "legs": None, "parent_order_id": _parent_of(order)})
        for leg in legs:
            flat.append({**_complete(leg), "legs": None, "parent_order_id": order["id"]})
    return flat


def _parent_of(order: Row) -> str | None:
    alone = not order["legs"] and order.get("order_class") in _CLASSES_WITH_LEGS
    return UNKNOWN_PARENT if alone and not is_our_client_id(order["client_order_id"]) else None


def _complete(order: Row) -> dict[str, Any]:
    """An order for an amount of money has no quantity: it is what was filled of it."""
    qty = order["qty"] if order["qty"] is not None else order["filled_qty"]
    return {**order, "qty": qty, "source": order.get("source")}
