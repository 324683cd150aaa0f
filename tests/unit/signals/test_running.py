"""The service in one process: what stands beside the cycle may fail, and the cycle goes on."""

import asyncio
from dataclasses import replace
from itertools import count
from pathlib import Path

from argos.consensus.vote import Direction
from argos.signals.file import FILE
from argos.signals.precheck import RouteStanding
from argos.signals.running import Deck, StandingCopy, run_signals
from argos.signals.settings import Retention
from argos.signals.status import STATUS_FILE, read_status
from argos.sources.settings import SourcesSettings
from signal_stage import SETTINGS, SYMBOLS, at, stage

NOWHERE = SourcesSettings(symbols=SYMBOLS, fixture_url="http://127.0.0.1:9")
"""Nothing listens there: every source abstains, and says so."""


async def test_tasks_beside_get_the_deck_and_one_that_breaks_breaks_alone(tmp_path: Path) -> None:
    stop, seen = asyncio.Event(), list[Deck]()

    async def counts(deck: Deck) -> None:
        seen.append(deck)
        while not (read_status(tmp_path / STATUS_FILE) or {"ticks": 0})["ticks"] >= 3:
            await asyncio.sleep(0.01)
        stop.set()
        await deck.stop.wait()

    async def breaks(deck: Deck) -> None:
        raise TypeError("a bug")

    async def hangs(deck: Deck) -> None:
        await asyncio.get_running_loop().create_future()

    async def away() -> RouteStanding:
        raise OSError("no database")

    settings = replace(SETTINGS, cycle_s=0.01)
    await asyncio.wait_for(
        run_signals(
            tmp_path,
            settings,
            NOWHERE,
            stop=stop,
            read_standing=away,
            beside=(breaks, counts, hangs),
            end_within_s=0.1,
        ),
        timeout=30,
    )
    status = read_status(tmp_path / STATUS_FILE)
    assert status is not None
    assert status["ticks"] >= 3
    assert status["ended_at"] is not None
    (deck,) = seen
    assert deck.settings is settings
    assert deck.board.price("AAPL") is None


async def test_the_service_prunes_old_days_by_itself(tmp_path: Path) -> None:
    set_up, day_s = stage(tmp_path / FILE), 86_400
    for day in range(3):
        set_up.tick(day * day_s)
        set_up.tick(day * day_s + 5)
    set_up.file.close()
    stop, seconds = asyncio.Event(), count(3 * day_s)

    async def until_pruned(deck: Deck) -> None:
        before = "SELECT count(*) FROM ticks WHERE day < '2026-11-23'"
        left = None
        while left != (1,):
            await asyncio.sleep(0.01)
            with deck.file.reading() as connection:
                left = connection.execute(before).fetchone()
        stop.set()

    await asyncio.wait_for(
        run_signals(
            tmp_path,
            replace(SETTINGS, cycle_s=0.05, keep=Retention(votes_days=1)),
            NOWHERE,
            stop=stop,
            clock=lambda: at(next(seconds)),
            beside=(until_pruned,),
        ),
        timeout=30,
    )
    kept = stage(tmp_path / FILE)
    assert kept.days() == ["2026-11-23"]
    assert kept.replay("2026-11-23").findings == []
    assert kept.verify().findings == []


async def test_the_copy_of_a_standing_is_unknown_until_it_is_read_and_again_when_it_is_old() -> (
    None
):
    now, reads = at(0), asyncio.Event()

    async def read() -> RouteStanding:
        reads.set()
        return RouteStanding(
            route="paper", exists=False, enabled=False, brakes=(), accounts=(), read_at=at(0)
        )

    copy = StandingCopy(replace(SETTINGS, auto_execute=True), clock=lambda: now)
    assert copy.precheck("AAPL", Direction.LONG).code == "PRECHECK_NOT_READ"
    task = asyncio.create_task(copy.refresh(read))
    await reads.wait()
    while copy.precheck("AAPL", Direction.LONG).code == "PRECHECK_NOT_READ":
        await asyncio.sleep(0)
    assert copy.precheck("AAPL", Direction.LONG).code == "ROUTE_UNKNOWN"
    now = at(31)
    assert copy.precheck("AAPL", Direction.LONG).code == "PRECHECK_TOO_OLD"
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


def test_where_nothing_is_executed_no_route_is_looked_at() -> None:
    copy = StandingCopy(replace(SETTINGS, auto_execute=False), clock=lambda: at(0))
    assert copy.precheck("AAPL", Direction.LONG).code == ""
