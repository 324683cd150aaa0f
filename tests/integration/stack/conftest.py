import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from argos.stack.home import Home


@pytest.fixture
def home() -> Iterator[Home]:
    """An Argos home that any user can pass through, as one in an ordinary place is."""
    with tempfile.TemporaryDirectory(prefix="argos-home-") as directory:
        Path(directory).chmod(0o711)
        yield Home.at(Path(directory) / "home")
