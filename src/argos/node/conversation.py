"""What the node says to the gateway besides facts: hello once, then one long poll after the other."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import orjson
import structlog

from argos.core.account import AccountSnapshot, TradingMode
from argos.core.errors import InputError
from argos.core.instrument import Instrument
from argos.node.enrolment import take_new_key
from argos.node.executor import Surroundings
from argos.node.gateway_client import (
    PROTOCOL_VERSION,
    GatewayClient,
    GatewayError,
    NodeKey,
)
from argos.node.log_rows import CommandState
from argos.node.scanner import Scanner
from argos.node.settings import NodeLimits, tuned
from argos.protocol.commands import Command, decode_command
from argos.protocol.snapshots import encode_snapshot
from argos.protocol.values import (
    decimal_text,
    moment_text,
    optional_decimal_text,
    parse_moment,
)
from argos.risk.open_risk import open_risk

FENCED: Final = "NODE_EPOCH_FENCED"
_HELLO: Final = "/node/v1/hello"
_POLL: Final = "/node/v1/poll"
_LOG: Final = structlog.get_logger(__name__)


class Conversation:
    """`keep_key` puts a new key where the node finds it at its next start; without it the key is never exchanged."""

    def __init__(
        self,
        node: Surroundings,
        *,
        client: GatewayClient,
        scanner: Scanner,
        keep_key: Callable[[NodeKey], None] | None = None,
    ) -> None:
        self._node = node
        self._client = client
        self._scanner = scanner
        self._keep_key = keep_key
        self._rekey_wanted = False
        self.facts_awaited = False
        self._instruments: Mapping[str, Instrument] = {}
        self._instruments_told = True
        self._terms_at: datetime | None = None
        self._told_ms = -self._node.session.timings.snapshot_gap_ms

    def learn_instruments(self, instruments: Sequence[Instrument]) -> None:
        """What can be traded, as read just now; goes into the next poll when it differs from before.

        When it was read goes into every snapshot: of terms that did not change, too, it must be known how old they are.
        """
        self._terms_at = self._node.session.now()
        learned = {item.symbol: item for item in instruments}
        self._instruments_told = self._instruments_told and learned == self._instruments
        self._instruments = learned

    async def hello(self) -> None:
        """Begins a new epoch; GatewayError when the gateway did not grant one."""
        session, traits = self._node.session, self._node.venue.traits
        body = {
            "version": PROTOCOL_VERSION,
            "account": self._node.reporter.account,
            "log_id": self._node.log.log_id,
            "log_counter": self._node.log.counter_used,
            "info": encode_snapshot(self._snapshot(with_instruments=True)),
            "terminal": {
                "venue": traits.name,
                "unique_client_ids": traits.unique_client_ids,
                "hedging": traits.hedging,
                "fifo": traits.fifo,
                "connected": True,
                "limits": _limits_told(self._node.limits),
            },
            "clock": {"node_time": moment_text(session.clock.now())},
        }
        answer = await self._client.call(
            _HELLO, orjson.dumps(body), epoch=0, timeout_ms=session.timings.request_timeout_ms
        )
        try:
            epoch, settings = int(answer["epoch"]), dict(answer.get("settings") or {})
            server_time = parse_moment(answer["server_time"], field="server_time")
            log_id = UUID(answer.get("log_id", self._node.log.log_id))
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            raise _unusable(error) from error
        if str(log_id) != self._node.log.log_id:
            _LOG.error("node.log_is_a_copy", log_id=self._node.log.log_id, renamed=str(log_id))
            self._node.log.rename(log_id)
        session.epoch, session.timings = epoch, tuned(session.timings, settings)
        session.heard(server_time=server_time)
        self._instruments_told = True

    async def poll(self, *, in_flight: Sequence[UUID]) -> Sequence[Command]:
        """The next commands, in the order they were planned; waits for them at the gateway.

        GatewayError otherwise, with FENCED when a newer epoch has taken over.
        """
        session = self._node.session
        log = self._node.log.read
        doubted = (row.command_id for row in log.in_state(CommandState.DOUBT))
        # what was done and not yet told must not look lost to the gateway: it might end it as never sent
        held = {*in_flight, *doubted, *log.commands_unreported()}
        tells_instruments = not self._instruments_told
        body = {
            "wait_ms": session.timings.poll_wait_ms,
            "snapshot": self._news_of_account(with_instruments=tells_instruments),
            "in_flight": sorted(str(command_id) for command_id in held),
        }
        answer = await self._client.call(
            _POLL,
            orjson.dumps(body),
            epoch=session.epoch,
            timeout_ms=session.timings.poll_wait_ms + session.timings.request_timeout_ms,
        )
        try:
            mode = TradingMode(answer["halt"]["mode"])
            server_time = parse_moment(answer["server_time"], field="server_time")
            bodies = list(answer["commands"])
        except (KeyError, TypeError, ValueError, InputError) as error:
            raise _unusable(error) from error
        session.mode = mode
        session.heard(server_time=server_time)
        self._rekey_wanted = answer.get("rekey") is True
        self.facts_awaited = answer.get("awaited") is True
        self._instruments_told = self._instruments_told or tells_instruments
        return sorted(_readable(bodies), key=lambda command: command.seq)

    async def renew_key(self) -> None:
        """Takes a new key if the last poll said so. Failing that, after the next one: the old key stays good."""
        if not self._rekey_wanted or self._keep_key is None:
            return
        session = self._node.session
        try:
            await take_new_key(
                self._client,
                keep=self._keep_key,
                epoch=session.epoch,
                timeout_ms=session.timings.request_timeout_ms,
            )
        except (GatewayError, OSError) as error:
            _LOG.warning("node.new_key_waits", reason=str(error))

    def _news_of_account(self, *, with_instruments: bool) -> dict[str, Any] | None:
        """The snapshot, or None shortly after the last one: under load a poll follows the other in milliseconds."""
        session = self._node.session
        now_ms = session.clock.monotonic_ms()
        if not with_instruments and now_ms - self._told_ms < session.timings.snapshot_gap_ms:
            return None
        self._told_ms = now_ms
        return encode_snapshot(self._snapshot(with_instruments=with_instruments))

    def _snapshot(self, *, with_instruments: bool) -> AccountSnapshot:
        scan = self._scanner.latest
        assert scan is not None, "a node scans before it talks"
        venue = self._node.venue
        told = {symbol: venue.quote(symbol) for symbol in self._instruments}
        quotes = {symbol: quote for symbol, quote in told.items() if quote is not None}
        risk = open_risk(scan.positions, instruments=self._instruments, quotes=quotes)
        return replace(
            scan.account,
            account=self._node.reporter.account,
            positions=scan.positions,
            quotes=quotes,
            instruments=self._instruments if with_instruments else {},
            terms_at=self._terms_at,
            node={
                **scan.account.node,
                "venue": dict(venue.standing().flags),
                "unreported": self._node.log.read.facts_unreported(),
                "loss_at_stops": decimal_text(risk.at_stops),
                "positions_unbounded": risk.unbounded,
            },
        )


def _limits_told(limits: NodeLimits) -> dict[str, Any]:
    """The node's own ceilings, for the operator to see; they hold whatever the gateway makes of them."""
    return {
        "qty_max": optional_decimal_text(limits.qty_max),
        "orders_per_minute_max": limits.orders_per_minute_max,
        "symbols": None if limits.symbols is None else sorted(limits.symbols),
    }


def _readable(bodies: Sequence[Any]) -> Sequence[Command]:
    """The commands that can be read. One that cannot is left to its lease: the gateway will see it unserved."""
    commands = []
    for body in bodies:
        try:
            commands.append(decode_command(body))
        except (KeyError, TypeError, ValueError, AttributeError, InputError) as error:
            _LOG.error("node.command_unreadable", reason=repr(error))
    return commands


def _unusable(error: Exception) -> GatewayError:
    return GatewayError(f"the answer cannot be read: {error!r}", code="GATEWAY_UNTRUSTED")
