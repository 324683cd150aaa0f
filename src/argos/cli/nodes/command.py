"""`argos nodes`: the processes that hold accounts' broker connections, and how they come by their keys."""

from typing import Annotated, Any

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import gateway_address
from argos.cli.frame.groups import Row, find, group, require_new, show_change, with_control
from argos.cli.frame.printing import AsJson, clock_time, print_json, screen
from argos.cli.nodes.alpaca import EXAMPLE, add_alpaca
from argos.cli.nodes.key_rotation import rotate_key
from argos.cli.nodes.shown import Name, list_nodes, show
from argos.protocol.values import moment_text
from argos.store.control import ControlStore


def register(app: typer.Typer) -> None:
    noun = group(
        app,
        "nodes",
        listing=list_nodes,
        text="Nodes: list, show, add, add-alpaca, edit, enrol, rotate-key, revoke.",
    )
    noun.command("show", epilog="Example: `argos nodes show demo-2 --json`.")(show)
    noun.command("add", epilog="Example: `argos nodes add demo-2 --account demo-2`.")(add)
    noun.command("add-alpaca", epilog=EXAMPLE)(add_alpaca)
    noun.command("edit", epilog="Example: `argos nodes edit demo-2 --disabled`.")(edit)
    noun.command("enrol", epilog="Example: `argos nodes enrol demo-2`.")(enrol)
    noun.command("rotate-key", epilog="Example: `argos nodes rotate-key demo-2`.")(rotate_key)
    noun.command("revoke", epilog="Example: `argos nodes revoke demo-2`.")(revoke)


def add(
    context: typer.Context,
    name: Name,
    account: Annotated[str, typer.Option(help="Whose connection it holds.")],
    venue: Annotated[str | None, typer.Option(help="Else the account's.", metavar="VENUE")] = None,
    as_json: AsJson = False,
) -> None:
    """Add a node and print its enrolment code: good once, for ten minutes."""

    async def work(control: ControlStore) -> dict[str, Any]:
        require_new(await control.nodes(), "node", name)
        held = find(await control.accounts(), "account", account)
        await control.put_node(name, account=account, venue=venue or held["venue"])
        return await _code(control, name)

    _show_code(context, with_control(context, work), as_json=as_json)


def edit(
    context: typer.Context,
    name: Name,
    account: Annotated[str | None, typer.Option(help="Whose connection it holds.")] = None,
    venue: Annotated[str | None, typer.Option(help="What kind of broker.", metavar="VENUE")] = None,
    enabled: Annotated[
        bool | None, typer.Option("--enabled/--disabled", help="A disabled node is turned away.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given, and nothing else."""

    async def work(control: ControlStore) -> Row:
        held = find(await control.nodes(), "node", name)
        if account is not None:
            find(await control.accounts(), "account", account)
        await control.put_node(
            name,
            account=account or held["account"],
            venue=venue or held["venue"],
            enabled=held["enabled"] if enabled is None else enabled,
        )
        return find(await control.nodes(), "node", name)

    show_change("node", with_control(context, work), added=False, as_json=as_json)


def enrol(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """Print a new enrolment code. Keys that the node has stay good until `argos nodes revoke`; two is the most."""

    async def work(control: ControlStore) -> dict[str, Any]:
        find(await control.nodes(), "node", name)
        return await _code(control, name)

    _show_code(context, with_control(context, work), as_json=as_json)


def revoke(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """End all keys of a node: it can neither ask nor report until it is enrolled again."""

    async def work(control: ControlStore) -> None:
        find(await control.nodes(), "node", name)
        await control.revoke_keys(name)

    with_control(context, work)
    if as_json:
        print_json({"node": name, "revoked": True})
        return
    screen().print(
        f"the keys of {escape(name)} open nothing any more; argos nodes enrol {escape(name)}"
    )


async def _code(control: ControlStore, name: str) -> dict[str, Any]:
    code, expires_at = await control.make_enrolment_code(name)
    return {"node": name, "code": code, "expires_at": moment_text(expires_at)}


def _show_code(context: typer.Context, document: dict[str, Any], *, as_json: bool) -> None:
    shown = {**document, "gateway_url": gateway_address(known_home(context))}
    if as_json:
        print_json(shown)
        return
    out = screen()
    out.print(
        f"enrolment code of [bold]{escape(shown['node'])}[/]: {escape(shown['code'])}",
        soft_wrap=True,
    )
    out.print(f"good once, until {clock_time(shown['expires_at'])} UTC, at {shown['gateway_url']}")
    out.print(f"argos node FILE --enrol {escape(shown['code'])}", soft_wrap=True)
