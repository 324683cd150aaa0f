"""A node as a process: `python -m argos.entries.node FILE`. Holds one account's broker connection."""

import os
import sys
from pathlib import Path

from argos.core.errors import ArgosError
from argos.entries.event_loop import run
from argos.entries.logs import set_up_logs
from argos.entries.node_file import node_settings, open_venue
from argos.node.runtime import run_node
from argos.stack.collector import collect_rarely

CODE_VARIABLE = "ARGOS_ENROL_CODE"


async def _serve(path: Path) -> int:
    settings = node_settings(path, enrol_code=os.environ.get(CODE_VARIABLE))
    return await run_node(settings, open_venue(path))


def main(path: Path) -> int:
    """Run the node that `path` describes until told to stop; returns the exit code."""
    set_up_logs(f"node-{path.stem}")
    collect_rarely()
    try:
        return run(_serve(path))
    except ArgosError as error:
        sys.stderr.write(f"{error}\n{error.fix}\n")
        return 2


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
