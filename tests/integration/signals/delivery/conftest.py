"""A signal file, a configured spine and the delivery between them; and a fixture server that works when a test begins."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from argos.signals.file import SignalFile
from argos.sources.settings import PROVIDERS
from fixture_process import FixtureProcess
from fresh_database import FreshDatabase
from spine import Spine, open_spine


@pytest.fixture
def file(tmp_path: Path) -> SignalFile:
    return SignalFile.open(tmp_path / "signals.sqlite")


@pytest.fixture
async def spine(database: FreshDatabase) -> AsyncIterator[Spine]:
    async with open_spine(database) as opened:
        yield opened


@pytest.fixture(scope="module")
def server() -> Iterator[FixtureProcess]:
    with FixtureProcess() as process:
        yield process


@pytest.fixture(autouse=True)
def _calm(request: pytest.FixtureRequest) -> None:
    """Each test begins with a server that works and has no limits."""
    if "server" in request.fixturenames:
        process: FixtureProcess = request.getfixturevalue("server")
        process.clock(0)
        for provider in PROVIDERS:
            process.fault(provider, None)
            process.limit(provider, None)
