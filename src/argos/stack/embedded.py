"""Supervisor of an embedded PostgreSQL: the server is our direct child, found ready by its own pid file.

Nothing here needs a system service, an account or root, and nothing outside the home is changed (but see
`postgres_account` for root). The server dies with us: on Linux by the parent-death signal, elsewhere the next
start stops what was left. It listens on the loopback address alone and asks for a password (scram).
"""

import asyncio
import shutil
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from signal import SIGCONT, SIGINT, SIGKILL, SIGQUIT
from typing import Final

from argos.core.errors import ArgosError, InputError
from argos.dsn import Dsn
from argos.stack.backoff import Backoff
from argos.stack.free_ports import LOOPBACK, PortBook
from argos.stack.home import Home, file_lock
from argos.stack.log_files import LogFile
from argos.stack.postgres_account import SHELTER_PARENTS, ServerAccount, Shelter, server_account
from argos.stack.postgres_binaries import Binaries, find_binaries, reachable_binaries
from argos.stack.postgres_cluster import SUPERUSER, Cluster, server_environment
from argos.stack.processes import (
    birth_mark,
    die_with_parent,
    end_stranger,
    runs_on,
)

PORT_NAME: Final = "postgres"
PASSWORD_NAME: Final = "postgres_superuser_password"  # noqa: S105 - the name of a secret

POLL_S: Final = 0.005
WATCH_S: Final = 0.05
ROTATE_EVERY_S: Final = 10.0

# Recovery after a crash replays the log since the last checkpoint: seconds, on a slow disk a minute.
READY_DEADLINE_S: Final = 120.0
FAST_STOP_S: Final = 15.0
QUICK_STOP_S: Final = 5.0

# What passes by itself: backends of a killed server are still leaving, or the port is.
PASSING_TROUBLES: Final = (
    "pre-existing shared memory block",
    "could not bind",
    "Address already in use",
)
PASSING_TROUBLE_S: Final = 15.0
RETRY_S: Final = 0.1


