"""`argos send`: an intent from the command line."""

import time
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final
from uuid import uuid4

import orjson
import typer
from rich.console import Console
from rich.markup import escape

from argos.cli.frame.entrance import EXIT_UNSETTLED, known_home
from argos.cli.frame.gateway_client import GatewayClient, GatewayUrl, open_gateway, path_part
from argos.cli.frame.printing import AsJson, messages, print_json, screen, table
from argos.cli.send.settling import Settlement, settlement
from argos.core.errors import ArgosError, InputError
from argos.core.intent import ENTRY_ACTIONS, Action, OrderType, Side
from argos.doors import HOOK_KEY, HOOK_SECRET
from argos.protocol.values import moment_text, parse_json
from argos.stack.home import Home

EXAMPLE: Final = (
    "Examples: `argos send --route paper --symbol AAPL --side buy --size units:10 --wait`; "
    "`argos send --route paper --symbol AAPL --action close --trade-id ID`."
)
WAIT_S: Final = 30.0
POLL_S: Final = 0.05


def register(app: typer.Typer) -> None:
    app.command("send", epilog=EXAMPLE)(send)


def send(
    context: typer.Context,
    symbol: Annotated[str, typer.Option(help="As the route maps it, such as AAPL.")],
    route: Annotated[str, typer.Option(help="Where the intent goes.")] = "paper",
    action: Annotated[Action, typer.Option(help="What to do.")] = Action.OPEN,
    side: Annotated[Side | None, typer.Option(help="Needed to open and to reverse.")] = None,
    order_type: Annotated[
        OrderType, typer.Option("--type", help="The order's type.")
    ] = OrderType.MARKET,
    price: Annotated[
        str | None, typer.Option(help="Limit or stop price; for a market order the price seen.")
    ] = None,
    stop_limit_price: Annotated[str | None, typer.Option(help="Of a stop_limit order.")] = None,
    sl: Annotated[str | None, typer.Option(help="Stop-loss price.")] = None,
    tp: Annotated[str | None, typer.Option(help="Take-profit price.")] = None,
    size: Annotated[
        str | None,
        typer.Option(
            help="units:10, lots:0.1, notional:5000, equity_fraction:0.05, risk_fraction:0.01, consensus:0.10; "
            "else the route's.",
            metavar="MODE:VALUE",
        ),
    ] = None,
    confidence: Annotated[
        str | None, typer.Option(help="0 to 1; a size of mode consensus is measured by it.")
    ] = None,
    close_fraction: Annotated[
        str | None, typer.Option(help="How much a close takes, up to 1.")
    ] = None,
    trade_id: Annotated[
        str | None, typer.Option(help="Ties open and close together; else made up and printed.")
    ] = None,
    event_id: Annotated[
        str | None, typer.Option(help="Sent twice, it counts once; else a new one.")
    ] = None,
    bot_version: Annotated[str, typer.Option(help="Who is asking.")] = "cli@1",
    expiry: Annotated[
        str | None, typer.Option(help="Seconds, or a moment, after which an entry is not sent.")
    ] = None,
    feature: Annotated[
        list[str] | None,
        typer.Option(help="Kept for research; may be repeated.", metavar="KEY=VALUE"),
    ] = None,
    hook: Annotated[
        bool, typer.Option("--hook", help="Post to the hook, as TradingView does.")
    ] = False,
    wait: Annotated[bool, typer.Option("--wait", help="Wait until every leg has settled.")] = False,
    wait_s: Annotated[float, typer.Option(min=0.1, help="At most so many seconds.")] = WAIT_S,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Post an intent to the running gateway: open, close, reverse, modify or cancel.

    The answer is only that the intent is stored; --wait shows what came of it, account by account,
    and ends with exit code 3 if a leg was denied, refused, or not settled in time.
    """
    home = known_home(context)
    if trade_id is None and action not in ENTRY_ACTIONS:
        raise InputError(
            f"which trade to {action}?", code="TRADE_ID_MISSING", field="--trade-id",
            fix="name it; `argos trades` lists them",
        )  # fmt: skip
    body = {
        "event_id": event_id or str(uuid4()),
        "trade_id": trade_id or f"cli-{datetime.now(UTC):%Y%m%d-%H%M%S}-{uuid4().hex[:6]}",
        "bot_version": bot_version,
        "account_route": route,
        "action": action.value,
        "symbol": symbol,
        "side": side.value if side else None,
        "order_type": order_type.value,
        "entry_price": price,
        "stop_limit_price": stop_limit_price,
        "sl": sl,
        "tp": tp,
        "size": _size(size),
        "confidence": confidence,
        "close_fraction": close_fraction,
        "expiry": expiry,
        "features": _features(feature or []) or None,
        "timestamp_tv": moment_text(datetime.now(UTC)),
    }
    given = {name: value for name, value in body.items() if value is not None}
    client = open_gateway(home, url)
    answer = _post(client, home, given, hook=hook)
    settled = wait_for(client, answer, within_s=wait_s) if wait else None
    _tell(answer, settled, as_json=as_json)
    if settled is not None and not settled.went_through:
        raise typer.Exit(EXIT_UNSETTLED)


def _size(text: str | None) -> dict[str, str] | None:
    if text is None:
        return None
    mode, colon, value = text.partition(":")
    if not colon:
        raise InputError(
            f"{text!r} names no mode", code="SIZE_INVALID", field="--size", fix="such as units:10"
        )
    return {"mode": mode, "value": value}


def _features(texts: list[str]) -> dict[str, Any]:
    """`k=v` pairs; a value that reads as JSON is taken as such."""
    found = {}
    for text in texts:
        key, equals, value = text.partition("=")
        if not equals or not key:
            raise InputError(
                f"{text!r} is no KEY=VALUE", code="FEATURE_INVALID", field="--feature",
                fix="such as --feature rsi=71",
            )  # fmt: skip
        found[key] = _plain(value)
    return found


def _plain(text: str) -> Any:
    """The JSON value that the text is, a decimal with all its digits; else the text itself."""
    try:
        value = parse_json(text.encode())
    except ArgosError:
        return text
    return orjson.Fragment(text.encode()) if isinstance(value, Decimal | dict | list) else value


def _post(client: GatewayClient, home: Home, body: dict[str, Any], *, hook: bool) -> dict[str, Any]:
    path = "/api/intents"
    if hook:
        path = f"/hooks/tradingview/{home.secret(HOOK_KEY)}"
        body = body | {"secret": home.secret(HOOK_SECRET)}
    answer: dict[str, Any] = client.post(path, body)
    return answer


def wait_for(client: GatewayClient, answer: dict[str, Any], *, within_s: float) -> Settlement:
    """Look at the story until every leg of the intent has settled, or the time is over."""
    deadline_s = time.monotonic() + within_s
    while True:
        story = client.get(f"/api/trades/{path_part(answer['trade_id'])}")
        found = settlement(story, answer["intent_id"])
        if found.settled or time.monotonic() >= deadline_s:
            return found
        time.sleep(POLL_S)


def _tell(answer: dict[str, Any], settled: Settlement | None, *, as_json: bool) -> None:
    if as_json:
        document = dict(answer)
        if settled is not None:
            document |= {"settled": settled.settled, "legs": settled.legs}
        print_json(document)
        return
    out = screen()
    out.print(f"{answer['status']}  trade [bold]{escape(answer['trade_id'])}[/]", soft_wrap=True)
    if settled is None:
        out.print(f"see what came of it: argos trade {escape(answer['trade_id'])}", soft_wrap=True)
        return
    _show_legs(out, settled)
    if not settled.settled:
        messages().print("[yellow]not everything has settled yet[/]")


def _show_legs(out: Console, settled: Settlement) -> None:
    columns = ("account", "what", "status", ">qty", ">filled", ">price", ">ms after alert", "why")
    names = (
        "account",
        "what",
        "status",
        "qty",
        "filled_qty",
        "fill_price",
        "ms_since_alert",
        "why",
    )
    out.print(table("legs", columns, ([leg[name] for name in names] for leg in settled.legs)))
