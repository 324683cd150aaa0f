"""What these tests stand on: a fixture server that works when a test begins."""

from collections.abc import Iterator

import pytest

from fixture_process import FixtureProcess


@pytest.fixture(scope="module")
def running_server() -> Iterator[FixtureProcess]:
    with FixtureProcess() as process:
        yield process


@pytest.fixture
def server(running_server: FixtureProcess) -> FixtureProcess:
    running_server.calm()
    return running_server
