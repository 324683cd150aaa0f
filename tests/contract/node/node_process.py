"""A node as a process of its own, whichever it is: started, asked for its log, stopped and killed by a card."""

import multiprocessing
import os
import signal
import sqlite3
import subprocess
import sys
import time
from multiprocessing.process import BaseProcess
from pathlib import Path
from types import ModuleType
from typing import Protocol

from contract.node.node_child import run_node_file
from eventually import eventually
from expert_process import Expert

# The server that forks has the node's program loaded: a node is there in milliseconds, not after a second of imports.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["contract.node.node_child"])
ENDS_WITHIN_S = 60.0


def prepare_processes() -> None:
    """Blocks until the server that forks is ready: it loads the node's program once."""
    first = _FORKS.Process(target=os.getpid)
    _start(first)
    first.join()


def _start(process: BaseProcess) -> None:
    """Without the program that runs the tests: each process would load that anew, which takes longer than all else."""
    main = sys.modules["__main__"]
    sys.modules["__main__"] = ModuleType("__main__")
    try:
        process.start()
    finally:
        sys.modules["__main__"] = main


class Node(Protocol):
    """One node over one log. Its folder outlives its process, as a terminal's or a home does."""

    @property
    def log_path(self) -> Path: ...

    @property
    def output(self) -> str: ...

    def start(self) -> None: ...

    def start_enrolling(self, code: str) -> None:
        """Starts it by its own command, with a code in place of a key."""

    def kill(self) -> None:
        """kill -9."""

    def freeze(self) -> None: ...

    def thaw(self) -> None: ...

    async def stop(self) -> int:
        """Asks it to end; gives the exit code."""

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""


class Running(Protocol):
    """A process, forked or started as a command."""

    @property
    def pid(self) -> int | None: ...

    @property
    def exit_code(self) -> int | None: ...


class Forked:
    def __init__(self, file: Path) -> None:
        self._process: BaseProcess = _FORKS.Process(target=run_node_file, args=(file,), daemon=True)
        _start(self._process)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.exitcode


class Commanded:
    def __init__(self, file: Path, *options: str) -> None:
        command = [sys.executable, "-m", "argos.cli.front", "node", str(file), *options]
        with (file.parent / "output").open("ab") as output:
            self._process = subprocess.Popen(command, stdout=output, stderr=output)

    @property
    def pid(self) -> int | None:
        return self._process.pid

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()


class PythonNode:
    """`argos node FILE` as a process."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._process: Running | None = None

    @property
    def log_path(self) -> Path:
        return self.file.with_suffix(".sqlite")

    @property
    def output(self) -> str:
        return (self.file.parent / "output").read_text(encoding="utf-8")

    def start(self) -> None:
        self._process = Forked(self.file)

    def start_enrolling(self, code: str) -> None:
        self._process = Commanded(self.file, "--enrol", code)

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def kill(self) -> None:
        if self._process is not None:
            self._signal(signal.SIGKILL)
            while self._process.exit_code is None:
                time.sleep(0.001)
            self._process = None

    async def stop(self) -> int:
        self._signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        process = self._process
        assert process is not None
        await eventually(
            lambda: process.exit_code is not None, within_s=ENDS_WITHIN_S, what="the node ends"
        )
        self._process = None
        assert process.exit_code is not None
        return process.exit_code

    def _signal(self, number: signal.Signals) -> None:
        assert self._process is not None
        assert self._process.pid is not None
        os.kill(self._process.pid, number)


class ExpertNode:
    """The expert advisor in its host."""

    def __init__(self, expert: Expert) -> None:
        self.expert = expert

    @property
    def log_path(self) -> Path:
        return next(self.expert.directory.glob("argos-*.sqlite"))

    @property
    def output(self) -> str:
        return self.expert.log

    def start(self) -> None:
        self.expert.start()

    def start_enrolling(self, code: str) -> None:
        self.expert.start(InpEnrolCode=code)

    def freeze(self) -> None:
        assert self.expert.process is not None
        self.expert.process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        assert self.expert.process is not None
        self.expert.process.send_signal(signal.SIGCONT)

    def kill(self) -> None:
        self.expert.kill()

    async def stop(self) -> int:
        return await self.expert.quit()

    async def ended(self) -> int:
        return await self.expert.ended()


def logged_state(node: Node, command_id: object) -> str:
    """What the node's own log says of a command; "" when it does not know it."""
    try:
        db = sqlite3.connect(f"file:{node.log_path}?mode=ro", uri=True)
    except (StopIteration, sqlite3.OperationalError):
        return ""
    try:
        sql = "SELECT state FROM commands WHERE command_id = ?"
        found = db.execute(sql, (str(command_id),)).fetchone()
    finally:
        db.close()
    return str(found[0]) if found else ""
