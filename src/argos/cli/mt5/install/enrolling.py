"""`argos mt5 enrol` as a program of its own: a code for the node's key, without a node that begins to work."""

import asyncio
from pathlib import Path
from typing import Annotated, Final

import aiohttp
import typer
from rich.markup import escape

from argos.cli.frame.entrance import Entrance, choose_home
from argos.cli.frame.gateway_client import GatewayAway
from argos.cli.frame.printing import AsJson, print_json, screen
from argos.entries.logs import set_up_logs
from argos.entries.node_file import node_settings
from argos.node.enrolment import obtain_key
from argos.node.file import read_node_file
from argos.node.gateway_client import NodeKey
from argos.protocol.signing import key_id_of

GATEWAY_S_MAX: Final = 20
app = typer.Typer(name="argos", cls=Entrance, add_completion=False, pretty_exceptions_enable=False)


@app.callback()
def choose(context: typer.Context) -> None:
    choose_home(context, None)


@app.command("enrol")
def enrol(
    file: Annotated[Path, typer.Argument()],
    code: Annotated[str, typer.Argument()],
    as_json: AsJson = False,
) -> None:
    set_up_logs("enrol")
    held = asyncio.run(_key(file, code))
    key_id = key_id_of(held.key)
    if as_json:
        print_json({"node": held.node, "key_id": key_id})
        return
    screen().print(f"{escape(held.node)} has the key {key_id}")


async def _key(file: Path, code: str) -> NodeKey:
    """A node waits for its gateway for ever; a person at a prompt does not."""
    body = read_node_file(file)
    settings = node_settings(file, enrol_code=code)
    try:
        async with asyncio.timeout(GATEWAY_S_MAX), aiohttp.ClientSession() as http:
            return await obtain_key(settings, http=http, venue_name=body["venue"])
    except TimeoutError as error:
        raise GatewayAway(
            f"no gateway answered at {settings.gateway_url} within {GATEWAY_S_MAX} s",
            fix=f"correct gateway_url in {file.name}, or open {settings.gateway_url}/health in a browser here",
        ) from error


if __name__ == "__main__":
    app()
