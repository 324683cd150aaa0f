"""What `argos halt` waits for, and what it says in the end. Looks, clock and pauses are handed in."""

from collections.abc import Sequence
from typing import Any

import pytest

from argos.cli.brakes.waiting import POLL_S, WAIT_S_MAX, Item, Underway, await_nodes
from argos.flows.lease import LEASE_MARGIN_MS, LEASE_MS
from argos.store.brakes import LEASE_OVER_S_MAX


def command(name: str, *, may_be_sent: bool = True) -> dict[str, Any]:
    return {"command_id": name, "may_be_sent": may_be_sent, "sendable_until": "", "node": "n"}


class Room:
    """Shows one look after the other, the last one for ever; time passes in pauses alone."""

    def __init__(self, *looks: Sequence[Item]) -> None:
        self._looks = list(looks)
        self.now_s = 100.0
        self.told: list[list[str]] = []

    async def look(self) -> Sequence[Item]:
        return self._looks.pop(0) if len(self._looks) > 1 else self._looks[0]

    async def pause(self, pause_s: float) -> None:
        self.now_s += pause_s

    def tell(self, items: Sequence[Item]) -> None:
        self.told.append([item["command_id"] for item in items])

    async def wait(self, within_s: float) -> Underway:
        return await await_nodes(
            self.look, within_s=within_s, tell=self.tell, clock_s=lambda: self.now_s,
            pause=self.pause,
        )  # fmt: skip


async def test_it_waits_until_every_command_was_spoken_of() -> None:
    room = Room([command("a"), command("b")], [command("b")], [])
    found = await room.wait(WAIT_S_MAX)
    assert (found.items, room.told) == ([], [["a", "b"], ["b"], []])
    assert found.waited_s == pytest.approx(2 * POLL_S)


async def test_a_lease_that_ended_in_silence_is_waited_for_no_longer_and_is_named() -> None:
    room = Room([command("a")], [command("a", may_be_sent=False)])
    found = await room.wait(WAIT_S_MAX)
    assert ([*found.sendable], [item["command_id"] for item in found.silent]) == ([], ["a"])
    assert found.document()["unconfirmed_commands"] == []
    assert [item["command_id"] for item in found.document()["underway"]] == ["a"]


async def test_it_ends_in_time_and_says_what_may_still_be_sent() -> None:
    room = Room([command("a"), command("b", may_be_sent=False)])
    found = await room.wait(1.0)
    assert found.waited_s >= 1.0
    assert found.document()["unconfirmed_commands"] == ["a"]


async def test_without_waiting_it_looks_once() -> None:
    room = Room([command("a")], [])
    found = await room.wait(0)
    assert (found.waited_s, found.document()["unconfirmed_commands"]) == (0, ["a"])


def test_the_wait_outlasts_every_lease() -> None:
    assert LEASE_OVER_S_MAX * 1000 == LEASE_MS + LEASE_MARGIN_MS
    assert WAIT_S_MAX > LEASE_OVER_S_MAX
