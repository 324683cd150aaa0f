"""Polls that find work at the same moment: who leases with whom, and what happens when that fails."""

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest

from argos.core.errors import InputError, StoreError
from argos.flows.lease import Asker, NodeSession
from argos.gateway.leasing import ASKERS_MAX, TURNS_MAX, LeaseTurns
from argos.protocol.commands import Command

WORK = {"epoch": 1, "anything_waits": True}


def session(account: str, *, epoch: int = 1) -> NodeSession:
    return NodeSession(node=f"n-{account}", account=account, epoch=epoch, log_id=UUID(int=1))


class FakeLanes:
    """Lanes with nothing in them. Looks wait for `open`; those with an account of `held_up` fail until patient."""

    def __init__(self, *held_up: str, lost: bool = False) -> None:
        self.open = asyncio.Event()
        self.open.set()
        self.looks: list[list[str]] = []
        self._held_up = held_up
        self._lost = lost

    @asynccontextmanager
    async def leasing(self, *, patient: bool) -> Any:
        yield patient

    async def head_of_lanes(
        self, patient: bool, askers: Sequence[Asker], *, lease_s: float
    ) -> Mapping[str, Mapping[str, Any]]:
        accounts = [asker.session.account for asker in askers]
        self.looks.append(accounts)
        await self.open.wait()
        if self._lost or (not patient and not set(accounts).isdisjoint(self._held_up)):
            raise StoreError("the transaction failed")
        return {}

    async def save_lease(self, _: Any, rows: Mapping[str, Any]) -> None:
        raise AssertionError("there is nothing to save")


def turns_of(lanes: FakeLanes) -> LeaseTurns:
    return LeaseTurns(lanes, clock=lambda: datetime(2026, 1, 31, tzinfo=UTC))


def ask(turns: LeaseTurns, *accounts: str) -> "asyncio.Future[list[list[Command]]]":
    return asyncio.gather(
        *(turns.lease(session(account), in_flight=(), glanced=WORK) for account in accounts)
    )


async def test_those_who_ask_at_the_same_moment_lease_together() -> None:
    lanes = FakeLanes()
    assert await ask(turns_of(lanes), "b", "a", "c") == [[], [], []]
    assert lanes.looks == [["a", "b", "c"]]


async def test_who_asks_while_turns_are_under_way_gathers_for_the_next_one() -> None:
    lanes = FakeLanes()
    turns = turns_of(lanes)
    lanes.open.clear()
    first = [ask(turns, f"first-{number}") for number in range(TURNS_MAX)]
    for _ in first:
        await asyncio.sleep(0)
    later = ask(turns, "a", "b")
    lanes.open.set()
    await asyncio.gather(later, *first)
    assert lanes.looks[-1] == ["a", "b"]


async def test_an_account_is_in_one_turn_only() -> None:
    lanes = FakeLanes()
    await ask(turns_of(lanes), "a", "a", "b", "a")
    assert lanes.looks == [["a", "b"], ["a"], ["a"]]


async def test_a_turn_has_a_bound() -> None:
    lanes = FakeLanes()
    await ask(turns_of(lanes), *(f"{number:03}" for number in range(ASKERS_MAX + 1)))
    assert [len(accounts) for accounts in lanes.looks] == [ASKERS_MAX, 1]


async def test_when_a_turn_fails_each_leases_on_its_own() -> None:
    lanes = FakeLanes("b")
    assert await ask(turns_of(lanes), "a", "b") == [[], []]
    assert lanes.looks == [["a", "b"], ["a"], ["b"]]


async def test_without_a_database_each_poll_is_told_so_and_the_next_one_is_served() -> None:
    lanes = FakeLanes(lost=True)
    turns = turns_of(lanes)
    for _ in range(2):
        with pytest.raises(StoreError):
            await ask(turns, "a")


async def test_a_poll_that_finds_nothing_opens_no_transaction() -> None:
    lanes = FakeLanes()
    glanced = {"epoch": 1, "anything_waits": False}
    assert await turns_of(lanes).lease(session("a"), in_flight=(), glanced=glanced) == []
    assert lanes.looks == []


async def test_a_superseded_session_is_told_at_the_glance() -> None:
    with pytest.raises(InputError, match="NODE_EPOCH_FENCED"):
        await turns_of(FakeLanes()).lease(session("a", epoch=0), in_flight=(), glanced=WORK)
