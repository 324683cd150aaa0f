"""`argos hooks`: the doors for alerts, with their secrets. Addresses and secrets stay in the home's secret file."""

import secrets
from collections.abc import Sequence
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import gateway_address
from argos.cli.frame.groups import (
    Row,
    find,
    group,
    require_new,
    show_change,
    show_rows,
    with_control,
)
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.home.init import hook_url, parse_networks
from argos.core.errors import InputError
from argos.doors import HOOK, HOOK_KEY, HOOK_SECRET
from argos.stack.home import SECRET_BYTES, Home
from argos.store.control import ControlStore

Name = Annotated[str, typer.Argument(help="The hook's name.", metavar="NAME")]
Networks = Annotated[
    list[str] | None,
    typer.Option(
        "--network",
        help="Only from here; may be repeated; 'any' for everywhere.",
        metavar="NETWORK",
    ),
]
Routes = Annotated[
    list[str] | None,
    typer.Option(
        "--route", help="Only for this route; may be repeated; 'any' for all.", metavar="ROUTE"
    ),
]
Rate = Annotated[int | None, typer.Option(min=1, help="Alerts a minute at most.")]
RATE_PER_MINUTE: Final = 600
ANY: Final = "any"
COLUMNS: Final = (
    "hook",
    "enabled",
    "needs a secret",
    ">live secrets",
    "networks",
    "routes",
    ">alerts a minute max",
)
NAMES: Final = (
    "hook",
    "enabled",
    "needs_secret",
    "live",
    "networks_text",
    "routes_text",
    "rate_per_minute",
)


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "hooks",
        listing=list_hooks,
        text="Doors for alerts: list, add, edit, show, rotate, retire.",
    )
    noun.command("add", epilog="Example: `argos hooks add second --route swing --rate 60`.")(add)
    noun.command(
        "edit",
        epilog="Examples: `argos hooks edit tradingview --network 52.89.214.238/32`; `... --network any`.",
    )(edit)
    noun.command("show", epilog="Example: `argos hooks show tradingview`.")(show)
    noun.command("rotate", epilog="Example: `argos hooks rotate tradingview`.")(rotate)
    noun.command("retire", epilog="Example: `argos hooks retire tradingview`.")(retire)


def list_hooks(context: typer.Context, as_json: AsJson = False) -> None:
    """All hooks, without their secrets."""
    rows = with_control(context, lambda control: control.hooks())
    if not as_json:
        rows = [
            {
                **row,
                "live": len(row["secrets"]),
                "networks_text": row["networks"] or ANY,
                "routes_text": row["routes"] or ANY,
            }
            for row in rows
        ]
    show_rows("hooks", COLUMNS, rows, names=NAMES, as_json=as_json)


