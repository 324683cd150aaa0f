"""What made a result: versions of everything that can change a bit of it."""

import hashlib
import platform
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime
from importlib import metadata
from pathlib import Path
from typing import Final

import argos.backtest
import argos.core
from argos.backtest.bars import Bars
from argos.backtest.provenance import Provenance
from argos.prices.digest import bars_sha256

LIBRARIES: Final = ("numpy", "numba", "TA-Lib", "pyarrow")


def code_version() -> str:
    """Version of Argos and a digest of the rules themselves, such as "0.1.0+engine.1f0c2d9e4a7b"."""
    digest = hashlib.sha256()
    for package in (argos.backtest, argos.core):
        root = Path(package.__path__[0])
        for file in sorted(root.rglob("*.py")):
            digest.update(f"{file.relative_to(root)}\n".encode() + file.read_bytes())
    return f"{metadata.version('argos')}+engine.{digest.hexdigest()[:12]}"


def environment() -> dict[str, str]:
    """Versions of Python, of the libraries that compute, and of the machine's kind."""
    found = {name: metadata.version(name) for name in LIBRARIES}
    return {
        "python": platform.python_version(),
        "machine": f"{platform.system()} {platform.machine()}",
        **found,
    }


def provenance_of(
    strategy: str,
    strategy_sha256: str,
    bars: Bars,
    *,
    data: str,
    seed: int | None,
    command: Sequence[str] = (),
) -> Provenance:
    """Of a study on `bars`, made now. strategy: the reference that finds it again; its digest is that of its file."""
    return Provenance(
        data=data,
        data_sha256=bars_sha256(bars),
        bars=len(bars),
        symbols=bars.symbols,
        first=_moment(int(bars.opened_ns[0])),
        last=_moment(int(bars.opened_ns[-1])),
        strategy=strategy,
        strategy_sha256=strategy_sha256,
        code_version=code_version(),
        seed=seed,
        made_at=datetime.now(UTC),
        command=shlex.join(command),
    )


def _moment(opened_ns: int) -> datetime:
    """To the microsecond, which is all that a datetime holds."""
    seconds, rest = divmod(opened_ns, 1_000_000_000)
    return datetime.fromtimestamp(seconds, tz=UTC).replace(microsecond=rest // 1000)
