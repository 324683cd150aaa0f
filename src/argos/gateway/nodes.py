"""The node protocol's four calls. No broker is known here: commands go out, facts come in."""

import asyncio
import secrets
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID, uuid4

import structlog
from prometheus_client import Counter
from starlette.requests import Request
from starlette.responses import Response

from argos.core.account import Halt, TradingMode
from argos.core.errors import ArgosError, InputError
from argos.flows.accept_alert import secret_hash
from argos.flows.collect import Reporter, collect, require_usable
from argos.flows.lease import NodeSession, mode_of
from argos.gateway.answers import answer, error_document, status_of
from argos.gateway.doors import DoorsCopy
from argos.gateway.equity import EquityKeeper
from argos.gateway.leasing import LeaseTurns
from argos.gateway.node_auth import SignedCall, bounded_body, signed_call
from argos.gateway.node_bodies import (
    in_flight_of,
    log_counter_of,
    object_of,
    own_snapshot,
    text_of,
    uuid_of,
    wait_ms_of,
)
from argos.gateway.node_keys import REKEY_POLL_S, KeyExchange
from argos.gateway.waking import Waker
from argos.protocol.commands import Command, encode_command
from argos.protocol.facts import Report, decode_report
from argos.protocol.signing import KEY_BYTES
from argos.protocol.values import moment_text, parse_json
from argos.store.collecting import CollectingStore
from argos.store.lanes import LaneStore
from argos.store.node_logs import commit_durably, is_copy_of_log, newest_epoch

SLOW_POLL_S: Final = 2.0
"""How often the tables are looked at although nobody woke us: the truth, should a notice be lost."""
FACTS_MAX: Final = 500
ENROL_BYTES_MAX: Final = 4096
"""Anybody may ask to be enrolled: no more than this is read of what they say."""

_UNSTORABLE: Final = frozenset({"VALUE_UNSTORABLE", "REFERENCE_UNKNOWN"})
_log = structlog.get_logger("argos.gateway.nodes")

FACTS: Final = Counter("argos_facts_total", "Facts reported by nodes", ["outcome"])
COMMANDS: Final = Counter("argos_commands_leased_total", "Commands handed to nodes")
FENCED: Final = Counter("argos_lease_fenced_total", "Polls of superseded node sessions")


