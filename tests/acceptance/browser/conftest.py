"""A browser for pages that are opened as files."""

from collections.abc import AsyncIterator

import pytest

from browser import Page, chromium, find_chromium


@pytest.fixture
async def page() -> AsyncIterator[Page]:
    program = find_chromium()
    if program is None:
        pytest.skip("no chromium on PATH (Debian: apt install chromium)")
    async with chromium(program) as found:
        yield found
