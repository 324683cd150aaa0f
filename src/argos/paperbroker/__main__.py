"""`python -m argos.paperbroker SETTINGS.json`: one paper broker, as a process of its own."""

import sys
from pathlib import Path

from argos.paperbroker.serve import run

if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python -m argos.paperbroker SETTINGS.json")
    run(Path(sys.argv[1]))
