"""Bugs for the node: what it writes down, what it makes of silence, and what it still asks before it sends."""

import asyncio
import copy
from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

import orjson

from argos.core.errors import VenueRefused, VenueUnreachable
from argos.node import executor
from argos.node.conversation import Conversation
from argos.node.gateway_client import GatewayClient, GatewayError
from argos.node.report_pump import PATH as REPORTS_PATH
from argos.node.sender import Sender, Sending
from argos.node.session import Session
from argos.ports import VenueAnswer
from argos.protocol.commands import Command
from argos.rehearsal.sabotage.planting import Plants, put
from argos.venues.mt5.desk import OrderDesk
from argos.venues.mt5.requests import Request
from argos.venues.mt5.words import Result


def skip_node_log() -> None:
    """The node calls the venue first and writes down afterwards that it did."""
    send = Sender.send

    async def call_first(sender: Sender, sending: Sending) -> VenueRefused | None:
        timeout_s = sender._session.timings.send_timeout_ms / 1000
        outcome: VenueAnswer | Exception
        try:
            async with asyncio.timeout(timeout_s):
                outcome = await sender._call(sending, timeout_s=timeout_s)
        except (VenueRefused, VenueUnreachable, TimeoutError) as error:
            outcome = error

        async def called(*_: Any, **__: Any) -> VenueAnswer:
            if isinstance(outcome, Exception):
                raise outcome
            return outcome

        after = copy.copy(sender)
        put(after, "_call", called)
        return await send(after, sending)

    put(Sender, "send", call_first)


def resend_on_timeout() -> None:
    """No answer? Once more, then."""
    call = Sender._call

    async def call_twice(sender: Sender, sending: Sending, *, timeout_s: float) -> VenueAnswer:
        try:
            return await call(sender, sending, timeout_s=timeout_s)
        except VenueUnreachable:
            return await call(sender, sending, timeout_s=timeout_s)

    put(Sender, "_call", call_twice)


def timeout_is_refusal() -> None:
    """No answer is taken for a no."""
    call = Sender._call

    async def call_and_despair(
        sender: Sender, sending: Sending, *, timeout_s: float
    ) -> VenueAnswer:
        try:
            return await call(sender, sending, timeout_s=timeout_s)
        except VenueUnreachable as error:
            raise VenueRefused("nobody answered", code="VENUE_SILENT") from error

    put(Sender, "_call", call_and_despair)


def report_once() -> None:
    """Facts count as reported when they were sent, whether or not somebody took them."""
    call = GatewayClient.call

    async def call_and_forget(
        client: GatewayClient, path: str, body: bytes, *, epoch: int, timeout_ms: int
    ) -> Mapping[str, Any]:
        try:
            return await call(client, path, body, epoch=epoch, timeout_ms=timeout_ms)
        except GatewayError:
            if path != REPORTS_PATH:
                raise
            facts = orjson.loads(body)["facts"]
            return {"accepted": [fact["fact_id"] for fact in facts], "refused": []}

    put(GatewayClient, "call", call_and_forget)


def ignore_valid_until() -> None:
    """The node does not look at the clock before it sends."""
    put(executor, "expiry_refusal", lambda *_, **__: None)


def ignore_halt() -> None:
    """The node does not care for brakes."""
    put(executor, "brake_refusal", lambda *_, **__: None)
    put(Session, "brakes", lambda *_, **__: False)


def shuffle_lanes() -> None:
    """What comes together is worked off from the end."""
    poll = Conversation.poll

    async def poll_backwards(
        conversation: Conversation, *, in_flight: Sequence[UUID]
    ) -> Sequence[Command]:
        return list(reversed(await poll(conversation, in_flight=in_flight)))

    put(Conversation, "poll", poll_backwards)


def none_is_refusal() -> None:
    """The terminal answers None, and that is taken for a no."""
    send = OrderDesk._send

    def send_and_despair(desk: OrderDesk, request: Request) -> Result:
        try:
            return send(desk, request)
        except VenueUnreachable as error:
            raise VenueRefused("the terminal said nothing", code="VENUE_SILENT") from error

    put(OrderDesk, "_send", send_and_despair)


PLANTS: Final[Plants] = {
    plant.__name__: plant
    for plant in (
        skip_node_log,
        resend_on_timeout,
        timeout_is_refusal,
        report_once,
        ignore_valid_until,
        ignore_halt,
        shuffle_lanes,
        none_is_refusal,
    )
}
