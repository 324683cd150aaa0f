"""A vote of the past is what the live code makes of the same bytes."""

import json
from random import Random

import orjson
import pytest

from argos.consensus.vote import Direction, Vote
from argos.hindsight.rebuilt import SERIES_BARS, alpha_vantage_votes, massive_votes
from argos.hindsight.sessions import sessions_of
from argos.hindsight.simulated import POSTS, posts_before, sonar_votes, x_api_votes
from argos.sources.alpha_vantage import judging as alpha_vantage
from argos.sources.alpha_vantage.parsing import DailySeries, parse_daily
from argos.sources.fixture.posts import post_document
from argos.sources.massive import judging as massive
from argos.sources.massive.parsing import parse_snapshots
from argos.sources.voting import About, is_simulated
from argos.sources.x_api import judging as x_api
from argos.sources.x_api.parsing import Found, parse_search
from unit.hindsight.builders import bars_of_closes, walk

BARS = bars_of_closes(walk(130, seed=4))
SESSIONS = sessions_of(BARS)
LAST = len(BARS) - 1


def about(source: str, bar: int, *, simulated: bool) -> About:
    return About(
        source=source, symbol="AAPL", fetched_at=SESSIONS[bar].closed_at, simulated=simulated
    )


@pytest.mark.parametrize("bar", [1, 17, LAST])
def test_massive_votes_as_on_a_snapshot_at_the_close(bar: int) -> None:
    high, low, close = (float(column[0, bar]) for column in (BARS.high, BARS.low, BARS.close))
    closed_at = SESSIONS[bar].closed_at
    ticker = {
        "ticker": "AAPL",
        "updated": int(closed_at.timestamp()) * 10**9,
        "day": {"h": high, "l": low, "c": close, "vw": round((high + low + close) / 3, 6)},
        "prevDay": {"c": float(BARS.close[0, bar - 1])},
    }
    found = parse_snapshots(json.dumps({"status": "OK", "tickers": [ticker]}).encode())
    assert isinstance(found, dict)
    live = massive.judge(about("massive", bar, simulated=False), found["AAPL"], (), stale_s=60)
    assert massive_votes(BARS, SESSIONS)[bar] == live
    assert live.inputs_hash is not None


@pytest.mark.parametrize("bar", [10, 70, LAST])
def test_alpha_vantage_votes_as_on_the_series_of_that_evening(bar: int) -> None:
    first = max(0, bar + 1 - SERIES_BARS)
    rows = {
        SESSIONS[at].day.isoformat(): {"4. close": f"{BARS.close[0, at]:.4f}"}
        for at in range(first, bar + 1)
    }
    body = json.dumps({"Time Series (Daily)": rows}).encode()
    series = parse_daily(body, now=SESSIONS[bar].closed_at)
    assert isinstance(series, DailySeries)
    live = alpha_vantage.judge(about("alpha_vantage", bar, simulated=False), series)
    assert alpha_vantage_votes(BARS, SESSIONS)[bar] == live
    assert (live.reason == "TOO_FEW_BARS") is (bar == 10)


@pytest.mark.parametrize("bar", [0, 3, LAST])
def test_x_votes_as_on_a_search_that_finds_the_made_posts(bar: int) -> None:
    rises = bar == 0 or BARS.close[0, bar] >= BARS.close[0, bar - 1]
    posts = posts_before("AAPL", SESSIONS[bar], rises=rises, seed=7)
    data = [post_document(post, reposts="retweet_count") for post in posts]
    found = parse_search(orjson.dumps({"data": data, "meta": {"result_count": POSTS}}))
    assert isinstance(found, Found)
    now = SESSIONS[bar].closed_at
    held = x_api.with_posts((), found.posts, now=now, window_s=1800)
    live = x_api.judge(about("x_api", bar, simulated=True), held, authors_min=10)
    assert x_api_votes(BARS, SESSIONS, seed=7)[bar] == live


def test_sonar_votes_for_what_the_day_did_and_says_that_it_is_simulated() -> None:
    votes = sonar_votes(BARS, SESSIONS)
    assert votes[0].direction is Direction.ABSTAIN
    for bar in range(1, len(BARS)):
        rose = BARS.close[0, bar] > BARS.close[0, bar - 1]
        assert votes[bar].direction is (Direction.LONG if rose else Direction.SHORT)
    assert all(map(is_simulated, votes))


def test_another_seed_makes_other_posts_and_the_same_one_the_same() -> None:
    def told(votes: list[Vote]) -> list[str | None]:
        return [vote.inputs_hash for vote in votes]

    seed = Random(1).randrange(1000)
    once, twice, other = (x_api_votes(BARS, SESSIONS, seed=s) for s in (seed, seed, seed + 1))
    assert told(once) == told(twice)
    assert told(once) != told(other)


def test_only_made_votes_are_called_simulated() -> None:
    for votes in (massive_votes(BARS, SESSIONS), alpha_vantage_votes(BARS, SESSIONS)):
        assert not any(map(is_simulated, votes))
    assert all(map(is_simulated, x_api_votes(BARS, SESSIONS, seed=0)))
