"""Commands that become another program: the stack's processes, and what needs libraries others need not wait for."""

import os
import subprocess
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from argos.stack.home import Home


def become(
    home: Home, module: str, words: Sequence[str] = (), *, env: Mapping[str, str] | None = None
) -> NoReturn:
    """Go on as `python -m module words` over the same home: same process id, same signals, same exit code.

    Windows cannot turn one process into another: there it is a child, which gets the same Ctrl-C.
    """
    sys.stdout.flush()
    sys.stderr.flush()
    argv = [sys.executable, "-m", module, *words]
    environ = {**os.environ, "ARGOS_HOME": str(home.root), **(env or {})}
    if sys.platform == "win32":
        sys.exit(subprocess.run(argv, env=environ, check=False).returncode)  # noqa: S603 - as below
    os.execve(sys.executable, argv, environ)  # noqa: S606 - our own interpreter and module, no shell
