"""Commands that become another program: the stack's processes, and what needs libraries others need not wait for."""

import os
import sys
from collections.abc import Mapping, Sequence
from typing import NoReturn

from argos.stack.home import Home


def become(
    home: Home, module: str, words: Sequence[str] = (), *, env: Mapping[str, str] | None = None
) -> NoReturn:
    """Go on as `python -m module words` over the same home: same process id, same signals, same exit code."""
    sys.stdout.flush()
    sys.stderr.flush()
    argv = [sys.executable, "-m", module, *words]
    os.execve(  # noqa: S606 - our own interpreter and module, no shell
        sys.executable, argv, {**os.environ, "ARGOS_HOME": str(home.root), **(env or {})}
    )
