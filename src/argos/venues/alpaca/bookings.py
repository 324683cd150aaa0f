"""Bookings on an Alpaca account that belong to no fill: fees, dividends, interest, transfers."""

from collections.abc import Mapping, Sequence
from typing import Any, Final

from argos.protocol.values import parse_decimal
from argos.venues.alpaca.rows import Row

BOOKINGS_S: Final = 60.0
"""So often they are asked for: they come a day after what they are for."""
BOOKINGS_QUERY: Final = {
    "category": "non_trade_activity",
    "direction": "desc",
    "page_size": "100",
}
_KEPT: Final = ("symbol", "qty", "per_share_amount", "description", "status")


def charges_of(rows: Sequence[Row]) -> tuple[Mapping[str, str], ...]:
    """Those that moved money, oldest first, in Alpaca's own words; `amount` is negative when the client pays.

    The same row gives the same words each time: that is how one is told once.
    """
    moved = [row for row in reversed(rows) if parse_decimal(_amount(row), field="net_amount")]
    return tuple(_charge(row) for row in moved)


def _charge(row: Row) -> Mapping[str, str]:
    kept = {name: str(row[name]) for name in _KEPT if row.get(name) is not None}
    day = row.get("date") or row.get("created_at")
    return {
        "id": str(row["id"]),
        "type": str(row["activity_type"]),
        "amount": str(_amount(row)),
        "date": str(day or ""),
        **kept,
    }


def _amount(row: Row) -> Any:
    told = row.get("net_amount")
    return "0" if told is None else told
