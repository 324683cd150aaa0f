"""A node's log is copied, with a machine's image or out of a backup: the copy never leads to a second send."""

import itertools
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import asyncpg
import pytest

from fresh_database import FreshDatabase
from integration.gateway.node_calls import ACCOUNT, call_as_node
from running_gateway import Caller
from spine import Spine, intent_body

pytestmark = pytest.mark.integration


class Node:
    """A process with a log: it knows how far it counted, and a copy of it knows no more than that."""

    def __init__(self, gateway: Caller, *, log_id: UUID, counted: int, begins: int) -> None:
        self._gateway = gateway
        self._counters = itertools.count(begins)
        self.log_id = log_id
        self.counted = counted
        self.epoch = 1

    def copy(self, *, begins: int) -> "Node":
        return Node(self._gateway, log_id=self.log_id, counted=self.counted, begins=begins)

    async def hello(self) -> None:
        content = {
            "version": "1",
            "account": ACCOUNT,
            "log_id": str(self.log_id),
            "log_counter": self.counted,
            "terminal": {},
        }
        answer = await self._call("hello", content)
        self.epoch, self.log_id = answer["epoch"], UUID(answer["log_id"])

    async def poll(self) -> Sequence[dict[str, Any]]:
        commands: list[dict[str, Any]] = (await self._call("poll", _poll()))["commands"]
        return commands

    async def _call(self, call: str, content: dict[str, Any]) -> dict[str, Any]:
        self.counted = next(self._counters)
        reply = await call_as_node(
            self._gateway, call, content, epoch=self.epoch, counter=self.counted
        )
        assert reply.status == 200, reply.raw
        answer: dict[str, Any] = reply.json
        return answer


def _poll() -> dict[str, Any]:
    return {"wait_ms": 0, "in_flight": [], "snapshot": None}


@pytest.fixture
async def node(gateway: Caller, spine: Spine) -> Node:
    """The enrolled node, before its first poll, with one entry waiting for it."""
    await gateway.post("/api/intents", intent_body("T-1"))
    await spine.decide()
    return Node(gateway, log_id=spine.sessions[ACCOUNT].log_id, counted=1, begins=2)


async def _end_leases(database: FreshDatabase) -> None:
    connection = await asyncpg.connect(str(database.superuser))
    await connection.execute("UPDATE argos.commands SET leased_at = leased_at - interval '16 s'")
    await connection.close()


async def test_a_copy_gets_what_the_other_may_be_sending_only_after_the_lease_and_looks_first(
    node: Node, database: FreshDatabase
) -> None:
    clone = node.copy(begins=10_000)
    [command] = await node.poll()
    assert command["attempt"] == 1

    await clone.hello()
    assert clone.log_id != node.log_id
    assert await clone.poll() == []
    await _end_leases(database)
    [again] = await clone.poll()
    assert (again["command_id"], again["attempt"]) == (command["command_id"], 2)


async def test_the_same_log_after_a_restart_gets_what_it_never_saw_at_once(node: Node) -> None:
    [command] = await node.poll()
    restarted = node.copy(begins=10_000)
    await restarted.hello()
    assert restarted.log_id == node.log_id
    [again] = await restarted.poll()
    assert (again["command_id"], again["attempt"]) == (command["command_id"], 1)


async def test_a_hello_whose_answer_was_lost_is_no_copy(node: Node) -> None:
    unheard = node.copy(begins=10_000)
    await unheard.hello()
    again = unheard.copy(begins=10_001)
    await again.hello()
    assert again.log_id == node.log_id


async def test_a_copy_keeps_the_id_it_was_given_over_its_own_restarts(node: Node) -> None:
    clone = node.copy(begins=10_000)
    await node.poll()
    await clone.hello()
    restarted = clone.copy(begins=20_000)
    await restarted.hello()
    assert restarted.log_id == clone.log_id


async def test_the_older_process_learns_that_it_is_fenced_though_the_copy_counts_higher(
    gateway: Caller, node: Node
) -> None:
    clone = node.copy(begins=10_000)
    await node.poll()
    await clone.hello()
    reply = await call_as_node(gateway, "poll", _poll(), epoch=1, counter=node.counted + 1)
    assert (reply.status, reply.json["error"]["code"]) == (409, "NODE_EPOCH_FENCED")


async def test_the_session_in_force_is_told_of_a_counter_that_does_not_rise(
    gateway: Caller, node: Node
) -> None:
    await node.poll()
    reply = await call_as_node(gateway, "poll", _poll(), epoch=1, counter=node.counted)
    assert (reply.status, reply.json["error"]["code"]) == (401, "NODE_COUNTER_STALE")
