"""All sources at work: one task each over one HTTP session, one ledger, one board."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from datetime import UTC, datetime
from pathlib import Path

import aiohttp

from argos.core.errors import StoreError
from argos.sources.alpha_vantage.source import AlphaVantage
from argos.sources.answers import Clock, Source
from argos.sources.board import Board, VoteStore
from argos.sources.calling import Access, Caller
from argos.sources.http import Limits, send_once
from argos.sources.ledger import CallLedger, SourceFile
from argos.sources.massive.source import Massive
from argos.sources.refreshing import Refresher
from argos.sources.settings import PROVIDERS, SourcesSettings
from argos.sources.sonar.source import Sonar
from argos.sources.x_api.source import XApi


def utc_now() -> datetime:
    return datetime.now(tz=UTC)


@asynccontextmanager
async def running(
    settings: SourcesSettings, *, path: Path, clock: Clock = utc_now
) -> AsyncIterator[Board]:
    """The board, which the sources keep up to date until the block ends.

    Raises StoreError or InputError at the beginning if the file cannot be used; never later.
    """
    file = SourceFile.open(path)
    try:
        board = Board(VoteStore(file), clock=clock)
        board.restore(
            simulated={name: settings.is_simulated(name) for name in PROVIDERS},
            symbols=settings.symbols,
        )
        ledger = CallLedger(file, settings.budgets, simulated=settings.simulated)
        async with new_session() as session:
            tasks = [
                asyncio.create_task(refresher.run(), name=f"source {name}")
                for name, refresher in refreshers(
                    settings, session=session, ledger=ledger, board=board, clock=clock
                ).items()
            ]
            try:
                yield board
            finally:
                for task in tasks:
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
                with suppress(StoreError):  # told when it was first tried
                    await board.store()
    finally:
        file.close()


def new_session() -> aiohttp.ClientSession:
    """No cookies, no proxies from the environment: a key goes to its provider and nowhere else.

    Each call has a connection of its own: one that was kept may be closed by the other side just as it is used.
    """
    return aiohttp.ClientSession(
        connector=aiohttp.TCPConnector(force_close=True),
        cookie_jar=aiohttp.DummyCookieJar(),
        trust_env=False,
        middlewares=(send_once,),
    )


def refreshers(
    settings: SourcesSettings,
    *,
    session: aiohttp.ClientSession,
    ledger: CallLedger,
    board: Board,
    clock: Clock,
) -> dict[str, Refresher]:
    """One per source, by its name; nothing runs yet."""
    makers: dict[str, Callable[[Caller], Source]] = {
        "massive": lambda caller: Massive(settings.massive, caller=caller, clock=clock),
        "alpha_vantage": lambda caller: AlphaVantage(
            settings.alpha_vantage, caller=caller, clock=clock
        ),
        "x_api": lambda caller: XApi(settings.x_api, caller=caller, clock=clock),
        "sonar": lambda caller: Sonar(settings.sonar, caller=caller, clock=clock),
    }
    return {
        name: Refresher(
            make(Caller(access_of(settings, name), session=session, ledger=ledger, clock=clock)),
            board=board,
            symbols=settings.symbols,
            every_s=settings.providers[name].every_s,
            simulated=settings.is_simulated(name),
            clock=clock,
        )
        for name, make in makers.items()
    }


def access_of(settings: SourcesSettings, provider: str) -> Access:
    chosen = settings.providers[provider]
    return Access(
        provider=provider,
        base_url=settings.url_of(provider),
        key=settings.key_of(provider),
        simulated=settings.is_simulated(provider),
        limits=Limits(timeout_s=chosen.timeout_s, body_bytes_max=chosen.body_bytes_max),
        retries_max=chosen.retries_max,
    )
