"""`argos accounts`: broker accounts and the operator's ceilings for them."""

import contextlib
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Final

import typer

from argos.cli.accounts.shown import Name, equity, show, symbols
from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import open_gateway
from argos.cli.frame.groups import (
    find,
    given,
    group,
    require_new,
    show_change,
    show_rows,
    with_control,
)
from argos.cli.frame.printing import AsJson
from argos.core.account import Account, AccountLimits
from argos.core.errors import ArgosError, InputError
from argos.protocol.values import optional_decimal
from argos.store.control import ControlStore
from argos.store.decoding import decode_account

VENUES: Final = {
    "mt5": "a MetaTrader 5 terminal, by the expert advisor or by the Python node",
    "alpaca": "an Alpaca account, real or paper, or an exchange that speaks as Alpaca does",
    "paper-mt5": "a simulated broker that behaves as MetaTrader 5 does: lots, tickets, hedging or netting",
    "paper-alpaca": "a simulated broker that behaves as Alpaca does: shares, own order ids, netting",
}
"""What a node can speak to, and what that is."""
_VENUES_TOLD: Final = "; ".join(f"{name}: {text}" for name, text in VENUES.items())
Venue = Annotated[
    str | None, typer.Option(help=f"What kind of broker. {_VENUES_TOLD}.", metavar="VENUE")
]
Currency = Annotated[str | None, typer.Option(help="The account's currency.")]
Hedging = Annotated[
    bool | None,
    typer.Option("--hedging/--netting", help="Several positions in a symbol, or one net position."),
]
Enabled = Annotated[bool | None, typer.Option("--enabled/--disabled", help="Disabled: exits only.")]
QtyMax = Annotated[
    str | None, typer.Option(help="Largest entry in units; 'none' for no limit.", metavar="DECIMAL")
]
NotionalMax = Annotated[
    str | None,
    typer.Option(
        help="Largest entry in the quote currency; 'none' for no limit.", metavar="DECIMAL"
    ),
]
PositionsMax = Annotated[
    str | None, typer.Option(help="Most open positions; 'none' for no limit.", metavar="NUMBER")
]
SnapshotAge = Annotated[
    int | None, typer.Option(min=1, help="Seconds after which the account's picture is too old.")
]
TermsAge = Annotated[
    int | None,
    typer.Option(
        min=1, help="Seconds after which the value of a tick is too old for sizes measured by it."
    ),
]
CommissionPerLot = Annotated[
    str | None,
    typer.Option(
        help="What the broker charges on one side of a lot, in the account's currency; counts as risk. "
        "'none' where it is not known.",
        metavar="DECIMAL",
    ),
]
COLUMNS: Final = (
    "account", "venue", "currency", "hedging", "enabled", ">qty max", ">notional max", ">positions max",
    "mode", ">equity", ">balance", ">seen, s ago",
)  # fmt: skip
NAMES: Final = (
    "account", "venue", "currency", "hedging", "enabled", "qty_max", "notional_max", "positions_max",
    "mode", "equity", "balance", "snapshot_age_s",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "accounts",
        listing=list_accounts,
        text="Broker accounts: list, show, equity, symbols, add, edit.",
    )
    noun.command("show", epilog="Example: `argos accounts show demo-2`.")(show)
    noun.command(
        "equity",
        epilog="Examples: `argos accounts equity demo-2`; `... demo-2 --since 2026-11-01T00:00:00Z --json`.",
    )(equity)
    noun.command(
        "symbols", epilog="Examples: `argos accounts symbols demo-2`; `... demo-2 'EUR*' --json`."
    )(symbols)
    noun.command(
        "add", epilog="Example: `argos accounts add demo-2 --venue paper-mt5 --positions-max 5`."
    )(add)
    noun.command(
        "edit", epilog="Examples: `argos accounts edit demo-2 --disabled`; `... --qty-max none`."
    )(edit)


def list_accounts(context: typer.Context, as_json: AsJson = False) -> None:
    """All accounts; with a gateway running, also what they hold now."""
    rows = with_control(context, lambda control: control.accounts())
    live = _live(context)
    shown = [
        {name: value for name, value in row.items() if name != "limits"}
        | row["limits"]
        | live.get(row["account"], _UNSEEN)
        for row in rows
    ]
    show_rows("accounts", COLUMNS, shown, names=NAMES, as_json=as_json)


