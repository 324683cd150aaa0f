"""Carrying a plan out: real files in a folder of the test, commands to a recorder in place of Windows."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path, PureWindowsPath

import pytest

from argos.cli.mt5.install.doing import CLEAN, carry_out
from argos.cli.mt5.install.steps import (
    Action,
    ByHand,
    Compile,
    CopyTree,
    MakeDirectory,
    MakePrivate,
    Remove,
    Run,
    Step,
    WriteFile,
)
from argos.core.errors import InputError


@dataclass
class Windows:
    """What was run; `codes` by program, and what MetaEditor leaves behind."""

    codes: dict[str, int] = field(default_factory=dict)
    log: bytes | None = None
    ran: list[tuple[str, ...]] = field(default_factory=list)
    makes_program: bool = True

    def __call__(self, argv: Sequence[str]) -> tuple[int, str]:
        self.ran.append(tuple(argv))
        if "metaeditor" in argv[0]:
            self._compile(argv)
        return self.codes.get(argv[0], 0), "what it said"

    def _compile(self, argv: Sequence[str]) -> None:
        source, log = (Path(word.partition(":")[2]) for word in (argv[1], argv[2]))
        if self.log is not None:
            log.write_bytes(self.log)
        if self.makes_program:
            source.with_suffix(".ex5").touch()


def win(path: Path) -> PureWindowsPath:
    return PureWindowsPath(path.as_posix())


def do(windows: Windows, *actions: Action) -> list[ByHand]:
    return carry_out([Step(why="a test", action=action) for action in actions], run=windows)


def test_folders_files_and_rights(tmp_path: Path) -> None:
    windows, folder = Windows(), tmp_path / "prop-1" / "node"
    file = WriteFile(
        path=win(folder / "start.ini"),
        text="Password={password}\r\n",
        secrets={"password": "pä{x}"},
    )
    left = do(
        windows,
        MakeDirectory(path=win(folder)),
        MakePrivate(path=win(folder), user="VPS\\trader"),
        file,
        ByHand(clicks=("press Algo Trading",)),
    )
    assert (folder / "start.ini").read_bytes().decode() == "Password=pä{x}\r\n"
    assert [hand.clicks for hand in left] == [("press Algo Trading",)]
    [icacls] = windows.ran
    assert icacls[0] == "icacls.exe"
    assert icacls[2:] == ("/inheritance:r", "/grant:r", "VPS\\trader:(OI)(CI)F")


def test_a_terminal_that_is_there_is_not_copied_again(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "terminal"
    (source / "Config").mkdir(parents=True)
    for name in ("terminal64.exe", "Config/accounts.dat", "Config/servers.dat"):
        (source / name).write_text("new")
    copy = CopyTree(
        source=win(source),
        target=win(target),
        unless=win(target / "terminal64.exe"),
        leave_out=("accounts.dat",),
    )
    do(Windows(), copy)
    assert (target / "Config" / "servers.dat").exists()
    assert not (target / "Config" / "accounts.dat").exists()
    (target / "terminal64.exe").write_text("updated by itself")
    do(Windows(), copy)
    assert (target / "terminal64.exe").read_text() == "updated by itself"


def test_a_source_that_is_not_there_says_which_option_names_it(tmp_path: Path) -> None:
    with pytest.raises(InputError) as refused:
        do(Windows(), CopyTree(source=win(tmp_path / "no"), target=win(tmp_path / "to")))
    assert refused.value.code == "MT5_SOURCE_MISSING"
    assert "--terminal" in refused.value.fix


def test_the_first_failure_ends_it_with_what_the_command_said(tmp_path: Path) -> None:
    windows = Windows(codes={"schtasks.exe": 1})
    with pytest.raises(InputError) as failed:
        do(windows, Run(argv=("schtasks.exe", "/Create")), MakeDirectory(path=win(tmp_path / "a")))
    assert failed.value.code == "MT5_STEP_FAILED"
    assert "what it said" in failed.value.message
    assert not (tmp_path / "a").exists()
    do(windows, Run(argv=("schtasks.exe", "/End"), codes=(0, 1)))


def compiling(tmp_path: Path) -> Compile:
    source = tmp_path / "ArgosNode.mq5"
    log = tmp_path / "compile.log"
    return Compile(
        argv=("metaeditor64.exe", f"/compile:{source.as_posix()}", f"/log:{log.as_posix()}"),
        log=win(log),
        program=win(source.with_suffix(".ex5")),
    )


@pytest.mark.parametrize("encoding", ["utf-16", "utf-8"])
def test_a_clean_log_and_a_new_program_are_a_compilation(tmp_path: Path, encoding: str) -> None:
    do(Windows(log=f"Result: {CLEAN}, 900 ms".encode(encoding)), compiling(tmp_path))
    assert (tmp_path / "ArgosNode.ex5").exists()


@pytest.mark.parametrize(
    ("log", "makes_program"),
    [
        (None, True),
        ("Result: 0 errors, 1 warnings".encode("utf-16"), True),
        ("Result: 1 errors, 0 warnings".encode("utf-16"), True),
        (f"Result: {CLEAN}".encode("utf-16"), False),
    ],
    ids=["no-log", "warning", "error", "no-program"],
)
def test_anything_else_is_none_though_an_old_program_and_an_exit_code_say_so(
    tmp_path: Path, log: bytes | None, makes_program: bool
) -> None:
    (tmp_path / "ArgosNode.ex5").write_text("old")
    (tmp_path / "compile.log").write_text(CLEAN)
    with pytest.raises(InputError) as failed:
        do(Windows(log=log, makes_program=makes_program), compiling(tmp_path))
    assert failed.value.code == "MT5_COMPILE_FAILED"


def test_what_is_removed_leaves_what_is_to_be_kept(tmp_path: Path) -> None:
    files = tmp_path / "terminal" / "MQL5" / "Files"
    files.mkdir(parents=True)
    for name in ("argos-prop-1.sqlite", "argos-prop-1.sqlite-wal", "other.txt"):
        (files / name).touch()
    (tmp_path / "terminal" / "terminal64.exe").touch()
    keep = ("argos-prop-1.sqlite", "argos-prop-1.sqlite-wal")
    do(Windows(), Remove(path=win(tmp_path / "terminal"), keep=keep))
    assert sorted(path.name for path in (tmp_path / "terminal").rglob("*") if path.is_file()) == [
        *keep
    ]
    do(Windows(), Remove(path=win(tmp_path / "terminal")), Remove(path=win(tmp_path / "never")))
    assert not (tmp_path / "terminal").exists()


def test_a_link_is_removed_and_what_it_leads_to_stays(tmp_path: Path) -> None:
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (elsewhere / "precious").touch()
    (tmp_path / "terminal").mkdir()
    (tmp_path / "terminal" / "link").symlink_to(elsewhere)
    do(Windows(), Remove(path=win(tmp_path / "terminal")))
    assert (elsewhere / "precious").exists()
    assert not (tmp_path / "terminal").exists()
