"""What there is: trades, alerts, orders, positions, discrepancies and alarms, as the running gateway tells them."""

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayUrl, open_gateway, path_part
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.cli.trades.story import fix_of, legs_table

Columns = Mapping[str, str | Callable[[Mapping[str, Any]], Any]]
"""Heading to the name of the field below it, or to a function of the item."""

Limit = Annotated[int, typer.Option("--limit", "-n", min=1, help="The newest so many.")]
Since = Annotated[
    str | None, typer.Option(help="From this moment on, such as 2026-11-20T00:00:00Z.")
]
Until = Annotated[str | None, typer.Option(help="Before this moment.")]
OfAccount = Annotated[str | None, typer.Option("--account", help="Only of this account.")]
OfSymbol = Annotated[str | None, typer.Option("--symbol", help="Only in this symbol.")]
OfTrade = Annotated[str | None, typer.Option("--trade-id", help="Only of this trade.")]
OfRoute = Annotated[str | None, typer.Option("--route", help="Only of this route.")]
OfCode = Annotated[str | None, typer.Option("--code", help="Only with this code.")]
LIMIT: Final = 20


def register(app: typer.Typer) -> None:
    app.command("trades", epilog="Examples: `argos trades`; `argos trades --status loss -n 50`.")(
        trades
    )
    app.command("alerts", epilog="Examples: `argos alerts`; `argos alerts --refused`.")(alerts)
    app.command("alert", epilog="Example: `argos alert ALERT_ID`.")(alert)
    app.command("orders", epilog="Example: `argos orders --status in_doubt`.")(orders)
    app.command("positions", epilog="Example: `argos positions --account meridian-hedge`.")(
        positions
    )
    app.command("alarms", epilog="Example: `argos alarms -n 5`.")(alarms)


def show_list(
    context: typer.Context,
    path: str,
    *,
    columns: Columns,
    limit: int,
    url: str | None,
    as_json: bool,
    **asked: Any,
) -> None:
    """Ask the gateway for a list and show it: as a table, or as `{"items": [...]}`."""
    client = open_gateway(known_home(context), url)
    items = list(client.pages(path, limit=limit, **asked))
    if as_json:
        print_json({"items": items})
        return
    rows = ([_field(item, column) for column in columns.values()] for item in items)
    screen().print(table(path.rpartition("/")[2], list(columns), rows, empty="none"))


def _field(item: Mapping[str, Any], column: str | Callable[[Mapping[str, Any]], Any]) -> Any:
    return item[column] if isinstance(column, str) else column(item)


def _time(name: str) -> Callable[[Mapping[str, Any]], str]:
    return lambda item: clock_time(item[name])


