"""`argos keys`: API keys and what each is for."""

import secrets
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.frame.groups import group, require_new, show_rows, with_control
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.core.errors import InputError
from argos.doors import OPERATOR, SCOPES
from argos.stack.home import SECRET_BYTES
from argos.store.control import ControlStore

Name = Annotated[str, typer.Argument(help="The key's name.", metavar="NAME")]
COLUMNS: Final = ("key", "scopes", "created (UTC)", "revoked (UTC)")
NAMES: Final = ("name", "scopes", "created_at", "revoked_at")


def register(app: typer.Typer) -> None:
    noun = group(app, "keys", listing=list_keys, text="API keys: list, add, revoke.")
    noun.command("add", epilog="Example: `argos keys add dashboard --scope read`.")(add)
    noun.command("revoke", epilog="Example: `argos keys revoke dashboard`.")(revoke)


def list_keys(context: typer.Context, as_json: AsJson = False) -> None:
    """All API keys by name; the keys themselves are kept as hashes only."""
    rows = with_control(context, lambda control: control.api_keys())
    if not as_json:
        rows = [
            {
                **row,
                "created_at": f"{row['created_at']:%Y-%m-%d %H:%M:%S}",
                "revoked_at": f"{row['revoked_at']:%Y-%m-%d %H:%M:%S}"
                if row["revoked_at"]
                else None,
            }
            for row in rows
        ]
    show_rows("keys", COLUMNS, rows, names=NAMES, as_json=as_json)


def add(
    context: typer.Context,
    name: Name,
    scope: Annotated[
        list[str],
        typer.Option(help="read, trade, control or metrics; may be repeated.", metavar="SCOPE"),
    ],
    as_json: AsJson = False,
) -> None:
    """Make a key and print it once: only its hash is kept."""
    unknown = sorted(set(scope) - set(SCOPES))
    if unknown:
        raise InputError(
            f"there is no scope {', '.join(unknown)}",
            code="SCOPE_UNKNOWN",
            field="--scope",
            fix=f"choose of {', '.join(SCOPES)}",
        )
    key = secrets.token_hex(SECRET_BYTES)

    async def work(control: ControlStore) -> None:
        live = [{"key": row["name"]} for row in await control.api_keys() if not row["revoked_at"]]
        require_new(live, "key", name)
        await control.put_api_key(name, key=key, scopes=sorted(set(scope)))

    with_control(context, work)
    document: dict[str, Any] = {"name": name, "scopes": sorted(set(scope)), "key": key}
    if as_json:
        print_json(document)
        return
    out = screen()
    out.print(f"{escape(name)}  {key}", soft_wrap=True)
    out.print("[dim]it is shown this once; only its hash is kept[/dim]")


def revoke(context: typer.Context, name: Name, as_json: AsJson = False) -> None:
    """End a key. The home's own, `operator`, is what the commands use: it stays."""
    if name == OPERATOR:
        raise InputError(
            f"{OPERATOR} is the key that these commands use",
            code="KEY_IN_USE",
            field="NAME",
            fix="revoke another; to exchange this one, take api_key out of secrets.json and run `argos init`",
        )
    ended = with_control(context, lambda control: control.revoke_api_key(name))
    if not ended:
        raise InputError(
            f"there is no live key {name}", code="KEY_UNKNOWN", field="NAME", fix="see `argos keys`"
        )
    if as_json:
        print_json({"name": name, "revoked": True})
        return
    screen().print(f"{escape(name)} opens nothing any more")
