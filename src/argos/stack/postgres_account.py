"""Who runs the embedded PostgreSQL, and a place that this user can get to.

PostgreSQL refuses to run as root. Started by root, we change to an existing unprivileged user instead. That user
may be unable to enter the home (say, below a 0700 /root). We never open anybody's directories: what it must reach
then goes into a shelter of our own, /var/lib/argos/<hash of home>-<random> or a temporary directory, and the
file `data/shelter` in the home says where.
"""

import hashlib
import os
import shutil
import stat
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final, TypedDict

from argos.core.errors import InputError
from argos.stack.home import Home, write_atomically

if sys.platform != "win32":  # there only nodes run, and these have no PostgreSQL
    import pwd

CANDIDATES: Final = ("postgres", "nobody")
SHELTER_PARENTS: Final = (Path("/var/lib/argos"),)


class Identity(TypedDict, total=False):
    """The arguments of `subprocess` that change the user."""

    user: int
    group: int
    extra_groups: Sequence[int]


@dataclass(frozen=True, slots=True, kw_only=True)
class ServerAccount:
    """The operating system user the server runs as; `changed` if that is not us."""

    uid: int
    gid: int
    changed: bool

    def identity(self) -> Identity:
        """For `subprocess`; empty when nothing has to change."""
        if not self.changed:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": [self.gid]}

    def can_enter(self, path: Path) -> bool:
        """Whether this user can pass through a directory, or execute a file; asked of the kernel, not guessed."""
        if not self.changed:
            return os.access(path, os.X_OK)
        try:
            probe = subprocess.run(  # noqa: S603 - fixed program, the path is an argument
                ["/bin/sh", "-c", 'test -x "$1"', "sh", str(path)],
                cwd="/",
                check=False,
                **self.identity(),
            )
        except PermissionError as error:
            raise InputError(
                f"root is not allowed to change to user {self.uid} here: {error}",
                code="POSTGRES_USER_REFUSED",
                fix="run Argos as an ordinary user, or name a PostgreSQL by ARGOS_DATABASE_URL",
            ) from error
        return probe.returncode == 0

    @property
    def owner(self) -> tuple[int, int] | None:
        """For files the server must read; None when they are its own anyway."""
        return (self.uid, self.gid) if self.changed else None


def server_account(data_owner_uid: int | None) -> ServerAccount:
    """Ourselves; for root the owner of the data, or without data yet an existing unprivileged user.

    Raises InputError if there is no such user, or if the data belong to somebody we cannot become.
    """
    if os.geteuid() != 0:
        if data_owner_uid not in (None, os.geteuid()):
            raise InputError(
                f"the database of this home belongs to user {data_owner_uid}, not to {os.geteuid()}",
                code="POSTGRES_DATA_FOREIGN",
                fix="start Argos as the user who made this home, or name another by ARGOS_HOME",
            )
        return ServerAccount(uid=os.geteuid(), gid=os.getegid(), changed=False)
    if data_owner_uid:
        return ServerAccount(uid=data_owner_uid, gid=_group_of(data_owner_uid), changed=True)
    for name in CANDIDATES:
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        if entry.pw_uid != 0:
            return ServerAccount(uid=entry.pw_uid, gid=entry.pw_gid, changed=True)
    raise InputError(
        "PostgreSQL does not run as root, and there is no user " + " or ".join(CANDIDATES),
        code="POSTGRES_NO_USER",
        fix="run Argos as an ordinary user, or create one: useradd --system postgres",
    )


def _group_of(uid: int) -> int:
    try:
        return pwd.getpwuid(uid).pw_gid
    except KeyError:
        # A user of another container, say; the server cares about the owner alone.
        return uid


class Shelter:
    """The place outside the home; made at the first need, the same one ever after."""

    def __init__(self, home: Home, *, parents: Sequence[Path] = SHELTER_PARENTS) -> None:
        self._home = home
        self._parents = parents

    @property
    def _pointer(self) -> Path:
        return self._home.data / "shelter"

    def known(self) -> Path | None:
        """The shelter of this home, if it has one."""
        if not self._pointer.exists():
            return None
        return Path(self._pointer.read_text(encoding="utf-8").strip())

    def place(self, account: ServerAccount) -> Path:
        """The shelter's directory, ours, which `account` can pass through."""
        known = self.known()
        if known is not None:
            if not known.is_dir():
                raise InputError(
                    f"the database of this home should lie in {known}, which is gone",
                    code="POSTGRES_DATA_MISSING",
                    field=str(self._pointer),
                    fix=f"restore {known}, or start with an empty database: rm {self._pointer}",
                )
            return known
        chosen = self._make(account)
        write_atomically(self._pointer, f"{chosen}\n", mode=0o644)
        return chosen

    def discard(self) -> None:
        """Delete the shelter and all in it."""
        known = self.known()
        if known is not None:
            shutil.rmtree(known, ignore_errors=True)
            self._pointer.unlink()

    def _make(self, account: ServerAccount) -> Path:
        # The random part keeps a home that was deleted and made again off the old one's data.
        digest = hashlib.sha256(os.fsencode(self._home.root)).hexdigest()[:12]
        for parent in (*self._parents, Path(tempfile.gettempdir())):
            if not _is_trustworthy(parent):
                continue
            try:
                chosen = Path(tempfile.mkdtemp(prefix=f"{digest}-", dir=parent))
            except OSError:
                continue
            chosen.chmod(0o711)
            if account.can_enter(chosen):
                return chosen
            chosen.rmdir()
        raise InputError(
            f"found no directory that user {account.uid}, who runs the database, can enter",
            code="POSTGRES_NO_PLACE",
            field="ARGOS_HOME",
            fix="name a home outside closed directories: export ARGOS_HOME=/srv/argos",
        )


def _is_trustworthy(parent: Path) -> bool:
    """There, or made; ours, and nobody else can rename what lies in it (sticky /tmp is fine)."""
    try:
        parent.mkdir(mode=0o755, parents=True, exist_ok=True)
        held = parent.stat()
    except OSError:
        return False
    shared = bool(held.st_mode & (stat.S_IWGRP | stat.S_IWOTH))
    return held.st_uid in (0, os.geteuid()) and (not shared or bool(held.st_mode & stat.S_ISVTX))
