import asyncio
import socket
import stat
import sys
from pathlib import Path
from signal import SIGCONT, SIGKILL, SIGSTOP, SIGTERM

import pytest

from argos.core.errors import ArgosError, InputError
from argos.stack.children import (
    Child,
    ChildEvent,
    ChildEventKind,
    ChildSupervisor,
    RestartPolicy,
)
from argos.stack.free_ports import LOOPBACK, PortBook
from argos.stack.home import Home
from argos.stack.processes import birth_mark, command_of
from argos.stack.readiness import Readiness, file_exists, http_answers, port_open
from eventually import eventually

SLEEP = "import time; time.sleep(600)"
LIVE = 'print("alive", flush=True)\n' + SLEEP
STUBBORN = (
    "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    'print("alive", flush=True)\n' + SLEEP
)
SERVE = """
import http.server, sys
class Answer(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/health?deep=1" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


def python(name: str, program: str, *arguments: str, ready: Readiness | None = None) -> Child:
    return Child(
        name=name,
        argv=[sys.executable, "-c", program, *arguments],
        ready=ready,
        ready_deadline_s=20.0,
        restart=RestartPolicy.ALWAYS,
    )


def said(path: Path, words: str) -> Readiness:
    async def ready() -> bool:
        return path.exists() and words in path.read_text()

    return ready


def kinds(events: list[ChildEvent], name: str) -> list[ChildEventKind]:
    return [event.kind for event in events if event.name == name]


async def test_a_child_writes_into_its_own_private_log(home: Home) -> None:
    program = 'import os, sys; print("out", os.environ["COLOUR"], os.getcwd(), flush=True); sys.exit("err")'
    async with ChildSupervisor(home) as supervisor:
        log = supervisor.log_path("talker")
        child = Child(
            name="talker",
            argv=[sys.executable, "-c", program],
            env={"COLOUR": "red"},
            cwd=home.data,
            restart=RestartPolicy.NEVER,
        )
        await supervisor.start(child)
        await eventually(
            lambda: log.read_text() == f"out red {home.data}\nerr\n", what="both streams"
        )
    assert stat.S_IMODE(log.stat().st_mode) == 0o600
    assert log.parent == home.logs


async def test_a_killed_child_is_restarted_and_each_step_is_told(home: Home) -> None:
    events: list[ChildEvent] = []
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        first = await supervisor.start(python("node", SLEEP))
        supervisor.signal("node", SIGKILL)
        second = await supervisor.ready("node")
        assert second != first
        assert supervisor.pids == {"node": second}
    assert kinds(events, "node") == [
        ChildEventKind.STARTED,
        ChildEventKind.READY,
        ChildEventKind.EXITED,
        ChildEventKind.RESTARTING,
        ChildEventKind.STARTED,
        ChildEventKind.READY,
        ChildEventKind.EXITED,
    ]
    exits = [
        (event.pid, event.returncode) for event in events if event.kind is ChildEventKind.EXITED
    ]
    assert exits == [(first, -SIGKILL), (second, -SIGTERM)]


async def test_the_pauses_grow_while_a_child_keeps_dying(home: Home) -> None:
    events: list[ChildEvent] = []
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        await supervisor.start(python("crasher", "import sys; sys.exit(3)"))
        await eventually(
            lambda: kinds(events, "crasher").count(ChildEventKind.RESTARTING) >= 3, what="restarts"
        )
    pauses = [event.delay_s for event in events if event.kind is ChildEventKind.RESTARTING]
    assert pauses[:3] == [0.2, 0.4, 0.8]
    assert {event.returncode for event in events if event.kind is ChildEventKind.EXITED} == {3}


async def test_a_child_that_may_end_is_left_alone(home: Home) -> None:
    events: list[ChildEvent] = []
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        await supervisor.start(
            Child(name="job", argv=["/bin/sh", "-c", "exit 0"], restart=RestartPolicy.NEVER)
        )
        await eventually(lambda: ChildEventKind.EXITED in kinds(events, "job"))
        assert supervisor.pids == {}
    assert ChildEventKind.RESTARTING not in kinds(events, "job")


async def test_a_child_that_says_another_life_would_not_help_stays_down(home: Home) -> None:
    """It dies twice: by a code that is restarted, then by one that is not."""
    events: list[ChildEvent] = []
    marker = home.data / "died-once"
    program = f"""
