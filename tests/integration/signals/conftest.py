"""What these tests stand on: a fixture server that works when a test begins."""

from collections.abc import Iterator

import pytest

from argos.sources.settings import PROVIDERS
from fixture_process import FixtureProcess


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
