"""Torture runs as a user starts them: `argos torture ... --json`, in a process of their own."""

import json
import subprocess
import sys
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """How a run ended: its exit code, its one line, and what it said besides."""

    code: int
    line: dict[str, Any]
    words: str


def torture(*options: str, within_s: float) -> Run:
    """Run it to its end. Output that is not exactly one JSON line fails here."""
    done = subprocess.run(
        [sys.executable, "-m", "argos.cli.rehearsals", "torture", "--json", *options],
        capture_output=True,
        text=True,
        timeout=within_s,
        check=False,
    )
    [line] = done.stdout.splitlines() or ["null"]
    assert line != "null", done.stderr
    return Run(code=done.returncode, line=json.loads(line), words=done.stderr)
