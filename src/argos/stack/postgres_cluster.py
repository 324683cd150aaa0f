"""The data directory of the embedded PostgreSQL: made whole or not at all, settings written, pid file read."""

import os
import shutil
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from argos.core.errors import ArgosError, InputError
from argos.stack.free_ports import LOOPBACK
from argos.stack.home import write_atomically
from argos.stack.postgres_account import ServerAccount
from argos.stack.postgres_binaries import Binaries

SUPERUSER: Final = "postgres"
INITDB_DEADLINE_S: Final = 120

SETTINGS: Final[Mapping[str, str]] = {
    "listen_addresses": LOOPBACK,
    # One way in, the same on every system. A socket has a lock file of its own, which a killed server leaves behind,
    # and its path has a length limit that homes exceed.
    "unix_socket_directories": "",
    "password_encryption": "scram-sha-256",
    "fsync": "on",
    "synchronous_commit": "on",
    "full_page_writes": "on",
    # A fresh segment is not written twice: filling its 16 MB with zeros first held every commit up for 50 ms.
    "wal_init_zero": "off",
    "shared_buffers": "96MB",
    "max_connections": "100",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "lc_messages": "C",
    # Every visit to a table has all sessions plan their statements on it anew, and orders wait for that, a tenth of a
    # second in all: once a minute is often enough, even for the tables that work as queues.
    "autovacuum_naptime": "60s",
    "autovacuum_vacuum_scale_factor": "0.1",
    "autovacuum_analyze_scale_factor": "0.25",
    "autovacuum_vacuum_cost_delay": "1ms",
    # Short statements by the thousand: compiling a plan costs more than it ever saves.
    "jit": "off",
    # Into the file the supervisor gave us, which it also rotates.
    "log_destination": "stderr",
    "logging_collector": "off",
    "log_line_prefix": "%m [%p] %u@%d ",
    "log_checkpoints": "off",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class PidFile:
    """What a server says about itself in postmaster.pid (PostgreSQL's miscadmin.h names the lines)."""

    pid: int
    ready: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """One data directory and who owns it."""

    directory: Path
    account: ServerAccount

    @property
    def exists(self) -> bool:
        return (self.directory / "PG_VERSION").is_file()

    def create(self, binaries: Binaries, *, password: str) -> None:
        """Run initdb into a draft beside the directory, then rename: a crash on the way leaves nothing half made."""
        draft = self.directory.with_name(f"{self.directory.name}.draft")
        shutil.rmtree(draft, ignore_errors=True)
        # The draft stays ours, so that its user cannot exchange what we move out of it.
        draft.mkdir()
        draft.chmod(0o711)
        data = draft / "data"
        data.mkdir(mode=0o700)
        if self.account.owner is not None:
            os.chown(data, *self.account.owner)
        password_file = draft / "password"
        write_atomically(password_file, f"{password}\n", owner=self.account.owner)
        self._run_initdb(binaries, data, password_file)
        main_file = data / "postgresql.conf"
        main_text = main_file.read_text(encoding="utf-8") + "\ninclude = 'argos.conf'\n"
        write_atomically(main_file, main_text, owner=self.account.owner)
        data.replace(self.directory)
        shutil.rmtree(draft)

    def check_version(self, binaries: Binaries) -> None:
        """Raises InputError if these data were made by another major version."""
        held = (self.directory / "PG_VERSION").read_text(encoding="ascii").strip()
        if held != str(binaries.major):
            raise InputError(
                f"{self.directory} holds data of PostgreSQL {held}, the programs are {binaries.version}",
                code="POSTGRES_VERSION_DIFFERS",
                field="postgres_bin",
                fix=f"name the bin directory of a PostgreSQL {held}, or move the data by pg_dump",
            )

    def configure(self, *, port: int, settings: Mapping[str, str]) -> None:
        """Write argos.conf anew; `settings` win over ours."""
        lines = ["# Written by Argos at every start; edits are lost."]
        chosen = {**SETTINGS, **settings, "port": str(port)}
        for name, value in chosen.items():
            quoted = value.replace("'", "''")
            lines.append(f"{name} = '{quoted}'")
        text = "\n".join(lines) + "\n"
        write_atomically(self.directory / "argos.conf", text, owner=self.account.owner)

    def pid_file(self) -> PidFile | None:
        """None if there is no server, or it is only just writing the file."""
        try:
            lines = self._pid_path.read_text(encoding="utf-8").splitlines()
            pid = int(lines[0])
        except (FileNotFoundError, IndexError, ValueError):
            return None
        # A negative number stands for a single-user backend.
        return PidFile(pid=abs(pid), ready=len(lines) >= 8 and lines[7].strip() == "ready")

    def disown_pid(self, dead_pid: int) -> None:
        """Make the server take no notice of the pid that a dead one left behind.

        That pid may exist: as a stranger's (after a reboot, or in a container), or as a zombie that nobody reaps; the
        server would then refuse to start. Our own pid in its place makes it go on, since it ignores its parent, and,
        unlike deleting the file, leaves its guard against old backends: the shared memory key in line 7.
        """
        lines = self._pid_path.read_text(encoding="utf-8").splitlines()
        if lines and lines[0].lstrip("-") == str(dead_pid):
            lines[0] = str(os.getpid())
            text = "\n".join(lines) + "\n"
            write_atomically(self._pid_path, text, owner=self.account.owner)

    @property
    def _pid_path(self) -> Path:
        return self.directory / "postmaster.pid"

    def _run_initdb(self, binaries: Binaries, data: Path, password_file: Path) -> None:
        answer = subprocess.run(  # noqa: S603 - a program we found, fixed arguments
            [
                binaries.initdb,
                "--pgdata",
                str(data),
                "--username",
                SUPERUSER,
                "--auth",
                "scram-sha-256",
                "--pwfile",
                str(password_file),
                "--encoding",
                "UTF8",
                "--no-locale",
                "--data-checksums",
                "--no-instructions",
            ],
            cwd="/",
            env=server_environment(),
            capture_output=True,
            text=True,
            check=False,
            timeout=INITDB_DEADLINE_S,
            **self.account.identity(),
        )
        if answer.returncode != 0:
            raise ArgosError(
                f"initdb could not make {data}:\n{(answer.stderr or answer.stdout).strip()}",
                code="POSTGRES_INITDB_FAILED",
                field=str(self.directory),
                fix="free disk space, or name another home by ARGOS_HOME",
            )


def server_environment() -> dict[str, str]:
    """Nothing of ours: a stray PGDATA or LANG must not decide how the server runs."""
    return {"PATH": "/usr/local/bin:/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}
