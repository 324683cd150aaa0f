"""Every fault of a provider becomes an abstention that says why, within its time limit, and is counted."""

from pathlib import Path

import pytest

from argos.consensus.vote import Direction, VoteStatus
from argos.sources.fixture.faults import FixtureFault
from argos.sources.running import utc_now
from argos.sources.settings import PROVIDERS
from argos.sources.voting import is_simulated
from fixture_process import FixtureProcess
from source_stand import SYMBOLS, settings_for, standing

REASONS = {
    FixtureFault.DOWN: {"UNREACHABLE"},
    FixtureFault.GARBAGE: {"BODY_UNREADABLE"},
    FixtureFault.HTML: {"CONTENT_TYPE_WRONG"},
    FixtureFault.HUGE: {"BODY_TOO_LARGE"},
    FixtureFault.SLOW: {"TIMED_OUT"},
    FixtureFault.TRICKLE: {"TIMED_OUT"},
    FixtureFault.TOO_MANY: {"RATE_LIMITED"},
    FixtureFault.UNAVAILABLE: {"PROVIDER_FAILED"},
    FixtureFault.ERROR_200: {"BODY_UNREADABLE"},
    FixtureFault.EMPTY: {"BODY_UNREADABLE"},
    FixtureFault.REDIRECT: {"REDIRECTED"},
    FixtureFault.KEY_REFUSED: {"KEY_REFUSED"},
    FixtureFault.CUT: {"UNREACHABLE"},
}
REASONS_OF: dict[str, dict[FixtureFault, set[str]]] = {
    "alpha_vantage": {
        FixtureFault.TOO_MANY: {"DAY_LIMIT_REACHED"},
        FixtureFault.ERROR_200: {"RATE_LIMITED"},
        FixtureFault.EMPTY: {"NO_DATA"},
    },
    "x_api": {FixtureFault.ERROR_200: {"REQUEST_REFUSED"}},
    "sonar": {FixtureFault.ERROR_200: {"PROVIDER_FAILED"}},
}
"""Where a source tells more than the others."""


@pytest.mark.parametrize("source", PROVIDERS)
async def test_a_source_that_works_votes_on_every_symbol(
    source: str, server: FixtureProcess, tmp_path: Path
) -> None:
    async with standing(settings_for(server.url), tmp_path / "sources.sqlite") as stand:
        votes = await stand.once(source)
    assert set(votes) == set(SYMBOLS)
    for vote in votes.values():
        assert vote.status is VoteStatus.FRESH
        assert vote.as_of is not None
        assert vote.inputs_hash is not None
        assert is_simulated(vote)


@pytest.mark.parametrize("fault", FixtureFault)
@pytest.mark.parametrize("source", PROVIDERS)
async def test_a_fault_is_an_abstention_with_its_reason(
    source: str, fault: FixtureFault, server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, **{source: {"timeout_s": 0.5}})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        server.fault(source, fault, delay_s=3, retry_after_s=30)
        votes = await stand.once(source)
        spent = stand.ledger.spent(source, now=utc_now())
    assert set(votes) == set(SYMBOLS)
    expected = REASONS_OF.get(source, {}).get(fault, REASONS[fault])
    for vote in votes.values():
        assert vote.direction is Direction.ABSTAIN
        assert vote.p_up is None
        assert vote.status is not VoteStatus.FRESH
        assert vote.reason.removeprefix("SIMULATED_") in expected
        assert is_simulated(vote)
    assert spent.calls >= 1
    assert spent.open_calls == 0


@pytest.mark.parametrize("source", PROVIDERS)
async def test_after_a_fault_the_source_votes_again(
    source: str, server: FixtureProcess, tmp_path: Path
) -> None:
    async with standing(settings_for(server.url), tmp_path / "sources.sqlite") as stand:
        server.fault(source, "html")
        before = await stand.once(source)
        server.fault(source, None)
        after = await stand.once(source)
    assert {vote.status for vote in before.values()} == {VoteStatus.ERROR}
    assert {vote.status for vote in after.values()} == {VoteStatus.FRESH}


@pytest.mark.parametrize("source", PROVIDERS)
async def test_a_provider_that_asks_for_time_gets_it_over_a_restart(
    source: str, server: FixtureProcess, tmp_path: Path
) -> None:
    path = tmp_path / "sources.sqlite"
    async with standing(settings_for(server.url), path) as stand:
        server.fault(source, "too_many", retry_after_s=300)
        await stand.once(source)
        server.fault(source, None)
    asked = server.asked(source)
    async with standing(settings_for(server.url), path) as stand:
        votes = await stand.once(source)
    assert server.asked(source) == asked
    assert {vote.reason for vote in votes.values()} == {"SIMULATED_PAUSED"}
    assert {vote.status for vote in votes.values()} == {VoteStatus.QUOTA}


async def test_while_a_source_waits_its_turn_its_last_vote_stands(
    server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, massive={"calls_per_minute": 1})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        first = await stand.once("massive")
        second = await stand.once("massive")
    assert second == first


async def test_a_spent_budget_sends_nothing_and_says_so(
    server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, massive={"calls_per_day": 1})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        await stand.once("massive")
        asked = server.asked("massive")
        votes = await stand.once("massive")
    assert server.asked("massive") == asked
    assert {vote.reason for vote in votes.values()} == {"SIMULATED_CALLS_SPENT"}


async def test_tries_are_bounded_and_each_is_counted(
    server: FixtureProcess, tmp_path: Path
) -> None:
    settings = settings_for(server.url, massive={"retries_max": 2})
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        server.fault("massive", "down")
        asked = server.asked("massive")
        await stand.once("massive")
        spent = stand.ledger.spent("massive", now=utc_now())
    assert server.asked("massive") - asked == spent.calls == 3


async def test_a_provider_whose_clock_is_ahead_is_not_believed(
    server: FixtureProcess, tmp_path: Path
) -> None:
    async with standing(settings_for(server.url), tmp_path / "sources.sqlite") as stand:
        server.clock(3600)
        ahead = await stand.once("massive")
        server.clock(-3600)
        behind = await stand.once("massive")
    assert {vote.reason for vote in ahead.values()} == {"SIMULATED_DATA_FROM_FUTURE"}
    assert {vote.reason for vote in behind.values()} == {"SIMULATED_DATA_TOO_OLD"}


async def test_a_port_where_nobody_listens_is_an_abstention_marked_as_simulated(
    tmp_path: Path,
) -> None:
    settings = settings_for("http://127.0.0.1:9")
    async with standing(settings, tmp_path / "sources.sqlite") as stand:
        votes = await stand.once("massive")
    assert {vote.reason for vote in votes.values()} == {"SIMULATED_UNREACHABLE"}


@pytest.mark.parametrize("source", PROVIDERS)
async def test_without_a_ledger_nothing_is_sent(
    source: str, server: FixtureProcess, tmp_path: Path
) -> None:
    async with standing(settings_for(server.url), tmp_path / "sources.sqlite") as stand:
        stand.file.close()
        asked = server.asked(source)
        votes = await stand.once(source)
    assert server.asked(source) == asked
    assert {vote.reason for vote in votes.values()} == {"SIMULATED_LEDGER_UNAVAILABLE"}
