from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from unit.node.fake_venue import FakeClock, FakeVenue
from unit.node.rig import Rig


@pytest.fixture
def make_rig(tmp_path: Path) -> Iterator[Callable[..., Rig]]:
    """Nodes over a broker without unique ids, unless told otherwise."""
    made: list[Rig] = []

    def make(*, venue: FakeVenue | None = None, settings: Any = None, **traits: bool) -> Rig:
        venue = venue or FakeVenue(FakeClock(), **traits)
        path = tmp_path / f"{len(made)}.db"
        rig = Rig(path=path, clock=venue.clock, venue=venue, **(settings or {}))
        made.append(rig)
        return rig

    yield make
    for rig in made:
        rig.log.close()


@pytest.fixture
def rig(make_rig: Callable[..., Rig]) -> Rig:
    return make_rig()
