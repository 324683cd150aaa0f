"""A signal file, a configured spine, and the delivery between them."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from argos.signals.file import SignalFile
from fresh_database import FreshDatabase
from spine import Spine, open_spine


@pytest.fixture
def file(tmp_path: Path) -> SignalFile:
    return SignalFile.open(tmp_path / "signals.sqlite")


@pytest.fixture
async def spine(database: FreshDatabase) -> AsyncIterator[Spine]:
    async with open_spine(database) as opened:
        yield opened
