import os
import stat
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from argos.core.errors import InputError
from argos.stack.home import Home, home_path, read_private, write_atomically

HOLD_THE_LOCK = """
import sys
from pathlib import Path
from argos.stack.home import Home
with Home(Path(sys.argv[1])).lock():
    print("held", flush=True)
    sys.stdin.read()
"""


def mode_of(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


def test_the_environment_names_the_home_or_it_lies_in_the_users() -> None:
    assert home_path({"ARGOS_HOME": "/srv/argos"}) == Path("/srv/argos")
    assert home_path({}) == Path.home() / ".argos"
    assert home_path({"ARGOS_HOME": ""}) == Path.home() / ".argos"
    assert home_path({"ARGOS_HOME": "here"}) == Path.cwd() / "here"


def test_a_home_is_made_with_its_rooms_and_closed_to_readers(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "deep" / "home")
    for room in (home.data, home.logs, home.nodes, home.brokers):
        assert room.is_dir()
        assert mode_of(room) & 0o066 == 0
    assert mode_of(home.root) & 0o066 == 0
    assert mode_of(home.logs) == mode_of(home.nodes) == mode_of(home.brokers) == 0o700


def test_opening_a_home_again_changes_no_mode(tmp_path: Path) -> None:
    home = Home.at(tmp_path / "home")
    home.logs.chmod(0o750)
    tmp_path.chmod(0o700)
    Home.at(tmp_path / "home")
    assert mode_of(home.logs) == 0o750
    assert mode_of(tmp_path) == 0o700


def test_a_home_below_a_file_is_refused_with_a_fix(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(InputError) as refusal:
        Home.at(tmp_path / "file" / "home")
    assert "ARGOS_HOME" in refusal.value.fix


def test_a_secret_is_made_once_and_kept_private(home: Home) -> None:
    first = home.secret("hook")
    assert len(bytes.fromhex(first)) == 32
    assert home.secret("hook") == first
    assert home.secret("other") != first
    assert Home(home.root).secrets() == {"hook": first, "other": home.secret("other")}
    assert mode_of(home.secrets_path) == 0o600


def test_a_given_secret_replaces_the_one_before(home: Home) -> None:
    home.secret("node")
    home.set_secret("node", "given")
    assert home.secret("node") == "given"


def test_secrets_asked_for_at_the_same_time_are_all_kept(home: Home) -> None:
    names = [f"secret-{number}" for number in range(16)] * 2
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(home.secret, names))
    assert dict(zip(names, answers, strict=True)) == home.secrets()


@pytest.mark.parametrize("mode", [0o640, 0o604, 0o620, 0o666])
def test_a_secret_file_open_to_others_is_refused_and_the_fix_mends_it(
    home: Home, mode: int
) -> None:
    secret = home.secret("hook")
    home.secrets_path.chmod(mode)
    with pytest.raises(InputError) as refusal:
        home.secret("hook")
    assert refusal.value.code == "SECRET_FILE_OPEN"
    subprocess.run(refusal.value.fix, shell=True, check=True)
    assert home.secret("hook") == secret


@pytest.mark.parametrize("content", ["", "{", "[]", '{"a": 1}'])
def test_a_broken_secret_file_is_refused_and_left_as_it_is(home: Home, content: str) -> None:
    write_atomically(home.secrets_path, content)
    with pytest.raises(InputError) as refusal:
        home.secret("hook")
    assert refusal.value.code == "SECRET_FILE_BROKEN"
    assert read_private(home.secrets_path) == content


def test_a_failed_write_leaves_the_old_content_and_no_draft(tmp_path: Path) -> None:
    target = tmp_path / "file"
    write_atomically(target, "old")
    with pytest.raises(UnicodeEncodeError):
        write_atomically(target, "new \udc80")
    assert target.read_text() == "old"
    assert os.listdir(tmp_path) == ["file"]


def test_the_mode_of_a_written_file_does_not_depend_on_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o777)
    try:
        write_atomically(tmp_path / "file", "x", mode=0o644)
    finally:
        os.umask(before)
    assert mode_of(tmp_path / "file") == 0o644


def test_two_processes_cannot_hold_one_home_and_a_killed_one_lets_go(home: Home) -> None:
    holder = subprocess.Popen(
        [sys.executable, "-c", HOLD_THE_LOCK, str(home.root)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(InputError) as refusal, home.lock():
            pass
        assert refusal.value.code == "HOME_IN_USE"
        assert str(holder.pid) in refusal.value.message
    finally:
        holder.kill()
        holder.communicate()
    with home.lock():
        pass
