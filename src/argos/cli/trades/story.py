"""`argos trade ID`: the story of a trade, from alert to reconciliation, with milliseconds."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.console import Console
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayUrl, open_gateway, path_part
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.core.denial import DenialCode
from argos.reconcile.discrepancy_codes import DiscrepancyCode

EXAMPLE: Final = "Examples: `argos trade ema-AAPL-1`; `argos trade ema-AAPL-1 --json`."
LATENCIES: Final = (
    "alert_to_receipt",
    "receipt_to_decide",
    "decide_to_node",
    "node_to_send",
    "send_to_fill",
    "total",
)


def register(app: typer.Typer) -> None:
    app.command("trade", epilog=EXAMPLE)(trade)


def trade(
    context: typer.Context,
    trade_id: Annotated[str, typer.Argument(help="The trade_id that the strategy sent.")],
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """The story of a trade: timeline, orders, legs, and why anything was denied or refused."""
    client = open_gateway(known_home(context), url)
    story = client.get(f"/api/trades/{path_part(trade_id)}")
    if as_json:
        print_json(story)
        return
    show_story(screen(), story)


def show_story(out: Console, story: Mapping[str, Any]) -> None:
    out.print(f"[bold]{escape(story['trade_id'])}[/]")
    out.print(
        table(
            "timeline (UTC)",
            ("at", ">ms since alert", "stage", "account", "what"),
            (
                (
                    entry["at"][:23].replace("T", " "),
                    _ms(entry["ms_since_alert"]),
                    entry["stage"],
                    entry["account"],
                    entry["what"],
                )
                for entry in story["timeline"]
            ),
        )
    )
    if story["orders"]:
        out.print(_orders(story["orders"]))
    if story["legs"]:
        out.print(legs_table(story["legs"]))
        out.print(_latencies(story["legs"]))
    _show_troubles(out, story)


def _ms(value: float | None) -> str | None:
    return None if value is None else f"{value:,.1f}"


def _orders(orders: Sequence[Mapping[str, Any]]) -> Any:
    return table(
        "orders",
        ("account", "role", "status", "side", "type", ">qty", ">filled", ">price", ">stop", ">target"),
        (
            [
                order[name]
                for name in (
                    "account", "role", "status", "side", "order_type", "qty", "filled_qty", "price", "sl", "tp",
                )
            ]
            for order in orders
        ),
    )  # fmt: skip


def legs_table(legs: Sequence[Mapping[str, Any]], *, with_trade: bool = False) -> Any:
    """Reconciled legs; adverse slippage is positive."""
    first = ("trade", "reconciled (UTC)") if with_trade else ()
    columns = (
        *first, "account", "symbol", "outcome", ">filled / intended", ">entry", ">exit", ">signal bps", ">arrival bps",
        ">broker bps", ">net cost", ">net PnL", "currency", "differs", ">revision",
    )  # fmt: skip
    rows = (
        (
            *((leg["trade_id"], clock_time(leg["reconciled_at"])) if with_trade else ()),
            leg["account"],
            leg["symbol"],
            leg["outcome"],
            f"{leg['filled_qty']} / {leg['intended_qty']}",
            leg["entry_price_filled"],
            leg["exit_price_filled"],
            leg["slippage_signal_bps"],
            leg["slippage_arrival_bps"],
            leg["slippage_broker_bps"],
            leg["net_cost"],
            leg["net_pnl"],
            leg["currency"],
            leg["divergence"],
            leg["revision"],
        )
        for leg in legs
    )
    return table("legs", columns, rows)


def _latencies(legs: Sequence[Mapping[str, Any]]) -> Any:
    return table(
        "latency, ms",
        ("account", *(f">{name.replace('_', ' ')}" for name in LATENCIES)),
        ((leg["account"], *(_ms(leg["latency_ms"][name]) for name in LATENCIES)) for leg in legs),
    )


def _show_troubles(out: Console, story: Mapping[str, Any]) -> None:
    """Denials, refusals, discrepancies and alarms, each with what to do."""
    rows = [
        (order["account"], order["denial_code"], order["denial_text"], fix_of(order["denial_code"]))
        for order in story["orders"]
        if order["denial_code"]
    ]
    rows += [
        (item["account"], item["code"], item["text"], fix_of(item["code"]))
        for item in story["refusals"]
    ]
    rows += [
        (
            item["account"],
            item["code"],
            f"found {clock_time(item['found_at'])}",
            fix_of(item["code"]),
        )
        for item in story["discrepancies"]
        if item["resolved_at"] is None
    ]
    rows += [(item["account"], item["code"], item["text"], "") for item in story["alarms"]]
    if rows:
        out.print(table("what to look at", ("account", "code", "text", "fix"), rows))


def fix_of(code: str | None) -> str:
    """What to do about a denial or a discrepancy; empty for any other code."""
    if code in set(DenialCode):
        return DenialCode(code).fix
    return DiscrepancyCode(code).fix if code in set(DiscrepancyCode) else ""
