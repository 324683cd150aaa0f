"""Supervisor of the stack's processes: starts them, waits until they are ready, restarts those that die, stops all.

A child writes its output straight into `<home>/logs/<name>.log`; on Linux it dies with us, even by SIGKILL.
"""

import asyncio
import logging
import os
import signal
from asyncio.subprocess import DEVNULL, Process
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final, Self

from argos.core.errors import ArgosError, InputError
from argos.stack.backoff import Backoff
from argos.stack.home import Home
from argos.stack.log_files import LogFile
from argos.stack.pid_record import PidRecord
from argos.stack.processes import die_with_parent, send
from argos.stack.readiness import Readiness

READY_POLL_S: Final = 0.02
ROTATE_EVERY_S: Final = 10.0
KILL_WAIT_S: Final = 5.0
LAST_EVENT_S: Final = 0.1

_log = logging.getLogger(__name__)


class RestartPolicy(StrEnum):
    """What to do when a child ends by itself, whatever its exit code; `Child.no_restart_codes` are the exceptions."""

    ALWAYS = "always"
    NEVER = "never"


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process to keep. `env` is added to ours; `cwd` None is ours.

    Without `ready` it counts as ready once started, however soon it ends. `stop_wait_s` is its time from SIGTERM to
    SIGKILL; `restart_s_max` bounds the growing wait before a restart. By one of `no_restart_codes` the child says that
    another life would not help: it stays down.
    """

    name: str
    argv: Sequence[str]
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    ready: Readiness | None = None
    ready_deadline_s: float = 30.0
    restart: RestartPolicy = RestartPolicy.ALWAYS
    no_restart_codes: frozenset[int] = frozenset()
    stop_wait_s: float = 10.0
    restart_s_max: float = 10.0


class ChildEventKind(StrEnum):
    STARTED = "started"
    READY = "ready"
    EXITED = "exited"
    RESTARTING = "restarting"
    STAYS_DOWN = "stays_down"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChildEvent:
    """What happened to a child. `returncode` as subprocess has it (-9: SIGKILL), with `exited` and
    `stays_down` alone; `delay_s` is the wait before a restart, with `restarting` alone.
    """

    name: str
    kind: ChildEventKind
    pid: int
    returncode: int | None = None
    delay_s: float = 0.0


@dataclass(slots=True, kw_only=True, eq=False)
class _Kept:
    child: Child
    log: LogFile
    process: Process
    log_start_bytes: int
    started_at_s: float
    backoff: Backoff = field(default_factory=Backoff)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    task: asyncio.Task[None] | None = None
    stopping: bool = False

    @property
    def alive(self) -> bool:
        return self.process.returncode is None


class ChildSupervisor:
    """Keeps children until `stop`. Use as `async with`, in the main thread (see `die_with_parent`).

    `on_event` is called in the event loop and must not block.
    """

    def __init__(self, home: Home, *, on_event: Callable[[ChildEvent], None] | None = None) -> None:
        self._home = home
        self._on_event = on_event
        self._record = PidRecord(home.root / "children.json")
        self._kept: dict[str, _Kept] = {}
        self._rotation: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Ends what a killed supervisor of the same home may have left."""
        await self._record.end_leftovers()
        self._rotation = asyncio.create_task(self._rotate_logs())
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.stop()
        if self._rotation is not None:
            self._rotation.cancel()

    @property
    def pids(self) -> dict[str, int]:
        """Process ids by name, of those that live."""
        return {name: kept.process.pid for name, kept in self._kept.items() if kept.alive}

    def log_path(self, name: str) -> Path:
        return self._home.logs / f"{name}.log"

    async def start(self, child: Child) -> int:
        """Start a child and wait until it is ready; its process id.

        Several may be started at once (`asyncio.gather`); they stop in reverse order of the calls. Raises InputError
        if it cannot be run at all, ArgosError with its last words if it ends or is not ready in time; then it is gone.
        """
        if child.name in self._kept:
            raise InputError(f"a child {child.name} runs already", code="CHILD_EXISTS")
        log = LogFile(self.log_path(child.name))
        log.rotate()
        kept = await self._launch_first(child, log)
        try:
            ready = await self._became_ready(kept)
        except BaseException:
            await self._end(kept)
            raise
        if not ready:
            reason = await self._why_not_ready(kept)
            raise ArgosError(reason, code="CHILD_NOT_READY", fix=f"read {log.path}")
        kept.task = asyncio.create_task(self._keep(kept), name=f"keep {child.name}")
        return kept.process.pid

    async def ready(self, name: str) -> int:
        """Wait until the child is ready again, for instance after a kill; its process id then."""
        kept = self._named(name)
        await kept.ready.wait()
        return kept.process.pid

    def signal(self, name: str, signal_number: signal.Signals) -> None:
        """Signal a child, as a fault test does: SIGKILL, SIGSTOP, SIGCONT. One that is down gets nothing."""
        kept = self._named(name)
        if kept.alive:
            if signal_number is signal.SIGKILL:
                # So that a caller who waits for `ready` next does not see the life that just ended.
                kept.ready.clear()
            kept.process.send_signal(signal_number)

    async def stop_child(self, name: str) -> None:
        """Stop one child for good and forget it."""
        await self._end(self._named(name))

    async def stop(self) -> None:
        """Stop all children, the last started first: SIGTERM, a bounded wait, SIGKILL. Safe to call twice."""
        for kept in reversed(list(self._kept.values())):
            await self._end(kept)

    def _named(self, name: str) -> _Kept:
        kept = self._kept.get(name)
        if kept is None:
            known = ", ".join(self._kept) or "none"
            raise InputError(
                f"no child {name}; there are: {known}", code="CHILD_UNKNOWN", field="name"
            )
        return kept

    async def _launch_first(self, child: Child, log: LogFile) -> _Kept:
        try:
            start_bytes = log.size_bytes()
            process = await _spawn(child, log)
        except OSError as error:
            raise InputError(
                f"cannot run {child.name} ({child.argv[0]}): {error}",
                code="CHILD_CANNOT_RUN",
                field="argv",
                fix=f"check that {child.argv[0]} exists and can be executed",
            ) from error
        kept = _Kept(
            child=child,
            log=log,
            process=process,
            log_start_bytes=start_bytes,
            started_at_s=asyncio.get_running_loop().time(),
            backoff=Backoff(longest_s=child.restart_s_max),
        )
        self._kept[child.name] = kept
        self._launched(kept)
        return kept

    def _launched(self, kept: _Kept) -> None:
        self._record.write(self.pids)
        self._tell(kept, ChildEventKind.STARTED)

    async def _became_ready(self, kept: _Kept) -> bool:
        """False when it ended, or its deadline passed, before it was ready."""
        loop = asyncio.get_running_loop()
        check = kept.child.ready
        deadline_s = loop.time() + kept.child.ready_deadline_s
        while check is not None and kept.alive and not await _is_ready(check):
            if loop.time() >= deadline_s:
                return False
            await asyncio.sleep(READY_POLL_S)
        # What answered may have been another program on its port: it counts only if the child lives.
        if check is not None and not kept.alive:
            return False
        kept.ready.set()
        self._tell(kept, ChildEventKind.READY)
        return True

    async def _why_not_ready(self, kept: _Kept) -> str:
        if kept.alive:
            what = f"was not ready within {kept.child.ready_deadline_s:g} s"
        else:
            what = f"ended with {_exit_words(kept.process.returncode)} before it was ready"
        await self._end(kept)
        words = kept.log.tail(since_bytes=kept.log_start_bytes) or "(nothing)"
        return f"{kept.child.name} {what}; {kept.log.path} ends with:\n{words}"

    async def _keep(self, kept: _Kept) -> None:
        while True:
            returncode = await kept.process.wait()
            kept.ready.clear()
            self._tell(kept, ChildEventKind.EXITED, returncode=returncode)
            if kept.stopping or kept.child.restart is RestartPolicy.NEVER:
                return
            if returncode in kept.child.no_restart_codes:
                self._tell(kept, ChildEventKind.STAYS_DOWN, returncode=returncode)
                return
            await self._revive(kept)

    async def _revive(self, kept: _Kept) -> None:
        """Start it again, however often that takes; returns when a process runs or has run."""
        loop = asyncio.get_running_loop()
        while True:
            delay_s = kept.backoff.next_delay_s(lived_s=loop.time() - kept.started_at_s)
            self._tell(kept, ChildEventKind.RESTARTING, delay_s=delay_s)
            await asyncio.sleep(delay_s)
            kept.log.rotate()
            kept.started_at_s = loop.time()
            try:
                kept.process = await _spawn(kept.child, kept.log)
            except OSError:
                # No memory or no process slot, perhaps for a moment: the next pause is longer.
                continue
            self._launched(kept)
            if not await self._became_ready(kept) and kept.alive:
                kept.process.kill()
            return

    async def _end(self, kept: _Kept) -> None:
        kept.stopping = True
        if kept.alive:
            kept.process.terminate()
            # A stopped process handles SIGTERM only once it is continued.
            kept.process.send_signal(signal.SIGCONT)
            try:
                await asyncio.wait_for(kept.process.wait(), kept.child.stop_wait_s)
            except TimeoutError:
                _kill_group(kept.process.pid)
                # A process in the kernel's hands may outlive even this; the others shall be stopped still.
                with suppress(TimeoutError):
                    await asyncio.wait_for(kept.process.wait(), KILL_WAIT_S)
        if kept.task is not None:
            # It tells of the exit and returns; in a pause before a restart it would not.
            await asyncio.wait({kept.task}, timeout=LAST_EVENT_S)
            kept.task.cancel()
        self._kept.pop(kept.child.name, None)
        self._record.write(self.pids)

    async def _rotate_logs(self) -> None:
        while True:
            await asyncio.sleep(ROTATE_EVERY_S)
            for kept in list(self._kept.values()):
                kept.log.rotate()

    def _tell(
        self,
        kept: _Kept,
        kind: ChildEventKind,
        *,
        returncode: int | None = None,
        delay_s: float = 0.0,
    ) -> None:
        if self._on_event is not None:
            self._on_event(
                ChildEvent(
                    name=kept.child.name,
                    kind=kind,
                    pid=kept.process.pid,
                    returncode=returncode,
                    delay_s=delay_s,
                )
            )


async def _is_ready(check: Readiness) -> bool:
    """Whether the child is ready. A check that fails says no: it must never end the watch over the child."""
    try:
        return await check()
    except Exception:
        _log.exception("a readiness check failed")
        return False


async def _spawn(child: Child, log: LogFile) -> Process:
    output = log.open()
    try:
        return await asyncio.create_subprocess_exec(
            *child.argv,
            env={**os.environ, **child.env},
            cwd=child.cwd,
            stdin=DEVNULL,
            stdout=output,
            stderr=output,
            # A session of its own: Ctrl-C is for us, and we stop the children in order.
            start_new_session=True,
            preexec_fn=die_with_parent(signal.SIGTERM),
        )
    finally:
        os.close(output)


def _kill_group(pid: int) -> None:
    """SIGKILL for the child and what it started itself: it leads its own process group."""
    try:
        os.killpg(pid, signal.SIGKILL)
    except ProcessLookupError:
        send(pid, signal.SIGKILL)


def _exit_words(returncode: int | None) -> str:
    if returncode is not None and returncode < 0:
        return f"signal {-returncode} ({signal.strsignal(-returncode)})"
    return f"exit code {returncode}"