def add(
    context: typer.Context,
    name: Name,
    network: Networks = None,
    route: Routes = None,
    rate: Rate = RATE_PER_MINUTE,
    needs_secret: Annotated[
        bool, typer.Option("--secret/--no-secret", help="Whether the body must hold a secret, too.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Add a hook with an address and a secret of its own; `argos hooks show` tells both."""
    home = known_home(context)
    key, secret = _names(name)

    async def work(control: ControlStore) -> Row:
        require_new(await control.hooks(), "hook", name)
        await _require_routes(control, route)
        await control.put_hook(
            name,
            key=home.secret(key),
            needs_secret=needs_secret,
            networks=_networks(network) or (),
            rate_per_minute=rate or RATE_PER_MINUTE,
            routes=_without_any(route) or (),
        )
        if needs_secret:
            await control.put_secret(name, home.secret(secret))
        return find(await control.hooks(), "hook", name)

    show_change("hook", with_control(context, work), added=True, as_json=as_json)


def edit(
    context: typer.Context,
    name: Name,
    network: Networks = None,
    route: Routes = None,
    rate: Rate = None,
    needs_secret: Annotated[
        bool | None,
        typer.Option("--secret/--no-secret", help="Whether the body must hold a secret."),
    ] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled hook answers 401.")
    ] = None,
    new_address: Annotated[
        bool, typer.Option("--new-address", help="A new key: the old address ends at once.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Change what is given, and nothing else."""
    home = known_home(context)
    key = secrets.token_hex(SECRET_BYTES) if new_address else None

    async def work(control: ControlStore) -> Row:
        held = find(await control.hooks(), "hook", name)
        await _require_routes(control, route)
        await control.put_hook(
            name,
            key=key,
            needs_secret=held["needs_secret"] if needs_secret is None else needs_secret,
            networks=held["networks"] if network is None else _networks(network),
            rate_per_minute=rate or held["rate_per_minute"],
            routes=held["routes"] if route is None else _without_any(route),
            enabled=held["enabled"] if enabled is None else enabled,
        )
        if key is not None:
            home.set_secret(_names(name)[0], key)
        return find(await control.hooks(), "hook", name)

    show_change("hook", with_control(context, work), added=False, as_json=as_json)


def show(context: typer.Context, name: Name = HOOK, as_json: AsJson = False) -> None:
    """The address and the secret to paste into an alert."""
    home = known_home(context)
    document = _document(home, name)
    if as_json:
        print_json(document)
        return
    out = screen()
    out.print(f"address  {escape(document['url'])}", soft_wrap=True)
    out.print(f"secret   {escape(document['secret'] or 'none')}", soft_wrap=True)
    out.print("[dim]behind a proxy, put its public name in place of host and port[/dim]")


def rotate(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Make a second secret live and print it. The one before stays live until `argos hooks retire`."""
    home = known_home(context)
    fresh = secrets.token_hex(SECRET_BYTES)

    async def work(control: ControlStore) -> int:
        find(await control.hooks(), "hook", name)
        await control.put_secret(name, fresh)
        home.set_secret(_names(name)[1], fresh)
        return len(find(await control.hooks(), "hook", name)["secrets"])

    live = with_control(context, work)
    if as_json:
        print_json({**_document(home, name), "live_secrets": live})
        return
    out = screen()
    out.print(f"new secret  {fresh}", soft_wrap=True)
    out.print(
        f"{live} are live; once every alert uses the new one: argos hooks retire {escape(name)}"
    )


def retire(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """End the older of two live secrets."""

    async def work(control: ControlStore) -> bool:
        find(await control.hooks(), "hook", name)
        return await control.drop_older_secret(name)

    ended = with_control(context, work)
    if as_json:
        print_json({"hook": name, "retired": ended})
        return
    screen().print(
        "the older secret opens nothing any more"
        if ended
        else "there is one live secret only; it stays"
    )


def _names(hook: str) -> tuple[str, str]:
    """Under which names the home keeps a hook's key and secret."""
    if hook == HOOK:
        return HOOK_KEY, HOOK_SECRET
    return f"{HOOK_KEY}:{hook}", f"{HOOK_SECRET}:{hook}"


def _document(home: Home, name: str) -> dict[str, Any]:
    key, secret = _names(name)
    held = home.secrets()
    if key not in held:
        raise InputError(
            f"this home keeps no address of a hook {name}",
            code="HOOK_UNKNOWN",
            field="NAME",
            fix="see `argos hooks`; a hook that was added elsewhere is shown there",
        )
    return {
        "hook": name,
        "url": hook_url(gateway_address(home), held[key]),
        "secret": held.get(secret),
    }


def _networks(texts: Sequence[str] | None) -> tuple[str, ...]:
    return parse_networks(_without_any(texts))


def _without_any(texts: Sequence[str] | None) -> tuple[str, ...]:
    """Names given one by one or by commas; `any` stands for no restriction."""
    names = [part.strip() for text in texts or () for part in text.split(",")]
    return tuple(name for name in names if name and name != ANY)


async def _require_routes(control: ControlStore, routes: Sequence[str] | None) -> None:
    known = await control.routes()
    for name in _without_any(routes):
        find(known, "route", name)
