"""`argos risk firm`: an account under a prop firm's rules. `argos risk firms`: the plans that are known."""

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated, Any, Final

import typer

from argos.cli.accounts.shown import Name
from argos.cli.frame.groups import find, show_change, show_rows, with_control
from argos.cli.frame.pairs import pairs_of
from argos.cli.frame.printing import AsJson
from argos.core.account import Account
from argos.core.errors import InputError
from argos.core.rule_set import RuleAccount, RuleSet
from argos.protocol.rule_sets import OFF, change_rule_set, encode_rule_set
from argos.protocol.values import optional_decimal, optional_moment
from argos.risk.rule_presets import RULE_SETS, TOLD_BY
from argos.store.control import ControlStore
from argos.store.decoding import decode_account

COLUMNS: Final = (
    "plan", "day begins", ">daily", ">maximum", "trail", ">news, s", ">lots", ">orders", ">requests a day", ">buffer",
    "told by",
)  # fmt: skip
NAMES: Final = (
    "name", "day_begins", "daily_fraction", "max_fraction", "trail", "news_window_s", "lots_per_fx_order_max",
    "open_orders_max", "requests_per_day_max", "buffer_fraction", "told_by",
)  # fmt: skip


def register(noun: typer.Typer) -> None:
    noun.command("firms", epilog="Example: `argos risk firms --json`.")(firms)
    noun.command(
        "firm",
        epilog="Examples: `argos risk firm demo-2 ftmo-2-step --initial-balance 100000`; "
        "`argos risk firm demo-2 ftmo-1-step locks_at_initial=true --initial-balance 50000 --peak 51200`; "
        "`argos risk firm demo-2 none`.",
    )(firm)


def firms(as_json: AsJson = False) -> None:
    """The plans that can be chosen, with their figures and where they are from. Firms change them: compare first."""
    rows = [
        {
            **dict.fromkeys(NAMES),
            **encode_rule_set(rules),
            "day_begins": f"{rules.reset_at:%H:%M} {rules.timezone}",
            "trail": rules.trail.value if rules.max_fraction is not None else None,
            "buffer_fraction": str(rules.buffer_fraction),
            "told_by": TOLD_BY[rules.name],
        }
        for rules in RULE_SETS.values()
    ]
    show_rows("plans of prop firms", COLUMNS, rows, names=NAMES, as_json=as_json)


def firm(
    context: typer.Context,
    name: Name,
    plan: Annotated[
        str, typer.Argument(help=f"A plan of `argos risk firms`; '{OFF}' for none.", metavar="PLAN")
    ],
    stated: Annotated[
        list[str] | None,
        typer.Argument(
            help=f"NAME=VALUE where the account's plan differs; '{OFF}' turns a rule off.",
            metavar="[NAME=VALUE]...",
        ),
    ] = None,
    initial_balance: Annotated[
        str | None,
        typer.Option(
            help="What the firm counts from, in the account's currency.", metavar="DECIMAL"
        ),
    ] = None,
    started_at: Annotated[
        str | None,
        typer.Option(help="When the account began, such as 2026-11-20T08:00:00Z; else now."),
    ] = None,
    peak: Annotated[
        str | None,
        typer.Option(
            help="The highest balance (or equity) the firm measures a trailing maximum from so far.",
            metavar="DECIMAL",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Put an account under a firm's rules, or free it of them; audited. The figures are kept with the account.

    They hold for entries, never for exits. Until the account's first snapshot after this, entries are denied.
    """
    given = {
        "initial_balance": optional_decimal(initial_balance, field="--initial-balance"),
        "started_at": optional_moment(started_at, field="--started-at"),
        "peak": optional_decimal(peak, field="--peak"),
    }
    rules = None if plan.lower() == OFF else _chosen(plan, stated or [])

    async def work(control: ControlStore) -> Any:
        held = decode_account(find(await control.accounts(), "account", name))
        chosen = None if rules is None else _rule_account(held, rules, given)
        await control.put_account(replace(held, limits=replace(held.limits, firm=chosen)))
        return find(await control.accounts(), "account", name)

    show_change("account", with_control(context, work), added=False, as_json=as_json)


def _chosen(plan: str, stated: list[str]) -> RuleSet:
    if plan not in RULE_SETS:
        raise InputError(
            f"there is no plan {plan}; there are: {', '.join(RULE_SETS)}",
            code="RULE_SET_UNKNOWN",
            field="PLAN",
            fix="see `argos risk firms`",
        )
    return change_rule_set(
        RULE_SETS[plan], pairs_of(stated, code="RULE_SET_INVALID", fix="see `argos risk firms`")
    )


def _rule_account(held: Account, rules: RuleSet, given: dict[str, Any]) -> RuleAccount:
    """What was given, else what the account has of the same plan. Raises InputError RULE_SET_BALANCE."""
    before = held.limits.firm
    if before is not None and before.rules.name == rules.name:
        kept = {name: getattr(before, name) for name in given}
    else:
        kept = dict.fromkeys(given)
    values = {name: kept[name] if value is None else value for name, value in given.items()}
    balance: Decimal | None = values["initial_balance"]
    if balance is None or balance <= 0 or (values["peak"] is not None and values["peak"] <= 0):
        raise InputError(
            f"{rules.name} is measured from the account's initial balance, and that is above 0",
            code="RULE_SET_BALANCE",
            field="--initial-balance",
            fix="--initial-balance 100000, as the firm's dashboard shows it",
        )
    return RuleAccount(
        rules=rules,
        initial_balance=balance,
        started_at=values["started_at"] or datetime.now(UTC),
        peak=values["peak"],
    )
