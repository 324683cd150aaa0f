"""The cards of the conformance suite: one season of them for all their tests."""

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

# Cards are no test files of their own, and their assertions shall speak nevertheless.
pytest.register_assert_rewrite("contract.node.cards")

from contract.node.desks import VenueKind  # noqa: E402
from contract.node.season import Job, Season  # noqa: E402


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def season(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> AsyncIterator[Season]:
    """Runs the cards that were chosen, and only those."""
    jobs = [
        item.callspec.params["job"]
        for item in request.session.items
        if isinstance(item, pytest.Function) and "job" in getattr(item, "callspec", _None).params
    ]
    season = Season(jobs, folder=tmp_path_factory.mktemp("season"))
    season.begin()
    yield season
    await season.end()


class _None:
    params: dict[str, object] = {}


__all__ = ["Job", "VenueKind"]
