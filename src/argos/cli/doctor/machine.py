"""Is this machine fit to run Argos?"""

import importlib.metadata
import importlib.util
import platform
import shutil
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from argos.cli.doctor.finding import Finding, fail, ok, warn
from argos.core.errors import ArgosError
from argos.settings import Settings
from argos.stack.postgres_binaries import find_binaries

if sys.platform != "win32":  # which has no such limit
    import resource

PYTHON_MIN: Final = (3, 11)
FILES_MIN: Final = 1_024
NO_LIMIT: Final = -1
"""How the kernel says that there is none."""
DISK_MIN_BYTES: Final = 1 << 30
DISK_LOW_BYTES: Final = 5 << 30
BUILT: Final = datetime(2026, 11, 1, tzinfo=UTC)
"""No clock that is right shows less than when this was written."""
CLOCK_YEARS_MAX: Final = 10
PACKAGES: Final[Mapping[str, str]] = {
    "aiohttp": "aiohttp", "asyncpg": "asyncpg", "bokeh-sampledata": "bokeh_sampledata", "fastapi": "fastapi",
    "jinja2": "jinja2", "orjson": "orjson", "prometheus-client": "prometheus_client", "pyarrow": "pyarrow",
    "pydantic": "pydantic", "rich": "rich", "structlog": "structlog", "typer": "typer", "uvicorn": "uvicorn",
}  # fmt: skip


def examine_machine(*, root: Path, settings: Settings | None) -> Iterator[Finding]:
    yield _python(sys.version_info[:3])
    yield _platform(sys.platform)
    yield _packages()
    if sys.platform != "win32":
        yield _files(resource.getrlimit(resource.RLIMIT_NOFILE)[0])
    yield disk(shutil.disk_usage(_existing(root)).free)
    yield clock(datetime.now(UTC))
    yield _binaries(settings)


def _existing(path: Path) -> Path:
    return next(place for place in (path, *path.parents) if place.exists())


def _python(version: tuple[int, ...]) -> Finding:
    text = ".".join(str(part) for part in version)
    if version < PYTHON_MIN:
        return fail("python", text, fix="use Python 3.11 or newer")
    return ok("python", text)


def _platform(name: str) -> Finding:
    if name == "linux":
        return ok("platform", platform.platform())
    return warn("platform", name, fix="everyday use is tested on Linux; nodes may run elsewhere")


def _packages() -> Finding:
    missing = [
        name for name, module in PACKAGES.items() if importlib.util.find_spec(module) is None
    ]
    if missing:
        return fail(
            "packages", f"missing: {', '.join(missing)}", fix="make setup, or pip install argos"
        )
    return ok(
        "packages", f"argos {importlib.metadata.version('argos')}, {len(PACKAGES)} libraries found"
    )


def _files(limit: int) -> Finding:
    endless = limit == NO_LIMIT
    if not endless and limit < FILES_MIN:
        return warn("open files", f"at most {limit}", fix=f"ulimit -n {FILES_MIN * 4}")
    return ok("open files", "no limit" if endless else f"at most {limit}")


def disk(free_bytes: int) -> Finding:
    """A database that cannot write takes no alerts: warn early."""
    shown = f"{free_bytes / (1 << 30):.1f} GiB free"
    if free_bytes < DISK_MIN_BYTES:
        return fail("disk space", shown, fix="free some space where the home is")
    if free_bytes < DISK_LOW_BYTES:
        return warn("disk space", shown, fix="free some space where the home is")
    return ok("disk space", shown)


def clock(now: datetime) -> Finding:
    """Ages of alerts and lifetimes of orders come from this clock."""
    shown = now.isoformat(timespec="seconds")
    if not BUILT <= now <= BUILT.replace(year=BUILT.year + CLOCK_YEARS_MAX):
        return fail(
            "clock", shown, fix="set the clock, and let it follow NTP (timedatectl set-ntp true)"
        )
    return ok("clock", shown)


def _binaries(settings: Settings | None) -> Finding:
    if settings is not None and settings.database.url:
        return ok("PostgreSQL programs", "not needed: the database is your own")
    configured = settings.database.binaries if settings else ""
    try:
        found = find_binaries(Path(configured) if configured else None)
    except ArgosError as error:
        return fail("PostgreSQL programs", error.message, fix=error.fix)
    return ok("PostgreSQL programs", f"{found.version} in {found.directory}")
