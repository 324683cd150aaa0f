"""`argos risk explain`: what every gate said of an intent, with the numbers that it judged by. All of it is stored."""

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final
from uuid import UUID

import typer
from rich.console import Console
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayClient, GatewayUrl, open_gateway, path_part
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen, table
from argos.cli.trades.story import fix_of
from argos.core.errors import InputError

EXAMPLE: Final = "Examples: `argos risk explain ema-AAPL-1`; `... INTENT_ID --all --json`."
_ORDER: Final = (
    "order_id",
    "account",
    "role",
    "status",
    "symbol",
    "side",
    "qty",
    "denial_code",
    "checks",
)
_INTENT: Final = ("intent_id", "trade_id", "action", "symbol", "side", "received_at", "status")
_REFUSAL: Final = ("account", "code", "text", "refused_at")


def explain(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="An intent_id, or a trade_id for all intents of it.", metavar="ID")
    ],
    everything: Annotated[
        bool, typer.Option("--all", help="Gates without numbers as well; --json always has them.")
    ] = False,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Every gate's verdict with its numbers, at each account, for an intent that was decided.

    They are those of the moment of the decision: nothing is judged anew. The first denial is the one that counted.
    """
    client = open_gateway(known_home(context), url)
    document = explained(client, name)
    if as_json:
        print_json(document)
        return
    out = screen()
    for intent in document["intents"]:
        _show(out, intent, everything=everything)


def explained(client: GatewayClient, name: str) -> dict[str, Any]:
    """`{"intents": [...]}`, each with its orders, their checks, and the refusals of legs that have no order.

    Raises InputError with NOT_FOUND when nothing is known under that name.
    """
    intents = list(client.pages("/api/intents", limit=1, intent_id=name)) if _is_uuid(name) else []
    story = client.get(f"/api/trades/{path_part(intents[0]['trade_id'] if intents else name)}")
    wanted = {item["intent_id"] for item in intents or story["intents"]}
    found = [
        {
            **{field: item[field] for field in _INTENT},
            "orders": _of(story["orders"], item["intent_id"], _ORDER),
            "refusals": _of(story["refusals"], item["intent_id"], _REFUSAL),
        }
        for item in story["intents"]
        if item["intent_id"] in wanted
    ]
    if not found:
        raise InputError(
            f"no intent is known under {name}",
            code="NOT_FOUND",
            field="ID",
            fix="see `argos trades`",
        )
    return {"intents": found}


def _is_uuid(text: str) -> bool:
    try:
        UUID(text)
    except ValueError:
        return False
    return True


def _of(
    rows: Sequence[Mapping[str, Any]], intent_id: str, fields: Sequence[str]
) -> list[dict[str, Any]]:
    return [
        {field: row[field] for field in fields} for row in rows if row["intent_id"] == intent_id
    ]


def _show(out: Console, intent: Mapping[str, Any], *, everything: bool) -> None:
    side = f" {intent['side']}" if intent["side"] else ""
    out.print(
        f"[bold]{escape(intent['trade_id'])}[/]  {intent['action']}{side} {escape(intent['symbol'])}, received"
        f" {clock_time(intent['received_at'])} UTC, {intent['status']}  {intent['intent_id']}"
    )
    for order in intent["orders"]:
        out.print(_gates(order, everything=everything))
    for refusal in intent["refusals"]:
        place = escape(refusal["account"]) or "before any account"
        out.print(f"{place}: {refusal['code']}  {escape(refusal['text'])}")
        out.print(f"  fix  {escape(fix_of(refusal['code']))}")
    if not intent["orders"] and not intent["refusals"]:
        out.print("no gate has judged it: not decided yet, or only changes to orders that existed")


def _gates(order: Mapping[str, Any], *, everything: bool) -> Any:
    checks = order["checks"]
    shown = [check for check in checks if everything or not check["ok"] or check.get("values")]
    title = f"{order['account']}: {order['role']} {order['side']} {order['qty']} {order['symbol']}, {order['status']}"
    rows = [
        (
            check["check"],
            _verdict(check),
            check.get("why") or check.get("note"),
            check.get("values"),
            fix_of(check.get("code")),
        )
        for check in shown
    ]
    found = table(escape(title), ("gate", "verdict", "why", "numbers", "fix"), rows)
    hidden = len(checks) - len(shown)
    if hidden:
        found.caption = f"{hidden} more passed and have no numbers: --all shows them"
        found.caption_justify = "left"
    return found


def _verdict(check: Mapping[str, Any]) -> str:
    if not check["ok"]:
        return str(check["code"])
    return "not judged" if str(check.get("note", "")).startswith("not judged") else "passed"
