"""`stage`: a configured database on which the flows are run one step at a time."""

from collections.abc import AsyncIterator

import pytest

from fresh_database import FreshDatabase
from integration.flows.stage import Stage, open_stage


@pytest.fixture
async def stage(database: FreshDatabase) -> AsyncIterator[Stage]:
    async with open_stage(database) as opened:
        yield opened
