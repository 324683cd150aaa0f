"""`argos accounts show` and `symbols`: what a node last saw of its account, and what can be traded there."""

from collections.abc import Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.entrance import known_home
from argos.cli.gateway_client import GatewayClient, GatewayUrl, open_gateway
from argos.cli.groups import find
from argos.cli.node_words import age_text
from argos.cli.printing import AsJson, print_json, screen, table

Name = Annotated[str, typer.Argument(help="The account's name.", metavar="NAME")]
ACCOUNTS_MAX: Final = 10_000
SYMBOLS_MAX: Final = 100_000

TERMS: Final[Mapping[str, str]] = {
    "symbol": "symbol",
    ">bid": "quote.bid",
    ">ask": "quote.ask",
    ">digits": "digits",
    ">tick size": "tick_size",
    ">tick value": "tick_value",
    ">unit value": "unit_value",
    ">contract size": "contract_size",
    ">volume min": "qty_min",
    ">step": "qty_step",
    ">max": "qty_max",
    "filling": "filling",
    ">stops level": "stops_distance_min",
    ">freeze level": "freeze_distance",
    ">swap long": "swap_long",
    ">swap short": "swap_short",
    "base": "base_currency",
    "quoted in": "quote_currency",
    "margin in": "margin_currency",
    "tradable": "tradable",
}
"""Heading to the name of a term; one that no symbol of the account has gets no column. A new term is a line here."""


def show(
    context: typer.Context, name: Name, url: GatewayUrl = None, as_json: AsJson = False
) -> None:
    """One account as its node last saw it: money, margin, leverage, how it counts positions, and what brakes it."""
    client = open_gateway(known_home(context), url)
    item = _account(client, name)
    if as_json:
        print_json(item)
        return
    out = screen()
    for label, text in _lines(item).items():
        out.print(f"  {label:<12}{escape(text)}", soft_wrap=True)


def symbols(
    context: typer.Context,
    name: Name,
    pattern: Annotated[
        str, typer.Argument(help="Of the symbol; * and ? stand for anything.", metavar="[PATTERN]")
    ] = "*",
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What an account can trade, on the terms that its node read at the broker. Volumes count units, not lots."""
    client = open_gateway(known_home(context), url)
    _account(client, name)
    found = client.pages("/api/instruments", limit=SYMBOLS_MAX, account=name)
    wanted = pattern.casefold()
    items = [item for item in found if fnmatchcase(item["symbol"].casefold(), wanted)]
    items.sort(key=lambda item: str(item["symbol"]))
    if as_json:
        print_json({"items": items})
        return
    rows = [[_term(item, path) for path in TERMS.values()] for item in items]
    shown = [i for i in range(len(TERMS)) if any(row[i] is not None for row in rows)] or [0]
    columns = [list(TERMS)[i] for i in shown]
    empty = "none: the node tells its symbols with its hello, see `argos nodes`"
    screen().print(
        table(f"symbols of {name}", columns, ([row[i] for i in shown] for row in rows), empty=empty)
    )


def _account(client: GatewayClient, name: str) -> Mapping[str, Any]:
    """Raises InputError ACCOUNT_UNKNOWN that tells which there are."""
    item: Mapping[str, Any] = find(
        client.pages("/api/accounts", limit=ACCOUNTS_MAX), "account", name
    )
    return item


def _term(item: Mapping[str, Any], path: str) -> Any:
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _lines(item: Mapping[str, Any]) -> dict[str, str]:
    limits = ", ".join(f"{name} {value}" for name, value in item["limits"].items() if value)
    reason = f", {item['mode_reason']}" if item["mode_reason"] else ""
    lines = {
        "account": f"{item['account']}, venue {item['venue']}",
        "may trade": f"{item['mode']}{reason}" if item["enabled"] else "exits only: disabled",
        "limits": limits or "none",
    }
    snapshot = item["snapshot"]
    if snapshot is None:
        return {**lines, "seen": "never: its node has sent nothing yet, see `argos nodes`"}
    currency = snapshot["currency"]
    margin = "-" if snapshot.get("margin") is None else _money(snapshot["margin"])
    return {
        **lines,
        "seen": f"{age_text(item['snapshot_age_s'])} ago",
        "balance": f"{_money(snapshot['balance'])} {currency}",
        "equity": f"{_money(snapshot['equity'])} {currency}",
        "margin": f"{margin} used, {_money(snapshot['margin_free'])} free",
        "leverage": f"1:{snapshot['leverage']}" if snapshot.get("leverage") else "-",
        "counts": _counting(item, snapshot),
        "holds": f"{len(snapshot['positions'])} positions, {snapshot['open_orders']} working orders",
        "symbols": f"{len(item['symbols'])}: argos accounts symbols {item['account']}",
    }


def _counting(item: Mapping[str, Any], snapshot: Mapping[str, Any]) -> str:
    told = "hedging" if snapshot["hedging"] else "netting"
    if snapshot.get("fifo"):
        told += ", oldest position closes first (FIFO)"
    if snapshot["hedging"] != item["hedging"]:
        asked = "hedging" if item["hedging"] else "netting"
        told += f"; set up as {asked}: argos accounts edit {item['account']} --{told.split(',')[0]}"
    return told


def _money(text: str) -> str:
    return f"{Decimal(text):,.2f}"
