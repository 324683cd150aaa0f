"""What somebody without the compiler is told."""

import subprocess
import sys
from pathlib import Path

BUILD = Path(__file__).resolve().parents[3] / "mt5" / "host" / "build.py"


def test_without_a_compiler_the_package_is_named(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, BUILD],
        env={"PATH": str(tmp_path)},
        check=False,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 1
    assert "apt install g++ libsqlite3-dev" in done.stderr
