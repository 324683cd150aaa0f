"""Carries a plan out, step by step. Every step may be done again; the first that fails ends it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path, PureWindowsPath
from typing import Final

from argos.cli.mt5.install.debts import require_settled
from argos.cli.mt5.install.steps import (
    ByHand,
    Compile,
    CopyTree,
    MakeDirectory,
    MakePrivate,
    Remove,
    RequireSettled,
    Run,
    Step,
    WriteFile,
    filled,
)
from argos.core.errors import ArgosError, InputError

COMMAND_S_MAX: Final = 300
CLEAN: Final = "0 errors, 0 warnings"
_TAIL: Final = 600

Runner = Callable[[Sequence[str]], tuple[int, str]]
"""A command to its exit code and what it said."""


def run_command(argv: Sequence[str]) -> tuple[int, str]:
    """Without a shell; what was said on both streams. Raises InputError MT5_STEP_FAILED when it cannot run."""
    try:
        ended = subprocess.run(  # noqa: S603 - our own words, no shell
            list(argv),
            capture_output=True,
            text=True,
            errors="replace",
            timeout=COMMAND_S_MAX,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        raise _failed(argv, str(error)) from error
    return ended.returncode, ended.stdout + ended.stderr


def carry_out(
    steps: Iterable[Step],
    *,
    run: Runner = run_command,
    tell: Callable[[Step], None] = lambda _: None,
) -> list[ByHand]:
    """Do what can be done; gives what is left for a person, in order. Raises InputError MT5_STEP_FAILED, MT5_..."""
    left = []
    for step in steps:
        tell(step)
        if isinstance(step.action, ByHand):
            left.append(step.action)
            continue
        try:
            _do(step, run=run)
        except OSError as error:
            raise InputError(
                f"{step.why}: {error}",
                code="MT5_STEP_FAILED",
                fix="close programs that use it, mend what it says, and run the same command again",
            ) from error
    return left


def _do(step: Step, *, run: Runner) -> None:
    match step.action:
        case MakeDirectory(path=path):
            _here(path).mkdir(parents=True, exist_ok=True)
        case MakePrivate(path=path, user=user):
            _require(
                run, ("icacls.exe", str(path), "/inheritance:r", "/grant:r", f"{user}:(OI)(CI)F")
            )
        case CopyTree():
            _copy(step.action)
        case WriteFile(path=path, text=text, secrets=secrets, encoding=encoding):
            _write(_here(path), filled(text, secrets), encoding=encoding)
        case Run(argv=argv, codes=codes):
            _require(run, argv, codes=codes)
        case Compile():
            _compile(step.action, run=run)
        case RequireSettled(journal=journal):
            require_settled(_here(journal))
        case Remove(path=path, keep=keep):
            _remove(_here(path), keep=frozenset(keep))
        case ByHand():
            raise AssertionError("nothing to be done by a program")


def _here(path: PureWindowsPath) -> Path:
    """The path as this machine has it; Windows takes slashes as well."""
    return Path(path.as_posix())


def _copy(copy: CopyTree) -> None:
    if copy.unless is not None and _here(copy.unless).exists():
        return
    source = _here(copy.source)
    if not source.is_dir():
        raise InputError(
            f"there is no folder {source}",
            code="MT5_SOURCE_MISSING",
            field=str(source),
            fix="name the folder of an installed terminal by --terminal; --sources is the clone's mt5/MQL5",
        )
    shutil.copytree(
        source,
        _here(copy.target),
        dirs_exist_ok=True,
        ignore=shutil.ignore_patterns(*copy.leave_out),
    )


def _write(path: Path, text: str, *, encoding: str) -> None:
    """Whole or not at all. The folder is private already, and a new file takes its rights from there."""
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(path.name + ".new")
    draft.unlink(missing_ok=True)
    descriptor = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding=encoding, newline="") as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(path)


def _compile(asked: Compile, *, run: Runner) -> None:
    program, log = _here(asked.program), _here(asked.log)
    program.unlink(missing_ok=True)  # so that an old one is never taken for a new one
    log.unlink(missing_ok=True)
    run(asked.argv)
    said = _read_log(log)
    if not program.exists() or CLEAN not in said:
        raise InputError(
            f"MetaEditor did not compile the expert advisor: {said[-_TAIL:].strip() or 'it wrote no log'}",
            code="MT5_COMPILE_FAILED",
            field=str(log),
            fix="do not use it; send us the log. Without a log: is that a whole terminal, with metaeditor64.exe?",
        )


def _read_log(log: Path) -> str:
    """MetaEditor writes UTF-16; newer builds may write UTF-8."""
    if not log.exists():
        return ""
    raw = log.read_bytes()
    encoding = "utf-16" if raw[:2] in {b"\xff\xfe", b"\xfe\xff"} else "utf-8"
    return raw.decode(encoding, "replace")


def _remove(path: Path, *, keep: frozenset[str]) -> None:
    if not path.exists():
        return
    if path.is_file():
        path.unlink()
        return
    for below in sorted(path.iterdir()):
        if below.is_dir() and not below.is_symlink():
            _remove(below, keep=keep)
        elif below.name not in keep:
            below.unlink()
    if not any(path.iterdir()):
        path.rmdir()


def _require(run: Runner, argv: Sequence[str], *, codes: Sequence[int] = (0,)) -> None:
    code, said = run(argv)
    if code not in codes:
        raise _failed(argv, said.strip()[-_TAIL:] or f"exit code {code}")


def _failed(argv: Sequence[str], why: str) -> ArgosError:
    return InputError(
        f"{PureWindowsPath(argv[0]).name}: {why}",
        code="MT5_STEP_FAILED",
        fix="mend what it says, and run the same command again: what was done stays done",
    )
