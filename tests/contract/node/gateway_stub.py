"""A small gateway over real HTTP: it checks and makes signatures, leases what it is given, and fails on demand."""

import asyncio
import hashlib
from collections import deque
from collections.abc import Mapping
from typing import Any, Self
from uuid import UUID

import orjson
from aiohttp import web
from aiohttp.test_utils import TestServer

from argos.node.clock import Clock
from argos.protocol.commands import Command, decode_command, encode_command
from argos.protocol.facts import Report, decode_report
from argos.protocol.signing import (
    HEADER_COUNTER,
    HEADER_EPOCH,
    HEADER_NODE,
    HEADER_SIGNATURE,
    HEADER_TIME,
    key_id_of,
    sign_request,
    sign_response,
)
from argos.protocol.values import moment_text

NODE, KEY = "node-1", bytes(range(32))
CODE = "single-use"


class GatewayStub:
    """`faults` holds, per call name, words for its next requests; then it behaves.

    away (503), broken (500 unsigned), unsigned, foreign (signed by another key), replayed (signed for another
    counter), lost (served, then the connection is cut), garbled (signed, but no JSON), stale, unknown, fenced,
    forged_fence, too_large, malformed.
    The commands of an answer that the node could not believe come again; those of a forged one do not.
    Those of `insists_on` come with every poll whose node does not hold them, as a real gateway's do.
    """

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.epoch = 0
        self.mode = "active"
        self.settings: dict[str, Any] = {"scan_ms": 20, "poll_wait_ms": 200}
        self.faults: dict[str, deque[str]] = {
            name: deque() for name in ("enrol", "hello", "poll", "reports", "rekey")
        }
        self.requests: list[tuple[str, dict[str, Any]]] = []
        self.counters: list[int] = []
        self.epochs: list[tuple[str, int]] = []
        self.facts: dict[str, Report] = {}
        self.batches: list[int] = []
        self.refuse: dict[str, str] = {}
        self.code: str | None = CODE
        self.keys = [KEY]
        self.wants_rekey = False
        self.insists_on: list[Command] = []
        self.given: list[UUID] = []
        self.log_id = ""
        self._pending: list[Command] = []
        self._work = asyncio.Event()
        self.polling = 0
        app = web.Application()
        app.router.add_post("/node/v1/{call}", self._serve)
        self._server = TestServer(app)

    async def __aenter__(self) -> Self:
        await self._server.start_server()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._server.close()

    @property
    def url(self) -> str:
        return str(self._server.make_url("/"))

    def lease(self, *commands: Command) -> None:
        self._pending.extend(commands)
        self._work.set()

    def withdraw(self) -> None:
        """Takes back what was leased and not given yet."""
        self._pending.clear()
        self._work.clear()

    def bodies(self, call: str) -> list[dict[str, Any]]:
        return [body for name, body in self.requests if name == call]

    def kinds(self, command: Command) -> list[str]:
        return [f.kind.value for f in self.facts.values() if f.command_id == command.command_id]

    async def _serve(self, request: web.Request) -> web.Response:
        call, raw = request.match_info["call"], await request.read()
        fault = self.faults[call].popleft() if self.faults[call] else ""
        if call == "enrol":
            return self._enrol(orjson.loads(raw), fault)
        counter, key = self._verified(request, raw)
        if fault in {"away", "broken"}:
            return web.Response(status=503 if fault == "away" else 500)
        problem = _PROBLEMS.get(fault)
        if problem is None:
            self.requests.append((call, orjson.loads(raw)))
            problem = (200, await self._answer(call, orjson.loads(raw)))
            if fault in {"unsigned", "foreign", "replayed", "lost", "garbled"}:
                self.lease(*(decode_command(item) for item in problem[1].get("commands", ())))
        status, body = problem
        if fault == "lost":
            assert request.transport is not None
            request.transport.close()
        return _signed(status, body, counter=counter, key=key, fault=fault)

    def _verified(self, request: web.Request, raw: bytes) -> tuple[int, bytes]:
        """The counter, and the key that signed. Using a new one ends those before it."""
        headers = request.headers
        counter, epoch = int(headers[HEADER_COUNTER]), int(headers[HEADER_EPOCH])

        def signature_by(key: bytes) -> str:
            return sign_request(
                key,
                method="POST",
                path=request.path,
                body=raw,
                node=NODE,
                epoch=epoch,
                counter=counter,
                time_ms=int(headers[HEADER_TIME]),
            )

        assert headers[HEADER_NODE] == NODE
        good = [key for key in self.keys if headers[HEADER_SIGNATURE] == signature_by(key)]
        assert good, "signed by none of the live keys"
        if good[0] != self.keys[0]:
            self.keys, self.wants_rekey = good, False
        self.counters.append(counter)
        self.epochs.append((request.match_info["call"], epoch))
        return counter, good[0]

    def _rekey(self) -> dict[str, str]:
        """One more key beside the one in use; an older offer that was not used is gone."""
        key = hashlib.sha256(f"key {len(self.counters)}".encode()).digest()
        self.keys = [self.keys[0], key]
        return {"node": NODE, "key": key.hex(), "key_id": key_id_of(key)}

    def _enrol(self, body: Mapping[str, Any], fault: str) -> web.Response:
        if fault == "away":
            return web.Response(status=503)
        if body["code"] != self.code:
            return web.json_response({"error": {"code": "NODE_CODE_INVALID"}}, status=401)
        self.code = None
        self.requests.append(("enrol", dict(body)))
        return web.json_response({"node": NODE, "key": KEY.hex()})

    async def _answer(self, call: str, body: Mapping[str, Any]) -> dict[str, Any]:
        now = moment_text(self.clock.now())
        match call:
            case "hello":
                self.epoch += 1
                log_id = self.log_id or body["log_id"]
                return {
                    "epoch": self.epoch,
                    "log_id": log_id,
                    "settings": self.settings,
                    "server_time": now,
                }
            case "poll":
                held = set(body["in_flight"])
                commands = [item for item in self.insists_on if str(item.command_id) not in held]
                commands = commands or await self._wait_for_work(body["wait_ms"])
                self.given.extend(command.command_id for command in commands)
                return {
                    "commands": [encode_command(command) for command in commands],
                    "halt": {"mode": self.mode},
                    "rekey": self.wants_rekey,
                    "server_time": moment_text(self.clock.now()),
                }
            case "rekey":
                return self._rekey()
            case _:
                return self._collect(body["facts"])

    async def _wait_for_work(self, wait_ms: int) -> list[Command]:
        self.polling += 1
        try:
            async with asyncio.timeout(wait_ms / 1000):
                await self._work.wait()
        except TimeoutError:
            return []
        finally:
            self.polling -= 1
        self._work.clear()
        commands, self._pending = self._pending, []
        return commands

    def _collect(self, items: list[dict[str, Any]]) -> dict[str, Any]:
        self.batches.append(len(items))
        accepted, refused = [], []
        for item in items:
            report = decode_report(item)
            code = self.refuse.get(report.kind.value)
            if code:
                refused.append({"fact_id": item["fact_id"], "code": code})
                continue
            accepted.append(item["fact_id"])
            self.facts.setdefault(item["fact_id"], report)
        return {"accepted": accepted, "refused": refused}


def _problem(status: int, code: str) -> tuple[int, dict[str, Any]]:
    return status, {"error": {"code": code, "message": code.lower()}}


_PROBLEMS = {
    "stale": _problem(401, "NODE_COUNTER_STALE"),
    "unknown": _problem(401, "NODE_SIGNATURE_INVALID"),
    "fenced": _problem(409, "NODE_EPOCH_FENCED"),
    "forged_fence": _problem(409, "NODE_EPOCH_FENCED"),
    "too_large": _problem(413, "BODY_TOO_LARGE"),
    "malformed": (200, {}),
}


def _signed(
    status: int, body: Mapping[str, Any], *, counter: int, key: bytes, fault: str
) -> web.Response:
    raw = b"<html>" if fault == "garbled" else orjson.dumps(body)
    if fault in {"foreign", "forged", "forged_fence"}:
        key = bytes(32)
    signed_counter = counter - 1 if fault == "replayed" else counter
    signature = sign_response(key, status=status, body=raw, node=NODE, counter=signed_counter)
    headers = {} if fault == "unsigned" else {HEADER_SIGNATURE: signature}
    return web.Response(status=status, body=raw, headers=headers, content_type="application/json")
