"""`argos risk`: limits of accounts and firms' rules, what they are measured from, and why an intent passed or not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.accounts.shown import Name
from argos.cli.frame.groups import find, group, show_change, show_rows, with_control
from argos.cli.frame.pairs import pairs_of
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.risk import closes, firms, news
from argos.cli.risk.explained import EXAMPLE, explain
from argos.core.risk_limits import MEANINGS
from argos.doors import OPERATOR
from argos.protocol.risk_limits import OFF, change_risk_limits
from argos.store.control import ControlStore
from argos.store.decoding import decode_account

COLUMNS: Final = (
    "account", "limits", "firm", "day since (UTC)", ">day's equity", "estimated", ">peak", ">equity last seen",
)  # fmt: skip
NAMES: Final = (
    "account", "limits", "firm", "day_opened_at", "day_equity", "day_estimated", "peak_equity", "last_equity",
)  # fmt: skip
Stated = Annotated[
    list[str], typer.Argument(help=f"NAME=VALUE, more than one; '{OFF}' turns a rule off.")
]


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "risk",
        listing=list_limits,
        text="Risk limits of accounts: list, rules, set, reset; firms' rules, closes, news; and what the gates said.",
    )
    noun.command("explain", epilog=EXAMPLE)(explain)
    noun.command("rules", epilog="Example: `argos risk rules`.")(rules)
    noun.command(
        "set",
        epilog="Example: `argos risk set demo-2 daily_loss_fraction_max=0.03 cooldown_s=60`.",
    )(set_limits)
    noun.command("reset", epilog="Example: `argos risk reset demo-2`.")(reset)
    firms.register(noun)
    closes.register(noun)
    news.register(noun)


def list_limits(context: typer.Context, as_json: AsJson = False) -> None:
    """Accounts with their risk limits, the anchor of their day and their stored peak."""

    async def work(control: ControlStore) -> Any:
        return await control.accounts(), await control.anchors()

    accounts, anchors = with_control(context, work)
    kept = {row["account"]: row for row in anchors}
    rows = [
        {name: kept.get(row["account"], {}).get(name) for name in NAMES}
        | {
            "account": row["account"],
            "limits": row["limits"].get("risk", {}),
            "firm": _firm_told(row["limits"].get("firm")),
        }
        for row in accounts
    ]
    show_rows("risk limits", COLUMNS, rows, names=NAMES, as_json=as_json)


def _firm_told(firm: Mapping[str, Any] | None) -> str | None:
    return f"{firm['rules']['name']} of {firm['initial_balance']}" if firm else None


def rules(as_json: AsJson = False) -> None:
    """The rules that can be set, and what each means."""
    rows = [{"rule": name, "meaning": meaning} for name, meaning in MEANINGS.items()]
    show_rows("rules", ("rule", "meaning"), rows, names=("rule", "meaning"), as_json=as_json)


def set_limits(context: typer.Context, name: Name, stated: Stated, as_json: AsJson = False) -> None:
    """Set or turn off risk limits of an account; what is not named stays. They hold for entries, never for exits."""
    wanted = pairs_of(stated, code="RISK_LIMIT_INVALID", fix="see `argos risk rules` for the names")

    async def work(control: ControlStore) -> Any:
        held = decode_account(find(await control.accounts(), "account", name))
        risk = change_risk_limits(held.limits.risk, wanted)
        await control.put_account(replace(held, limits=replace(held.limits, risk=risk)))
        return find(await control.accounts(), "account", name)

    show_change("account", with_control(context, work), added=False, as_json=as_json)


def reset(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Set the stored peak to the equity last seen, after a drawdown was understood; audited.

    The brake that the drawdown set stays until `argos resume --account NAME`.
    """

    async def work(control: ControlStore) -> bool:
        find(await control.accounts(), "account", name)
        return await control.reset_peaks(name, by=OPERATOR)

    done = with_control(context, work)
    if as_json:
        print_json({"account": name, "reset": done})
        return
    told = "is now what was seen last" if done else "is not kept: it has no loss limit yet"
    screen().print(f"the peak of [bold]{escape(name)}[/] {told}")
