"""`python -m argos.rehearsal.sabotage BUG -- MODULE [ARGUMENTS]`: one of the product's processes, with a bug in it.

The product knows nothing of this: the bug is planted in the process before its module is run.
"""

import runpy
import sys
from typing import Final

from argos.rehearsal.sabotage import gateway_bugs, node_bugs, worker_bugs
from argos.rehearsal.sabotage.planting import Plants

PLANTS: Final[dict[str, Plants]] = {
    "argos.entries.gateway": gateway_bugs.PLANTS,
    "argos.entries.node": node_bugs.PLANTS,
    "argos.entries.worker": worker_bugs.PLANTS,
}


def main(words: list[str]) -> None:
    """Plant and run. KeyError for a bug that does not grow in that process."""
    bug, _, module, *rest = words
    PLANTS[module][bug]()
    sys.argv = [module, *rest]
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main(sys.argv[1:])
