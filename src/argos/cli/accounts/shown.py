"""`argos accounts show` and `symbols`: what a node last saw of its account, and what can be traded there."""

from collections.abc import Callable, Mapping
from decimal import Decimal
from fnmatch import fnmatchcase
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayClient, GatewayUrl, open_gateway, path_part
from argos.cli.frame.groups import find
from argos.cli.frame.printing import AsJson, cell, print_json, screen, table
from argos.cli.journal.equity_words import show_history
from argos.cli.nodes.words import age_text

Name = Annotated[str, typer.Argument(help="The account's name.", metavar="NAME")]
ACCOUNTS_MAX: Final = 10_000
SYMBOLS_MAX: Final = 100_000

Term = str | Callable[[Mapping[str, Any]], Any]
FILLINGS: Final = {1: "all or nothing", 2: "what can be had", 4: "passive"}
"""Bits of MT5's `SYMBOL_FILLING_MODE`: FOK, IOC, BOC. No bit stands for an order that rests."""


def _filling(item: Mapping[str, Any]) -> str | None:
    flags = _term(item, "venue_terms.filling_flags")
    if flags is None:
        return None
    return ", ".join(text for bit, text in FILLINGS.items() if flags & bit) or "rests"


TERMS: Final[Mapping[str, Term]] = {
    "symbol": "symbol",
    ">bid": "quote.bid",
    ">ask": "quote.ask",
    ">digits": "venue_terms.digits",
    ">tick size": "tick_size",
    ">tick value": "venue_terms.tick_value_loss",
    ">unit value": "unit_value",
    ">contract size": "contract_size",
    ">volume min": "qty_min",
    ">step": "qty_step",
    ">max": "qty_max",
    "filling": _filling,
    ">stops at": "stops_distance_min",
    ">stops level": "venue_terms.stops_level",
    ">freeze level": "venue_terms.freeze_level",
    ">swap long": "venue_terms.swap_long",
    ">swap short": "venue_terms.swap_short",
    "base": "base_currency",
    "quoted in": "quote_currency",
    "margin in": "venue_terms.margin_currency",
    "tradable": "tradable",
}
"""Heading to the path of a term. A new term is a line here."""
IN_TABLE: Final = (
    "symbol",
    ">tick size",
    ">contract size",
    ">volume min",
    ">step",
    ">max",
    "tradable",
)
"""What fits on a screen for many symbols; of one symbol, all terms are told, one below the other."""


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


def equity(
    context: typer.Context,
    name: Name,
    since: Annotated[str | None, typer.Option(help="Seen from this moment on.")] = None,
    until: Annotated[str | None, typer.Option(help="Seen before this moment.")] = None,
    zone: Annotated[
        str | None, typer.Option(help="Whose days; else the account's own.", metavar="ZONE")
    ] = None,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What an account was worth over time: curve, days, time-weighted return, drawdown with floating results."""
    client = open_gateway(known_home(context), url)
    path = f"/api/accounts/{path_part(name)}/equity"
    item = client.get(path, since=since, until=until, zone=zone)
    if as_json:
        print_json(item)
        return
    show_history(screen(), item)


def symbols(
    context: typer.Context,
    name: Name,
    pattern: Annotated[
        str, typer.Argument(help="Of the symbol; * and ? stand for anything.", metavar="[PATTERN]")
    ] = "*",
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What an account can trade, on the terms that its node read at the broker. Volumes count units, not lots.

    If the pattern leaves one symbol, all its terms are told.
    """
    client = open_gateway(known_home(context), url)
    _account(client, name)
    found = client.pages("/api/instruments", limit=SYMBOLS_MAX, account=name)
    wanted = pattern.casefold()
    items = [item for item in found if fnmatchcase(item["symbol"].casefold(), wanted)]
    items.sort(key=lambda item: str(item["symbol"]))
    if as_json:
        print_json({"items": items})
        return
    if len(items) == 1:
        for label, text in terms_of(items[0]).items():
            screen().print(f"  {label:<14}{text}", soft_wrap=True)
        return
    rows = [[_term(item, TERMS[heading]) for heading in IN_TABLE] for item in items]
    empty = "none: the node tells its symbols with its hello, see `argos nodes`"
    screen().print(table(f"symbols of {name}", list(IN_TABLE), rows, empty=empty))


def terms_of(item: Mapping[str, Any]) -> dict[str, str]:
    """Every term that the venue has for this symbol, by its label; the texts are safe from being read as markup."""
    told = {heading.removeprefix(">"): _term(item, path) for heading, path in TERMS.items()}
    return {label: cell(value) for label, value in told.items() if value not in (None, "")}


def _account(client: GatewayClient, name: str) -> Mapping[str, Any]:
    """Raises InputError ACCOUNT_UNKNOWN that tells which there are."""
    item: Mapping[str, Any] = find(
        client.pages("/api/accounts", limit=ACCOUNTS_MAX), "account", name
    )
    return item


def _term(item: Mapping[str, Any], path: Term) -> Any:
    if callable(path):
        return path(item)
    value: Any = item
    for part in path.split("."):
        value = value.get(part) if isinstance(value, Mapping) else None
    return value


def _lines(item: Mapping[str, Any]) -> dict[str, str]:
    risk = {
        name: "off" if value is None else value
        for name, value in item["limits"].get("risk", {}).items()
    }
    stated = {**item["limits"], **risk}
    limits = ", ".join(
        f"{name} {value}" for name, value in stated.items() if value and name != "risk"
    )
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
        "at stops": _open_risk(snapshot),
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


def _open_risk(snapshot: Mapping[str, Any]) -> str:
    told = snapshot.get("node") or {}
    if "loss_at_stops" not in told:
        return "-"
    text = f"{_money(told['loss_at_stops'])} {snapshot['currency']} would be lost"
    unbounded = told["positions_unbounded"]
    return f"{text}; {unbounded} positions without a known bound" if unbounded else text


def _money(text: str) -> str:
    return f"{Decimal(text):,.2f}"
