"""All sources at work over a real fixture server: each on its own clock, the tick never waits."""

import asyncio
import os
import signal
import sqlite3
import subprocess
import sys
import time
from contextlib import closing
from pathlib import Path

import orjson

from argos.consensus.vote import VoteStatus
from argos.sources.board import Board, VoteStore
from argos.sources.calling import Access, Caller, Price
from argos.sources.http import Failure, Limits, Request
from argos.sources.reasons import SourceReason
from argos.sources.running import new_session, running, utc_now
from argos.sources.settings import PROVIDERS
from argos.sources.voting import is_simulated
from eventually import eventually
from fixture_process import FixtureProcess
from source_stand import SYMBOLS, settings_for, standing

ALL = {(source, symbol) for source in PROVIDERS for symbol in SYMBOLS}
QUICK = {name: {"every_s": 0.05} for name in PROVIDERS}


async def test_every_source_votes_on_every_symbol_by_itself(
    server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, **QUICK)
    async with running(settings, path=tmp_path / "sources.sqlite") as board:
        await eventually(
            lambda: {(vote.source, vote.symbol) for vote in board.latest()} == ALL,
            what="a vote of each source",
        )
        votes, daily = board.latest(), board.daily_closes()
    assert all(is_simulated(vote) for vote in votes)
    assert {(one.symbol, one.source_told) for one in daily} == {
        (symbol, "simulated:alpha_vantage") for symbol in SYMBOLS
    }
    assert all(len(one.closes) > 60 for one in daily)
    assert {vote.status for vote in votes} == {VoteStatus.FRESH}


async def test_a_slow_source_holds_up_neither_the_others_nor_the_tick(
    server: FixtureProcess, tmp_path: Path
) -> None:
    server.fault("sonar", "slow", delay_s=60)
    settings = settings_for(server.url, **(QUICK | {"sonar": {"every_s": 0.05, "timeout_s": 60}}))
    async with running(settings, path=tmp_path / "sources.sqlite") as board:
        await eventually(
            lambda: {vote.source for vote in board.latest()} == set(PROVIDERS) - {"sonar"},
            what="the votes of the three others, while sonar has not answered",
        )
        first = board.last("massive", "AAPL")
        assert first is not None
        await eventually(
            lambda: board.last("massive", "AAPL") != first, what="Massive going on meanwhile"
        )
        assert board.last("sonar", "AAPL") is None


async def test_a_restart_keeps_what_was_said_and_asks_nothing_again(
    server: FixtureProcess, tmp_path: Path
) -> None:
    path, kept = tmp_path / "sources.sqlite", {"cache_s": 3600}
    settings = settings_for(server.url, sonar=kept | {"every_s": 0.05})
    async with running(settings, path=path) as board:
        await eventually(
            lambda: all(board.last("sonar", symbol) for symbol in SYMBOLS), what="sonar's votes"
        )
        said = {symbol: board.last("sonar", symbol) for symbol in SYMBOLS}
    asked = server.asked("sonar")
    async with running(settings, path=path) as board:
        assert {symbol: board.last("sonar", symbol) for symbol in SYMBOLS} == said
        first = board.last("massive", "AAPL")
        await eventually(lambda: board.last("massive", "AAPL") != first, what="a new vote")
    assert server.asked("sonar") == asked


async def test_simulated_votes_are_dropped_when_a_key_is_set(
    server: FixtureProcess, tmp_path: Path
) -> None:
    path = tmp_path / "sources.sqlite"
    async with standing(settings_for(server.url), path) as stand:
        await stand.once("sonar")
        fresh = Board(VoteStore(stand.file))
        fresh.restore(simulated=dict.fromkeys(PROVIDERS, False), symbols=SYMBOLS)
        assert fresh.latest() == ()
        fresh.restore(simulated=dict.fromkeys(PROVIDERS, True), symbols=SYMBOLS[:1])
        assert {vote.symbol for vote in fresh.latest()} == {SYMBOLS[0]}


async def test_sonar_goes_on_without_decisions_and_says_so(
    server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, sonar={"decisions": False})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        votes = await stand.once("sonar")
    reasons = {vote.reason.removeprefix("SIMULATED_") for vote in votes.values()}
    assert reasons <= {"AGENT_ALONE_UP", "AGENT_ALONE_DOWN", "NO_LEAN"}


async def test_the_real_cost_takes_the_place_of_the_highest(
    server: FixtureProcess, tmp_path: Path
) -> None:
    async with standing(settings_for(server.url), tmp_path / "sources.sqlite") as stand:
        await stand.once("sonar")
        await stand.once("x_api")
        sonar = stand.ledger.spent("sonar", now=utc_now())
        posts = stand.ledger.spent("x_api", now=utc_now())
    # a search at 0.0061 and a decision at 0.00001 for each symbol; 50 posts at 0.005
    assert sonar.microdollars == len(SYMBOLS) * (6100 + 10)
    assert posts.microdollars == len(SYMBOLS) * 50 * 5000


async def test_dollars_are_refused_before_anything_is_sent(
    server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, x_api={"usd_per_day": "0.25"})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        asked = server.asked("x_api")
        votes = await stand.once("x_api")
    # 50 posts at 0.005 for one symbol are all that fits
    assert server.asked("x_api") == asked + 1
    reasons = [votes[symbol].reason for symbol in SYMBOLS]
    assert reasons[1] == "SIMULATED_DOLLARS_SPENT"
    assert votes[SYMBOLS[0]].status is VoteStatus.FRESH


