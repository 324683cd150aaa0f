"""The signal service as a process: `python -m argos.entries.signals [SECONDS]`. Runs until it is stopped."""

import asyncio
import os
import signal
import sys
from collections.abc import Mapping
from typing import Final

import structlog

from argos.core.canonical import sha256_of
from argos.core.errors import ArgosError
from argos.entries.logs import set_up_logs
from argos.entries.sources import LOCK as SOURCES_LOCK
from argos.settings import load_sources, open_home
from argos.signals.running import run_signals
from argos.signals.settings import SignalSettings
from argos.sources.settings import PROVIDERS, SourcesSettings
from argos.stack.home import Home, file_lock

LOCK: Final = "signals.lock"
"""Two that decide would write one chain twice."""

log = structlog.get_logger()


def load_signals(home: Home, environ: Mapping[str, str]) -> tuple[SourcesSettings, SignalSettings]:
    """The settings in force of the sources and of the service. Raises InputError SOURCES_INVALID."""
    sources = load_sources(home, environ)
    simulated = {name: sources.is_simulated(name) for name in PROVIDERS}
    document = {
        "symbols": list(sources.symbols),
        "sources": {name: {"simulated": simulated[name]} for name in PROVIDERS},
    }
    return sources, SignalSettings(
        symbols=sources.symbols,
        simulated=simulated,
        config_digest=sha256_of(document),
        config_document=document,
    )


async def run(seconds: float | None) -> None:
    """Signals for so long, or until SIGTERM or SIGINT. Raises ArgosError if it cannot begin."""
    home = open_home()
    sources, settings = load_signals(home, os.environ)
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
        log.info(
            "signals run",
            simulated=[name for name, is_so in settings.simulated.items() if is_so],
            symbols=len(settings.symbols),
            config_digest=settings.config_digest,
        )
        await run_signals(home.root, settings, sources, stop=stop)


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