class EmbeddedPostgres:
    """One server over one home. The methods are coroutines, not bound to one event loop.

    Call them from a thread that lives as long as the program (in practice the main one): on Linux the server's parent
    is the *thread* that started it.
    """

    def __init__(
        self,
        home: Home,
        *,
        bin_directory: Path | None = None,
        settings: Mapping[str, str] | None = None,
        shelter_parents: Sequence[Path] = SHELTER_PARENTS,
    ) -> None:
        self._home = home
        self._bin_directory = bin_directory
        self._settings = dict(settings or {})
        self._shelter = Shelter(home, parents=shelter_parents)
        self._ports = PortBook(home.root / "ports.json")
        self._log = LogFile(home.logs / "postgres.log")
        self._held = ExitStack()
        self._busy = asyncio.Lock()
        self._process: subprocess.Popen[bytes] | None = None
        self._cluster: Cluster | None = None
        self._binaries: Binaries | None = None
        self._dsn: Dsn | None = None
        self._started_at_s = 0.0

    @property
    def superuser_dsn(self) -> Dsn:
        """Where the server is, as its superuser. Raises InputError before the first `start`."""
        if self._dsn is None:
            raise InputError(
                "the embedded PostgreSQL was never started", code="POSTGRES_NOT_STARTED"
            )
        return self._dsn

    @property
    def pid(self) -> int | None:
        """The server's process id while it lives."""
        return self._process.pid if self._process is not None and self.is_alive() else None

    @property
    def log_path(self) -> Path:
        return self._log.path

    def is_alive(self) -> bool:
        """Whether the server process runs; also reaps it when it has died."""
        return self._process is not None and self._process.poll() is None

    async def start(self) -> Dsn:
        """Make the cluster if there is none, start the server, wait until it takes connections.

        Started already: answers where it is. Raises InputError if another process holds this home's server or the
        machine lacks something, ArgosError with the end of the log if the server does not come up.
        """
        async with self._busy:
            if self.is_alive():
                return self.superuser_dsn
            if self._dsn is None:
                lock_path = self._home.data / ".postgres.lock"
                self._held.enter_context(file_lock(lock_path, held_for="the embedded PostgreSQL"))
            try:
                return await self._start()
            except BaseException:
                await self._stop_process()
                self._release()
                raise

    async def stop(self) -> None:
        """Stop the server (fast: sessions end, nothing is lost) and let go of the home. Safe to call twice."""
        async with self._busy:
            await self._stop_process()
            self._release()

    async def restart(self) -> Dsn:
        """Start it again on the same port, stopped first if it lives; after a kill this runs crash recovery."""
        async with self._busy:
            await self._stop_process()
            return await self._launch(self.superuser_dsn.port)

    def kill(self) -> None:
        """SIGKILL, as a crash would: for fault tests. `restart` or `keep_alive` brings it back."""
        if self._process is not None and self.is_alive():
            self._process.kill()
            self._process.wait()

    async def discard(self) -> None:
        """Stop the server and delete its data, wherever they lie."""
        await self.stop()
        cluster = self._cluster
        if cluster is not None:
            await asyncio.to_thread(shutil.rmtree, cluster.directory, ignore_errors=True)
        await asyncio.to_thread(self._shelter.discard)

    async def keep_alive(self, on_restart: Callable[[int], None] | None = None) -> None:
        """Start the server again whenever it dies, with growing pauses, and rotate its log. Runs until cancelled.

        `on_restart` gets the new process id. A server stopped by `stop` stays stopped.
        """
        backoff = Backoff()
        rotate_at_s = time.monotonic() + ROTATE_EVERY_S
        while True:
            await asyncio.sleep(WATCH_S)
            if time.monotonic() >= rotate_at_s:
                self._log.rotate()
                rotate_at_s = time.monotonic() + ROTATE_EVERY_S
            if self._dsn is None or self.is_alive() or self._busy.locked():
                continue
            lived_s = time.monotonic() - self._started_at_s
            await asyncio.sleep(backoff.next_delay_s(lived_s=lived_s))
            pid = await self._revive()
            if pid is not None and on_restart is not None:
                on_restart(pid)

    async def _revive(self) -> int | None:
        async with self._busy:
            if self._dsn is None or self.is_alive():
                return None
            try:
                await self._launch(self._dsn.port)
            except ArgosError:
                # The log holds the reason; the next round tries again after a longer pause.
                await self._stop_process()
                return None
            return self.pid

    async def _start(self) -> Dsn:
        held_at = self._known_data_directory()
        account = server_account(None if held_at is None else held_at.stat().st_uid)
        found = find_binaries(self._bin_directory)
        self._binaries = reachable_binaries(found, account=account, shelter=self._shelter)
        directory = held_at or self._new_data_directory(account)
        cluster = self._cluster = Cluster(directory=directory, account=account)
        password = self._home.secret(PASSWORD_NAME)
        if not cluster.exists:
            await asyncio.to_thread(cluster.create, self._binaries, password=password)
        cluster.check_version(self._binaries)
        await _end_orphan(cluster)
        self._log.rotate()
        port = self._ports.port(PORT_NAME)
        self._dsn = Dsn(
            host=LOOPBACK, port=port, user=SUPERUSER, password=password, database="postgres"
        )
        return await self._launch(port)

    def _known_data_directory(self) -> Path | None:
        shelter = self._shelter.known()
        places = [self._home.data] + ([] if shelter is None else [shelter])
        return next((place / "postgres" for place in places if (place / "postgres").is_dir()), None)

    def _new_data_directory(self, account: ServerAccount) -> Path:
        if account.can_enter(self._home.data):
            return self._home.data / "postgres"
        return self._shelter.place(account) / "postgres"

    async def _launch(self, port: int) -> Dsn:
        """Start until ready; a trouble that passes by itself is tried again for a bounded time."""
        give_up_at_s = time.monotonic() + PASSING_TROUBLE_S
        while True:
            seen_bytes = self._log.size_bytes()
            self._spawn(port)
            if await self._became_ready():
                return self.superuser_dsn
            words = self._log.tail(since_bytes=seen_bytes)
            passing = any(trouble in words for trouble in PASSING_TROUBLES)
            if self.is_alive() or not passing or time.monotonic() >= give_up_at_s:
                raise ArgosError(
                    f"the embedded PostgreSQL did not start; {self._log.path} ends with:\n{words}",
                    code="POSTGRES_START_FAILED",
                    fix="the lines above say why; `argos doctor` checks the usual reasons",
                )
            await asyncio.sleep(RETRY_S)

    def _spawn(self, port: int) -> None:
        assert self._cluster is not None, "start() comes first"
        assert self._binaries is not None, "start() comes first"
        cluster = self._cluster
        cluster.configure(port=port, settings=self._settings)
        left_over = cluster.pid_file()
        if left_over is not None and not runs_on(left_over.pid, str(cluster.directory)):
            cluster.disown_pid(left_over.pid)
        output = self._log.open()
        with open(output, "wb", closefd=True) as log:
            self._process = subprocess.Popen(  # noqa: S603 - a program we found, fixed arguments
                [self._binaries.postgres, "-D", str(cluster.directory)],
                cwd="/",
                env=server_environment(),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                # A session of its own: Ctrl-C is for us, and we stop the server last.
                start_new_session=True,
                preexec_fn=die_with_parent(SIGINT),  # noqa: PLW1509 - prctl and getppid, nothing that locks
                **cluster.account.identity(),
            )
        self._started_at_s = time.monotonic()

    async def _became_ready(self) -> bool:
        assert self._cluster is not None, "start() comes first"
        deadline_s = time.monotonic() + READY_DEADLINE_S
        while self._process is not None and self.is_alive() and time.monotonic() < deadline_s:
            said = self._cluster.pid_file()
            if said is not None and said.ready and said.pid == self._process.pid:
                return True
            await asyncio.sleep(POLL_S)
        return False

    async def _stop_process(self) -> None:
        process = self._process
        if process is None:
            return
        for signal_number, wait_s in (
            (SIGINT, FAST_STOP_S),
            (SIGQUIT, QUICK_STOP_S),
            (SIGKILL, QUICK_STOP_S),
        ):
            if process.poll() is not None:
                break
            process.send_signal(signal_number)
            process.send_signal(SIGCONT)
            await _gone_within(process, wait_s)
        self._process = None

    def _release(self) -> None:
        self._dsn = None
        self._held.close()


async def _gone_within(process: subprocess.Popen[bytes], wait_s: float) -> None:
    deadline_s = time.monotonic() + wait_s
    while time.monotonic() < deadline_s:
        if process.poll() is not None:
            return
        await asyncio.sleep(POLL_S)


async def _end_orphan(cluster: Cluster) -> None:
    """Stop a server whose Argos was killed; we hold the lock, so nobody alive owns it."""
    left_over = cluster.pid_file()
    if left_over is None or not runs_on(left_over.pid, str(cluster.directory)):
        return
    mark = birth_mark(left_over.pid)
    steps = ((SIGINT, FAST_STOP_S), (SIGQUIT, QUICK_STOP_S), (SIGKILL, QUICK_STOP_S))
    if mark is not None and not await end_stranger(left_over.pid, mark=mark, steps=steps):
        raise ArgosError(
            f"an old server (process {left_over.pid}) on {cluster.directory} does not stop",
            code="POSTGRES_ORPHAN_STUCK",
            fix=f"kill -9 {left_over.pid}",
        )
