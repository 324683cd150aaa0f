"""`argos halt`, `argos resume`, `argos brakes`."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.brakes.waiting import Item, Underway, await_nodes_shown, show_underway
from argos.cli.frame.database import database_access
from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import GatewayAway, GatewayClient, GatewayUrl, open_gateway
from argos.cli.frame.groups import find
from argos.cli.frame.printing import AsJson, clock_time, messages, print_json, screen
from argos.cli.trades.reading import Columns, show_list
from argos.core.account import HaltScope, TradingMode
from argos.core.errors import InputError
from argos.doors import OPERATOR
from argos.protocol.values import moment_text
from argos.stack.home import Home
from argos.store.brakes import BrakeStore
from argos.store.control import ControlStore
from argos.store.database import open_pool

OfAccount = Annotated[str | None, typer.Option("--account", help="This account alone.")]
OfRoute = Annotated[str | None, typer.Option("--route", help="This route alone.")]
OfStrategy = Annotated[
    str | None, typer.Option("--strategy", help="This bot_version alone.", metavar="BOT_VERSION")
]
LISTS: Final = {
    HaltScope.ACCOUNT: ("/api/accounts", "account"),
    HaltScope.ROUTE: ("/api/routes", "route"),
}
"""Where to look whether what shall be halted exists: a brake on a misspelt name would hold nothing."""
COLUMNS: Final[Columns] = {
    "scope": "scope",
    "key": "key",
    "mode": "mode",
    "reason": "reason",
    "set by": "set_by",
    "set (UTC)": lambda item: clock_time(item["set_at"]),
}


def register(app: typer.Typer) -> None:
    app.command(
        "halt",
        epilog="Examples: `argos halt --reducing --reason 'news at 14:30'`; "
        "`argos halt --account meridian-net --reason 'broker acts strangely'`.",
    )(halt)
    app.command(
        "resume", epilog="Examples: `argos resume`; `argos resume --account meridian-net`."
    )(resume)
    app.command("brakes", epilog="Example: `argos brakes`.")(brakes)


def brakes(context: typer.Context, url: GatewayUrl = None, as_json: AsJson = False) -> None:
    """The brakes that are set, why, and by whom."""
    show_list(context, "/api/halts", columns=COLUMNS, limit=500, url=url, as_json=as_json)


def halt(
    context: typer.Context,
    reason: Annotated[str, typer.Option(help="Kept, and shown in every denial.")],
    account: OfAccount = None,
    route: OfRoute = None,
    strategy: OfStrategy = None,
    reducing: Annotated[
        bool, typer.Option("--reducing", help="Deny entries, let exits pass; else nothing passes.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait for nodes to speak of what they were given before.")
    ] = True,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Set a brake: on everything, or on one account, route or strategy. It holds over restarts.

    What nodes were given before may be sent until they speak of it, for 15 s at most: this waits for that and names
    what is left. Works without a gateway, too.
    """
    scope, key = _scope(account, route, strategy)
    mode = TradingMode.REDUCING if reducing else TradingMode.HALTED
    body = {"scope": scope.value, "key": key, "mode": mode.value, "reason": reason}
    home = known_home(context)
    try:
        client = open_gateway(home, url)
        if scope in LISTS:
            path, what = LISTS[scope]
            find(client.pages(path, limit=500), what, key)
        client.post("/api/halt", {**body, "wait_s": 0})
        look = _looking(client, body)
        found = asyncio.run(await_nodes_shown(look, wait=wait, shown=not as_json))
    except GatewayAway:
        if url is not None:
            raise
        found = asyncio.run(_halt_directly(home, body, wait=wait, shown=not as_json))
    if as_json:
        print_json({**body, **found.document()})
        return
    screen().print(f"[bold]{mode.value}[/]: {_whom(scope, key)}")
    show_underway(messages(), found)


def _looking(client: GatewayClient, body: Mapping[str, str]) -> Any:
    """A look at what the brake holds, through the gateway."""

    async def look() -> Sequence[Item]:
        where = {name: body[name] for name in ("scope", "key", "mode")}
        items: Sequence[Item] = client.get("/api/halts/underway", **where)["items"]
        return items

    return look


def resume(
    context: typer.Context,
    account: OfAccount = None,
    route: OfRoute = None,
    strategy: OfStrategy = None,
    url: GatewayUrl = None,
    as_json: AsJson = False,
) -> None:
    """Take a brake off: the global one, or that of the account, route or strategy named."""
    scope, key = _scope(account, route, strategy)
    body = {"scope": scope.value, "key": key}
    home = known_home(context)
    try:
        answer = open_gateway(home, url).post("/api/resume", body)
    except GatewayAway:
        if url is not None:
            raise
        answer = asyncio.run(_resume_directly(home, body))
    if as_json:
        print_json(answer)
        return
    told = "released" if answer["released"] else "there was no brake"
    screen().print(f"{told}: {_whom(scope, key)}")


def _scope(account: str | None, route: str | None, strategy: str | None) -> tuple[HaltScope, str]:
    named = [
        (scope, key)
        for scope, key in (
            (HaltScope.ACCOUNT, account),
            (HaltScope.ROUTE, route),
            (HaltScope.STRATEGY, strategy),
        )
        if key is not None
    ]
    if len(named) > 1:
        raise InputError(
            "a brake holds one account, one route or one strategy",
            code="SCOPE_AMBIGUOUS",
            field="--account, --route, --strategy",
            fix="set one brake for each",
        )
    return named[0] if named else (HaltScope.GLOBAL, "")


def _whom(scope: HaltScope, key: str) -> str:
    return "everything" if scope is HaltScope.GLOBAL else f"{scope.value} {escape(key)}"


async def _halt_directly(
    home: Home, body: Mapping[str, str], *, wait: bool, shown: bool
) -> Underway:
    """Without a gateway: into the database, where decisions, leases and the next gateway find it."""
    async with database_access(home) as access:
        control = await open_pool(access.as_role("argos_control"), name="cli", size_max=1)
        reader = await open_pool(access.as_role("argos_reader"), name="cli", size_max=1)
        try:
            await _require_known(ControlStore(control), body)
            store = BrakeStore(control, reader=reader)
            await store.set_halt(**body, by=OPERATOR)
            where = {name: body[name] for name in ("scope", "key", "mode")}

            async def look() -> Sequence[Item]:
                found = await store.commands_underway(**where)
                moments = ("leased_at", "sendable_until")
                return [
                    item | {name: moment_text(item[name]) for name in moments} for item in found
                ]

            return await await_nodes_shown(look, wait=wait, shown=shown)
        finally:
            await control.close()
            await reader.close()


async def _require_known(control: ControlStore, body: Mapping[str, str]) -> None:
    match body["scope"]:
        case HaltScope.ACCOUNT:
            find(await control.accounts(), "account", body["key"])
        case HaltScope.ROUTE:
            find(await control.routes(), "route", body["key"])


async def _resume_directly(home: Home, body: Mapping[str, str]) -> dict[str, Any]:
    async with database_access(home) as access:
        control = await open_pool(access.as_role("argos_control"), name="cli", size_max=1)
        try:
            released = await BrakeStore(control, reader=control).resume(**body, by=OPERATOR)
            return {**body, "released": released}
        finally:
            await control.close()
