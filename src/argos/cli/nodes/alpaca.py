"""`argos nodes add-alpaca`: an Alpaca account, its node and its file in one step. Keys stand on no command line."""

import http.client
import json
import os
import sys
from collections.abc import Mapping
from typing import Annotated, Any, Final
from urllib.parse import urlsplit

import typer
from rich.markup import escape

from argos.cli.frame.entrance import known_home
from argos.cli.frame.gateway_client import gateway_address
from argos.cli.frame.groups import require_new, with_control
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.cli.nodes.shown import Name
from argos.config.config import AlpacaChoice
from argos.core.account import Account, AccountLimits
from argos.core.errors import InputError
from argos.protocol.values import moment_text
from argos.settings import load_config
from argos.stack.home import write_atomically
from argos.store.control import ControlStore
from argos.venues.alpaca.settings import (
    DATA_API,
    KEY_VARIABLE,
    LIVE_API,
    PAPER_API,
    SECRET_VARIABLE,
    AlpacaSettings,
    alpaca_settings,
)
from argos.venues.alpaca.words import blocks_of

LOOK_S_MAX: Final = 10.0
BODY_BYTES_MAX: Final = 1 << 20
VENUE: Final = "alpaca"
EXAMPLE: Final = (
    "Examples: `argos nodes add-alpaca alpaca-paper --symbols AAPL,MSFT`; "
    "`argos nodes add-alpaca local --api-url http://127.0.0.1:8210`."
)


