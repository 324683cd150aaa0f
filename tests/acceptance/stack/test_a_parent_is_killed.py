"""Whatever supervises the stack may be killed at any instant: nothing is left running and nothing is lost."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from signal import SIGKILL, SIGSTOP, SIGTERM
from subprocess import Popen

import asyncpg
import pytest

from argos.stack.children import Child, ChildSupervisor
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home
from argos.stack.processes import birth_mark
from eventually import eventually

pytestmark = pytest.mark.acceptance

StartProgram = Callable[..., tuple[Popen[str], list[str]]]

on_linux = pytest.mark.skipif(sys.platform != "linux", reason="the parent-death signal is Linux's")

RUN_A_SERVER = """
import asyncio, sys
from pathlib import Path
import asyncpg
from argos.stack.embedded import EmbeddedPostgres
from argos.stack.home import Home

async def main():
    server = EmbeddedPostgres(Home.at(Path(sys.argv[1])))
    connection = await asyncpg.connect(str(await server.start()))
    await connection.execute("create table if not exists kept (answer int)")
    await connection.execute("insert into kept values (42)")
    print(server.pid, flush=True)
    await asyncio.sleep(600)

asyncio.run(main())
"""

RUN_CHILDREN = """
import asyncio, sys
from pathlib import Path
from argos.stack.children import Child, ChildSupervisor
from argos.stack.home import Home

async def main():
    async with ChildSupervisor(Home.at(Path(sys.argv[1]))) as supervisor:
        for number in range(3):
            argv = [sys.executable, "-c", "import time; time.sleep(600)", "of " + sys.argv[1]]
            await supervisor.start(Child(name=f"node-{number}", argv=argv))
        print(*supervisor.pids.values(), flush=True)
        await asyncio.sleep(600)

asyncio.run(main())
"""


async def stop(pid: int) -> None:
    """Stop a process and wait until it has stopped.

    A stop is only asked for: a process that has not run since then would take the signal of its parent's
    death first, for that has the smaller number.
    """
    os.kill(pid, SIGSTOP)
    await eventually(lambda: state_of(pid).startswith("T"), what="the process stops")


def state_of(pid: int) -> str:
    if sys.platform == "linux":
        # proc(5): the state is field 3; the name before it may hold spaces.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    asked = ["/bin/ps", "-o", "state=", "-p", str(pid)]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout.strip()


async def rows_kept(server: EmbeddedPostgres) -> int:
    connection = await asyncpg.connect(str(await server.start()))
    try:
        return int(await connection.fetchval("select count(*) from kept where answer = 42"))
    finally:
        await connection.close()


@on_linux
@pytest.mark.parametrize("last_signal", [SIGKILL, SIGTERM])
async def test_the_server_ends_with_its_parent_and_its_data_are_whole(
    home: Home, start_program: StartProgram, last_signal: int
) -> None:
    parent, (server_pid,) = start_program(RUN_A_SERVER, str(home.root))
    os.kill(parent.pid, last_signal)
    parent.wait()
    await eventually(lambda: birth_mark(int(server_pid)) is None, what="the server ends")
    # It was told, not killed: a clean end removes the file, so the next start needs no recovery.
    assert not (home.data / "postgres" / "postmaster.pid").exists()
    server = EmbeddedPostgres(home)
    try:
        assert await rows_kept(server) == 1
    finally:
        await server.discard()


async def test_a_server_that_outlived_its_parent_is_ended_by_the_next_start(
    home: Home, start_program: StartProgram
) -> None:
    parent, (server_pid,) = start_program(RUN_A_SERVER, str(home.root))
    # A stopped server cannot act on the death of its parent.
    await stop(int(server_pid))
    parent.kill()
    parent.wait()
    assert birth_mark(int(server_pid)) is not None
    server = EmbeddedPostgres(home)
    try:
        assert await rows_kept(server) == 1
        assert birth_mark(int(server_pid)) is None
        assert server.pid != int(server_pid)
    finally:
        await server.discard()


@on_linux
async def test_a_start_right_after_the_kill_waits_for_the_old_server(
    home: Home, start_program: StartProgram
) -> None:
    runs = 4
    for _ in range(runs):
        parent, _ = start_program(RUN_A_SERVER, str(home.root))
        parent.kill()
        parent.wait()
    server = EmbeddedPostgres(home)
    try:
        assert await rows_kept(server) == runs
    finally:
        await server.discard()


async def test_parent_and_server_killed_together_lose_nothing_committed(
    home: Home, start_program: StartProgram
) -> None:
    parent, (server_pid,) = start_program(RUN_A_SERVER, str(home.root))
    os.kill(int(server_pid), SIGKILL)
    parent.kill()
    parent.wait()
    server = EmbeddedPostgres(home)
    try:
        assert await rows_kept(server) == 1
    finally:
        await server.discard()


@on_linux
async def test_children_end_with_their_parent(home: Home, start_program: StartProgram) -> None:
    parent, words = start_program(RUN_CHILDREN, str(home.root))
    pids = [int(word) for word in words]
    assert len(pids) == 3
    assert all(birth_mark(pid) is not None for pid in pids)
    parent.kill()
    parent.wait()
    await eventually(lambda: all(birth_mark(pid) is None for pid in pids), what="all end")


async def test_a_child_that_outlived_its_parent_is_ended_by_the_next_supervisor(
    home: Home, start_program: StartProgram
) -> None:
    parent, words = start_program(RUN_CHILDREN, str(home.root))
    stopped = int(words[0])
    await stop(stopped)
    parent.kill()
    parent.wait()
    assert birth_mark(stopped) is not None
    async with ChildSupervisor(home) as supervisor:
        assert birth_mark(stopped) is None
        await supervisor.start(Child(name="node-0", argv=["/bin/sleep", "600"]))


async def test_a_recorded_pid_that_a_stranger_got_is_left_alone(home: Home) -> None:
    record = home.root / "children.json"
    with Popen(["/bin/sleep", "600"]) as stranger:
        try:
            record.write_text(f'{{"node": {{"pid": {stranger.pid}, "mark": "another life"}}}}')
            async with ChildSupervisor(home):
                assert stranger.poll() is None
        finally:
            stranger.kill()


@on_linux
async def test_a_whole_stack_killed_in_the_middle_of_its_start_leaves_nothing(
    home: Home, start_program: StartProgram
) -> None:
    """Each round kills a little later, from before the first fork to after the last."""
    program = RUN_CHILDREN.replace("async def main", "print('up', flush=True)\nasync def main", 1)
    for round_number in range(6):
        parent, _ = start_program(program, str(home.root))
        launched = home.root / "children.json"
        await eventually(
            lambda launched=launched, least=round_number // 2: (
                least == 0 or (launched.exists() and launched.read_text().count('"pid"') >= least)
            ),
            what="so many children",
        )
        parent.kill()
        parent.wait()
    mark = f"of {home.root}"
    await eventually(lambda: mark not in " ".join(_all_commands()), what="all end")


def _all_commands() -> list[str]:
    commands = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            commands.append(entry.read_bytes().decode("utf-8", "replace"))
        except OSError:
            continue
    return commands
