"""All sources over a fixture server and a ledger of the test's own; none of them runs by itself."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from argos.consensus.vote import Vote
from argos.sources.board import Board, VoteStore
from argos.sources.ledger import CallLedger, SourceFile
from argos.sources.refreshing import Refresher
from argos.sources.running import new_session, refreshers, utc_now
from argos.sources.settings import PROVIDERS, SourcesSettings

SYMBOLS = ("AAPL", "MSFT")


@dataclass(slots=True)
class Stand:
    """All sources, none of them running: `once` asks one."""

    board: Board
    ledger: CallLedger
    file: SourceFile
    refreshers: dict[str, Refresher]

    async def once(self, source: str) -> dict[str, Vote]:
        await self.refreshers[source].refresh()
        return {vote.symbol: vote for vote in self.board.latest() if vote.source == source}


def settings_for(url: str, **sections: Any) -> SourcesSettings:
    """Short time limits; sections add to one provider each."""
    quick: dict[str, dict[str, Any]] = {
        name: {"timeout_s": 2, "body_bytes_max": 1 << 20, "retries_max": 0, "cache_s": 0}
        for name in PROVIDERS
    }
    quick["alpha_vantage"] |= {
        "calls_per_second": None,
        "calls_per_minute": None,
        "calls_per_day": None,
    }
    quick["x_api"] |= {"posts_max": 50, "usd_per_day": None}
    for name, section in sections.items():
        quick[name] |= section
    return SourcesSettings.model_validate({"symbols": SYMBOLS, "fixture_url": url, **quick})


@asynccontextmanager
async def standing(settings: SourcesSettings, path: Path) -> AsyncIterator[Stand]:
    file = SourceFile.open(path)
    try:
        board = Board(VoteStore(file))
        ledger = CallLedger(file, settings.budgets, simulated=settings.simulated)
        async with new_session() as session:
            yield Stand(
                board=board,
                ledger=ledger,
                file=file,
                refreshers=refreshers(
                    settings, session=session, ledger=ledger, board=board, clock=utc_now
                ),
            )
            await asyncio.sleep(0)
    finally:
        file.close()