def add_alpaca(
    context: typer.Context,
    name: Name,
    account: Annotated[
        str | None, typer.Option(help="What Argos calls the account; else as the node.")
    ] = None,
    symbols: Annotated[
        str, typer.Option(help="What it trades, with commas; empty: all, if there are few.")
    ] = "",
    live: Annotated[
        bool, typer.Option("--live/--paper", help="Real money, or Alpaca's paper trading.")
    ] = False,
    api_url: Annotated[
        str | None,
        typer.Option(help="Another exchange that speaks as Alpaca does.", metavar="URL"),
    ] = None,
    data_url: Annotated[
        str | None,
        typer.Option(help="Where its quotes are; else where they usually are.", metavar="URL"),
    ] = None,
    configured: Annotated[
        bool,
        typer.Option(
            "--configured",
            help="The account in force in config.json, with its keys from there or from AWS.",
        ),
    ] = False,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Ask Alpaca first whether it knows the keys.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Add an Alpaca account with its node, write the node's file, and print the enrolment code.

    The keys are taken from APCA_API_KEY_ID and APCA_API_SECRET_KEY, or asked for; with --configured they are those of
    `argos config`, dev or production. They stand in the file alone, which only its owner can read. `argos up` runs the
    node from then on; `argos node FILE --enrol CODE` runs it apart.
    """
    home = known_home(context)
    path = home.nodes / f"{name}.json"
    body: dict[str, Any] = {
        "name": name,
        "account": account or name,
        "venue": VENUE,
        "gateway_url": gateway_address(home),
    }
    if configured:
        _require_no_address(live=live, api_url=api_url, data_url=data_url)
        body |= account_of(load_config(home, os.environ).alpaca)
    else:
        body |= addresses_of(live=live, api_url=api_url, data_url=data_url)
        body |= keys_of(os.environ, asks=sys.stdin.isatty())
    if symbols:
        body["symbols"] = [word.strip().upper() for word in symbols.split(",") if word.strip()]
    settings = alpaca_settings(body)
    seen = _look(settings) if check else None

    async def work(control: ControlStore) -> dict[str, Any]:
        require_new(await control.nodes(), "node", name)
        if path.exists():
            raise InputError(
                f"{path} is there already",
                code="NODE_FILE_EXISTS",
                field="NAME",
                fix="choose another name, or move the file away",
            )
        if body["account"] not in {row["account"] for row in await control.accounts()}:
            await control.put_account(_account(str(body["account"]), _currency(seen)))
        await control.put_node(name, account=str(body["account"]), venue=VENUE)
        write_atomically(path, json.dumps(body, indent=2))
        code, expires_at = await control.make_enrolment_code(name)
        return {"node": name, "account": body["account"], "file": str(path), "code": code,
                "expires_at": moment_text(expires_at)}  # fmt: skip

    told = with_control(context, work) | {"alpaca": _told(seen)}
    if as_json:
        print_json(told)
        return
    _show(name, told)


def _show(name: str, told: Mapping[str, Any]) -> None:
    out, seen = screen(), told["alpaca"]
    if seen is not None:
        out.print(f"Alpaca knows the keys: account {escape(seen['account_number'])}")
        for block in seen["blocks"]:
            out.print(f"but it may not trade now: {escape(block)}")
    out.print(f"added node [bold]{escape(name)}[/] of account {escape(told['account'])}")
    out.print(f"argos up runs it, or: argos node {escape(told['file'])} --enrol {escape(told['code'])}",
              soft_wrap=True)  # fmt: skip
    out.print("then give it a place in a route: argos routes add --help")


def addresses_of(*, live: bool, api_url: str | None, data_url: str | None) -> dict[str, str]:
    """An exchange of one's own tells its quotes where it takes its orders."""
    if live and api_url is not None:
        raise InputError(
            "--live and --api-url name two exchanges",
            code="ALPACA_ADDRESS_TWICE",
            field="--api-url",
            fix="give one of them",
        )
    usual = (LIVE_API if live else PAPER_API, DATA_API)
    api, data = (api_url, api_url) if api_url is not None else usual
    return {"api_url": api, "data_url": data if data_url is None else data_url}


def account_of(choice: AlpacaChoice) -> dict[str, str]:
    """Addresses and keys of the configured account. Raises InputError ALPACA_KEYS_MISSING."""
    if not choice.has_keys:
        raise InputError(
            f"no keys: the {choice.environment.value} account of the configuration has none",
            code="ALPACA_KEYS_MISSING",
            field="--configured",
            fix=f"argos config set alpaca.{choice.environment.value}.api_key=KEY alpaca."
            f"{choice.environment.value}.secret_key=-",
        )
    return {
        "api_url": choice.base_url,
        "data_url": choice.data_url,
        "stream_url": choice.stream_url,
        "key_id": choice.key_id,
        "secret_key": choice.secret_key,
    }


def _require_no_address(*, live: bool, api_url: str | None, data_url: str | None) -> None:
    if live or api_url is not None or data_url is not None:
        raise InputError(
            "--configured has addresses of its own",
            code="ALPACA_ADDRESS_TWICE",
            field="--configured",
            fix="leave --live, --api-url and --data-url out, or set alpaca... in config.json",
        )


def keys_of(environ: Mapping[str, str], *, asks: bool) -> dict[str, str]:
    """From the environment, or, if it `asks`, from a person. Raises InputError ALPACA_KEYS_MISSING."""
    found = {
        "key_id": environ.get(KEY_VARIABLE, ""),
        "secret_key": environ.get(SECRET_VARIABLE, ""),
    }
    if all(found.values()):
        return found
    if not asks:
        raise InputError(
            f"no keys: {KEY_VARIABLE} and {SECRET_VARIABLE} are not both set",
            code="ALPACA_KEYS_MISSING",
            field=KEY_VARIABLE,
            fix="set both, or run this at a terminal, where it asks for them",
        )
    key_id = found["key_id"] or typer.prompt("key id", err=True)
    secret = found["secret_key"] or typer.prompt("secret key", hide_input=True, err=True)
    return {"key_id": str(key_id).strip(), "secret_key": str(secret).strip()}


def _look(settings: AlpacaSettings) -> Mapping[str, Any]:
    """The account's row. Raises InputError ALPACA_ACCOUNT_UNSEEN when the keys do not show one."""
    parts = urlsplit(settings.api_url)
    kind = http.client.HTTPSConnection if parts.scheme == "https" else http.client.HTTPConnection
    connection = kind(parts.hostname or "", parts.port, timeout=LOOK_S_MAX)
    path = f"{parts.path.rstrip('/')}/v2/account"
    try:
        connection.request("GET", path, headers=dict(settings.headers))
        answer = connection.getresponse()
        row = json.loads(answer.read(BODY_BYTES_MAX))
        problem = "" if answer.status == 200 else f"status {answer.status}"
    except (OSError, http.client.HTTPException, ValueError) as error:
        row, problem = None, str(error) or type(error).__name__
    finally:
        connection.close()
    if problem or not isinstance(row, dict):
        raise InputError(
            f"{settings.api_url} does not show the account: {problem or 'no JSON object'}",
            code="ALPACA_ACCOUNT_UNSEEN",
            field=KEY_VARIABLE,
            fix="compare key and address (paper and live have keys of their own), or give --no-check",
        )
    return row


def _told(seen: Mapping[str, Any] | None) -> dict[str, Any] | None:
    if seen is None:
        return None
    return {"account_number": str(seen.get("account_number", "")), "blocks": list(blocks_of(seen))}


def _currency(seen: Mapping[str, Any] | None) -> str:
    return str((seen or {}).get("currency") or "USD")


def _account(name: str, currency: str) -> Account:
    return Account(
        account=name,
        venue=VENUE,
        currency=currency,
        enabled=True,
        hedging=False,
        limits=AccountLimits(),
    )
