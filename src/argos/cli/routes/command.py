"""`argos routes`: where intents go. A route has legs, each an account with its share, size, symbols and hours."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final

import typer

from argos.cli.frame.groups import find, given, group, require_new, show_change, with_control
from argos.cli.frame.printing import AsJson, print_json, screen, table
from argos.cli.home.init import ALERT_AGE_S, EXPIRY_S, parse_size
from argos.cli.routes.hours import parse_hours
from argos.core.account import Route, RouteLeg
from argos.core.errors import InputError
from argos.protocol.values import parse_decimal
from argos.store.control import ControlStore
from argos.store.decoding import decode_route

Name = Annotated[str, typer.Argument(help="The route's name.", metavar="NAME")]
Account = Annotated[str, typer.Argument(help="The leg's account.", metavar="ACCOUNT")]
Legs = Annotated[
    list[str] | None,
    typer.Option(
        "--leg",
        help="An account and its share of the size; may be repeated.",
        metavar="ACCOUNT[:SHARE]",
    ),
]
SizeText = Annotated[
    str | None, typer.Option("--size", help="Used when an alert names none.", metavar="MODE:VALUE")
]
Enabled = Annotated[bool | None, typer.Option("--enabled/--disabled", help="Disabled: exits only.")]
COLUMNS: Final = (
    "route", "enabled", "size", ">expiry, s", ">alert age, s max", "account", ">share", "leg size", "symbols",
    "hours", "leg enabled",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "routes",
        listing=list_routes,
        text="Routes and their legs: list, add, edit, map, hours.",
    )
    noun.command(
        "add",
        epilog="Example: `argos routes add swing --leg meridian-hedge --leg harbor-cash:0.5 --size units:10`.",
    )(add)
    noun.command(
        "edit",
        epilog="Examples: `argos routes edit swing --leg harbor-cash:0.25`; "
        "`argos routes edit swing --disable-leg harbor-cash`.",
    )(edit)
    noun.command("map", epilog="Example: `argos routes map swing harbor-cash BTCUSD=BTC/USD`.")(
        map_symbols
    )
    noun.command(
        "hours",
        epilog="Examples: `argos routes hours swing harbor-cash 'mon-fri 09:30-16:00 America/New_York'`; "
        "without a window: always.",
    )(hours)


def list_routes(context: typer.Context, as_json: AsJson = False) -> None:
    """All routes, one line per leg."""
    rows = with_control(context, lambda control: control.routes())
    if as_json:
        print_json({"items": rows})
        return
    screen().print(
        table("routes", COLUMNS, (line for row in rows for line in _lines(row)), empty="none")
    )


def _lines(route: Mapping[str, Any]) -> list[tuple[Any, ...]]:
    head = (
        route["route"], route["enabled"], _size_text(route["size"]), route["expiry_s"], route["alert_age_s_max"],
    )  # fmt: skip
    if not route["legs"]:
        return [(*head, "no legs", None, None, None, None, None)]
    return [
        (
            *(head if number == 0 else ("",) * len(head)),
            leg["account"],
            leg["share"],
            _size_text(leg["size"]),
            leg["symbol_map"],
            [_hours_text(window) for window in leg["hours"]],
            leg["enabled"],
        )
        for number, leg in enumerate(route["legs"])
    ]


def _size_text(size: Mapping[str, str] | None) -> str | None:
    return f"{size['mode']}:{size['value']}" if size else None


def _hours_text(window: Mapping[str, Any]) -> str:
    days = "".join(str(day + 1) for day in window["days"])
    return f"{days} {window['from']}-{window['to']} {window['timezone']}"


def add(
    context: typer.Context,
    name: Name,
    leg: Legs = None,
    size: SizeText = None,
    expiry: Annotated[
        int, typer.Option(min=1, help="Seconds until an entry is too late.")
    ] = EXPIRY_S,
    alert_age: Annotated[
        int, typer.Option(min=1, help="Seconds that an alert may have been on its way.")
    ] = ALERT_AGE_S,
    as_json: AsJson = False,
) -> None:
    """Add a route over one or more accounts."""
    route = Route(
        route=name,
        enabled=True,
        size=parse_size(size) if size else None,
        expiry_s=expiry,
        alert_age_s_max=alert_age,
        legs=tuple(_new_leg(text) for text in leg or ()),
    )

    async def work(control: ControlStore) -> Any:
        require_new(await control.routes(), "route", name)
        return await _put(control, route)

    show_change("route", with_control(context, work), added=True, as_json=as_json)


def edit(
    context: typer.Context,
    name: Name,
    leg: Legs = None,
    drop_leg: Annotated[
        list[str] | None, typer.Option(help="Take an account out.", metavar="ACCOUNT")
    ] = None,
    enable_leg: Annotated[
        list[str] | None, typer.Option(help="Let it take entries again.", metavar="ACCOUNT")
    ] = None,
    disable_leg: Annotated[
        list[str] | None, typer.Option(help="Exits only.", metavar="ACCOUNT")
    ] = None,
    leg_size: Annotated[
        list[str] | None,
        typer.Option(
            help="The leg's own size; 'none' for the route's.", metavar="ACCOUNT=MODE:VALUE"
        ),
    ] = None,
    size: SizeText = None,
    expiry: Annotated[
        int | None, typer.Option(min=1, help="Seconds until an entry is too late.")
    ] = None,
    alert_age: Annotated[
        int | None, typer.Option(min=1, help="Seconds that an alert may have been on its way.")
    ] = None,
    enabled: Enabled = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given, and nothing else. --leg adds a leg, or changes the share of one that is there."""

    async def work(control: ControlStore) -> Any:
        held = await _route(control, name)
        legs = {item.account: item for item in held.legs}
        for fresh in (_new_leg(text) for text in leg or ()):
            known = legs.get(fresh.account)
            legs[fresh.account] = replace(known, share=fresh.share) if known else fresh
        for account in drop_leg or ():
            _leg(legs, account)
            del legs[account]
        for accounts, value in ((enable_leg, True), (disable_leg, False)):
            for account in accounts or ():
                legs[account] = replace(_leg(legs, account), enabled=value)
        for account, text in _pairs(leg_size or (), "--leg-size").items():
            chosen = None if text == "none" else parse_size(text)
            legs[account] = replace(_leg(legs, account), size=chosen)
        changes = given(
            size=parse_size(size) if size else None, expiry_s=expiry, alert_age_s_max=alert_age,
            enabled=enabled,
        )  # fmt: skip
        return await _put(control, replace(held, legs=tuple(legs.values()), **changes))

    show_change("route", with_control(context, work), added=False, as_json=as_json)


