"""The signals' file of a home, opened to read beside the service."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from argos.core.errors import InputError
from argos.signals.file import FILE, SignalFile


@contextmanager
def opened_signals(root: Path) -> Iterator[SignalFile]:
    """That of the home at `root`. Raises InputError SIGNALS_NONE before the service ran for the first time."""
    path = root / FILE
    if not path.exists():
        raise InputError(
            f"there is no {path}",
            code="SIGNALS_NONE",
            field="--home",
            fix="run `argos signals run`, or name the right home by --home or ARGOS_HOME",
        )
    file = SignalFile.look(path)
    try:
        yield file
    finally:
        file.close()
