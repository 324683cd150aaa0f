"""The worker as a process: `python -m argos.entries.worker`. Decides, reconciles, sweeps."""

import asyncio
import os
import signal

import uvloop

from argos.entries.logs import set_up_logs
from argos.home_database import open_access
from argos.settings import load_settings, open_home
from argos.stack.collector import collect_rarely
from argos.wiring.worker import run_worker


async def _serve() -> None:
    stop = asyncio.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(name, stop.set)
    home = open_home()
    settings = load_settings(home, os.environ)
    await run_worker(open_access(home, settings), settings, stop=stop)


def main() -> None:
    """Work until told to stop."""
    set_up_logs("worker")
    collect_rarely()
    uvloop.run(_serve())


if __name__ == "__main__":
    main()