def map_symbols(
    context: typer.Context,
    name: Name,
    account: Account,
    pairs: Annotated[
        list[str],
        typer.Argument(
            help="Chart symbol and broker's own; empty takes one away.", metavar="TV=BROKER..."
        ),
    ],
    as_json: AsJson = False,
) -> None:
    """Say what the account's broker calls a chart's symbol."""
    changes = _pairs(pairs, "TV=BROKER")

    async def work(control: ControlStore) -> Any:
        held = await _route(control, name)
        leg = _leg({item.account: item for item in held.legs}, account)
        merged = {**leg.symbol_map, **changes}
        kept = {chart: broker for chart, broker in merged.items() if broker}
        return await _put(control, _with_leg(held, replace(leg, symbol_map=kept)))

    show_change("route", with_control(context, work), added=False, as_json=as_json)


def hours(
    context: typer.Context,
    name: Name,
    account: Account,
    windows: Annotated[
        list[str] | None,
        typer.Argument(
            help="Such as 'mon-fri 09:30-16:00 America/New_York'; none: always.",
            metavar="WINDOW...",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Set when a leg takes entries. Exits pass at any time."""
    wanted = tuple(parse_hours(text) for text in windows or ())

    async def work(control: ControlStore) -> Any:
        held = await _route(control, name)
        leg = _leg({item.account: item for item in held.legs}, account)
        return await _put(control, _with_leg(held, replace(leg, hours=wanted)))

    show_change("route", with_control(context, work), added=False, as_json=as_json)


async def _route(control: ControlStore, name: str) -> Route:
    row = find(await control.routes(), "route", name)
    return decode_route(row, row["legs"])


async def _put(control: ControlStore, route: Route) -> Any:
    known = await control.accounts()
    for leg in route.legs:
        find(known, "account", leg.account)
    await control.put_route(route)
    return find(await control.routes(), "route", route.route)


def _with_leg(route: Route, leg: RouteLeg) -> Route:
    legs = tuple(leg if item.account == leg.account else item for item in route.legs)
    return replace(route, legs=legs)


def _new_leg(text: str) -> RouteLeg:
    account, _, share = text.partition(":")
    return RouteLeg(
        account=account,
        share=_share(share) if share else Decimal(1),
        size=None,
        symbol_map={},
        hours=(),
        enabled=True,
    )


def _share(text: str) -> Decimal:
    share = parse_decimal(text, field="share")
    if share <= 0:
        raise InputError(
            f"a share of {text} is nothing",
            code="SHARE_INVALID",
            field="--leg",
            fix="above 0; 1 is all of the size",
        )
    return share


def _leg(legs: Mapping[str, RouteLeg], account: str) -> RouteLeg:
    if account not in legs:
        raise InputError(
            f"the route has no leg {account}; it has: {', '.join(legs) or 'none'}",
            code="LEG_UNKNOWN",
            field="account",
            fix=f"argos routes edit ROUTE --leg {account}",
        )
    return legs[account]


def _pairs(texts: Sequence[str], field: str) -> dict[str, str]:
    pairs = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise InputError(
                f"{text!r} is no NAME=VALUE",
                code="PAIR_INVALID",
                field=field,
                fix="such as BTCUSD=BTC/USD",
            )
        pairs[name] = value
    return pairs
