"""What a forked process becomes: the node's own program, with its output in a file beside the node file.

A file of its own, since whoever forks has this loaded already, and little else.
"""

import os
import sys
from pathlib import Path

from argos.entries.node import main


def run_node_file(path: Path) -> None:
    """As `argos node FILE`, whose process becomes just this program. Ends the process with the node's exit code."""
    with (path.parent / "output").open("ab") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.exit(main(path))
