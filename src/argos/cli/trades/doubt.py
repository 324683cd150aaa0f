"""`argos doubt` and `argos discrepancies`: what is open, what is known of it, what comes next."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayClient, GatewayUrl, open_gateway, path_part
from argos.cli.frame.groups import with_control
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.cli.trades.reading import (
    DISCREPANCIES,
    LIMIT,
    Limit,
    OfAccount,
    OfCode,
    OfTrade,
    Since,
    show_list,
)
from argos.core.errors import InputError
from argos.doors import OPERATOR

RESOLVED: Final = "resolved"


def register(app: typer.Typer) -> None:
    app.command("doubt", epilog="Example: `argos doubt`.")(doubt)
    noun = typer.Typer(
        help="What reconciliation found to differ: list, resolve.",
        epilog="Examples: `argos discrepancies`; `argos discrepancies --all`.",
    )
    noun.callback(invoke_without_command=True)(discrepancies)
    noun.command(
        "resolve",
        epilog="Example: `argos discrepancies resolve ID --reason 'closed by hand at the broker'`.",
    )(resolve)
    app.add_typer(noun, name="discrepancies")


def doubt(context: typer.Context, url: GatewayUrl = None, as_json: AsJson = False) -> None:
    """Orders in doubt: sent, and no usable answer came. What is known, and what Argos does next."""
    client = open_gateway(known_home(context), url)
    orders = list(client.pages("/api/orders", limit=500, status="in_doubt"))
    items = [_known(client, order) for order in orders]
    if as_json:
        print_json({"items": items})
        return
    out = screen()
    out.print(
        table(
            "orders in doubt",
            ("order", "trade", "account", "symbol", "since (UTC)", "magic", "what is known", "next"),
            (
                (
                    item["order_id"], item["trade_id"], item["account"], item["symbol"],
                    clock_time(item["since"]), item["magic"], "; ".join(item["known"]), item["next"],
                )
                for item in items
            ),
            empty="none",
        )
    )  # fmt: skip
    if items:
        out.print("do not send the signal again while it is in doubt: docs/concepts/doubt.md")


def _known(client: GatewayClient, order: Mapping[str, Any]) -> dict[str, Any]:
    story = client.get(f"/api/trades/{path_part(order['trade_id'])}")
    mine = [entry for entry in story["timeline"] if entry["order_id"] == order["order_id"]]
    doubts = [entry for entry in mine if entry["stage"] == "in_doubt"]
    return {
        "order_id": order["order_id"],
        "trade_id": order["trade_id"],
        "account": order["account"],
        "symbol": order["symbol"],
        "since": doubts[0]["at"] if doubts else order["updated_at"],
        "magic": order["magic"],
        "client_order_id": order["client_order_id"],
        "valid_until": order["valid_until"],
        "known": _what(mine),
        "next": _next(order),
    }


def _what(entries: Sequence[Mapping[str, Any]]) -> list[str]:
    stages = ("send_started", "in_doubt", "not_found", "accepted", "rejected")
    return [entry["what"] for entry in entries if entry["stage"] in stages]


def _next(order: Mapping[str, Any]) -> str:
    kind = (
        "entry: never sent again by itself where ids are not unique"
        if order["role"] == "entry"
        else "exit"
    )
    return (
        f"{kind}; the node looks at the broker (orders, positions, deals) until it finds it, or until enough "
        f"clean looks after {clock_time(order['valid_until']) or 'its time'} say that it never arrived"
    )


def discrepancies(
    context: typer.Context,
    every: Annotated[bool, typer.Option("--all", help="Resolved ones, too.")] = False,
    account: OfAccount = None,
    code: OfCode = None,
    trade_id: OfTrade = None,
    since: Since = None,
    limit: Limit = LIMIT,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """What reconciliation found to differ and is still open, newest first."""
    if context.invoked_subcommand is None:
        show_list(
            context, "/api/discrepancies", columns=DISCREPANCIES, limit=limit, url=url, as_json=as_json,
            status=None if every else "open", account=account, code=code, trade_id=trade_id, since=since,
        )  # fmt: skip


def resolve(
    context: typer.Context,
    discrepancy_id: Annotated[
        str, typer.Argument(help="As `argos discrepancies` shows it.", metavar="ID")
    ],
    reason: Annotated[str, typer.Option(help="What you found out, or did.")],
    as_json: AsJson = False,
) -> None:
    """Record what a person found out about a discrepancy. It is kept like a fact and never edited.

    It stays open until the sweep sees that both sides agree again.
    """
    try:
        wanted = UUID(discrepancy_id)
    except ValueError:
        raise InputError(
            f"{discrepancy_id} is no discrepancy's id",
            code="DISCREPANCY_ID_INVALID",
            field="ID",
            fix="see `argos discrepancies`",
        ) from None
    decision_id = with_control(
        context,
        lambda control: control.put_decision(
            order_id=None, discrepancy_id=wanted, decision=RESOLVED, reason=reason, by=OPERATOR
        ),
    )
    if as_json:
        print_json({"decision_id": decision_id, "discrepancy_id": wanted, "reason": reason})
        return
    screen().print(f"recorded as decision {escape(str(decision_id))}")
