"""A configured database and the gateway that serves it."""

from collections.abc import AsyncIterator

import pytest

from argos.settings import Settings
from argos.wiring.gateway import build_gateway
from fresh_database import FreshDatabase
from running_gateway import Caller, serve
from spine import API_KEY, Spine, access_of, open_spine


@pytest.fixture
async def spine(database: FreshDatabase) -> AsyncIterator[Spine]:
    async with open_spine(database) as opened:
        yield opened


@pytest.fixture
async def gateway(database: FreshDatabase, spine: Spine) -> AsyncIterator[Caller]:
    """Callers of it hold a key for everything."""
    async with serve(build_gateway(access_of(database), Settings()), key=API_KEY) as caller:
        yield caller
