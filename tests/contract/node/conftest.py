"""One season of the cards for all their tests, and what a whole node in this process needs."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from argos.node.clock import SystemClock
from argos.node.settings import NodeSettings
from contract.node.gateway_stub import KEY, NODE, GatewayStub
from contract.node.live import TIMINGS, LiveVenue
from unit.node.fake_venue import ACCOUNT

# Cards are no test files of their own, and their assertions shall speak nevertheless.
pytest.register_assert_rewrite("contract.node.cards")

from contract.node.season import Job, Season  # noqa: E402


def _job_of(item: pytest.Item) -> Job | None:
    callspec = getattr(item, "callspec", None)
    return callspec.params.get("job") if callspec is not None else None


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def season(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Season]:
    """Runs the cards that were chosen, and only those."""
    jobs = [job for item in request.session.items if (job := _job_of(item)) is not None]
    season = Season(jobs, folder=tmp_path_factory.mktemp("season"))
    await season.begin()
    yield season
    await season.end()


@pytest.fixture
async def gateway() -> AsyncIterator[GatewayStub]:
    async with GatewayStub(SystemClock()) as stub:
        yield stub


@pytest.fixture
def venue() -> LiveVenue:
    return LiveVenue()


@pytest.fixture
def settings(tmp_path: Path, gateway: GatewayStub) -> NodeSettings:
    return NodeSettings(
        name=NODE,
        account=ACCOUNT,
        gateway_url=gateway.url,
        log_path=tmp_path / "node.db",
        key=KEY,
        timings=TIMINGS,
    )
