"""The expert advisor as a process: `python -m argos.rehearsal.expert FILE` becomes the host program that runs it.

The host is compiled from the sources beside the package, so there is one in a checkout only.
"""

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from argos.core.errors import ArgosError, InputError
from argos.stack.home import read_private

BUILD: Final = Path(__file__).resolve().parents[3] / "mt5" / "host" / "build.py"
CODE_VARIABLE: Final = "ARGOS_ENROL_CODE"


def has_sources() -> bool:
    """Whether this is a checkout; an installed package comes without MQL5."""
    return BUILD.exists()


def build_host() -> Path:
    """The host program, compiled now unless it stands there already.

    Raises InputError EXPERT_SOURCES_MISSING, or ArgosError EXPERT_NOT_BUILT, mostly for want of a compiler.
    """
    if not has_sources():
        raise InputError(
            "an installed Argos has no sources of the expert advisor",
            code="EXPERT_SOURCES_MISSING",
            field="nodes",
            fix="run it from a checkout of the repository, or leave mt5-ea out",
        )
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, str(BUILD)], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise ArgosError(
            f"the expert advisor's host cannot be built: {done.stderr.strip() or done.returncode}",
            code="EXPERT_NOT_BUILT",
            fix="on Debian: apt install g++ libsqlite3-dev; or leave it out: --nodes paper,mt5-python",
        )
    return Path(done.stdout.strip())


def journal_files(directory: Path, *, account: str) -> list[Path]:
    """Where the expert in that directory keeps its log; SQLite's side files are among them."""
    return [directory / f"argos-{account}.sqlite{tail}" for tail in ("", "-wal", "-shm")]


def host_argv(body: Mapping[str, Any], *, enrol_code: str) -> list[str]:
    """The command that `body` describes: `host`, `directory`, `broker_url`, `api_key`, `gateway_url`, `account`.

    `options` are the host's own, `inputs` the expert's, as an operator would set them in the terminal.
    """
    inputs = {
        "InpGatewayUrl": body["gateway_url"],
        "InpAccount": body["account"],
        **body.get("inputs", {}),
    }
    if enrol_code:
        inputs["InpEnrolCode"] = enrol_code
    options = {
        "--broker": body["broker_url"],
        "--key": body["api_key"],
        "--directory": body["directory"],
        "--allow": body["gateway_url"],
        **body.get("options", {}),
    }
    given = [text for name, value in options.items() for text in (name, str(value))]
    return [body["host"], *given, *(f"{name}={value}" for name, value in inputs.items())]


def main(path: Path) -> None:
    """Become the host. It ends when its standard input does, so it gets one that nobody closes."""
    body = json.loads(read_private(path))
    Path(body["directory"]).mkdir(exist_ok=True)
    reader, writer = os.pipe()
    os.dup2(reader, sys.stdin.fileno())
    os.set_inheritable(writer, True)
    argv = host_argv(body, enrol_code=os.environ.get(CODE_VARIABLE, ""))
    os.execv(argv[0], argv)  # noqa: S606 - a program of ours, no shell


if __name__ == "__main__":
    main(Path(sys.argv[1]))
