import os
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from argos.stack.home import Home

StartProgram = Callable[..., tuple[subprocess.Popen[str], list[str]]]


@pytest.fixture
def home() -> Iterator[Home]:
    with tempfile.TemporaryDirectory(prefix="argos-home-") as directory:
        Path(directory).chmod(0o711)
        yield Home.at(Path(directory) / "home")


@pytest.fixture
def start_program() -> Iterator[StartProgram]:
    """Start a Python program that prints one line when it is up; gives it and the words of that line."""
    started: list[subprocess.Popen[str]] = []

    def start(program: str, *arguments: str) -> tuple[subprocess.Popen[str], list[str]]:
        process = subprocess.Popen(
            [sys.executable, "-c", program, *arguments], stdout=subprocess.PIPE, text=True
        )
        started.append(process)
        assert process.stdout is not None
        words = process.stdout.readline().split()
        assert words, "the program ended without a word"
        return process, words

    yield start
    for process in started:
        if process.poll() is None:
            os.kill(process.pid, signal.SIGKILL)
        process.communicate()
