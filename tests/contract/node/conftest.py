"""The cards of the conformance suite: one season of them for all their tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

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
