"""Keys of nodes that are being exchanged while their nodes work."""

import asyncio
import secrets
from typing import Any, Final

import structlog

from argos.gateway.doors import DoorsCopy
from argos.gateway.node_auth import SignedCall
from argos.protocol.signing import KEY_BYTES
from argos.store.lanes import NO_CHANGES, LaneStore

REKEY_POLL_S: Final = 1.0
"""How long a poll lasts while a new key is wanted: soon, and no faster though the node should never take one."""
_log = structlog.get_logger("argos.gateway.nodes")


class KeyExchange:
    """`changes` is the newest copy of what is being exchanged; giving a key looks at the table."""

    def __init__(self, lanes: LaneStore, *, doors: DoorsCopy) -> None:
        self.changes = NO_CHANGES
        self._lanes = lanes
        self._doors = doors
        self._turn = asyncio.Lock()

    async def read(self) -> None:
        """One after the other: a slow reading that began earlier never takes the place of a newer one."""
        async with self._turn:
            self.changes = await self._lanes.key_changes()

    def is_unwanted(self, call: SignedCall) -> bool:
        """Whether the key that signed this call shall be exchanged."""
        return (call.node, call.key_id) in self.changes.unwanted

    async def settle(self, call: SignedCall) -> None:
        """A node that signs with its new key holds that safely: the old one ends."""
        if (call.node, call.key_id) in self.changes.successors:
            ended = await self._lanes.end_replaced_key(call.node, key_id=call.key_id)
            _log.info("node_key_ended", node=call.node, ended=ended, by=call.key_id)
            await self._know()

    async def give(self, call: SignedCall) -> dict[str, Any]:
        """A key in the place of the one that signed this call; both are good until the new one is used."""
        key = secrets.token_bytes(KEY_BYTES)
        key_id = await self._lanes.give_successor(call.node, key_id=call.key_id, key=key)
        await self._know()
        return {"node": call.node, "key": key.hex(), "key_id": key_id}

    async def _know(self) -> None:
        await self._doors.refresh()
        await self.read()
