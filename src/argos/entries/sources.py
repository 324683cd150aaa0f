"""The sources as a process: `python -m argos.entries.sources [SECONDS]`. Refreshes votes until told to stop."""

import asyncio
import os
import signal
import sys
from contextlib import suppress
from typing import Final

import structlog

from argos.core.errors import ArgosError
from argos.entries.logs import set_up_logs
from argos.settings import config_in_force, open_home
from argos.sources.ledger import FILE
from argos.sources.running import running
from argos.sources.settings import PROVIDERS
from argos.stack.home import file_lock

LOCK: Final = "sources.lock"
"""Two that refresh would spend the same budget twice as fast."""

log = structlog.get_logger()


async def run(seconds: float | None) -> None:
    """Votes come and are stored for so long, or until SIGTERM or SIGINT. Raises ArgosError if it cannot begin."""
    home = open_home()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    with file_lock(home.root / LOCK, held_for="the sources' task"):
        config = await asyncio.to_thread(config_in_force, home, os.environ, by="sources")
        settings = config.sources
        async with running(settings, path=home.root / FILE):
            log.info(
                "sources run",
                config=config.digest,
                environment=config.environment.value,
                notes=list(config.notes),
                simulated=[name for name in PROVIDERS if settings.is_simulated(name)],
                symbols=len(settings.symbols),
            )
            with suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), timeout=seconds)


def main(words: list[str]) -> int:
    """The exit code."""
    set_up_logs("sources")
    try:
        asyncio.run(run(float(words[0]) if words else None))
    except ArgosError as error:
        log.error("the sources cannot run", code=error.code, message=error.message, fix=error.fix)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