import pathlib, sys
marker = pathlib.Path({str(marker)!r})
died_before = marker.exists()
marker.touch()
sys.exit(3 if died_before else 1)
"""
    child = Child(
        name="fenced",
        argv=[sys.executable, "-c", program],
        no_restart_codes=frozenset({2, 3}),
    )
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        await supervisor.start(child)
        await eventually(lambda: ChildEventKind.STAYS_DOWN in kinds(events, "fenced"))
        assert supervisor.pids == {}
        assert kinds(events, "fenced").count(ChildEventKind.RESTARTING) == 1
    last = events[-1]
    assert (last.kind, last.returncode) == (ChildEventKind.STAYS_DOWN, 3)


async def test_a_child_is_ready_when_its_health_url_answers(home: Home) -> None:
    port = PortBook(home.root / "ports.json").port("web")
    url = f"http://{LOOPBACK}:{port}/health?deep=1"
    async with ChildSupervisor(home) as supervisor:
        assert not await http_answers(url)()
        await supervisor.start(python("web", SERVE, str(port), ready=http_answers(url)))
        assert await port_open(port)()
        assert not await http_answers(f"http://{LOOPBACK}:{port}/other")()
    assert not await port_open(port)()


async def test_a_child_is_ready_when_its_file_is_there(home: Home) -> None:
    flag = home.data / "flag"
    program = "import pathlib, sys, time; pathlib.Path(sys.argv[1]).touch(); time.sleep(600)"
    async with ChildSupervisor(home) as supervisor:
        await supervisor.start(python("node", program, str(flag), ready=file_exists(flag)))
        assert flag.exists()


async def test_what_answers_no_http_is_not_ready() -> None:
    async def hang_up(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"SSH-2.0-not-http\r\n")
        writer.close()

    server = await asyncio.start_server(hang_up, LOOPBACK, 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        assert not await http_answers(f"http://{LOOPBACK}:{port}/")()


async def test_a_child_that_ends_before_it_is_ready_fails_with_its_last_words(home: Home) -> None:
    async def never() -> bool:
        return False

    program = 'import sys; print("cannot bind port 8000", flush=True); sys.exit(7)'
    async with ChildSupervisor(home) as supervisor:
        supervisor.log_path("gateway").write_text("words of the last run\n")
        with pytest.raises(ArgosError) as failure:
            await supervisor.start(python("gateway", program, ready=never))
        assert supervisor.pids == {}
    message = failure.value.message
    assert failure.value.code == "CHILD_NOT_READY"
    assert "exit code 7" in message
    assert "cannot bind port 8000" in message
    assert str(supervisor.log_path("gateway")) in message
    assert "words of the last run" not in message


async def test_a_child_that_is_not_ready_in_time_is_ended_and_said_so(home: Home) -> None:
    log = home.logs / "slow.log"
    seen: list[int] = []

    async def sees_it_but_is_never_content() -> bool:
        if await said(log, "alive")():
            seen.extend(supervisor.pids.values())
        return False

    child = Child(
        name="slow",
        argv=[sys.executable, "-c", LIVE],
        ready=sees_it_but_is_never_content,
        ready_deadline_s=1.0,
    )
    async with ChildSupervisor(home) as supervisor:
        with pytest.raises(ArgosError, match=r"not ready within 1 s.*\nalive"):
            await supervisor.start(child)
        assert seen
        assert birth_mark(seen[0]) is None
        # The name is free again: the same child may be tried once more.
        await supervisor.start(python("slow", SLEEP))


async def test_another_program_on_the_port_does_not_make_a_dead_child_ready(home: Home) -> None:
    with socket.create_server((LOOPBACK, 0)) as stranger:
        port = stranger.getsockname()[1]

        async def answers_once_the_child_is_dead() -> bool:
            await eventually(lambda: not command_of(supervisor.pids.get("gateway", 0)))
            await eventually(lambda: supervisor.pids == {})
            return await port_open(port)()

        async with ChildSupervisor(home) as supervisor:
            with pytest.raises(ArgosError, match="exit code 1"):
                await supervisor.start(
                    python(
                        "gateway", "import sys; sys.exit(1)", ready=answers_once_the_child_is_dead
                    )
                )


async def test_a_program_that_is_not_there_is_named(home: Home) -> None:
    async with ChildSupervisor(home) as supervisor:
        with pytest.raises(InputError) as refusal:
            await supervisor.start(Child(name="ghost", argv=["/no/such/program"]))
    assert refusal.value.code == "CHILD_CANNOT_RUN"
    assert "/no/such/program" in refusal.value.fix


async def test_a_name_is_for_one_child_and_an_unknown_one_is_refused(home: Home) -> None:
    async with ChildSupervisor(home) as supervisor:
        await supervisor.start(python("node", SLEEP))
        with pytest.raises(InputError, match="CHILD_EXISTS"):
            await supervisor.start(python("node", SLEEP))
        with pytest.raises(InputError, match="there are: node"):
            supervisor.signal("nod", SIGKILL)


async def test_a_stopped_child_runs_on_and_still_ends_on_stop(home: Home) -> None:
    async with ChildSupervisor(home) as supervisor:
        pid = await supervisor.start(python("node", SLEEP))

        def state() -> str:
            return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]

        supervisor.signal("node", SIGSTOP)
        await eventually(lambda: state() == "T", what="stopped")
        supervisor.signal("node", SIGCONT)
        await eventually(lambda: state() == "S", what="continued")
        supervisor.signal("node", SIGSTOP)
    assert birth_mark(pid) is None


async def test_a_child_deaf_to_the_polite_signal_is_killed_with_its_own_children(
    home: Home,
) -> None:
    log = home.logs / "deaf.log"
    program = (
        f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {SLEEP!r}])\n{STUBBORN}"
    )
    events: list[ChildEvent] = []
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        pid = await supervisor.start(
            Child(
                name="deaf",
                argv=[sys.executable, "-c", program],
                ready=said(log, "alive"),
                stop_wait_s=0.2,
            )
        )
        family = [int(each) for each in _children_of(pid)]
        assert len(family) == 1
    assert [event.returncode for event in events if event.returncode is not None] == [-SIGKILL]
    await eventually(lambda: birth_mark(family[0]) is None, what="the grandchild ends")


async def test_children_stop_in_the_reverse_order_of_their_start(home: Home) -> None:
    events: list[ChildEvent] = []
    names = ["postgres", "gateway", "worker", "node"]
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        for name in names:
            await supervisor.start(python(name, SLEEP))
    ended = [event.name for event in events if event.kind is ChildEventKind.EXITED]
    assert ended == names[::-1]


async def test_one_child_can_be_stopped_for_good(home: Home) -> None:
    async with ChildSupervisor(home) as supervisor:
        await supervisor.start(python("keep", SLEEP))
        pid = await supervisor.start(python("leave", SLEEP))
        await supervisor.stop_child("leave")
        assert birth_mark(pid) is None
        assert list(supervisor.pids) == ["keep"]


async def test_stop_does_not_wait_for_a_pause_before_a_restart(home: Home) -> None:
    events: list[ChildEvent] = []
    async with ChildSupervisor(home, on_event=events.append) as supervisor:
        await supervisor.start(python("crasher", "import sys; sys.exit(1)"))
        await eventually(lambda: ChildEventKind.RESTARTING in kinds(events, "crasher"))
        await supervisor.stop()
        assert supervisor.pids == {}
        started = kinds(events, "crasher").count(ChildEventKind.STARTED)
    assert kinds(events, "crasher").count(ChildEventKind.STARTED) == started


async def test_a_restarted_child_that_hangs_before_ready_is_tried_again(home: Home) -> None:
    # The first life gets ready, the second hangs, the third gets ready again.
    program = (
        "import pathlib, sys, time; lives = pathlib.Path(sys.argv[1])\n"
        "lives.write_text(lives.read_text() + 'x')\n"
        "if len(lives.read_text()) != 2: pathlib.Path(sys.argv[2]).touch()\n" + SLEEP
    )
    lives, flag = home.data / "lives", home.data / "flag"
    lives.write_text("")
    child = Child(
        name="node",
        argv=[sys.executable, "-c", program, str(lives), str(flag)],
        ready=file_exists(flag),
        ready_deadline_s=2.0,
    )
    async with ChildSupervisor(home) as supervisor:
        first = await supervisor.start(child)
        flag.unlink()
        supervisor.signal("node", SIGKILL)
        third = await asyncio.wait_for(supervisor.ready("node"), 30)
        assert third != first
        assert lives.read_text() == "xxx"


async def test_a_readiness_check_that_fails_does_not_end_the_watch_over_the_child(
    home: Home,
) -> None:
    looks = 0

    async def fails_after_the_first_time() -> bool:
        nonlocal looks
        looks += 1
        if looks == 2:
            raise RuntimeError("the connection died under the question")
        return True

    async with ChildSupervisor(home) as supervisor:
        await supervisor.start(python("node", LIVE, ready=fails_after_the_first_time))
        for _ in range(2):
            supervisor.signal("node", SIGKILL)
            async with asyncio.timeout(20):
                await supervisor.ready("node")
    assert looks >= 4


async def test_children_started_together_all_get_ready(home: Home) -> None:
    async with ChildSupervisor(home) as supervisor:
        names = [f"node-{number}" for number in range(4)]
        pids = await asyncio.gather(*(supervisor.start(python(name, SLEEP)) for name in names))
        assert supervisor.pids == dict(zip(names, pids, strict=True))
    assert all(birth_mark(pid) is None for pid in pids)


def _children_of(pid: int) -> list[str]:
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
