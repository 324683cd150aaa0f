"""What every test may use: one real PostgreSQL for the whole session, started by the session itself."""

import asyncio
import os
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from argos.dsn import Dsn
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home

# Tests start hundreds of processes. Where this forbids keeping what was compiled, each compiles all of it anew, which
# takes longer than most of them work.
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
sys.dont_write_bytecode = False


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[Dsn]:
    """The superuser's address of an embedded server that holds nothing yet and is deleted at the end.

    It does not sync to disk: tests kill processes, never the machine.
    """
    with tempfile.TemporaryDirectory(prefix="argos-tests-") as directory:
        # pytest's own tmp_path is closed to the user who runs the server when the tests run as root.
        Path(directory).chmod(0o711)
        server = EmbeddedPostgres(Home.at(Path(directory) / "home"), settings={"fsync": "off"})
        dsn = asyncio.run(server.start())
        try:
            yield dsn
        finally:
            asyncio.run(server.discard())