async def test_a_limit_on_bursts_is_waited_out(server: FixtureProcess, tmp_path: Path) -> None:
    settings = settings_for(server.url, alpha_vantage={"calls_per_second": 1})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        votes = await stand.once("alpha_vantage")
    assert {vote.status for vote in votes.values()} == {VoteStatus.FRESH}


async def test_a_symbol_that_nobody_knows_does_not_stop_the_others(
    server: FixtureProcess, tmp_path: Path
) -> None:
    known = settings_for(server.url)
    settings = known.model_copy(update={"symbols": ("NOPE", *SYMBOLS)})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        for source in PROVIDERS:
            votes = await stand.once(source)
            assert votes["NOPE"].status is not VoteStatus.FRESH
            assert {votes[symbol].status for symbol in SYMBOLS} == {VoteStatus.FRESH}


async def test_no_text_of_a_post_and_no_key_is_on_the_disk(
    server: FixtureProcess, tmp_path: Path
) -> None:
    path = tmp_path / "sources.sqlite"
    async with standing(settings_for(server.url), path) as stand:
        for source in PROVIDERS:
            await stand.once(source)
        server.fault("alpha_vantage", "too_many")
        await stand.once("alpha_vantage")
        held = b"".join(file.read_bytes() for file in tmp_path.iterdir())
    for word in (b"breakout", b"bullish", b"puts printing", b"replayed session", b"fixture-key"):
        assert word not in held


async def test_a_key_that_the_fixture_refuses_is_told(
    server: FixtureProcess, tmp_path: Path
) -> None:
    for source in PROVIDERS:
        section = {"api_key": "invalid", "base_url": f"{server.url}/{source}"}
        settings = settings_for(server.url, **{source: section})
        async with standing(settings, tmp_path / f"{source}.sqlite") as stand:
            votes = await stand.once(source)
        assert {vote.reason for vote in votes.values()} == {"SIMULATED_KEY_REFUSED"}


async def test_the_documented_limits_of_the_fixture_hold(tmp_path: Path) -> None:
    with FixtureProcess() as fresh:
        settings = settings_for(fresh.url)
        async with standing(settings, tmp_path / "sources.sqlite") as stand:
            fresh.limit("massive", 1)
            first = await stand.once("massive")
            second = await stand.once("massive")
    assert {vote.status for vote in first.values()} == {VoteStatus.FRESH}
    assert {vote.reason for vote in second.values()} == {"SIMULATED_RATE_LIMITED"}


async def test_the_chat_endpoint_is_dead_at_the_fixture_too(
    server: FixtureProcess, tmp_path: Path
) -> None:
    async with standing(settings_for(server.url), tmp_path / "sources.sqlite") as stand:
        access = Access(
            provider="sonar",
            base_url=f"{server.url}/sonar",
            key="k",
            simulated=True,
            limits=Limits(timeout_s=5, body_bytes_max=1000),
            retries_max=0,
        )
        async with new_session() as session:
            caller = Caller(access, session=session, ledger=stand.ledger, clock=utc_now)
            request = Request(method="POST", path="/chat/completions", subject="AAPL", body={})
            outcome = await caller.call(request, Price(at_most=1, of=lambda _reply: 0))
    assert outcome == Failure(reason=SourceReason.REQUEST_REFUSED, says_simulated=True)


def test_random_faults_are_the_same_for_the_same_seed() -> None:
    asked = [_reasons_of_a_rough_server(seed=3), _reasons_of_a_rough_server(seed=3)]
    assert asked[0] == asked[1]
    assert len(set(asked[0])) > 2


def _reasons_of_a_rough_server(*, seed: int) -> list[str]:
    """Failures in their order; a vote is told as such alone, since the price has moved on."""

    async def ask() -> list[str]:
        found = []
        with FixtureProcess(seed=seed, fault_rate=0.5) as rough:
            async with standing(settings_for(rough.url), Path(":memory:")) as stand:
                for _ in range(25):
                    vote = (await stand.once("massive"))["AAPL"]
                    is_vote = vote.status is VoteStatus.FRESH
                    found.append("vote" if is_vote else vote.reason)
        return found

    return asyncio.run(ask())


def test_a_run_that_is_killed_has_lost_no_call(server: FixtureProcess, tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    config = {
        "sources": {"symbols": list(SYMBOLS), "fixture_url": server.url},
        "massive": {"every_s": 0.01, "calls_per_minute": None},
    }
    path = home / "config.json"
    path.write_bytes(orjson.dumps(config))
    path.chmod(0o600)
    before = server.asked("massive")
    process = subprocess.Popen(
        [sys.executable, "-m", "argos.entries.sources"],
        env={**os.environ, "ARGOS_HOME": str(home)},
        stderr=subprocess.DEVNULL,
    )
    try:
        deadline_s = time.monotonic() + 30
        while server.asked("massive") < before + 20:
            assert time.monotonic() < deadline_s, "the sources did not ask"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    with closing(sqlite3.connect(home / "sources.sqlite")) as connection:
        (counted,) = connection.execute(
            "SELECT calls FROM days WHERE provider = 'massive simulated'"
        ).fetchone()
        (rows,) = connection.execute(
            "SELECT count(*) FROM calls WHERE provider = 'massive simulated'"
        ).fetchone()
    asked = server.asked("massive") - before
    assert asked <= counted <= asked + 1
    assert rows == counted
