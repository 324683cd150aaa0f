"""Where the command `argos` starts: the first word chooses the program, so that none waits for what others import."""

import sys
from collections.abc import Mapping
from importlib import import_module
from typing import Final

PROGRAMS: Final[Mapping[str, str]] = {
    "backtest": "argos.cli.research.app",
    "optimize": "argos.cli.research.app",
    "walkforward": "argos.cli.research.app",
}
"""Commands that need no home and no server."""


def main() -> None:
    """Run the program that the words are for."""
    words = sys.argv[1:]
    program = PROGRAMS.get(words[0]) if words else None
    if program is None:
        import_module("argos.cli.main").application(words)()
    else:
        import_module(program).app()


if __name__ == "__main__":
    main()
