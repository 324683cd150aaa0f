"""Waiting for nodes after a brake was set: what was on its way is spoken of, or its lease ends."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass
from typing import Any, Final

from rich.console import Console
from rich.markup import escape

from argos.cli.frame.printing import clock_time, messages, table
from argos.store.brakes import LEASE_OVER_S_MAX

POLL_S: Final = 0.1
WAIT_S_MAX: Final = LEASE_OVER_S_MAX + 1
"""All leases that did not see the brake have ended by then; the second is for looking."""
COLUMNS: Final = ("account", "command", "symbol", "trade", "node", "can be sent until (UTC)", "id")

Item = Mapping[str, Any]
Look = Callable[[], Awaitable[Sequence[Item]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Underway:
    """What the nodes have not spoken of at the end of the wait."""

    items: Sequence[Item]
    waited_s: float

    @property
    def sendable(self) -> list[Item]:
        """A node may still send these."""
        return [item for item in self.items if item["may_be_sent"]]

    @property
    def silent(self) -> list[Item]:
        """Their leases are over: they were sent before, or never will be."""
        return [item for item in self.items if not item["may_be_sent"]]

    def document(self) -> dict[str, Any]:
        """For programs: what may still be sent by its ids, and everything with its details."""
        return {
            "unconfirmed_commands": [str(item["command_id"]) for item in self.sendable],
            "underway": list(self.items),
            "waited_s": round(self.waited_s, 1),
        }


async def await_nodes(
    look: Look,
    *,
    within_s: float,
    tell: Callable[[Sequence[Item]], None],
    clock_s: Callable[[], float] = time.monotonic,
    pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
) -> Underway:
    """Look until nothing may be sent any more, or the time is over; `tell` gets each look."""
    began_s = clock_s()
    while True:
        found = Underway(items=await look(), waited_s=clock_s() - began_s)
        tell(found.sendable)
        if not found.sendable or found.waited_s >= within_s:
            return found
        await pause(POLL_S)


async def await_nodes_shown(look: Look, *, wait: bool, shown: bool) -> Underway:
    """As `await_nodes`, with what is waited for on standard error; one look alone without `wait`."""
    out = messages()
    with out.status("looking at what is on its way") if shown else nullcontext() as status:

        def tell(items: Sequence[Item]) -> None:
            if status is not None and items:
                status.update(f"waiting for {_in_short(items)}")

        return await await_nodes(look, within_s=WAIT_S_MAX if wait else 0, tell=tell)


def _in_short(items: Sequence[Item]) -> str:
    nodes = sorted({str(item["node"]) for item in items})
    until = clock_time(max(str(item["sendable_until"]) for item in items))[11:]
    return f"{len(items)} commands at {escape(', '.join(nodes))}, until {until} at most"


def show_underway(out: Console, found: Underway) -> None:
    """What is left, in words that promise nothing more than is known."""
    if found.sendable:
        out.print("[yellow]These were on their way, and may still be sent:[/]")
        out.print(_listed("may still be sent", found.sendable))
    if found.silent:
        out.print(
            "[yellow]These cannot be sent any more. Whether they were sent before, their nodes have not said:[/]"
        )
        out.print(_listed("sent before, or never", found.silent))
    if not found.items:
        out.print("nothing that it holds is on its way any more")


def _listed(title: str, items: Sequence[Item]) -> Any:
    rows = [
        (
            item["account"],
            item["kind"],
            item["symbol"],
            item["trade_id"],
            item["node"],
            clock_time(str(item["sendable_until"])),
            item["command_id"],
        )
        for item in items
    ]
    return table(title, COLUMNS, rows)
