"""Where the command `argos` starts: the first word chooses the program, so that none waits for what others import."""

import sys
from collections.abc import Mapping, Sequence
from importlib import import_module
from typing import Final

MAIN: Final = "argos.cli.main"
PROGRAMS: Final[Mapping[str, str]] = {
    "backtest": "argos.cli.research.app",
    "optimize": "argos.cli.research.app",
    "walkforward": "argos.cli.research.app",
}
"""Commands that need no home and no server."""


def program_of(words: Sequence[str]) -> str:
    """The module whose `app` these words are for."""
    return PROGRAMS.get(words[0], MAIN) if words else MAIN


def main() -> None:
    import_module(program_of(sys.argv[1:])).app()


if __name__ == "__main__":
    main()
