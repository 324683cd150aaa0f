"""`argos mt5 enrol` as a program of its own: a code for the node's key, without a node that begins to work."""

import asyncio
from pathlib import Path
from typing import Annotated

import aiohttp
import typer
from rich.markup import escape

from argos.cli.entrance import Entrance, choose_home
from argos.cli.printing import AsJson, print_json, screen
from argos.entries.node_file import node_settings
from argos.node.enrolment import obtain_key
from argos.node.gateway_client import NodeKey
from argos.plans import read_node_file
from argos.protocol.signing import key_id_of

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
    held = asyncio.run(_key(file, code))
    key_id = key_id_of(held.key)
    if as_json:
        print_json({"node": held.node, "key_id": key_id})
        return
    screen().print(f"{escape(held.node)} has the key {key_id}")


async def _key(file: Path, code: str) -> NodeKey:
    venue: str = read_node_file(file)["venue"]
    async with aiohttp.ClientSession() as http:
        return await obtain_key(node_settings(file, enrol_code=code), http=http, venue_name=venue)


if __name__ == "__main__":
    app()
