"""Builds the host program around the expert, once for each state of its sources.

The result lies in `build/` beside this file, under a name made of what it was built from. Needs g++ and SQLite's
header; on Debian: `apt install g++ libsqlite3-dev`.
"""

import hashlib
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))

from rewrite import NotInSubsetError, Rewriter  # noqa: E402 - it lies beside this file, in no package

MQL5 = HERE.parent / "MQL5"
EXPERT = MQL5 / "Experts" / "Argos" / "ArgosNode.mq5"
BUILD = HERE / "build"
FLAGS = (
    "-std=c++17",
    "-g",
    "-O1",
    "-Wall",
    "-Wextra",
    "-Werror=return-type",
    "-Werror=uninitialized",
    "-Wno-unused-function",
    "-Wno-unused-parameter",
    "-ftrivial-auto-var-init=pattern",
)
"""The last one fills what MQL5 leaves uninitialised with rubbish, so that nothing can rely on it."""


class CannotBuildError(Exception):
    """The host could not be built; the message names what is missing or wrong."""


def build(expert: Path = EXPERT) -> Path:
    """The host program for `expert`, built now or found as it was built before."""
    compiler = shutil.which("g++")
    if compiler is None:
        raise CannotBuildError("g++ is missing; on Debian: apt install g++ libsqlite3-dev")
    try:
        source = Rewriter(include_root=MQL5 / "Include").program(expert)
    except NotInSubsetError as error:
        raise CannotBuildError(str(error)) from error
    parts = sorted(HERE.glob("*.cpp"))
    shared = b"".join(path.read_bytes() for path in sorted(HERE.glob("*.hpp")))
    BUILD.mkdir(exist_ok=True)
    expert_source = BUILD / f"{expert.stem}-{_digest(source.encode())}.cpp"
    expert_source.write_text(source, encoding="utf-8")
    with ThreadPoolExecutor(max_workers=2) as pool:
        objects = list(
            pool.map(lambda part: _compiled(compiler, part, shared), [expert_source, *parts])
        )
    program = BUILD / f"host-{_digest(''.join(item.name for item in objects).encode())}"
    if not program.exists():
        draft = program.with_suffix(f".{os.getpid()}")
        _run([compiler, *map(str, objects), "-lsqlite3", "-o", str(draft)])
        draft.replace(program)
    return program


def _compiled(compiler: str, part: Path, shared: bytes) -> Path:
    key = _digest(" ".join(FLAGS).encode() + shared + part.read_bytes())
    target = BUILD / f"{part.stem}-{key}.o"
    if not target.exists():
        draft = target.with_suffix(f".{os.getpid()}")
        _run([compiler, *FLAGS, f"-I{HERE}", "-c", str(part), "-o", str(draft)])
        draft.replace(target)
    return target


def _run(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=False)  # noqa: S603
    if done.returncode:
        hint = ""
        if "sqlite3" in done.stderr:
            hint = (
                "\nSQLite's header or library may be missing; on Debian: apt install libsqlite3-dev"
            )
        raise CannotBuildError(done.stderr + hint)
    sys.stderr.write(done.stderr)


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()[:16]


def main() -> int:
    try:
        sys.stdout.write(f"{build()}\n")
    except CannotBuildError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
