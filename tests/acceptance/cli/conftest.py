"""One home for all stories of the command line, and a stack over it for each file of them."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from argos.stack.free_ports import PortBook
from argos_command import ArgosCommand, RunningArgos


@pytest.fixture(scope="session")
def argos() -> Iterator[ArgosCommand]:
    """A home that `argos init` has set up."""
    with tempfile.TemporaryDirectory(prefix="argos-cli-") as directory:
        # the embedded server may run as another user, who must pass through
        Path(directory).chmod(0o711)
        command = ArgosCommand(Path(directory) / "home")
        # not 8000, which other stacks on this machine like too
        port = PortBook(Path(directory) / "ports.json").port("gateway")
        command.ask("init", "--yes", "--gateway-port", str(port))
        yield command


@pytest.fixture(scope="module")
def stack(argos: ArgosCommand) -> Iterator[RunningArgos]:
    """`argos up` over that home. A file's own: its last stories may stop it."""
    running = RunningArgos(argos)
    try:
        yield running
    finally:
        running.stop()
