"""A node as a process of its own, whichever it is: started, asked for its log, stopped and killed by a card."""

import multiprocessing
import os
import signal
import sqlite3
from multiprocessing.process import BaseProcess
from pathlib import Path
from typing import Protocol

from contract.node.node_child import run_node_file
from eventually import eventually
from expert_process import Expert

# The server that forks has the node's program loaded: a node is there in milliseconds, not after a second of imports.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["contract.node.node_child"])


class Node(Protocol):
    """One node over one log. Its folder outlives its process, as a terminal's or a home does."""

    @property
    def log_path(self) -> Path: ...

    @property
    def output(self) -> str: ...

    def start(self) -> None: ...

    def kill(self) -> None:
        """kill -9."""

    def freeze(self) -> None: ...

    async def stop(self) -> int:
        """Asks it to end; gives the exit code."""

    async def ended(self) -> int:
        """The exit code, once it has ended by itself."""


class PythonNode:
    """`argos node FILE` as a process."""

    def __init__(self, file: Path) -> None:
        self.file = file
        self._process: BaseProcess | None = None

    @property
    def log_path(self) -> Path:
        return self.file.with_suffix(".sqlite")

    @property
    def output(self) -> str:
        return (self.file.parent / "output").read_text(encoding="utf-8")

    def start(self) -> None:
        self._process = _FORKS.Process(target=run_node_file, args=(self.file,), daemon=True)
        self._process.start()

    def freeze(self) -> None:
        self._signal(signal.SIGSTOP)

    def kill(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.join()
            self._process = None

    async def stop(self) -> int:
        self._signal(signal.SIGTERM)
        return await self.ended()

    async def ended(self) -> int:
        process = self._process
        assert process is not None
        await eventually(lambda: process.exitcode is not None, what="the node ends")
        self._process = None
        assert process.exitcode is not None
        return process.exitcode

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

    def freeze(self) -> None:
        assert self.expert.process is not None
        self.expert.process.send_signal(signal.SIGSTOP)

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
