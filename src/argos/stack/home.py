"""The Argos home: one directory that holds everything a stack on this machine keeps.

argos.toml    settings           logs/      one log per process        nodes/    the nodes' own logs
secrets.json  0600               data/      the embedded PostgreSQL    brokers/  the paper brokers' ledgers
"""

import json
import os
import secrets
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argos.core.errors import InputError

if sys.platform == "win32":
    import msvcrt

    def _lock(descriptor: int, *, wait: bool) -> None:
        try:
            msvcrt.locking(descriptor, msvcrt.LK_LOCK if wait else msvcrt.LK_NBLCK, 1)
        except OSError as error:
            raise BlockingIOError from error

else:
    import fcntl

    def _lock(descriptor: int, *, wait: bool) -> None:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))


SECRET_BYTES: Final = 32


def home_path(environ: Mapping[str, str]) -> Path:
    """`$ARGOS_HOME` if it is set and not empty, else `~/.argos`; absolute, not yet made."""
    named = environ.get("ARGOS_HOME", "")
    return Path(named or Path.home() / ".argos").expanduser().absolute()


def write_atomically(
    path: Path, content: str, *, mode: int = 0o600, owner: tuple[int, int] | None = None
) -> None:
    """Replace `path` as a whole: a reader, or a crash, sees the old content or the new, never half.

    `owner` (uid, gid) is set before the file has its name: in a directory of that owner, a chown by name could be led
    to another file.
    """
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            os.fchmod(file.fileno(), mode)
            if owner is not None:
                os.fchown(file.fileno(), *owner)
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except BaseException:
        draft.unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def read_private(path: Path) -> str:
    """The content of a secret file. Raises InputError if others than its owner can touch it.

    On Windows nothing is checked: its modes say nothing, and the lists that do are the installer's matter.
    """
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077 and sys.platform != "win32":
        raise InputError(
            f"{path} holds secrets and is open to others (mode {mode:04o})",
            code="SECRET_FILE_OPEN",
            field=str(path),
            fix=f"chmod 600 {path}",
        )
    return path.read_text(encoding="utf-8")


@contextmanager
def file_lock(path: Path, *, held_for: str, wait: bool = False) -> Iterator[None]:
    """Hold `path` alone until the block ends or the process dies, however it dies.

    `held_for` names the thing in the error. Raises InputError at once if another holds it and `wait` is false.
    """
    descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    try:
        try:
            _lock(descriptor, wait=wait)
        except BlockingIOError:
            holder = os.pread(descriptor, 32, 0).decode("ascii", "replace").strip() or "unknown"
            raise InputError(
                f"{held_for} is in use by process {holder}",
                code="HOME_IN_USE",
                field=str(path),
                fix=f"stop process {holder} first, or name another home by ARGOS_HOME",
            ) from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        yield
    finally:
        os.close(descriptor)


@dataclass(frozen=True, slots=True)
class Home:
    """Paths below one root. `Home.at` makes the directories; the bare constructor touches nothing."""

    root: Path

    @classmethod
    def at(cls, root: Path) -> "Home":
        """The home at `root`, made if it is not there. Existing directories keep their modes.

        Root may have to run the database as another user, so root's own home lets others pass through it (not
        list it); all that is private below is 0700 or 0600.
        """
        home = cls(root.expanduser().absolute())
        passage = 0o711 if os.geteuid() == 0 else 0o700
        try:
            home.root.parent.mkdir(parents=True, exist_ok=True)
            for directory, mode in (
                (home.root, passage),
                (home.data, passage),
                (home.logs, 0o700),
                (home.nodes, 0o700),
                (home.brokers, 0o700),
            ):
                if not directory.is_dir():
                    directory.mkdir(mode=mode)
                    directory.chmod(mode)
        except OSError as error:
            raise InputError(
                f"cannot make the Argos home {home.root}: {error}",
                code="HOME_NOT_WRITABLE",
                field="ARGOS_HOME",
                fix="name a directory you can write to: export ARGOS_HOME=/some/directory",
            ) from error
        return home

    @property
    def data(self) -> Path:
        return self.root / "data"

    @property
    def logs(self) -> Path:
        return self.root / "logs"

    @property
    def nodes(self) -> Path:
        return self.root / "nodes"

    @property
    def brokers(self) -> Path:
        return self.root / "brokers"

    @property
    def settings_path(self) -> Path:
        return self.root / "argos.toml"

    @property
    def secrets_path(self) -> Path:
        return self.root / "secrets.json"

    @contextmanager
    def lock(self) -> Iterator[None]:
        """Keeps a second `argos up` off this home. Released by the kernel when the process dies."""
        with file_lock(self.root / "argos.lock", held_for=f"the Argos home {self.root}"):
            yield

    def secrets(self) -> dict[str, str]:
        """All secrets by name; empty before the first one. Raises InputError if the file is open or broken."""
        if not self.secrets_path.exists():
            return {}
        text = read_private(self.secrets_path)
        try:
            held = json.loads(text)
        except ValueError:
            held = None
        if not isinstance(held, dict) or not all(isinstance(value, str) for value in held.values()):
            raise InputError(
                f"{self.secrets_path} is not a JSON object of strings",
                code="SECRET_FILE_BROKEN",
                field=str(self.secrets_path),
                fix=f"restore {self.secrets_path} from a backup",
            )
        return held

    def secret(self, name: str) -> str:
        """The secret of that name, 64 hex digits, generated and stored at the first call."""
        held = self.secrets().get(name)
        if held is not None:
            return held
        return self._store_secret(name, secrets.token_hex(SECRET_BYTES), replace=False)

    def set_secret(self, name: str, value: str) -> None:
        """Store a secret that came from elsewhere, such as a node's key or a rotated password."""
        self._store_secret(name, value, replace=True)

    def _store_secret(self, name: str, value: str, *, replace: bool) -> str:
        with file_lock(self.root / ".secrets.lock", held_for=str(self.secrets_path), wait=True):
            held = self.secrets()
            if name in held and not replace:
                return held[name]
            write_atomically(self.secrets_path, json.dumps(held | {name: value}, indent=2) + "\n")
        return value
