"""`argos nodes rotate-key`: a new key for a node that goes on running."""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Annotated, Any, Final

import typer
from rich.markup import escape

from argos.cli.frame.entrance import EXIT_ERROR
from argos.cli.frame.groups import find, with_control
from argos.cli.frame.printing import AsJson, messages, print_json, screen
from argos.core.errors import InputError
from argos.store.control import ControlStore

WAIT_S: Final = 40.0
"""A poll lasts 25 seconds at most; its answer tells the node, and its next call is signed by the new key."""
LOOK_S: Final = 0.25
Keys = Sequence[Mapping[str, Any]]


def rotate_key(
    context: typer.Context,
    name: Annotated[str, typer.Argument(help="The node's name.", metavar="NAME")],
    wait: Annotated[
        bool, typer.Option("--wait/--no-wait", help="Until the new key is in use, 40 s at most.")
    ] = True,
    as_json: AsJson = False,
) -> None:
    """Give a node a new key while it runs; the old one ends when the new one is first used.

    The node, the expert advisor as well as the Python one, fetches the key itself with its next poll, within half a
    minute, and needs no restart. A node that is away takes it when it is back, and its old key is good until then.

    Has a key leaked? Then do not rotate it: `argos nodes revoke NAME` ends it at once, `argos nodes enrol NAME` is the
    way to a new one. Exit code 1: the new key is not in use yet.
    """

    async def work(control: ControlStore) -> tuple[Keys, Keys]:
        find(await control.nodes(), "node", name)
        before = await control.node_keys(name)
        if not before:
            raise InputError(
                f"{name} has no key to exchange",
                code="NODE_NOT_ENROLLED",
                field="NAME",
                fix=f"argos nodes enrol {name}",
            )
        await control.want_new_key(name)
        return before, await _in_use(control, name, within_s=WAIT_S if wait else 0)

    if wait and not as_json:
        messages().print(f"waiting for the next poll of {escape(name)}, {WAIT_S:.0f} s at most")
    before, after = with_control(context, work)
    taken = _is_done(after)
    ended = [key["key_id"] for key in before if key["key_id"] not in {k["key_id"] for k in after}]
    if as_json:
        key_id = after[0]["key_id"] if taken else None
        print_json({"node": name, "taken": taken, "key_id": key_id, "ended": ended})
    else:
        _tell(name, after, taken=taken, ended=ended)
    if wait and not taken:
        raise typer.Exit(EXIT_ERROR)


async def _in_use(control: ControlStore, name: str, *, within_s: float) -> Keys:
    """The node's keys as soon as only the new one is left, or when the time is over."""
    deadline_s = time.monotonic() + within_s
    while True:
        keys = await control.node_keys(name)
        if _is_done(keys) or time.monotonic() >= deadline_s:
            return keys
        await asyncio.sleep(LOOK_S)


def _is_done(keys: Keys) -> bool:
    return len(keys) == 1 and keys[0]["in_use"] and keys[0]["is_wanted"]


def _tell(name: str, keys: Keys, *, taken: bool, ended: Sequence[str]) -> None:
    out = screen()
    if taken:
        out.print(f"the new key [bold]{keys[0]['key_id']}[/] of {escape(name)} is in use")
        out.print(f"ended: {', '.join(ended)}")
        return
    out.print(
        f"{escape(name)} shall take a new key; it has not been used yet, and the old one works"
    )
    out.print(f"it takes it with its next poll: see argos nodes show {escape(name)}")
