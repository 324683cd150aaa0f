"""`argos init`: at most eight questions, or none."""

import asyncio
from decimal import Decimal
from ipaddress import ip_network
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError
from rich.console import Console
from rich.markup import escape
from rich.prompt import Confirm, IntPrompt, Prompt

from argos.cli.frame.entrance import chosen_home
from argos.cli.frame.printing import AsJson, messages, print_json, screen
from argos.cli.home.setup import Choices, Report, is_set_up, set_up
from argos.core.errors import InputError
from argos.core.intent import Size
from argos.doors import API_KEY, HOOK, HOOK_KEY, HOOK_SECRET
from argos.protocol.intent_body import SizeBody
from argos.stack.home import Home

EXAMPLE: Final = "Examples: `argos init` asks; `argos init --yes` takes every default; `argos init --yes --json`."
SIZE: Final = "equity_fraction:0.05"
EXPIRY_S: Final = 30
ALERT_AGE_S: Final = 60


def register(app: typer.Typer) -> None:
    app.command("init", epilog=EXAMPLE)(init)


def init(
    context: typer.Context,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Ask nothing.")] = False,
    database_url: Annotated[
        str | None,
        typer.Option(help="A PostgreSQL of your own, as an administrator.", metavar="URL"),
    ] = None,
    paper: Annotated[
        bool, typer.Option("--paper/--no-paper", help="Three simulated accounts and a route.")
    ] = True,
    gateway_port: Annotated[
        int | None, typer.Option(min=1, max=65535, help="Fixes the port; else 8000 if it is free.")
    ] = None,
    trusted_proxy: Annotated[
        list[str] | None,
        typer.Option(help="Network of a proxy in front; may be repeated.", metavar="NETWORK"),
    ] = None,
    size: Annotated[
        str,
        typer.Option(help="The paper route's size when an alert names none.", metavar="MODE:VALUE"),
    ] = SIZE,
    expiry: Annotated[
        int, typer.Option(min=1, help="Seconds after which an entry is too late to send.")
    ] = EXPIRY_S,
    alert_age: Annotated[
        int, typer.Option(min=1, help="Seconds that an alert may have been on its way.")
    ] = ALERT_AGE_S,
    show_secrets: Annotated[
        bool, typer.Option(help="Show the hook's secret and the API key as well.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Set up a home: secrets, database, paper accounts, a route, a hook, an API key.

    Paper only. Running it again adds what is missing and changes nothing else.
    """
    home = Home.at(chosen_home(context).root)
    choices = Choices(
        database_url=database_url,
        paper=paper,
        gateway_port=gateway_port,
        trusted_proxies=parse_networks(trusted_proxy or ()),
        size=parse_size(size),
        expiry_s=expiry,
        alert_age_s_max=alert_age,
    )
    if not yes and not as_json and not is_set_up(home):
        choices = _ask(choices)
    report = asyncio.run(set_up(home, choices))
    if as_json:
        print_json(summary(report, show_secrets=show_secrets))
    else:
        _show(screen(), report, show_secrets=show_secrets)


def parse_size(text: str) -> Size:
    """`equity_fraction:0.05` as a size. Raises InputError SIZE_INVALID."""
    mode, _, value = text.partition(":")
    try:
        body = SizeBody.model_validate({"mode": mode, "value": value})
    except ValidationError as error:
        why = error.errors(include_url=False)[0]["msg"].removeprefix("Value error, ")
        raise InputError(
            f"{text!r} is no size: {why}",
            code="SIZE_INVALID",
            field="size",
            fix="MODE:VALUE, such as units:10, lots:0.1, notional:5000, risk_fraction:0.01",
        ) from None
    return Size(mode=body.mode, value=Decimal(body.value))


def parse_networks(texts: tuple[str, ...] | list[str]) -> tuple[str, ...]:
    """Networks such as 10.0.0.0/24, tidied. Raises InputError NETWORK_INVALID."""
    try:
        return tuple(str(ip_network(text.strip())) for text in texts if text.strip())
    except ValueError as error:
        raise InputError(
            str(error), code="NETWORK_INVALID", field="network", fix="such as 10.0.0.0/24"
        ) from None


def _ask(choices: Choices) -> Choices:
    """Six questions, each with the reason for it."""
    out = messages()

    def why(text: str) -> None:
        out.print(f"[dim]{text}[/dim]")

    why("Argos can run a PostgreSQL of its own in its home. Leave this empty unless you have one.")
    url = Prompt.ask(
        "Database URL", console=out, default=choices.database_url or "", show_default=False
    )
    why("Simulated accounts cost nothing, and everything works as with real ones.")
    paper = Confirm.ask("Set up paper accounts", console=out, default=choices.paper)
    why("TradingView reaches the gateway through your proxy; this is the port behind it.")
    port = IntPrompt.ask("Gateway port (0: 8000 or any free one)", console=out, default=0)
    why("Argos believes X-Forwarded-For only from proxies that you name, such as 127.0.0.1/32.")
    proxies = Prompt.ask("Trusted proxies, by commas", console=out, default="", show_default=False)
    size, expiry_s = SIZE, EXPIRY_S
    if paper:
        why("Used when an alert names no size: 0.05 of equity is 5 % of the account in one trade.")
        size = Prompt.ask("Size of a trade", console=out, default=SIZE)
        why("A late entry meets another market: after this many seconds it is not sent any more.")
        expiry_s = IntPrompt.ask("Entries expire after seconds", console=out, default=EXPIRY_S)
    return Choices(
        database_url=url or None,
        paper=paper,
        gateway_port=port or None,
        trusted_proxies=parse_networks(proxies.split(",")),
        size=parse_size(size),
        expiry_s=expiry_s,
        alert_age_s_max=choices.alert_age_s_max,
    )


def summary(report: Report, *, show_secrets: bool) -> dict[str, Any]:
    """What set-up came to, for programs; secrets only when asked for."""
    home = report.home
    shown: dict[str, Any] = {
        "home": str(home.root),
        "fresh": report.fresh,
        "settings": str(home.settings_path),
        "secrets": str(home.secrets_path),
        "logs": str(home.logs),
        "database": report.database,
        "migrations_applied": list(report.migrations),
        "gateway_url": report.gateway_url,
        "accounts": list(report.accounts),
        "routes": list(report.routes),
        "hooks": list(report.hooks),
    }
    if show_secrets:
        shown |= {
            "hook_url": hook_url(report.gateway_url, home.secret(HOOK_KEY)),
            "hook_secret": home.secret(HOOK_SECRET),
            "api_key": home.secret(API_KEY),
        }
    return shown


def hook_url(gateway: str, key: str) -> str:
    return f"{gateway}/hooks/tradingview/{key}"


def _show(out: Console, report: Report, *, show_secrets: bool) -> None:
    home = report.home
    out.print("[bold green]ready[/]" if report.fresh else "[bold]it was set up already[/]")
    lines = {
        "home": home.root,
        "settings": home.settings_path,
        "secrets": f"{home.secrets_path} (only you can read it)",
        "database": report.database,
        "accounts": ", ".join(report.accounts) or "none",
        "routes": ", ".join(report.routes) or "none",
        "hook": hook_url(report.gateway_url, home.secret(HOOK_KEY) if show_secrets else "KEY"),
        "its key and secret": f"argos hooks show {HOOK}",
    }
    if show_secrets:
        lines |= {"hook secret": home.secret(HOOK_SECRET), "API key": home.secret(API_KEY)}
    for name, value in lines.items():
        out.print(f"  {name:<20}{escape(str(value))}", soft_wrap=True)
    out.print("next: [bold]argos up[/], then [bold]argos doctor[/] in a second terminal")