_UNSEEN: Final = {"mode": None, "equity": None, "balance": None, "snapshot_age_s": None}


def _live(context: typer.Context) -> dict[str, dict[str, Any]]:
    """What the gateway knows of each account; nothing when it is away."""
    with contextlib.suppress(ArgosError):
        items = open_gateway(known_home(context), None).pages("/api/accounts", limit=1000)
        return {
            item["account"]: {
                "mode": item["mode"],
                "equity": (item["snapshot"] or {}).get("equity"),
                "balance": (item["snapshot"] or {}).get("balance"),
                "snapshot_age_s": item["snapshot_age_s"],
            }
            for item in items
        }
    return {}


def add(
    context: typer.Context,
    name: Name,
    venue: Annotated[
        str, typer.Option(help=f"What kind of broker. {_VENUES_TOLD}.", metavar="VENUE")
    ],
    currency: Currency = "USD",
    hedging: Hedging = False,
    enabled: Enabled = True,
    qty_max: QtyMax = None,
    notional_max: NotionalMax = None,
    positions_max: PositionsMax = None,
    snapshot_age: SnapshotAge = None,
    terms_age: TermsAge = None,
    commission_per_lot: CommissionPerLot = None,
    as_json: AsJson = False,
) -> None:
    """Add an account. It trades once it has a node (`argos nodes add`) and stands in a route."""
    _require_venue(venue)
    account = Account(
        account=name,
        venue=venue,
        currency=currency or "USD",
        enabled=enabled is not False,
        hedging=bool(hedging),
        limits=_limits(
            AccountLimits(),
            decimals=(qty_max, notional_max, commission_per_lot),
            positions_max=positions_max,
            ages=(snapshot_age, terms_age),
        ),
    )

    async def work(control: ControlStore) -> Any:
        require_new(await control.accounts(), "account", name)
        await control.put_account(account)
        return find(await control.accounts(), "account", name)

    show_change("account", with_control(context, work), added=True, as_json=as_json)


def edit(
    context: typer.Context,
    name: Name,
    venue: Venue = None,
    currency: Currency = None,
    hedging: Hedging = None,
    enabled: Enabled = None,
    qty_max: QtyMax = None,
    notional_max: NotionalMax = None,
    positions_max: PositionsMax = None,
    snapshot_age: SnapshotAge = None,
    terms_age: TermsAge = None,
    commission_per_lot: CommissionPerLot = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given, and nothing else. Limits hold for entries, never for exits."""
    _require_venue(venue)

    async def work(control: ControlStore) -> Any:
        held = decode_account(find(await control.accounts(), "account", name))
        changed = replace(
            held,
            limits=_limits(
                held.limits,
                decimals=(qty_max, notional_max, commission_per_lot),
                positions_max=positions_max,
                ages=(snapshot_age, terms_age),
            ),
            **given(venue=venue, currency=currency, hedging=hedging, enabled=enabled),
        )
        await control.put_account(changed)
        return find(await control.accounts(), "account", name)

    show_change("account", with_control(context, work), added=False, as_json=as_json)


def _require_venue(venue: str | None) -> None:
    if venue is not None and venue not in VENUES:
        raise InputError(
            f"no node speaks to a venue {venue}",
            code="VENUE_UNKNOWN",
            field="--venue",
            fix=f"use {', '.join(VENUES)}",
        )


def _limits(
    held: AccountLimits,
    *,
    decimals: tuple[str | None, str | None, str | None],
    positions_max: str | None,
    ages: tuple[int | None, int | None],
) -> AccountLimits:
    """`held` with what was given: `decimals` and `ages` in the order of their names below."""
    names = ("qty_max", "notional_max", "commission_per_lot")
    changed: dict[str, Any] = {}
    for name, text in zip(names, decimals, strict=True):
        if text is not None:
            changed[name] = _ceiling(text, name)
    if positions_max is not None:
        count = _ceiling(positions_max, "positions_max")
        changed["positions_max"] = None if count is None else int(count)
    changed |= {
        name: age
        for name, age in zip(("snapshot_age_s_max", "terms_age_s_max"), ages, strict=True)
        if age is not None
    }
    return replace(held, **changed)


def _ceiling(text: str, field: str) -> Decimal | None:
    return None if text.lower() == "none" else optional_decimal(text, field=field)
