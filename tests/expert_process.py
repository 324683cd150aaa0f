"""The expert advisor as a process: its own source, compiled for Linux, in a directory that stands for a terminal's."""

import subprocess
import sys
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from eventually import eventually

BUILD = Path(__file__).resolve().parents[1] / "mt5" / "host" / "build.py"


@cache
def built_host() -> Path:
    """The host program, built if its sources changed. Without a compiler this fails: nothing is skipped."""
    done = subprocess.run([sys.executable, BUILD], check=False, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.strip())


@dataclass
class Expert:
    """One host process with the expert in it; its directory outlives it, as a terminal's does."""

    program: Path
    directory: Path
    arguments: list[str] = field(default_factory=list)
    process: subprocess.Popen[bytes] | None = None

    def __post_init__(self) -> None:
        self.directory.mkdir(exist_ok=True)

    @property
    def key_file(self) -> Path:
        return self.directory / "argos-node.key"

    @property
    def log(self) -> str:
        return (self.directory / "output").read_text(encoding="utf-8")

    def start(self, **inputs: Any) -> "Expert":
        given = [f"{name}={value}" for name, value in inputs.items()]
        with (self.directory / "output").open("ab") as output:
            self.process = subprocess.Popen(
                [self.program, "--directory", self.directory, *self.arguments, *given],
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
            )
        return self

    async def tell(self, line: str) -> None:
        """Hands the host an order and waits until it is obeyed."""
        assert self.process is not None
        assert self.process.stdin is not None
        before = self.log.count(f"obeyed {line}")
        self.process.stdin.write(f"{line}\n".encode())
        self.process.stdin.flush()
        await eventually(lambda: self.log.count(f"obeyed {line}") > before, what=f"{line} obeyed")

    async def ended(self) -> int:
        """The exit code, once the process is over."""
        assert self.process is not None
        process = self.process
        await eventually(lambda: process.poll() is not None, within_s=60, what="the host ends")
        assert process.stdin is not None
        process.stdin.close()
        self.process = None
        return process.returncode

    async def quit(self) -> int:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.write(b"quit\n")
        self.process.stdin.flush()
        return await self.ended()

    def kill(self) -> None:
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            assert self.process.stdin is not None
            self.process.stdin.close()
            self.process = None