@dataclass(slots=True)
class NodeDesk:
    """What serving nodes needs. `halts` is the newest copy, for the polls' answers; leases read the table."""

    doors: DoorsCopy
    lanes: LaneStore
    turns: LeaseTurns
    facts: CollectingStore
    keys: KeyExchange
    equity: EquityKeeper
    waker: Waker
    settings: Mapping[str, Any]
    halts: Sequence[Halt] = ()

    async def enrol(self, request: Request) -> Response:
        """A single-use code for a key of its own. Unsigned: there is no key yet."""
        document = object_of(parse_json(await bounded_body(request, bytes_max=ENROL_BYTES_MAX)))
        code, account, venue = (text_of(document, name) for name in ("code", "account", "venue"))
        key = secrets.token_bytes(KEY_BYTES)
        node = await self.lanes.enrol(secret_hash(code), account=account, venue=venue, key=key)
        await self.doors.refresh()
        return answer({"node": node, "key": key.hex()})

    async def hello(self, request: Request) -> Response:
        return await self._signed(request, self._hello)

    async def poll(self, request: Request) -> Response:
        return await self._signed(request, self._poll)

    async def reports(self, request: Request) -> Response:
        return await self._signed(request, self._reports)

    async def rekey(self, request: Request) -> Response:
        return await self._signed(request, self._rekey)

    async def _signed(self, request: Request, serve: Any) -> Response:
        """Verify, serve, sign: an error of a known node is signed too, so that it can be believed."""
        call = await signed_call(request, doors=self.doors)
        try:
            response: Response = await serve(call, object_of(parse_json(call.body)))
        except ArgosError as error:
            return call.signed_answer(error_document(error), status=status_of(error))
        return response

    async def _touch(
        self, call: SignedCall, *, in_flight: Sequence[UUID] = ()
    ) -> Mapping[str, Any]:
        async with self.lanes.statements() as connection:
            row: Mapping[str, Any] | None = await self.lanes.touch_node(
                connection,
                call.node,
                counter=call.counter,
                in_flight=in_flight,
                key_id=call.key_id,
            )
        if row is None:
            raise _stale(call)
        await self.keys.settle(call)
        return row

    async def _touch_poll(
        self, call: SignedCall, *, in_flight: Sequence[UUID]
    ) -> Mapping[str, Any]:
        """As `_touch`; but one whose session was superseded learns that, not that its successor counts higher."""
        try:
            return await self._touch(call, in_flight=in_flight)
        except InputError:
            async with self.lanes.statements() as connection:
                newest = await newest_epoch(connection, call.node)
            if call.epoch < newest:
                FENCED.inc()
                raise _superseded(call, by=newest) from None
            raise

    async def _hello(self, call: SignedCall, body: Mapping[str, Any]) -> Response:
        now = _now()
        snapshot = own_snapshot(body.get("info"), call=call, now=now)
        log_id, log_counter = uuid_of(body.get("log_id"), field="log_id"), log_counter_of(body)
        async with self.lanes.transaction() as connection:
            if await is_copy_of_log(connection, call.node, log_id=log_id, log_counter=log_counter):
                told, log_id = log_id, uuid4()
                _log.warning("node_log_is_a_copy", node=call.node, log_id=told, renamed=log_id)
            touched = await self.lanes.touch_node(
                connection, call.node, counter=call.counter, key_id=call.key_id
            )
            if touched is None:
                raise _stale(call)
            await commit_durably(connection)
            epoch = await self.lanes.hello(
                connection,
                call.node,
                log_id=log_id,
                version=text_of(body, "version"),
                terminal=object_of(body.get("terminal", {})),
            )
            if snapshot is not None:
                await self.lanes.save_state(connection, snapshot, received_at=now)
        if snapshot is not None:
            self.equity.see(snapshot)
        await self.keys.settle(call)
        return call.signed_answer(
            {
                "epoch": epoch,
                "log_id": str(log_id),
                "settings": self.settings,
                "server_time": moment_text(now),
            }
        )

    async def _poll(self, call: SignedCall, body: Mapping[str, Any]) -> Response:
        in_flight = in_flight_of(body)
        wait_s = wait_ms_of(body) / 1000
        if self.keys.is_unwanted(call):
            wait_s = min(wait_s, REKEY_POLL_S)
        snapshot = own_snapshot(body.get("snapshot"), call=call, now=_now())
        with self.waker.waiting(call.account) as woken:
            row = await self._touch_poll(call, in_flight=in_flight)
            if snapshot is not None:
                async with self.lanes.statements() as connection:
                    await self.lanes.save_state(connection, snapshot, received_at=_now())
                self.equity.see(snapshot)
            session = NodeSession(
                node=call.node,
                account=call.account,
                epoch=call.epoch,
                log_id=row["log_id"],
                asked_at=row["asked_at"],
            )
            commands, awaited = await self._wait_for_work(
                session, call=call, in_flight=in_flight, wait_s=wait_s, woken=woken, glanced=row
            )
        mode, reason = mode_of(self.halts, account=call.account, route="", bot_version="")
        return call.signed_answer(
            {
                "commands": [encode_command(command) for command in commands],
                "halt": {"mode": mode.value, "reason": reason},
                "rekey": self.keys.is_unwanted(call),
                "awaited": awaited,
                "server_time": moment_text(_now()),
            }
        )

    async def _rekey(self, call: SignedCall, _: Mapping[str, Any]) -> Response:
        await self._touch(call)
        return call.signed_answer(await self.keys.give(call))

    async def _wait_for_work(
        self,
        session: NodeSession,
        *,
        call: SignedCall,
        in_flight: Sequence[UUID],
        wait_s: float,
        woken: asyncio.Event,
        glanced: Mapping[str, Any],
    ) -> tuple[list[Command], bool]:
        """`glanced`: what the lanes showed since `woken` was taken; later glances are made here.

        With the commands comes whether one just came that waits for what the node has yet to tell of those before it.
        """
        deadline_s = time.monotonic() + wait_s
        news, noticed = self._news(call), False
        while True:
            try:
                commands = await self.turns.lease(session, in_flight=in_flight, glanced=glanced)
            except InputError as error:
                FENCED.inc(error.code == "NODE_EPOCH_FENCED")
                raise
            left_s = deadline_s - time.monotonic()
            changed = self._news(call) != news
            if commands or left_s <= 0 or changed or self.waker.stopping:
                COMMANDS.inc(len(commands))
                return commands, False
            if noticed:
                return [], True
            try:
                async with asyncio.timeout(min(left_s, SLOW_POLL_S)):
                    await woken.wait()
            except TimeoutError:
                glanced = await self.lanes.glance(session, in_flight=in_flight)
            else:
                noticed = True
                woken.clear()
                glanced = {"epoch": session.epoch, "anything_waits": True}  # so the notice said

    def _news(self, call: SignedCall) -> tuple[TradingMode, bool]:
        """What a waiting node is told at once when it changes: the brake on its account, and that its key shall go."""
        mode, _ = mode_of(self.halts, account=call.account, route="", bot_version="")
        return mode, self.keys.is_unwanted(call)

    async def _reports(self, call: SignedCall, body: Mapping[str, Any]) -> Response:
        items = body.get("facts")
        if not isinstance(items, list) or len(items) > FACTS_MAX:
            raise InputError(
                f"facts must be a list of {FACTS_MAX} at most",
                code="FACTS_TOO_MANY",
                field="facts",
                fix="send them in several calls",
            )
        good: list[Report] = []
        refused: list[dict[str, str]] = []
        for item in items:
            try:
                report = decode_report(object_of(item))
                require_usable(report)
                good.append(report)
            except InputError as error:
                fact_id = item.get("fact_id") if isinstance(item, dict) else None
                refused.append({"fact_id": str(fact_id), "code": error.code})
        await self._touch(call)
        accepted = await self._collect(call, good, refused)
        FACTS.labels("accepted").inc(len(accepted))
        FACTS.labels("refused").inc(len(refused))
        return call.signed_answer({"accepted": accepted, "refused": refused})

    async def _collect(
        self, call: SignedCall, reports: Sequence[Report], refused: list[dict[str, str]]
    ) -> list[str]:
        """The ids that are stored now. One fact that the database cannot hold never holds up the others."""
        try:
            await self._collect_together(call, reports)
        except InputError as error:
            if error.code not in _UNSTORABLE:
                raise
            return await self._collect_apart(call, reports, refused)
        return [str(report.fact_id) for report in reports]

    async def _collect_together(self, call: SignedCall, reports: Sequence[Report]) -> None:
        reporter = Reporter(node=call.node, account=call.account, epoch=call.epoch)
        async with self.facts.turn(call.account) as connection:
            await collect(self.facts, connection, reporter=reporter, reports=reports, now=_now())

    async def _collect_apart(
        self, call: SignedCall, reports: Sequence[Report], refused: list[dict[str, str]]
    ) -> list[str]:
        accepted = []
        for report in reports:
            try:
                await self._collect_together(call, (report,))
                accepted.append(str(report.fact_id))
            except InputError as error:
                refused.append({"fact_id": str(report.fact_id), "code": error.code})
        return accepted


def _now() -> datetime:
    return datetime.now(UTC)


def _stale(call: SignedCall) -> InputError:
    return InputError(
        f"counter {call.counter} does not rise",
        code="NODE_COUNTER_STALE",
        fix="take a higher counter and send again",
    )


def _superseded(call: SignedCall, *, by: int) -> InputError:
    return InputError(
        f"epoch {call.epoch} of {call.node} was superseded by {by}",
        code="NODE_EPOCH_FENCED",
        fix="one node per account: stop this process, the newer one has taken over",
    )