def trades(
    context: typer.Context,
    status: Annotated[
        str | None,
        typer.Option(help="Outcome: open, win, loss, breakeven, denied, rejected, in_doubt, ..."),
    ] = None,
    trade_id: OfTrade = None,
    account: OfAccount = None,
    symbol: OfSymbol = None,
    bot_version: Annotated[str | None, typer.Option(help="Only of this strategy.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = LIMIT,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Reconciled legs, newest first: one line per trade and account."""
    client = open_gateway(known_home(context), url)
    asked = {
        "status": status, "trade_id": trade_id, "account": account, "symbol": symbol,
        "bot_version": bot_version, "since": since, "until": until,
    }  # fmt: skip
    items = list(client.pages("/api/trades", limit=limit, **asked))
    if as_json:
        print_json({"items": items})
        return
    shown = legs_table(items, with_trade=True)
    screen().print(shown)


ALERTS: Final[Columns] = {
    "received (UTC)": _time("received_at"),
    "alert": "alert_id",
    "source": "source",
    "from": "remote",
    "outcome": "outcome",
    "code": "code",
    "why": "why",
    "trade": "trade_id",
    "symbol": "symbol",
}


def alerts(
    context: typer.Context,
    refused: Annotated[bool, typer.Option("--refused", help="Only those refused.")] = False,
    status: Annotated[
        str | None, typer.Option(help="accepted, duplicate, conflict or refused.")
    ] = None,
    code: OfCode = None,
    route: OfRoute = None,
    trade_id: OfTrade = None,
    symbol: OfSymbol = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = LIMIT,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What came in, newest first, refused alerts included, with the reason."""
    show_list(
        context, "/api/alerts", columns=ALERTS, limit=limit, url=url, as_json=as_json,
        refused=refused or None, status=status, code=code, route=route, trade_id=trade_id, symbol=symbol,
        since=since, until=until,
    )  # fmt: skip


ALERT_LINES: Final = (
    "alert_id", "received_at", "source", "remote", "outcome", "code", "trade_id", "deliveries",
)  # fmt: skip


def alert(
    context: typer.Context,
    alert_id: Annotated[str, typer.Argument(help="As `argos alerts` shows it.")],
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """One alert: its body as it came, without the secret, and the verdict of each check."""
    client = open_gateway(known_home(context), url)
    found = client.get(f"/api/alerts/{path_part(alert_id)}")
    if as_json:
        print_json(found)
        return
    out = screen()
    for name in ALERT_LINES:
        out.print(f"  {name:<12}{escape(str(found[name] if found[name] is not None else '-'))}")
    out.print(
        table(
            "checks",
            ("check", "passed", "why", "field", "fix"),
            (
                (
                    check["check"],
                    check["ok"],
                    check.get("why") or check.get("note"),
                    check.get("field"),
                    check.get("fix"),
                )
                for check in found["checks"]
            ),
        )
    )
    out.print("body")
    out.print(escape(found["body"]), soft_wrap=True)


ORDERS: Final[Columns] = {
    "planned (UTC)": _time("planned_at"),
    "trade": "trade_id",
    "account": "account",
    "role": "role",
    "status": "status",
    "symbol": "symbol",
    "side": "side",
    "type": "order_type",
    ">qty": "qty",
    ">filled": "filled_qty",
    ">price": "price",
    "denied": "denial_code",
}


def orders(
    context: typer.Context,
    status: Annotated[
        str | None, typer.Option(help="Such as filled, denied, rejected, in_doubt.")
    ] = None,
    account: OfAccount = None,
    symbol: OfSymbol = None,
    trade_id: OfTrade = None,
    route: OfRoute = None,
    code: Annotated[str | None, typer.Option(help="Only denied with this code.")] = None,
    since: Since = None,
    until: Until = None,
    limit: Limit = LIMIT,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Orders, newest first, denied ones included."""
    show_list(
        context, "/api/orders", columns=ORDERS, limit=limit, url=url, as_json=as_json,
        status=status, account=account, symbol=symbol, trade_id=trade_id, route=route, code=code,
        since=since, until=until,
    )  # fmt: skip


POSITIONS: Final[Columns] = {
    "account": "account",
    "symbol": "symbol",
    "side": "side",
    ">qty": "qty",
    ">opened at price": "price_open",
    ">stop": "sl",
    ">target": "tp",
    "whose": "status",
    "trade": "trade_id",
    "opened (UTC)": _time("opened_at"),
    "seen (UTC)": _time("seen_at"),
}


def positions(
    context: typer.Context,
    account: OfAccount = None,
    symbol: OfSymbol = None,
    trade_id: OfTrade = None,
    limit: Limit = 100,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What the brokers hold, as their nodes last saw it."""
    show_list(
        context, "/api/positions", columns=POSITIONS, limit=limit, url=url, as_json=as_json,
        account=account, symbol=symbol, trade_id=trade_id,
    )  # fmt: skip


ALARMS: Final[Columns] = {
    "raised (UTC)": _time("raised_at"),
    "code": "code",
    "account": "account",
    "order": "order_id",
    "text": "text",
}


def alarms(
    context: typer.Context,
    account: OfAccount = None,
    code: OfCode = None,
    since: Since = None,
    limit: Limit = LIMIT,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What somebody must look at: overfills, illegal steps, work that could not be done."""
    show_list(
        context, "/api/alarms", columns=ALARMS, limit=limit, url=url, as_json=as_json,
        account=account, code=code, since=since,
    )  # fmt: skip


DISCREPANCIES: Final[Columns] = {
    "found (UTC)": _time("found_at"),
    "discrepancy": "discrepancy_id",
    "code": "code",
    "account": "account",
    "trade": "trade_id",
    "expected": "expected",
    "observed": "observed",
    "status": "status",
    "fix": lambda item: fix_of(item["code"]) if item["status"] == "open" else "",
}
