"""The command `argos` as a user runs it: a process of its own over a home of its own."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from typer.testing import CliRunner

from argos.cli.main import application

COMMAND_S = 60
STOP_S = 60


@dataclass(frozen=True, slots=True)
class Ran:
    """How a command ended and what it said."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """What it said as JSON; fails when stdout holds anything else."""
        return json.loads(self.out)


@dataclass(frozen=True, slots=True)
class ArgosCommand:
    """Runs `argos` with one home, and nothing else of this machine's environment."""

    home: Path

    @property
    def environ(self) -> dict[str, str]:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("ARGOS_")}
        return {**kept, "ARGOS_HOME": str(self.home), "COLUMNS": "200"}

    def argv(self, *words: str) -> list[str]:
        return [sys.executable, "-m", "argos.cli.main", *words]

    def run(self, *words: str) -> Ran:
        ended = subprocess.run(
            self.argv(*words),
            env=self.environ,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=COMMAND_S,
            check=False,
        )
        return Ran(ended.returncode, ended.stdout, ended.stderr)

    def run_here(self, *words: str) -> Ran:
        """As `run`, in this process: for the many commands of a story. Not for those that become another program."""
        kept = self.environ
        env = {**dict.fromkeys(os.environ.keys() - kept.keys()), **kept}
        # a thread of its own, as a command begins an event loop and the test may have one
        with ThreadPoolExecutor(max_workers=1) as thread:
            ended = thread.submit(CliRunner().invoke, application(words), words, env=env).result()
        if ended.exception is not None and not isinstance(ended.exception, SystemExit):
            raise ended.exception
        return Ran(ended.exit_code, ended.stdout, ended.stderr)

    def ask(self, *words: str, code: int = 0) -> Any:
        """The command's JSON document; the exit code must be `code`."""
        return _document(self.run(*words, "--json"), words, code)

    def ask_here(self, *words: str, code: int = 0) -> Any:
        """As `ask`, by `run_here`."""
        return _document(self.run_here(*words, "--json"), words, code)


def _document(ran: Ran, words: Sequence[str], code: int) -> Any:
    assert ran.code == code, f"{words}: exit code {ran.code}\n{ran.out}\n{ran.err}"
    return ran.document


def interrupt_during_start(argos: ArgosCommand) -> tuple[int, str]:
    """Send SIGINT to an `argos up` as soon as it tells of its first process; exit code and what it said."""
    process = subprocess.Popen(
        argos.argv("up"),
        env=argos.environ,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert process.stderr is not None
    said = ""
    while " is up, process " not in said:
        line = process.stderr.readline()
        assert line, f"argos up ended before its first process was up: {said}"
        said += line
    process.send_signal(signal.SIGINT)
    _, rest = process.communicate(timeout=STOP_S)
    return process.returncode, said + rest


class RunningArgos:
    """An `argos up` that is ready, until it is stopped."""

    def __init__(self, argos: ArgosCommand, *words: str) -> None:
        self._process = subprocess.Popen(
            argos.argv("up", "--json", *words),
            env=argos.environ,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            start_new_session=True,
        )
        assert self._process.stdout is not None
        line = self._process.stdout.readline()
        if not line or "error" in json.loads(line):
            _, errors = self._process.communicate(timeout=COMMAND_S)
            raise AssertionError(f"argos up ended with {self._process.returncode}: {line}{errors}")
        self.said: dict[str, Any] = json.loads(line)

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        """Signal it and wait; its exit code. One that has ended is fine."""
        if self._process.poll() is None:
            self._process.send_signal(by)
        try:
            self._process.communicate(timeout=STOP_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.communicate()
        return self._process.returncode
