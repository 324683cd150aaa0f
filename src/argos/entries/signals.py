"""The signal service as a process: `python -m argos.entries.signals [SECONDS]`. Runs until it is stopped."""

import asyncio
import contextlib
import os
import signal
import sys

import structlog

from argos.core.errors import ArgosError, InputError
from argos.dsn import Access
from argos.entries.logs import set_up_logs
from argos.entries.sources import LOCK as SOURCES_LOCK
from argos.home_database import open_access
from argos.settings import config_in_force, load_settings, open_home
from argos.signals.closes import keeping_closes
from argos.signals.delivery import delivering
from argos.signals.execution import order_entries
from argos.signals.file import LOCK
from argos.signals.running import run_signals
from argos.signals.standing import StandingSource
from argos.sources.running import utc_now
from argos.stack.home import Home, file_lock

log = structlog.get_logger()


async def run(seconds: float | None) -> None:
    """Signals for so long, or until SIGTERM or SIGINT. Raises ArgosError if it cannot begin."""
    home = open_home()
    access = _access(home)
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    if seconds is not None:
        loop.call_later(seconds, stop.set)
    with (
        file_lock(home.root / LOCK, held_for="the signal service"),
        file_lock(home.root / SOURCES_LOCK, held_for="the sources' task"),
    ):
        config = config_in_force(home, os.environ, by="signals")
        settings = config.signals
        log.info(
            "signals run",
            simulated=[name for name, is_so in settings.simulated.items() if is_so],
            symbols=len(settings.symbols),
            config_digest=settings.config_digest,
            auto_execute=settings.auto_execute,
        )
        with contextlib.ExitStack() as held:
            standing = None
            if access is not None:
                standing = StandingSource(access, settings, clock=utc_now)
                held.callback(standing.terminate)
            await run_signals(
                home.root,
                settings,
                config.sources,
                stop=stop,
                read_standing=None if standing is None else standing.read,
                on_recorded=order_entries(settings),
                beside=()
                if access is None
                else (delivering(access, clock=utc_now), keeping_closes(access, clock=utc_now)),
            )


def _access(home: Home) -> Access | None:
    """None before the home has a database: signals are made and kept all the same, and told once there is one."""
    try:
        return open_access(home, load_settings(home, os.environ))
    except InputError as error:
        if error.code != "DATABASE_UNKNOWN":
            raise
        log.warning("signals are told to nobody", code=error.code, fix=error.fix)
        return None


def main(words: list[str]) -> int:
    """The exit code."""
    set_up_logs("signals")
    try:
        asyncio.run(run(float(words[0]) if words else None))
    except ArgosError as error:
        log.error("signals cannot run", code=error.code, message=error.message, fix=error.fix)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
