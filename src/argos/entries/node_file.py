"""A node file as the runtime wants it: settings, and the connection to the broker that it names."""

from decimal import Decimal
from pathlib import Path

from argos.core.errors import InputError
from argos.entries.mt5_terminal import open_mt5
from argos.node.file import read_node_file
from argos.node.settings import NodeLimits, NodeSettings, NodeTimings
from argos.ports import Venue
from argos.venues.alpaca.settings import alpaca_settings
from argos.venues.alpaca.venue import AlpacaVenue
from argos.venues.paper.alpaca_like import AlpacaLikeVenue
from argos.venues.paper.mt5_like import Mt5LikeVenue


def node_settings(path: Path, *, enrol_code: str | None) -> NodeSettings:
    """What a node file says, as the runtime wants it. Its log and key lie beside the file."""
    body = read_node_file(path)
    limits = body.get("limits", {})
    qty_max = limits.get("qty_max")
    return NodeSettings(
        name=body["name"],
        account=body["account"],
        gateway_url=body["gateway_url"],
        log_path=path.with_suffix(".sqlite"),
        key_file=path.with_suffix(".key"),
        enrol_code=enrol_code,
        limits=NodeLimits(
            qty_max=Decimal(qty_max) if qty_max else None,
            orders_per_minute_max=limits.get("orders_per_minute_max"),
            symbols=frozenset(limits["symbols"]) if "symbols" in limits else None,
        ),
        timings=NodeTimings(**body.get("timings", {})),
    )


def open_venue(path: Path) -> Venue:
    """The connection that a node file asks for. Raises InputError VENUE_UNKNOWN."""
    body = read_node_file(path)
    arguments = (body.get("broker_url", ""), body.get("api_key", ""), body["account"])
    match body["venue"]:
        case "paper-mt5":
            return Mt5LikeVenue(*arguments)
        case "paper-alpaca":
            return AlpacaLikeVenue(*arguments)
        case "mt5":
            return open_mt5(body, beside=path)
        case "alpaca":
            return AlpacaVenue(alpaca_settings(body), account=body["account"])
        case unknown:
            raise InputError(
                f"{path} names the venue {unknown!r}",
                code="VENUE_UNKNOWN",
                field="venue",
                fix="use mt5, alpaca, paper-mt5 or paper-alpaca",
            )
